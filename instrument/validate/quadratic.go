package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const (
	quadraticChains = 8   // independent trajectories for the autocorrelation time
	chainTimes      = 100 // autocorrelation times that each of them lasts at least
	thinTimes       = 4.6 // autocorrelation times between thinned states: correlations fall to 1 %
	windowPoints    = 60  // of the sliding window of WindowEntropy, and of Shrinkage, whose jackknife is dear
)

// descent is SGD at rest: thinned states of one trajectory, independent of each other, and chains of successive states
// of the slowest direction.
type descent struct {
	thinned, chains [][]float64
}

// Quadratic is SGD at rest in a quadratic valley.
type Quadratic struct {
	Curvature []float64 `default:"1,2,5" placeholder:"L,..." help:"Curvature of each direction. (1,2,5)"`
	NoiseVar  []float64 `default:"1,1,2" placeholder:"C,..." help:"Variance of the gradient noise in each. (1,1,2)"`
	Rate      float64   `name:"lr" default:"0.1" help:"Learning rate r."`
	Samples   int       `default:"1000" help:"States that are far apart, and length of each chain."`
}

// Pose draws states that are far apart and eight chains of as many successive states, or of as many as last 100
// autocorrelation times of the slowest direction.
func (p Quadratic) Pose() (*System, error) {
	q, n := testsystems.QuadraticSGD{Curvature: p.Curvature, NoiseVar: p.NoiseVar, Rate: p.Rate}, p.Samples
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if d := len(q.Curvature); n <= d+1 || n < windowPoints {
		return nil, fmt.Errorf("validate: %d samples: need %d or more, and more than the %d directions", n, windowPoints, d)
	}
	slowest, a := 0, 0.0
	for i, r := range q.Autocorrelation(1) {
		if math.Abs(r) > a {
			slowest, a = i, math.Abs(r)
		}
	}
	interval := 1
	if a > 0 {
		interval = max(1, int(math.Ceil(-thinTimes/math.Log(a))))
	}
	variance := q.StationaryVariance()
	length := max(n, int(chainTimes*q.IntegratedTime()[slowest]))
	return &System{
		Name: "quadratic", Parameters: p,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			d := &descent{}
			for t, theta := range q.Trajectory(n*interval, rng) {
				if t%interval == 0 {
					d.thinned = append(d.thinned, theta)
				}
			}
			for range quadraticChains {
				chain := make([]float64, length)
				for t, theta := range q.Trajectory(length, rng) {
					chain[t] = theta[slowest]
				}
				d.chains = append(d.chains, chain)
			}
			return d, nil
		},
		Cases: []Case{
			of("variance", "mean square", Value, variance[slowest], func(d *descent) estimate.Estimate {
				squares := make([]float64, n)
				for t, theta := range d.thinned {
					squares[t] = theta[slowest] * theta[slowest]
				}
				return estimate.Mean(squares)
			}),
			plugIn("s_theta", q.Entropy(), func(d *descent) [][]float64 { return d.thinned }),
			{Quantity: "s_theta", Estimator: "Shrinkage", Truth: q.Entropy(),
				Flaw: "shown for comparison: it is made for more dimensions than points, and the bias of shrinking is not " +
					"subtracted",
				Estimate: on(func(d *descent, _ *rand.Rand) estimate.Estimate {
					return entropy.Shrinkage(d.thinned[:windowPoints], 0)
				})},
			nearest("s_theta", q.Entropy(), 3, func(d *descent) [][]float64 { return d.thinned }),
			of("s_theta", "WindowEntropy", Value, q.Entropy(),
				func(d *descent) estimate.Estimate { return window(d.thinned) }),
			of("autocorrelation_time", "AutocorrelationTime", Value, q.IntegratedTime()[slowest],
				func(d *descent) estimate.Estimate { return thermo.AutocorrelationTime(d.chains) }),
		},
	}, nil
}

// weights shows a program's weights to a meter, which sees them move and never trains them.
type weights struct{ value, gradient *tensor.Dense }

func (w weights) Value() G.Value         { return w.value }
func (w weights) Grad() (G.Value, error) { return w.gradient, nil }

// still is the solver of a program that moves its weights by itself.
type still struct{}

func (still) Step([]G.ValueGrad) error { return nil }

// window leads the states past a meter, as a training run would, and returns the first reading of a full window.
func window(states [][]float64) estimate.Estimate {
	dim := len(states[0])
	vector := func() *tensor.Dense { return tensor.New(tensor.WithShape(dim), tensor.Of(tensor.Float64)) }
	w := weights{value: vector(), gradient: vector()}
	memory := instrument.NewMemory()
	meter := instrument.New(nil, memory)
	meter.Track(instrument.WindowEntropy(&instrument.WindowSettings{Points: windowPoints}), instrument.Every(1))
	solver := meter.Wrap(still{})
	for _, theta := range states[:windowPoints] {
		copy(w.value.Float64s(), theta)
		if err := solver.Step([]G.ValueGrad{w}); err != nil {
			return estimate.Unknown("%v", err)
		}
	}
	events := memory.Events()
	return events[len(events)-1].Readings[0].Reading
}
