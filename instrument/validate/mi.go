package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
)

type pairs struct{ x, y [][]float64 }

// MutualInformation poses a task to the nearest-neighbour estimator of mutual information, with the columns as they are
// and ranked, n pairs and k neighbours. The first is read against the null of 19 random pairings of the same points,
// which is shown too: it tells what a small or negative value is worth. Where the task has no information, whether the
// estimate lies within its null is a case too.
func MutualInformation(task testsystems.MITask, n, k int) (*System, error) {
	if v, ok := task.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	if err := enough(n, k); err != nil {
		return nil, err
	}
	ksg := func(scaling information.Scaling, permutations int) func(any, *rand.Rand) estimate.Estimate {
		return on(func(p *pairs, rng *rand.Rand) estimate.Estimate {
			return mutualInformation(p.x, p.y, &information.KSGSettings{
				K: k, Scaling: scaling, Permutations: permutations, Seed: rng.Uint64(),
			})
		})
	}
	null := func(of func(m information.MutualInformation) estimate.Estimate) func(any, *rand.Rand) estimate.Estimate {
		return on(func(p *pairs, rng *rand.Rand) estimate.Estimate {
			m, err := information.KSG(p.x, p.y, &information.KSGSettings{K: k, Permutations: permutations, Seed: rng.Uint64()})
			if err != nil {
				return estimate.Unknown("%v", err)
			}
			return of(m)
		})
	}
	s := &System{
		Name:       "mi",
		Parameters: parameters("task", task.Name(), "samples", n, "neighbours", k),
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			x, y := task.Sample(n, rng)
			return &pairs{x, y}, nil
		},
		Cases: []Case{
			{Quantity: "mi", Estimator: "KSG 1", Truth: task.MI(), Estimate: ksg(information.Standardised, permutations)},
			{Quantity: "mi", Estimator: "KSG 1 of ranks", Truth: task.MI(), Estimate: ksg(information.Ranked, 0)},
			{Quantity: "mi_of_random_pairs", Estimator: "KSG 1", Given: "the drawn points",
				Estimate: null(func(m information.MutualInformation) estimate.Estimate { return m.Null })},
		},
	}
	if task.MI() == 0 {
		s.Cases = append(s.Cases, Case{Quantity: "mi_above_null", Estimator: "KSG 1",
			Estimate: null(func(m information.MutualInformation) estimate.Estimate { return aboveNull(m.Estimate, m.Null) })})
	}
	return s, nil
}

func mutualInformation(x, y [][]float64, s *information.KSGSettings) estimate.Estimate {
	m, err := information.KSG(x, y, s)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	return m.Estimate
}

func enough(n, k int) error {
	if k < 1 || n <= k {
		return fmt.Errorf("validate: %d samples and %d neighbours: need 1 neighbour or more, and more samples than "+
			"neighbours", n, k)
	}
	return nil
}
