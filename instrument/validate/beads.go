package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// Beads poses the entropy production rate of a chain of beads between two heat baths, nats per unit of time, from n
// stationary trajectories of the given number of time steps dt. The truth is that of the discrete scheme.
func Beads(b testsystems.BeadChain, dt float64, steps, n int) (*System, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if err := b.ValidateStep(dt); err != nil {
		return nil, err
	}
	if steps < 1 || n < 2 {
		return nil, fmt.Errorf("validate: %d trajectories of %d steps: need 2 of 1 or more", n, steps)
	}
	forward := func(_ int, from, to []float64) float64 { return b.LogTransition(from, to, dt) }
	return &System{
		Name: "beads",
		Parameters: parameters("beads", b.Beads, "stiffness", b.Stiffness, "friction", b.Friction,
			"cold", b.Cold, "hot", b.Hot, "dt", dt, "steps", steps, "samples", n),
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			paths := make([][][]float64, n)
			for i := range paths {
				path, err := b.Trajectory(steps, dt, rng)
				if err != nil {
					return nil, err
				}
				paths[i] = path
			}
			return paths, nil
		},
		Cases: []Case{{
			Quantity: "entropy_production", Estimator: "PathEntropyProduction", Truth: b.DiscreteEntropyProductionRate(dt),
			Estimate: on(func(paths [][][]float64, _ *rand.Rand) estimate.Estimate {
				rates := make([]float64, len(paths))
				for i, path := range paths {
					nats, err := thermo.PathEntropyProduction(path, forward, forward)
					if err != nil {
						return estimate.Unknown("%v", err)
					}
					rates[i] = nats / (float64(steps) * dt)
				}
				return estimate.Mean(rates)
			}),
		}},
	}, nil
}
