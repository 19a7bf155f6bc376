package solver

import (
	"testing"

	G "gorgonia.org/gorgonia"
)

// BenchmarkStep is a step of 50,000 float32 weights, beside Gorgonia's own.
func BenchmarkStep(b *testing.B) {
	solvers := map[string]G.Solver{
		"gorgonia's momentum": G.NewMomentum(),
		"gorgonia's adam":     G.NewAdamSolver(),
		"gorgonia's rmsprop":  G.NewRMSPropSolver(),
	}
	for _, a := range Algorithms() {
		solvers[string(a)] = New(settingsOf(a))
	}
	for name, solver := range solvers {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			model := newNetwork("dense32", 40_000, 10_000).gradients()
			for b.Loop() {
				if err := solver.Step(model); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
