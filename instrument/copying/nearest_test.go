package copying

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/datasets"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Bits and other numbers, of one word and of several, against the definition.
func TestNearestAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 150).Draw(t, "dim")
		values := rapid.SampledFrom([]int{2, 3, 1000}).Draw(t, "values")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rows := func(n int) []float32 {
			x := make([]float32, n*dim)
			for i := range x {
				x[i] = float32(rng.IntN(values))
			}
			return x
		}
		examples, points := rows(rapid.IntRange(1, 40).Draw(t, "examples")), rows(10)
		for p, n := range NewExamples(examples, dim).Nearest(points) {
			least, at := math.Inf(1), 0
			for i := 0; i < len(examples)/dim; i++ {
				var d float64
				for j := range dim {
					d += math.Pow(float64(examples[i*dim+j]-points[p*dim+j]), 2)
				}
				if d < least {
					least, at = d, i
				}
			}
			if values < 1000 { // all sums are whole numbers that float32 holds
				require.Equal(t, Neighbour{Distance: math.Sqrt(least), Index: at}, n)
			} else {
				require.InDelta(t, math.Sqrt(least), n.Distance, 1e-5*math.Sqrt(least))
			}
		}
	})
	require.Panics(t, func() { NewExamples(nil, 3) })
	require.Panics(t, func() { NewExamples(make([]float32, 4), 3) })
	require.Panics(t, func() { NewExamples(make([]float32, 3), 3).Nearest(make([]float32, 4)) })
}

func BenchmarkNearest(b *testing.B) {
	s, err := datasets.Open(b.Context(), "mnist-sample", nil)
	require.NoError(b, err)
	for _, steps := range []string{"pool14,binarise", "pool14"} {
		train, err := datasets.Preprocess(s.Train, steps)
		require.NoError(b, err)
		e := NewExamples(train.X[:500*train.Dim()], train.Dim())
		b.Run(steps, func(b *testing.B) {
			for b.Loop() {
				e.Nearest(train.X[500*train.Dim() : 1500*train.Dim()])
			}
		})
	}
}
