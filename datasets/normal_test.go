package datasets

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

func TestNormal(t *testing.T) {
	s := Normal(3, 2, 5000, 1000, 7)
	require.Equal(t, 5000, s.Train.Len())
	require.Equal(t, 1000, s.Test.Len())
	require.Equal(t, 3, s.Train.Dim())
	require.Equal(t, s.Train.X, Normal(3, 2, 5000, 1000, 7).Train.X)
	require.NotEqual(t, s.Train.X[:10], s.Test.X[:10])
	require.NotEqual(t, s.Train.X[:10], Normal(3, 2, 5000, 1000, 8).Train.X[:10])
	values := make([]float64, len(s.Train.X))
	for i, x := range s.Train.X {
		values[i] = float64(x)
	}
	n := float64(len(values))
	mean, variance := stat.MeanVariance(values, nil)
	require.Less(t, math.Abs(mean)/(2/math.Sqrt(n)), 4.0, "z of the mean")
	require.Less(t, math.Abs(variance/4-1)/math.Sqrt(2/n), 4.0, "z of the variance")
	require.Panics(t, func() { Normal(0, 1, 1, 1, 1) })
}
