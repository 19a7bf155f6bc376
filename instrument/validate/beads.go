package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// Beads is a chain of beads between two heat baths.
type Beads struct {
	Beads     int     `default:"2" help:"Beads."`
	Stiffness float64 `default:"1" help:"Stiffness of the springs."`
	Friction  float64 `default:"1" help:"Friction."`
	Cold      float64 `default:"1" help:"Temperature of the first bead."`
	Hot       float64 `default:"10" help:"Temperature of the last bead."`
	DT        float64 `name:"dt" default:"0.01" help:"Time step."`
	Steps     int     `default:"500" help:"Time steps of a trajectory."`
	Samples   int     `default:"500" help:"Trajectories."`
}

// Pose poses the entropy production rate, nats per unit of time, from stationary trajectories. The truth is that of the
// discrete scheme.
func (p Beads) Pose() (*System, error) {
	b := testsystems.BeadChain{Beads: p.Beads, Stiffness: p.Stiffness, Friction: p.Friction, Cold: p.Cold, Hot: p.Hot}
	dt := p.DT
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if err := b.ValidateStep(dt); err != nil {
		return nil, err
	}
	if p.Steps < 1 || p.Samples < 2 {
		return nil, fmt.Errorf("validate: %d trajectories of %d steps: need 2 of 1 or more", p.Samples, p.Steps)
	}
	forward := func(_ int, from, to []float64) float64 { return b.LogTransition(from, to, dt) }
	return &System{
		Name: "beads", Parameters: p,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			paths := make([][][]float64, p.Samples)
			for i := range paths {
				path, err := b.Trajectory(p.Steps, dt, rng)
				if err != nil {
					return nil, err
				}
				paths[i] = path
			}
			return paths, nil
		},
		Cases: []Case{of("entropy_production", "PathEntropyProduction", Value, b.DiscreteEntropyProductionRate(dt),
			func(paths [][][]float64) estimate.Estimate {
				rates := make([]float64, len(paths))
				for i, path := range paths {
					nats, err := thermo.PathEntropyProduction(path, forward, forward)
					if err != nil {
						return estimate.Unknown("%v", err)
					}
					rates[i] = nats / (float64(p.Steps) * dt)
				}
				return estimate.Mean(rates)
			}),
		},
	}, nil
}
