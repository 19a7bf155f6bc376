package model

import (
	"math/rand/v2"
	"testing"

	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
)

// BenchmarkEBM measures 50 chains or rows of 14 x 14 pixels. Processor time with OpenBLAS, one thread, on a Xeon of
// 2023 shared with other work, in multiples of the energies of the perceptron with 256 hidden units (0.26 ms):
//
//	             energies   move of 10 proposals   loss with k = 10
//	mlp 256           1                     29              32
//	mlp 256 64      1.1                     32              39
//	conv 16 32      2.8                     76              94
func BenchmarkEBM(b *testing.B) {
	_, err := blas.Use("auto")
	require.NoError(b, err)
	for _, s := range []struct {
		name string
		EBMSettings
	}{
		{"mlp 256", EBMSettings{Hidden: []int{256}}},
		{"mlp 256 64", EBMSettings{Hidden: []int{256, 64}}},
		{"conv 16 32", EBMSettings{Net: "conv", Hidden: []int{16, 32}}},
	} {
		s.Dim, s.Mean = 196, 0.15
		s.Sigma, s.Batch = 0.4, 50
		s.EvalBatch, s.Buffer = 50, 500
		m, err := NewEBM(s.EBMSettings)
		require.NoError(b, err)
		rng := rand.New(rand.NewPCG(1, 2))
		m.Init(rng)
		x, phi := make([]float32, 50*196), make([]float64, 50)
		require.NoError(b, m.Start(x, nil, rng))
		training, err := m.NewTraining(nil, rand.NewPCG(3, 4))
		require.NoError(b, err)
		m.Use(training)
		b.Run(s.name+"/energies", func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, m.Energies(phi, x))
			}
		})
		b.Run(s.name+"/move of 10 proposals", func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, m.Move(x, rng))
			}
		})
		b.Run(s.name+"/loss with k = 10", func(b *testing.B) {
			for b.Loop() {
				_, err := m.Loss(x)
				require.NoError(b, err)
			}
		})
	}
}
