package solver

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Algorithm is how a step follows from gradients. The file of each holds its formula and source.
type Algorithm string

const (
	SGD      Algorithm = "sgd"      // plain stochastic gradient descent, with Langevin noise if wanted
	Momentum Algorithm = "momentum" // the heavy ball
	Nesterov Algorithm = "nesterov" // momentum whose gradient is taken ahead
	Adam     Algorithm = "adam"
	RMSProp  Algorithm = "rmsprop"
	AdaGrad  Algorithm = "adagrad"
)

// Algorithms are all of them.
func Algorithms() []Algorithm { return []Algorithm{SGD, Momentum, Nesterov, Adam, RMSProp, AdaGrad} }

// HasVelocity reports whether the algorithm has a velocity, of which a step keeps the part [Settings].Momentum.
func (a Algorithm) HasVelocity() bool { return a == Momentum || a == Nesterov }

// moments is how many numbers the algorithm remembers of every weight.
func (a Algorithm) moments() int {
	switch a {
	case SGD:
		return 0
	case Adam:
		return 2
	}
	return 1
}

// Settings describe a [Solver]. A zero field leaves out what it stands for, but for those that say otherwise.
type Settings struct {
	Algorithm Algorithm // default SGD
	Rate      float64   // r, the learning rate before the schedule; positive
	Schedule  Schedule  // default: constant
	Momentum  float64   // mu, the part of the velocity that a step of Momentum or Nesterov keeps; below 1
	// WeightDecay is lambda: the gradient g becomes g + lambda theta, for every weight (coupled, as PyTorch's
	// weight_decay: an adaptive algorithm scales it with the rest; it is the gradient of lambda |theta|^2/2).
	WeightDecay float64
	// Clip is the largest norm of the gradient: if |g|, the Euclidean norm over all weights of all parameters, before
	// weight decay, is larger, g becomes g Clip/|g|.
	Clip float64
	// Temperature is T of Langevin noise sqrt(2 r T) xi added to each step of plain SGD, in units of the loss; see
	// [calorimeter/instrument.SGD].
	Temperature float64
}

// Validate returns an error that says what is wrong for what [New] refuses.
func (s Settings) Validate() error {
	s.setDefaults()
	finite := func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }
	switch {
	case !slices.Contains(Algorithms(), s.Algorithm):
		var names []string
		for _, a := range Algorithms() {
			names = append(names, string(a))
		}
		return fmt.Errorf("solver: unknown algorithm %q: known are %s", s.Algorithm, strings.Join(names, ", "))
	case !finite(s.Rate) || s.Rate == 0:
		return fmt.Errorf("solver: learning rate %v; it must be positive and finite", s.Rate)
	case !(s.Momentum >= 0 && s.Momentum < 1):
		return fmt.Errorf("solver: momentum %v; it must be 0 or more and below 1", s.Momentum)
	case s.Momentum > 0 && !s.Algorithm.HasVelocity():
		return fmt.Errorf("solver: momentum %v with %s; it is of momentum and nesterov alone", s.Momentum, s.Algorithm)
	case !finite(s.WeightDecay):
		return fmt.Errorf("solver: weight decay %v; it must be 0 or more and finite", s.WeightDecay)
	case !finite(s.Clip):
		return fmt.Errorf("solver: gradient norm clipped at %v; it must be 0 (not clipped) or more and finite", s.Clip)
	case !finite(s.Temperature):
		return fmt.Errorf("solver: temperature %v; it must be 0 or more and finite", s.Temperature)
	case s.Temperature > 0 && !s.plain():
		return fmt.Errorf("solver: a temperature of %v needs plain sgd, without clipping and weight decay: noise makes "+
			"Langevin dynamics of it alone, and bounds M-info there alone; use it, or a temperature of 0", s.Temperature)
	}
	return s.Schedule.validate()
}

func (s *Settings) setDefaults() {
	if s.Algorithm == "" {
		s.Algorithm = SGD
	}
}

// plain reports whether a step is -r g and nothing else, noise aside.
func (s *Settings) plain() bool { return s.Algorithm == SGD && s.WeightDecay == 0 && s.Clip == 0 }

// RateAt returns the learning rate of a step, counted from 0.
func (s Settings) RateAt(step int) float64 { return s.Rate * s.Schedule.factor(step) }
