package model

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// mala moves a batch of chains, each on its own, by the Metropolis-adjusted Langevin algorithm (Roberts & Tweedie,
// Bernoulli 2, 341 (1996)) at the energy
//
//	phi_beta(u) = |u|^2/2 + beta f(u),   u = (x - mu)/sigma,
//
// f a network. A proposal is v = u - h grad phi(u) + sqrt(2h) xi with xi ~ N(0, 1); it is accepted with probability
//
//	min( 1, exp(phi(u) - phi(v)) t(v -> u) / t(u -> v) ),   ln t(u -> v) = -|v - u + h grad phi(u)|^2 / (4h) + const,
//
// which leaves exp(-phi_beta)/Z exactly invariant at any fixed step h. One whose energy or gradient is not finite is
// rejected.
//
// States are float32. A proposal is rounded first and judged as rounded, so rounding touches the proposal's density
// alone (by about 1e-7 |x| over the length of a move, relative). Sums over components are double; f itself comes from
// the network in the precision of its weights, about 1e-6 |f| in float32: what is left invariant is the energy as the
// network computes it.
type mala struct {
	forces      *forces
	mean, sigma float64
	x           []float32 // the caller's rows, moved in place
	y           []float32 // proposals
	now, next   states    // x and y
}

// states are points in units of the reference, with f and df/du there.
type states struct{ u, f, gradient []float64 }

func newMALA(f *forces, mean, sigma float64) *mala {
	size := f.rows * f.dim
	zeros := func() states {
		return states{u: make([]float64, size), f: make([]float64, f.rows), gradient: make([]float64, size)}
	}
	return &mala{forces: f, mean: mean, sigma: sigma, y: make([]float32, size), now: zeros(), next: zeros()}
}

// run makes so many proposals to every row of x at beta = 1, and returns how many were accepted.
func (k *mala) run(x []float32, step float64, proposals int, rng *rand.Rand) (accepted int, err error) {
	if len(x)%k.forces.dim != 0 {
		panic(fmt.Sprintf("model: %d values are not rows of %d", len(x), k.forces.dim))
	}
	for first := 0; first < len(x); first += len(k.y) {
		if err := k.load(x[first:min(first+len(k.y), len(x))], first/k.forces.dim); err != nil {
			return accepted, err
		}
		for range proposals {
			n, err := k.propose(1, step, rng)
			if err != nil {
				return accepted, err
			}
			accepted += n
		}
	}
	return accepted, nil
}

// load takes up to forces.rows rows, which propose will move. Errors call row i first+i.
func (k *mala) load(x []float32, first int) error {
	k.x = x
	dim := k.forces.dim
	for i, v := range x {
		if v-v != 0 {
			return fmt.Errorf("model: component %d of chain %d is %v: the chain has left the domain; start it again, or try "+
				"a smaller learning rate", i%dim, first+i/dim, v)
		}
		k.now.u[i] = (float64(v) - k.mean) / k.sigma
	}
	rows := len(x) / dim
	if err := k.evaluate(&k.now); err != nil {
		return err
	}
	for r := range rows {
		sum := k.now.f[r]
		for _, g := range k.now.gradient[r*dim : (r+1)*dim] {
			sum += 0 * g
		}
		if sum-sum != 0 {
			return fmt.Errorf("model: the energy of chain %d, or its gradient, is not finite (f = %v): the weights have "+
				"grown too large; try a smaller learning rate", first+r, k.now.f[r])
		}
	}
	return nil
}

func (k *mala) evaluate(s *states) error {
	n := len(k.x)
	return k.forces.at(s.f[:n/k.forces.dim], s.gradient[:n], s.u[:n])
}

// propose makes one proposal to every loaded row.
func (k *mala) propose(beta, h float64, rng *rand.Rand) (accepted int, err error) {
	amplitude := math.Sqrt(2 * h)
	n := len(k.x)
	now, next := k.now.u[:n], k.next.u[:n]
	gradient, y := k.now.gradient[:n], k.y[:n]
	for i, u := range now {
		v := u - h*(u+beta*gradient[i]) + amplitude*rng.NormFloat64()
		y[i] = float32(k.mean + k.sigma*v)
		next[i] = (float64(y[i]) - k.mean) / k.sigma
	}
	if err := k.evaluate(&k.next); err != nil {
		return 0, err
	}
	dim := k.forces.dim
	for r := range len(k.x) / dim {
		logRatio := k.logRatio(r, beta, h)
		if math.Log(1-rng.Float64()) < logRatio && !math.IsInf(logRatio, 1) { // false for NaN
			accepted++
			copy(k.x[r*dim:(r+1)*dim], k.y[r*dim:(r+1)*dim])
			copy(k.now.u[r*dim:(r+1)*dim], k.next.u[r*dim:(r+1)*dim])
			copy(k.now.gradient[r*dim:(r+1)*dim], k.next.gradient[r*dim:(r+1)*dim])
			k.now.f[r] = k.next.f[r]
		}
	}
	return accepted, nil
}

// logRatio returns ln of the Metropolis ratio of row r. Differences of squares are taken as (a-b)(a+b).
func (k *mala) logRatio(r int, beta, h float64) float64 {
	var reference, transition float64
	row := func(x []float64) []float64 { return x[r*k.forces.dim:][:k.forces.dim] }
	now, next := row(k.now.u), row(k.next.u)
	slope, slopeThere := row(k.now.gradient), row(k.next.gradient)
	for i, u := range now {
		v := next[i]
		reference += (u - v) * (u + v)
		forth := v - u + h*(u+beta*slope[i])
		back := u - v + h*(v+beta*slopeThere[i])
		transition += (forth - back) * (forth + back)
	}
	return reference/2 + beta*(k.now.f[r]-k.next.f[r]) + transition/(4*h)
}
