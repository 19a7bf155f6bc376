package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/information"
)

// TwoValues is an ensemble with one weight of two values and training sets of one example of two values, as likely as
// each other: training copies the example, and now and then the other value.
type TwoValues struct {
	Flip     float64 `default:"0" help:"Probability f that a replica holds the other value; 0.5: it ignores the data."`
	Datasets int     `default:"8" help:"Training sets D."`
	Replicas int     `default:"3" help:"Replicas R trained on each set."`
	Ghosts   int     `default:"200" help:"Examples that no replica was trained on."`
}

// Pose holds M-info, as told example by example, against what it bounds from below,
//
//	I(Theta;B) = ln 2 + f ln f + (1-f) ln(1-f),
//
// the capacity of a binary symmetric channel. The loss of an example is 1 under weights of the other value, else 0.
func (p TwoValues) Pose() (*System, error) {
	if !(p.Flip >= 0 && p.Flip <= 1) {
		return nil, fmt.Errorf("validate: a probability of %v", p.Flip)
	}
	if err := tellable(p.Datasets, p.Replicas, p.Ghosts); err != nil {
		return nil, err
	}
	capacity := math.Ln2
	for _, f := range []float64{p.Flip, 1 - p.Flip} {
		if f > 0 {
			capacity += f * math.Log(f)
		}
	}
	return &System{
		Name: "two-values", Parameters: p, Cases: []Case{toldCase("m_info", Lower, capacity)},
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			examples := make([]int, p.Datasets)
			var weights []int
			for d := range examples {
				examples[d] = rng.IntN(2)
				for range p.Replicas {
					weight := examples[d]
					if rng.Float64() < p.Flip {
						weight = 1 - weight
					}
					weights = append(weights, weight)
				}
			}
			losses := func(example int) []float64 {
				out := make([]float64, len(weights))
				for s, weight := range weights {
					out[s] = math.Abs(float64(example - weight))
				}
				return out
			}
			l := information.ExampleLosses{Sets: p.Datasets, Replicas: p.Replicas, Size: 1}
			for _, example := range examples {
				l.Own = append(l.Own, [][]float64{losses(example)})
			}
			for range p.Ghosts {
				l.Ghosts = append(l.Ghosts, losses(rng.IntN(2)))
			}
			return information.MemorizedExamples(&l).MInfo, nil
		},
	}, nil
}
