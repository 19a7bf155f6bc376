package selfsupervised

import (
	"context"
	"math/rand/v2"
	"testing"

	"calorimeter/datasets"
	"calorimeter/instrument"
	"calorimeter/instrument/solver"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"

	"github.com/stretchr/testify/require"
)

// BenchmarkStep is one step of the default networks on 14 x 14 digits (batch 128) in its parts. With the model's part
// as 1, OpenBLAS, one thread: views 0.1; books 0.1 (SimCLR) to 0.25 (the inferred labels, with their ensemble at every
// step), of which the effective temperatures are a tenth of a step or less. Measured on a busy machine: ratios to a
// factor of 1.5.
func BenchmarkStep(b *testing.B) {
	_, err := blas.Use("auto")
	require.NoError(b, err)
	split, err := datasets.Open(context.Background(), "mnist-sample", nil)
	require.NoError(b, err)
	train, err := datasets.Preprocess(split.Train, "pool14")
	require.NoError(b, err)
	images := &Images{X: train.X, Rows: 14, Cols: 14, Labels: train.Labels}
	for _, s := range []ssl.Settings{
		{Algorithm: ssl.SimCLR, Temperature: 0.2},
		{Algorithm: ssl.SwAV, Temperature: 0.1, Labels: 32, Epsilon: 0.05},
		{Algorithm: ssl.DINO, Temperature: 0.1, Labels: 64, TeacherTau: 0.04, TeacherMomentum: 0.99, CentreMomentum: 0.9},
	} {
		s.Pixels, s.Representation = 196, 64
		s.Hidden = []int{256}
		s.Head, s.Projection = []int{64}, 32
		s.Batch = 128
		adam := solver.New(adam(1e-3))
		m, err := ssl.New(s)
		require.NoError(b, err)
		views := make([]float32, 256*196)
		aug := ssl.Augmentation{Shift: 1.5, Scale: 0.2, Rotation: 0.3, Shear: 0.3, Noise: 0.1, Erase: 0.3}
		b.Run(string(s.Algorithm)+"/views", func(b *testing.B) {
			rng := rand.New(instrument.Stream(1, 0, 0, "views"))
			for b.Loop() {
				aug.Views(views, images.X[:128*196], 14, 14, rng)
			}
		})
		b.Run(string(s.Algorithm)+"/model", func(b *testing.B) {
			st := m.NewState(rand.New(instrument.Stream(1, 0, 0, "init")))
			for b.Loop() {
				_, err := m.Step(st, views, adam)
				require.NoError(b, err)
			}
		})
		for _, books := range []string{"books", "books without temperatures"} {
			b.Run(string(s.Algorithm)+"/"+books, func(b *testing.B) {
				runner := &Runner{config: Config{Seed: 1, Replicas: 1, NoTemperature: books != "books"}}
				w := newWorker(runner, m)
				r := newReplica(&runner.config, m, 0, 0, len(images.Labels), 10)
				for range 20 {
					_, err := m.Step(r.State, views, adam)
					require.NoError(b, err)
				}
				step, err := m.Step(r.State, views, adam)
				require.NoError(b, err)
				for b.Loop() {
					require.NoError(b, w.record(&r, step))
				}
			})
		}
		require.NoError(b, m.Close())
	}
}
