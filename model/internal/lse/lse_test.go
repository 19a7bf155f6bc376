package lse

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogSumExp(t *testing.T) {
	require.Equal(t, 2000.0, LogSumExp([]float64{2000, -2000, 0}))
	require.Equal(t, 1e30, LogSumExp([]float32{-1e30, 1e30})-float64(float32(1e30))+1e30)
	require.InDelta(t, -1000+math.Log(2), LogSumExp([]float32{-1000, -1000}), 1e-12)
	require.True(t, math.IsNaN(LogSumExp([]float64{0, math.NaN()})))
	many, sum := make([]float32, 1000), 0.
	for i := range many {
		many[i] = float32(i%7) - 3
		sum += math.Exp(float64(many[i]))
	}
	require.InDelta(t, math.Log(sum), LogSumExp(many), 1e-14)
}
