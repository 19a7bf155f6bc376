package op

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	the largest logit not subtracted, or not added again  -> TestLogSumExp
//	softmax of the absolute logits, or not normalised     -> TestSoftmax

func TestLogSumExp(t *testing.T) {
	require.Equal(t, 2000.0, LogSumExp([]float64{2000, -2000, 0}))
	require.Equal(t, 1e30, LogSumExp([]float32{-1e30, 1e30})-float64(float32(1e30))+1e30)
	require.InDelta(t, -1000+math.Log(2), LogSumExp([]float32{-1000, -1000}), 1e-12)
	require.True(t, math.IsNaN(LogSumExp([]float64{0, math.NaN()})))
}

func TestSoftmax(t *testing.T) {
	p := []float64{1000, 1000 + math.Log(3), -1000}
	Softmax(p)
	require.InDeltaSlice(t, []float64{0.25, 0.75, 0}, p, 1e-13)
}
