package validate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// works are the work values of realisations of a process and of its reverse, and energies at the end of it, if known.
type works struct{ forward, reverse, energies []float64 }

// Oscillator is a harmonic oscillator whose stiffness is switched at once.
type Oscillator struct {
	Stiffness float64 `default:"1" help:"Stiffness before the switch."`
	Ratio     float64 `default:"2" help:"Stiffness after it, over the one before."`
	Samples   int     `default:"1000" help:"Realisations each way."`
}

// Pose poses the free energy from work.
func (p Oscillator) Pose() (*System, error) {
	return work("oscillator", p, testsystems.HarmonicQuench{Stiffness: p.Stiffness, Ratio: p.Ratio}, p.Samples)
}

// Trap is a particle in a dragged trap.
type Trap struct {
	Stiffness float64 `default:"1" help:"Stiffness of the trap."`
	Friction  float64 `default:"1" help:"Friction."`
	Speed     float64 `default:"1" help:"Speed of the trap."`
	Duration  float64 `default:"5" help:"Time for which it is dragged."`
	Samples   int     `default:"1000" help:"Realisations each way."`
}

// Pose poses the free energy from work.
func (p Trap) Pose() (*System, error) {
	d := testsystems.DraggedTrap{Stiffness: p.Stiffness, Friction: p.Friction, Speed: p.Speed, Duration: p.Duration}
	return work("trap", p, d, p.Samples)
}

// GaussianWork is a process of normal work.
type GaussianWork struct {
	Mean    float64 `default:"1" help:"Mean of the forward work."`
	SD      float64 `name:"sd" default:"1" help:"Standard deviation of the work."`
	Samples int     `default:"1000" help:"Realisations each way."`
}

// Pose poses the free energy from work.
func (p GaussianWork) Pose() (*System, error) {
	return work("gaussian-work", p, testsystems.GaussianWork{Mean: p.Mean, SD: p.SD}, p.Samples)
}

func atLeastTwo(samples int) error {
	if samples < 2 {
		return fmt.Errorf("validate: %d samples: need 2 or more", samples)
	}
	return nil
}

func work(name string, p Poser, w testsystems.WorkSystem, n int) (*System, error) {
	if err := cmp.Or(valid(w), atLeastTwo(n)); err != nil {
		return nil, err
	}
	cases := append(freeEnergyCases(w.DeltaF()),
		of("work", "mean", Value, w.MeanWork(), func(s *works) estimate.Estimate { return estimate.Mean(s.forward) }))
	return &System{
		Name: name, Parameters: p, Cases: cases,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			forward, reverse := w.Sample(n, rng)
			return &works{forward: forward, reverse: reverse}, nil
		},
	}, nil
}

// freeEnergyCases are the estimators of a free energy difference from work, for samples of type *works.
func freeEnergyCases(dF float64) []Case {
	return []Case{
		{Quantity: "delta_f", Estimator: "Jarzynski", Truth: dF,
			Estimate: on(func(s *works, rng *rand.Rand) estimate.Estimate { return thermo.Jarzynski(s.forward, rng).DeltaF })},
		{Quantity: "delta_f", Estimator: "Jarzynski, reverse", Truth: dF,
			Estimate: on(func(s *works, rng *rand.Rand) estimate.Estimate {
				return thermo.Jarzynski(s.reverse, rng).DeltaF.Scale(-1)
			})},
		{Quantity: "delta_f", Estimator: "BAR", Truth: dF,
			Estimate: on(func(s *works, rng *rand.Rand) estimate.Estimate {
				return thermo.BAR(s.forward, s.reverse, rng).DeltaF
			})},
		{Quantity: "delta_f", Estimator: "Crooks", Truth: dF,
			Estimate: on(func(s *works, rng *rand.Rand) estimate.Estimate {
				return thermo.Crooks(s.forward, s.reverse, rng).DeltaF
			})},
		{Quantity: "crooks_slope", Estimator: "Crooks", Truth: 1,
			Estimate: on(func(s *works, rng *rand.Rand) estimate.Estimate {
				return thermo.Crooks(s.forward, s.reverse, rng).Slope
			})},
		of("delta_f", "GaussianWork", Value, dF,
			func(s *works) estimate.Estimate { return thermo.GaussianWork(s.forward) }),
		of("ift", "FluctuationAverage", Value, 1, func(s *works) estimate.Estimate {
			return thermo.FluctuationAverage([][]float64{s.forward}, []float64{dF}).Average
		}),
	}
}
