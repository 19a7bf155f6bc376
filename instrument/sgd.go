package instrument

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/internal/vector"

	"gorgonia.org/gorgonia"
)

// SGD is plain stochastic gradient descent, at a temperature if wanted, as a gorgonia.Solver:
//
//	theta' = theta - r g + sqrt(2 r T) xi,   g = 0 afterwards
//
// with the learning rate r and xi independent standard normal numbers for every weight: the Euler-Maruyama step
// of Langevin dynamics in the loss at temperature T (Welling & Teh 2011). With T = 0, the default, it draws
// nothing and computes what gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(r)) does, bit for bit on amd64
// (compilers may fuse the multiplication into the addition on other machines), in one pass instead of three
// and without an allocation.
//
// It is not safe for concurrent use.
type SGD struct {
	rate        float64
	temperature float64
	rng         *rand.Rand
}

// NewSGD returns SGD with the learning rate r at T = 0. It panics unless r is finite and positive.
func NewSGD(rate float64) *SGD {
	if !(rate > 0) || math.IsInf(rate, 1) {
		panic(fmt.Sprintf("instrument: NewSGD(%v): the learning rate must be finite and positive", rate))
	}
	return &SGD{rate: rate}
}

// WithTemperature sets the temperature T, in units of the loss, and the stream that the noise is drawn from, in
// the order of the parameters and their elements: the same state of the stream gives the same step. T = 0
// leaves the stream alone, which may then be nil. It returns s, and panics if T is negative or not finite, or if
// T > 0 has no stream.
func (s *SGD) WithTemperature(T float64, rng *rand.Rand) *SGD {
	if !(T >= 0) || math.IsInf(T, 1) {
		panic(fmt.Sprintf("instrument: WithTemperature(%v): the temperature must be finite and not negative", T))
	}
	if T > 0 && rng == nil {
		panic("instrument: WithTemperature: a temperature needs a random stream")
	}
	s.temperature, s.rng = T, rng
	return s
}

// SetRate sets the learning rate of the steps to come. It panics unless r is finite and positive.
func (s *SGD) SetRate(r float64) {
	if !(r > 0) || math.IsInf(r, 1) {
		panic(fmt.Sprintf("instrument: SetRate(%v): the learning rate must be finite and positive", r))
	}
	s.rate = r
}

// Rate returns the learning rate r.
func (s *SGD) Rate() float64 { return s.rate }

// Temperature returns T.
func (s *SGD) Temperature() float64 { return s.temperature }

// Step makes one update of dense and scalar parameters of float32 or float64 and clears their gradients. An
// error names the parameter that has no gradient or cannot be updated; those before it have been.
func (s *SGD) Step(model []gorgonia.ValueGrad) error {
	sigma := math.Sqrt(2 * s.rate * s.temperature)
	for i, vg := range model {
		p, err := view(vg, true)
		if err != nil {
			return fmt.Errorf("instrument: SGD: parameter %d %q: %w", i, identify(vg).name, err)
		}
		vector.Descend(p.Weight32, p.Grad32, float32(s.rate))
		vec.Daxpy(len(p.Weight64), -s.rate, p.Grad64, 1, p.Weight64, 1)
		clear(p.Grad64)
		if sigma > 0 {
			addNormal(p.Weight32, sigma, s.rng)
			addNormal(p.Weight64, sigma, s.rng)
		}
	}
	return nil
}

func addNormal[T float32 | float64](x []T, sigma float64, rng *rand.Rand) {
	for i := range x {
		x[i] += T(sigma * rng.NormFloat64())
	}
}
