package testsystems

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Trajectory draws a stationary trajectory of the Euler-Maruyama scheme with the time step dt: steps+1 states of n
// positions, of which the first is an exact draw from the stationary state of the scheme. It is an error to ask for a
// dt that ValidateStep refuses.
func (b BeadChain) Trajectory(steps int, dt float64, rng *rand.Rand) ([][]float64, error) {
	if err := b.ValidateStep(dt); err != nil {
		return nil, err
	}
	if steps < 0 {
		return nil, fmt.Errorf("testsystems: BeadChain.Trajectory: %d steps: need 0 or more", steps)
	}
	path := newRows(steps+1, b.Beads)
	c := b.covariance(dt)
	symmetric := mat.NewSymDense(b.Beads, nil) // as it is up to rounding
	for i := range b.Beads {
		for j := range i + 1 {
			symmetric.SetSym(i, j, c.At(i, j))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(symmetric) {
		return nil, fmt.Errorf("testsystems: BeadChain: the covariance of %d beads between %v and %v is singular to "+
			"rounding; take fewer beads or closer temperatures",
			b.Beads, b.Cold, b.Hot)
	}
	var l mat.TriDense
	chol.LTo(&l)
	for j := range b.Beads {
		z := rng.NormFloat64()
		for i := j; i < b.Beads; i++ {
			path[0][i] += l.At(i, j) * z
		}
	}
	kick := make([]float64, b.Beads)
	for i := range kick {
		kick[i] = math.Sqrt(2 * b.diffusion(i) * dt)
	}
	for t := range steps {
		for i := range kick {
			path[t+1][i] = b.moved(path[t], i, dt) + kick[i]*rng.NormFloat64()
		}
	}
	return path, nil
}

// LogTransition returns ln p(to|from) of one Euler-Maruyama step of length dt, in nats: each bead is normal with mean
// (M from)_i and variance 2 D_i dt. It panics on states that do not have n positions and on dt <= 0.
func (b BeadChain) LogTransition(from, to []float64, dt float64) float64 {
	must(b.Validate())
	if !positive(dt) {
		panic(fmt.Sprintf("testsystems: BeadChain.LogTransition: time step %v", dt))
	}
	if len(from) != b.Beads || len(to) != b.Beads {
		panic(fmt.Sprintf("testsystems: BeadChain.LogTransition: states of %d and %d positions, not %d",
			len(from), len(to), b.Beads))
	}
	var ln float64
	for i := range to {
		variance := 2 * b.diffusion(i) * dt
		d := to[i] - b.moved(from, i, dt)
		ln -= (d*d/variance + math.Log(2*math.Pi*variance)) / 2
	}
	return ln
}

// moved returns bead i of M x = x + A x dt.
func (b BeadChain) moved(x []float64, i int, dt float64) float64 {
	force := -2 * x[i]
	if i > 0 {
		force += x[i-1]
	}
	if i < len(x)-1 {
		force += x[i+1]
	}
	return x[i] + dt*b.Stiffness/b.Friction*force
}
