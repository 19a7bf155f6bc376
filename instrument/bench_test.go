package instrument

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BenchmarkStep times Step of the fused SGD on the 235,210 float32 weights of a network 784-300-10: bare, wrapped on
// unscheduled steps, and with each quantity scheduled in every step. Bare and measured steps alternate within one
// process, and "x-bare" is the ratio of their medians; "us/step" is the median of the measured ones.
//
// Measured with Go 1.26 on an idle EPYC of 2024 (bare step 17 us):
//
//	VanillaSolver, wrapped, unscheduled     7.4     24 allocations, all its own
//	unscheduled                             1.01    none
//	loss                                    1.05
//	grad_norm                               2.2     with the check that weights and gradients are finite
//	update_norm                             5.6
//	weight_displacement                     4.0
//	grad_noise_scale, window 16             25
//	s_theta_window, 16 points               2000
func BenchmarkStep(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var model []G.ValueGrad
	for i, d := range [][]int{{784, 300}, {1, 300}, {300, 10}, {1, 10}} {
		model = append(model, &vectorParam{
			name: fmt.Sprint("p", i), value: dense(tensor.Float32, rng, 1, d...), grad: dense(tensor.Float32, rng, 1, d...),
		})
	}
	run := func(name string, inner G.Solver, qs ...Quantity) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			m := New(nil, Multi())
			for _, q := range qs {
				m.Track(q, Every(1))
			}
			if len(qs) == 0 {
				m.Track(GradientNorm(), At(0))
			}
			measured, bare := m.Wrap(inner), NewSGD(1e-9)
			for range 40 { // fill windows
				require.NoError(b, measured.Step(model))
			}
			var times [2][]time.Duration
			for b.Loop() {
				for i, s := range []G.Solver{bare, measured} {
					start := time.Now()
					_ = s.Step(model)
					times[i] = append(times[i], time.Since(start))
				}
			}
			b.ReportMetric(float64(median(times[1]))/1e3, "us/step")
			b.ReportMetric(float64(median(times[1]))/float64(median(times[0])), "x-bare")
		})
	}
	sgd := NewSGD(1e-9)
	run("vanilla", G.NewVanillaSolver(G.WithLearnRate(1e-9)))
	run("unscheduled", sgd)
	for _, q := range []Quantity{
		Loss(), GradientNorm(), UpdateNorm(), WeightDisplacement(),
		GradientNoise(100, 16), WindowEntropy(&WindowSettings{Points: 16}),
	} {
		run(q.Info().Name, sgd, q)
	}
}

// BenchmarkLoop times the whole loop, RunAll to Reset, of a network 64-64-10 with a batch of 8, bare and wrapped
// with nothing scheduled, alternately in one process: 0.99 to 1.01 of the bare loop in three runs, the noise.
func BenchmarkLoop(b *testing.B) {
	nets := []*network{newMLP(b, tensor.Float32, 64, 64, 10), newMLP(b, tensor.Float32, 64, 64, 10)}
	m := New(nets[1].cost, NewMemory())
	m.Track(GradientNorm(), At(0))
	solvers := []G.Solver{NewSGD(1e-3), m.Wrap(NewSGD(1e-3))}
	var times [2][]time.Duration
	for b.Loop() {
		for i, n := range nets {
			start := time.Now()
			_ = n.vm.RunAll()
			_ = solvers[i].Step(G.NodesToValueGrads(n.params))
			n.vm.Reset()
			times[i] = append(times[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(median(times[1]))/1e3, "us/step")
	b.ReportMetric(float64(median(times[1]))/float64(median(times[0])), "x-bare")
}

func median(x []time.Duration) time.Duration {
	slices.Sort(x)
	return x[len(x)/2]
}
