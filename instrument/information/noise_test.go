package information

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

func TestNoiseBound(t *testing.T) {
	e := NoiseBound([]float64{1, 3, 2, 6, 4, 8}, 2)
	student := estimate.Mean([]float64{2, 4, 6})
	want := student.Skewed(lean(3), 3)
	want.Units = []float64{2, 4, 6}
	assert.Equal(t, want, e)
	assert.Greater(t, e.Hi, student.Hi)
	e = NoiseBound([]float64{1, math.Inf(1)}, 1)
	assert.Equal(t, math.Inf(1), e.Value)
	assert.Contains(t, e.Warnings[0], "infinite without noise")
	assert.False(t, e.HasInterval())
	assert.Contains(t, NoiseBound([]float64{1, 2, math.NaN(), 4}, 2).Warnings[0], "replica 0 of data set 1")
	assert.Contains(t, NoiseBound([]float64{1, 2, 3}, 2).Warnings[0], "3 noise sums")
}

// The bound holds the Gaussian model's exact M-info: g - c = mean(B) in each of 40 steps, E mean(B)^2 = 1/4.
func TestNoiseBoundHoldsMInfo(t *testing.T) {
	rng := stream(30)
	cumulated := make([]float64, 4000)
	for i := range cumulated {
		mean := rng.NormFloat64() / 2
		for range 40 {
			cumulated[i] += 0.1 * mean * mean / (4 * 0.02)
		}
	}
	e := NoiseBound(cumulated, 1)
	assert.Less(t, math.Abs(e.Z(12.5)), 3.0)
	assert.Greater(t, e.Lo, trueMemorized)
}

func TestGeneralizationBound(t *testing.T) {
	m := estimate.FromSE(2, 0.1, 7)
	g := GeneralizationBound(m, 100, 0.5)
	assert.InDelta(t, 0.1, g.Value, 1e-12) // sqrt(2 * 0.25 * 2 / 100)
	assert.InDelta(t, math.Sqrt(2*0.25*m.Hi/100), g.Hi, 1e-12)
	assert.InDelta(t, 0.1*0.1/4, g.SE, 1e-12)
	assert.Contains(t, g.Warnings[0], "sigma = 0.5")
	assert.Empty(t, m.Warnings)

	negative := GeneralizationBound(estimate.FromSE(-0.1, 0.1, 7), 100, 1)
	assert.Zero(t, negative.Value)
	assert.True(t, math.IsNaN(negative.SE))
	assert.False(t, GeneralizationBound(estimate.Unknown("no"), 100, 1).Known())
	assert.True(t, math.IsInf(GeneralizationBound(NoiseBound([]float64{math.Inf(1)}, 1), 10, 1).Value, 1))
	assert.Panics(t, func() { GeneralizationBound(m, 0, 1) })
}
