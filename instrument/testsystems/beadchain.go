package testsystems

import (
	"cmp"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// BeadChain is a line of n overdamped beads, joined by springs to their neighbours and at both ends to a wall, in a
// gradient of temperature: heat flows from the hot end to the cold one, and the flow produces entropy (J. Li,
// J. M. Horowitz, T. R. Gingrich, N. Fakhri, Nature Communications 10, 1666 (2019)). With stiffness k and friction
// gamma, bead i = 0..n-1 moves as
//
//	dx_i = (k/gamma)(x_{i-1} - 2 x_i + x_{i+1}) dt + sqrt(2 T_i/gamma) dB_i,    x_{-1} = x_n = 0,
//	T_i = T_c + (T_h - T_c) i/(n-1)                                              (units with Boltzmann's constant 1),
//
// that is dx = A x dt + sqrt(2 D) dB with A symmetric and D diagonal. The stationary state is normal with the
// covariance C of the Lyapunov equation A C + C A + 2 D = 0, and its current runs with the velocity
// u(x) = (A + D C^{-1}) x, so the entropy is produced at the rate
//
//	sigma = < u.D^{-1} u > = tr( D^{-1} (A + D C^{-1}) C (A + D C^{-1})^T )
//	      = tr( D^{-1} A C A ) + tr(A)
//	      = 1/2 tr( D^{-1} (A C A - C A^2) ).
//
// The second form: the cross terms give 2 tr(A), and tr(C^{-1} D) = -tr(A) by the Lyapunov equation times C^{-1}. The
// third: by the Lyapunov equation times A, C A^2 = -2 D A - A C A. In the eigenbasis of A the equation is solved by
// C_ij = -2 D_ij/(l_i + l_j). Two beads give sigma = k (T_h - T_c)^2/(4 gamma T_h T_c).
type BeadChain struct {
	Beads     int     // n >= 2
	Stiffness float64 // k > 0
	Friction  float64 // gamma > 0
	Cold, Hot float64 // T_c and T_h, of the first and the last bead, > 0 in either order
}

// Validate returns an error that names the first parameter that is out of range.
func (b BeadChain) Validate() error {
	return cmp.Or(
		demand(b.Beads >= 2, "BeadChain.Beads", b.Beads, "need a cold and a hot bead"),
		demand(positive(b.Stiffness), "BeadChain.Stiffness", b.Stiffness, "must be finite and > 0"),
		demand(positive(b.Friction), "BeadChain.Friction", b.Friction, "must be finite and > 0"),
		demand(positive(b.Cold), "BeadChain.Cold", b.Cold, "a temperature is finite and > 0"),
		demand(positive(b.Hot), "BeadChain.Hot", b.Hot, "a temperature is finite and > 0"),
	)
}

// ValidateStep returns an error unless dt > 0 is small enough for the Euler-Maruyama scheme to have a stationary
// state: all eigenvalues l of A need |1 + l dt| < 1.
func (b BeadChain) ValidateStep(dt float64) error {
	if err := b.Validate(); err != nil {
		return err
	}
	fastest := 2 * b.Stiffness / b.Friction * (1 + math.Cos(math.Pi/float64(b.Beads+1)))
	if !positive(dt) || dt*fastest >= 2 {
		return fmt.Errorf("testsystems: BeadChain: time step %v: must be > 0 and under %v, where the Euler-Maruyama scheme "+
			"becomes unstable",
			dt, 2/fastest)
	}
	return nil
}

// temperature returns T_i.
func (b BeadChain) temperature(i int) float64 {
	return b.Cold + (b.Hot-b.Cold)*float64(i)/float64(b.Beads-1)
}

// EntropyProductionRate returns sigma = 1/2 tr( D^{-1} (A C A - C A^2) ), in nats per unit of time.
func (b BeadChain) EntropyProductionRate() float64 {
	must(b.Validate())
	return b.production(b.covariance(0))
}

func (b BeadChain) production(c *mat.Dense) float64 {
	a := b.drift()
	var aca, caa mat.Dense
	aca.Product(a, c, a)
	caa.Product(c, a, a)
	var sigma float64
	for i := range b.Beads {
		sigma += (aca.At(i, i) - caa.At(i, i)) / (2 * b.diffusion(i))
	}
	return sigma
}

// DiscreteEntropyProductionRate returns the entropy production of the Euler-Maruyama scheme, in nats per unit of time:
// the divergence of the path from the reversed path, E ln( p(x'|x)/p(x|x') )/dt. This, and not
// EntropyProductionRate, is what the average of [BeadChain.LogTransition] forwards less backwards tends to on a
// trajectory of [BeadChain.Trajectory]; the two differ in first order of dt.
//
// With C the stationary covariance of the scheme and E x' x^T = M C,
//
//	E ln( p(x'|x)/p(x|x') ) = tr( D^{-1} [ E (x - M x')(x - M x')^T - 2 D dt ] )/(4 dt),
//	E (x - M x')(x - M x')^T = C - C M M - M M C + M C M,
//
// and the equation of C, A C + C A + A C A dt + 2 D = 0, reduces this to dt/2 tr( D^{-1} (A C A - C A^2) ): the form of
// EntropyProductionRate, with the covariance of the scheme. It panics on a dt that ValidateStep refuses.
func (b BeadChain) DiscreteEntropyProductionRate(dt float64) float64 {
	must(b.ValidateStep(dt))
	return b.production(b.covariance(dt))
}

// diffusion returns D_i = T_i/gamma.
func (b BeadChain) diffusion(i int) float64 { return b.temperature(i) / b.Friction }

// drift returns A, (k/gamma) times the second difference.
func (b BeadChain) drift() *mat.SymDense {
	rate := b.Stiffness / b.Friction
	a := mat.NewSymDense(b.Beads, nil)
	for i := range b.Beads {
		a.SetSym(i, i, -2*rate)
		if i > 0 {
			a.SetSym(i-1, i, rate)
		}
	}
	return a
}

// covariance returns the covariance of the stationary state of the Euler-Maruyama scheme x' = M x + sqrt(2 D dt) xi,
// M = 1 + A dt: the solution of C = M C M + 2 D dt, which in the eigenbasis of A, eigenvalues l, is
// C_ij = -2 D_ij/(l_i + l_j + l_i l_j dt). At dt = 0 it is that of the continuous process.
func (b BeadChain) covariance(dt float64) *mat.Dense {
	n := b.Beads
	var eigen mat.EigenSym
	if !eigen.Factorize(b.drift(), true) {
		panic(fmt.Sprintf("testsystems: BeadChain: no eigenvalues found for %d beads", n))
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	l := eigen.Values(nil)
	d := mat.NewDiagDense(n, nil)
	for i := range n {
		d.SetDiag(i, b.diffusion(i))
	}
	c := mat.NewDense(n, n, nil)
	c.Product(v.T(), d, &v)
	c.Apply(func(i, j int, dij float64) float64 { return -2 / (l[i] + l[j] + l[i]*l[j]*dt) * dij }, c)
	c.Product(&v, c, v.T())
	return c
}
