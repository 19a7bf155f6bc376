package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Deliberate errors, and the tests that caught them:
//
//	numbers given to a warning as they are    TestTextHasNoNaN
//	an infinite error kept by FromSE          TestWhatIsNotFiniteIsUnknown
//	infinite resamples kept by Bootstrap      TestWhatIsNotFiniteIsUnknown

// What is not finite is said in words.
func TestTextHasNoNaN(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	e := Exact(-inf).Warn("tail shape %.2f of %d, at least %.3g, at most %v, %5.1f", nan, 7, -inf, inf, 0.25)
	assert.Equal(t, "tail shape unknown of 7, at least -infinite, at most infinite,   0.2", e.Warnings[0])
	assert.Equal(t, "-infinite [-infinite, -infinite]", fmt.Sprint(e))
	assert.Equal(t, "0.25 [-infinite, 2]", fmt.Sprint(Estimate{Value: 0.25, Lo: -inf, Hi: 2}))
}

// No value, error or end of an interval comes out infinite, nor as NaN without a reason.
func TestWhatIsNotFiniteIsUnknown(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	const huge = math.MaxFloat64
	rng := rand.New(rand.NewPCG(1, 1))
	first := func(skip int) float64 { // infinite without unit 0
		if skip == 0 {
			return inf
		}
		return 1
	}
	for name, e := range map[string]Estimate{
		"FromSE of infinity": FromSE(inf, 1, 3), "FromSE of NaN": FromSE(nan, 1, 3),
		"infinite error": FromSE(1, inf, 3), "unknown error": FromSE(1, nan, 3),
		"mean": Mean([]float64{huge, huge}), "error of a mean": Mean([]float64{huge / 2, -huge / 2}),
		"skewed mean": SkewedMean([]float64{huge, huge, huge}, 0), "jackknife": Jackknife(3, first),
		"skewed jackknife": SkewedJackknife(3, 0, first),
		"bootstrap":        Bootstrap(3, 20, rng, func(units []int) float64 { return math.Log(float64(units[0])) }),
	} {
		assert.False(t, math.IsInf(e.Value, 0) || math.IsInf(e.SE, 0), "%s: %+v", name, e)
		assert.False(t, e.HasInterval(), "%s: %+v", name, e)
		assert.NotEmpty(t, e.Warnings, name)
		for _, u := range e.Units {
			assert.True(t, finite(u), name)
		}
	}
	// ln of the first index drawn is -infinity in a third of the resamples, which say nothing of the rest.
	e := Bootstrap(3, 20, rng, func(units []int) float64 { return -math.Log(float64(min(1, units[2]))) })
	assert.Equal(t, 0.0, e.SE)
}
