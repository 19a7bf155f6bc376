package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// Langevin is a harmonic trap whose stiffness grows evenly from Stiffness to Ratio*Stiffness in Steps steps, while a
// particle in it makes one Langevin step of size StepSize before each of them.
type Langevin struct {
	Stiffness float64 `default:"1" help:"Stiffness at the start."`
	Ratio     float64 `default:"4" help:"Stiffness at the end, over the one at the start."`
	StepSize  float64 `default:"0.1" help:"Langevin step."`
	Steps     int     `default:"50" help:"Steps from start to end."`
	Samples   int     `default:"1000" help:"Realisations."`
}

// langevinWorks are three works of each realisation: of unadjusted steps, naive and weighted, and of MALA.
type langevinWorks struct{ naive, weighted, adjusted []float64 }

// Pose poses the free energy: the work of unadjusted Langevin steps must be weighted to obey the fluctuation theorem,
// and the naive work shows what happens if it is not.
func (l Langevin) Pose() (*System, error) {
	last := l.Stiffness * l.Ratio
	switch {
	case !(l.Stiffness > 0) || !(l.Ratio > 0) || math.IsInf(last, 0):
		return nil, fmt.Errorf("validate: stiffness %v, ratio %v: both must be finite and > 0", l.Stiffness, l.Ratio)
	case !(l.StepSize > 0) || l.StepSize*max(l.Stiffness, last) >= 2:
		return nil, fmt.Errorf("validate: step size %v: must be > 0 and under 2 over the largest stiffness, %v",
			l.StepSize, 2/max(l.Stiffness, last))
	case l.Steps < 1 || l.Samples < 2:
		return nil, fmt.Errorf("validate: %d steps, %d samples: need 1 step and 2 samples or more", l.Steps, l.Samples)
	}
	dF := testsystems.HarmonicFreeEnergy(last) - testsystems.HarmonicFreeEnergy(l.Stiffness)
	jarzynski := func(of string, flaw string, works func(w *langevinWorks) []float64) Case {
		return Case{Quantity: "delta_f", Estimator: "Jarzynski, " + of, Truth: dF, Flaw: flaw,
			Estimate: on(func(w *langevinWorks, rng *rand.Rand) estimate.Estimate {
				return thermo.Jarzynski(works(w), rng).DeltaF
			})}
	}
	return &System{
		Name: "langevin", Parameters: l,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) { return l.simulate(l.Samples, rng) },
		Cases: []Case{
			jarzynski("weighted Langevin", "", func(w *langevinWorks) []float64 { return w.weighted }),
			jarzynski("MALA", "", func(w *langevinWorks) []float64 { return w.adjusted }),
			jarzynski("naive Langevin", "wrong on purpose: unadjusted steps do not leave the equilibrium invariant, so "+
				"their naive work breaks the fluctuation theorem by O(step size)",
				func(w *langevinWorks) []float64 { return w.naive }),
		},
	}, nil
}

func (l Langevin) simulate(n int, rng *rand.Rand) (*langevinWorks, error) {
	traps := make([]thermo.Potential, l.Steps+1)
	for j := range traps {
		k := l.Stiffness * (1 + (l.Ratio-1)*float64(j)/float64(l.Steps))
		traps[j] = func(grad, x []float64) float64 {
			if grad != nil {
				grad[0] = k * x[0]
			}
			return k * x[0] * x[0] / 2
		}
	}
	w := &langevinWorks{naive: make([]float64, n), weighted: make([]float64, n), adjusted: make([]float64, n)}
	unadjusted, adjusted := thermo.NewWeightedLangevin(1, l.StepSize), thermo.NewMALA(1, l.StepSize)
	for i := range n {
		x := []float64{rng.NormFloat64() / math.Sqrt(l.Stiffness)}
		y := []float64{x[0]}
		for j := range l.Steps {
			naive, weighted, err := unadjusted.Step(x, traps[j], traps[j+1], rng)
			if err != nil {
				return nil, err
			}
			w.naive[i] += naive
			w.weighted[i] += weighted
			if err := adjusted.Move(y, traps[j], rng); err != nil {
				return nil, err
			}
			w.adjusted[i] += traps[j+1](nil, y) - traps[j](nil, y)
		}
	}
	return w, nil
}
