package thermo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Potential is a differentiable energy phi(x) in nats (k_B T = 1): it returns phi(x) and, where grad is not nil, writes
// the gradient of phi at x into it. It must not keep or change x.
type Potential func(grad, x []float64) float64

// MALA is the Metropolis-adjusted Langevin algorithm (Roberts & Tweedie, Bernoulli 2, 341 (1996)), a Markov kernel that
// moves one chain towards exp(-phi)/Z: the unadjusted step
//
//	y = x - h grad phi(x) + sqrt(2h) xi,    xi ~ N(0, 1),
//
// is a proposal, accepted with probability
//
//	min( 1, exp(phi(x) - phi(y)) t(y -> x) / t(x -> y) )
//
// with t the transition density of the step. It leaves exp(-phi)/Z exactly invariant at any h. The step alone does not:
// its stationary distribution is off by O(h) (for phi = k x^2/2 the variance is 1/(k (1 - hk/2)) instead of 1/k, and
// hk >= 2 diverges), and work measured on it naively breaks the fluctuation theorems; see [WeightedLangevin].
type MALA struct {
	Proposed, Accepted int // moves so far

	langevinStep
}

// NewMALA returns MALA in dim dimensions with step h. It panics unless dim > 0 and h > 0 is finite. An acceptance of
// about 0.57 is the most efficient in high dimension (Roberts & Rosenthal, J. R. Stat. Soc. B 60, 255 (1998)).
func NewMALA(dim int, h float64) *MALA {
	return &MALA{langevinStep: newLangevinStep(dim, h)}
}

// Move advances x in place by one step at the energy phi, with rng as the only source of chance. It panics if x has not
// the dimension of the kernel. A proposal whose energy or gradient is not finite is rejected; that of the present state
// is an error and leaves x unchanged.
func (k *MALA) Move(x []float64, phi Potential, rng *rand.Rand) error {
	before, err := evaluate(k.gradX, x, phi)
	if err != nil {
		return err
	}
	langevin(k.y, x, k.gradX, k.h, rng)
	after := phi(k.gradY, k.y)
	logRatio := before - after +
		langevinLogDensity(k.y, x, k.gradY, k.h) - langevinLogDensity(x, k.y, k.gradX, k.h)
	k.Proposed++
	if math.Log(1-rng.Float64()) < logRatio { // false for NaN
		k.Accepted++
		copy(x, k.y)
	}
	return nil
}

// langevinLogDensity returns the log of the transition density of one Langevin step of size h from x to y,
//
//	ln t(x -> y) = -|y - x + h grad phi(x)|^2 / (4h) - d/2 ln(4 pi h),
//
// where gradX = grad phi(x). It panics if lengths differ.
func langevinLogDensity(x, y, gradX []float64, h float64) float64 {
	if len(y) != len(x) || len(gradX) != len(x) {
		panic(fmt.Sprintf("thermo: transition from %d to %d coordinates with a gradient of %d", len(x), len(y), len(gradX)))
	}
	sum := 0.0
	for i, xi := range x {
		d := y[i] - xi + h*gradX[i]
		sum += d * d
	}
	return -sum/(4*h) - float64(len(x))/2*math.Log(4*math.Pi*h)
}

// langevin writes x - h grad + sqrt(2h) xi into dst, which may be x.
func langevin(dst, x, grad []float64, h float64, rng *rand.Rand) {
	amplitude := math.Sqrt(2 * h)
	for i, g := range grad {
		dst[i] = x[i] - h*g + amplitude*rng.NormFloat64()
	}
}

// evaluate writes the gradient of phi at x into grad, returns the energy, and checks both.
func evaluate(grad, x []float64, phi Potential) (float64, error) {
	if len(x) != len(grad) {
		panic(fmt.Sprintf("thermo: kernel of dimension %d was given a state of %d", len(grad), len(x)))
	}
	energy := phi(grad, x)
	for i, g := range grad {
		if math.IsNaN(g) || math.IsInf(g, 0) {
			return energy, fmt.Errorf("thermo: component %d of the gradient of the energy is %v at x[%d] = %v; try a smaller "+
				"step", i, g, i, x[i])
		}
	}
	if math.IsNaN(energy) || math.IsInf(energy, 0) {
		return energy, fmt.Errorf("thermo: the energy is %v; try a smaller step", energy)
	}
	return energy, nil
}

// langevinStep is what an unadjusted step needs: its size, the place it leads to, and the gradients at both ends.
type langevinStep struct {
	h            float64
	y            []float64
	gradX, gradY []float64
}

func newLangevinStep(dim int, h float64) langevinStep {
	if dim <= 0 || !(h > 0) || math.IsInf(h, 1) {
		panic(fmt.Sprintf("thermo: a Langevin kernel needs a dimension and a step above 0, not %d and %v", dim, h))
	}
	return langevinStep{h: h, y: make([]float64, dim), gradX: make([]float64, dim), gradY: make([]float64, dim)}
}
