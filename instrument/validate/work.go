package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// works are the work values of realisations of a process and of its reverse.
type works struct{ forward, reverse []float64 }

// Oscillator poses a harmonic oscillator whose stiffness is switched at once from k to ratio k, n realisations each
// way.
func Oscillator(k, ratio float64, n int) (*System, error) {
	return work("oscillator", testsystems.HarmonicQuench{Stiffness: k, Ratio: ratio}, n,
		parameters("stiffness", k, "ratio", ratio, "samples", n))
}

// Trap poses a particle in a dragged trap.
func Trap(d testsystems.DraggedTrap, n int) (*System, error) {
	return work("trap", d, n,
		parameters("stiffness", d.Stiffness, "friction", d.Friction, "speed", d.Speed, "duration", d.Duration, "samples", n))
}

// GaussianWork poses a process of normal work.
func GaussianWork(g testsystems.GaussianWork, n int) (*System, error) {
	return work("gaussian-work", g, n, parameters("mean", g.Mean, "sd", g.SD, "samples", n))
}

func work(name string, w testsystems.WorkSystem, n int, p []Parameter) (*System, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	if n < 2 {
		return nil, fmt.Errorf("validate: %d samples: need 2 or more", n)
	}
	cases := append(freeEnergyCases(w.DeltaF()), Case{Quantity: "work", Estimator: "mean", Truth: w.MeanWork(),
		Estimate: on(func(s *works, _ *rand.Rand) estimate.Estimate { return estimate.Mean(s.forward) })})
	return &System{
		Name: name, Parameters: p, Cases: cases,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			forward, reverse := w.Sample(n, rng)
			return &works{forward, reverse}, nil
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
		{Quantity: "delta_f", Estimator: "GaussianWork", Truth: dF,
			Estimate: on(func(s *works, _ *rand.Rand) estimate.Estimate { return thermo.GaussianWork(s.forward) })},
		{Quantity: "ift", Estimator: "FluctuationAverage", Truth: 1,
			Estimate: on(func(s *works, _ *rand.Rand) estimate.Estimate {
				return thermo.FluctuationAverage([][]float64{s.forward}, []float64{dF}).Average
			})},
	}
}
