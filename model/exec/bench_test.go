package exec_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"calorimeter/model"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// BenchmarkStep is a training step of every model (the loss and its gradient; of simclr with the update) on this
// machine and on Gorgonia's in turn: the medians of both, and allocations of a step of either. An idle EPYC of 2024;
// what is left is mostly products of matrices, which are the same on both:
//
//	          ms a step   tape/exec   allocations   on the tape
//	made           0.08        2.24             0           318
//	mlp            0.67        1.43             0           448
//	conv           3.28        1.09             0           724
//	rbm            2.50        1.11             0           225
//	ebm            1.89        1.61            23         2,584
//	simclr         1.26        1.25           132           974
func BenchmarkStep(b *testing.B) {
	choice, err := blas.Use("auto")
	require.NoError(b, err)
	b.Log(choice)
	networks := map[string]func() (model.PPM, error){
		"made": func() (model.PPM, error) {
			return model.NewMADE(model.MADESettings{Dim: 196, Hidden: []int{128}, Batch: 50})
		},
		"mlp":  func() (model.PPM, error) { return model.NewMLP(model.MLPSettings{Batch: 50}) },
		"conv": func() (model.PPM, error) { return model.NewConv(model.ConvSettings{Batch: 50}) },
		"rbm": func() (model.PPM, error) {
			return model.NewRBM(model.RBMSettings{Visible: 784, Hidden: 500, Batch: 100})
		},
		"ebm": func() (model.PPM, error) {
			return model.NewEBM(model.EBMSettings{Dim: 196, Hidden: []int{256}, Sigma: 0.4, Batch: 50, EvalBatch: 50})
		},
	}
	for _, name := range []string{"made", "mlp", "conv", "rbm", "ebm"} {
		b.Run(name, func(b *testing.B) {
			compare(b, func() func() error {
				m, err := networks[name]()
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, m.Close()) })
				rng := rand.New(rand.NewPCG(1, 2))
				m.Init(rng)
				x := make([]float32, m.Dim()*rows(m))
				for i := range x {
					x[i] = float32(rng.IntN(2))
				}
				if c, ok := m.(model.ChainTrained); ok {
					training, err := c.NewTraining(x, rand.NewPCG(3, 4))
					require.NoError(b, err)
					c.Use(training)
				}
				return func() error { _, err := m.Loss(x); return err }
			})
		})
	}
	b.Run("simclr", func(b *testing.B) {
		compare(b, func() func() error {
			m, err := ssl.New(ssl.Settings{Algorithm: ssl.SimCLR, Pixels: 784, Hidden: []int{256}, Representation: 64,
				Head: []int{64}, Projection: 32, Batch: 64, Temperature: 0.5})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, m.Close()) })
			rng := rand.New(rand.NewPCG(1, 2))
			st, views := m.NewState(rng), make([]float32, m.Samples()*784)
			for i := range views {
				views[i] = rng.Float32()
			}
			solver := G.NewVanillaSolver(G.WithLearnRate(0.01))
			return func() error { _, err := m.Step(st, views, solver); return err }
		})
	})
}

// rows is the batch of a model of the benchmark.
func rows(m model.PPM) int {
	if _, ok := m.(*model.RBM); ok {
		return 100
	}
	return 50
}

// compare reports the median times of steps of the same network on both machines, and allocations.
func compare(b *testing.B, make func() func() error) {
	names := []string{"tape", "exec"}
	steps := [2]func() error{}
	onTape(func() { steps[0] = make() })
	steps[1] = make()
	var times [2][]float64
	for b.Loop() {
		for i, step := range steps {
			start := time.Now()
			if err := step(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], float64(time.Since(start))/1e6)
		}
	}
	for i, step := range steps {
		b.ReportMetric(testing.AllocsPerRun(5, func() { step() }), names[i]+"-allocs")
		slices.Sort(times[i])
		b.ReportMetric(times[i][len(times[i])/2], names[i]+"-ms")
	}
	b.ReportMetric(times[0][len(times[0])/2]/times[1][len(times[1])/2], "tape/exec")
	b.ReportMetric(0, "ns/op")
}
