package solver

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"

	"gorgonia.org/gorgonia"
)

// Solver is a gorgonia.Solver with a schedule of its learning rate, whose memory is a [State]. One solver may serve
// several networks of one shape in turn, each with a State of its own; it is not safe for concurrent use.
type Solver struct {
	settings Settings
	state    *State
	plain    *instrument.SGD
	params   []instrument.Param
}

// New returns a solver before its first step. It panics where [Settings.Validate] returns an error.
func New(s Settings) *Solver {
	if err := s.Validate(); err != nil {
		panic(err.Error())
	}
	s.setDefaults()
	return &Solver{settings: s, state: new(State), plain: instrument.NewSGD(s.Rate)}
}

// Use makes the solver go on from st, which it changes from now on. noise is the stream of Langevin noise, which may be
// nil without a temperature. It panics at a temperature without a stream.
func (s *Solver) Use(st *State, noise *rand.Rand) {
	s.state = st
	s.plain.WithTemperature(s.settings.Temperature, noise)
}

// Rate returns the learning rate of the next step.
func (s *Solver) Rate() float64 { return s.settings.RateAt(s.state.Steps) }

// terms are what one step takes the same for every weight.
type terms struct {
	rate, momentum float64
	scale, decay   float64 // of the gradient, by which it is clipped, and of the weight
	step           int     // from 1
}

// slope is the gradient of one weight, clipped and with the weight's decay.
func (t *terms) slope(g, w float64) float64 { return t.scale*g + t.decay*w }

// Step makes one update of dense and scalar parameters of float32 or float64, and clears their gradients. An error
// names the parameter that has no gradient or cannot be updated, or says that the state is of another network; no
// weight has changed then.
func (s *Solver) Step(model []gorgonia.ValueGrad) error {
	s.params = s.params[:0]
	for i, vg := range model {
		p, err := instrument.View(vg)
		if err != nil {
			return fmt.Errorf("solver: parameter %d %q: %w", i, p.Name, err)
		}
		s.params = append(s.params, p)
	}
	if err := s.state.fit(s.settings.Algorithm, s.params); err != nil {
		return err
	}
	t := terms{
		rate: s.Rate(), momentum: s.settings.Momentum, scale: s.scale(), decay: s.settings.WeightDecay,
		step: s.state.Steps + 1,
	}
	s.state.Steps++
	if s.settings.Algorithm == SGD && t.scale == 1 && t.decay == 0 {
		s.plain.SetRate(t.rate)
		return s.plain.Step(model)
	}
	for i, p := range s.params {
		var first, second []float64
		if s.state.First != nil {
			first = s.state.First[i]
		}
		if s.state.Second != nil {
			second = s.state.Second[i]
		}
		update(s.settings.Algorithm, p.Weight32, p.Grad32, first, second, &t)
		update(s.settings.Algorithm, p.Weight64, p.Grad64, first, second, &t)
		clear(p.Grad32)
		clear(p.Grad64)
	}
	return nil
}

func update[T float32 | float64](a Algorithm, w, g []T, first, second []float64, t *terms) {
	switch a {
	case SGD:
		sgd(w, g, t)
	case Momentum:
		momentum(w, g, first, t)
	case Nesterov:
		nesterov(w, g, first, t)
	case Adam:
		adam(w, g, first, second, t)
	case RMSProp:
		rmsprop(w, g, first, t)
	case AdaGrad:
		adagrad(w, g, first, t)
	}
}

// scale is what brings the norm of the gradient down to [Settings].Clip, 1 where it is not above.
func (s *Solver) scale() float64 {
	if s.settings.Clip == 0 {
		return 1
	}
	var square float64
	for _, p := range s.params {
		square += squares(p.Grad32) + squares(p.Grad64)
	}
	if norm := math.Sqrt(square); norm > s.settings.Clip {
		return s.settings.Clip / norm
	}
	return 1
}

func squares[T float32 | float64](g []T) (sum float64) {
	for _, x := range g {
		sum += float64(x) * float64(x)
	}
	return sum
}
