package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	both ends moved by the same skewness                 TestSkewedByHand, TestSkewedMeanIsCalibrated
//	sign of the skewness                                 TestSkewedByHand, TestSkewedMeanIsCalibrated
//	sign of the skewness in the jackknife                TestSkewedJackknifeOfAMean
//	skewness without the factor 1 + 4/n                  TestSkewedByHand
//	h beyond its branch point taken as it comes          TestSkewedByHand, TestSkewedMeanIsCalibrated

func TestSkewedByHand(t *testing.T) {
	// skewness 0.5 of 16 units: A = 0.5/4 * 1.25
	const a, tq = 0.15625, 2.131449546
	e := FromSE(10, 2, 15).Skewed(0.5, 16)
	assert.InDelta(t, 10+2*3/a*(1-math.Cbrt(1-a*(tq+a/6))), e.Hi, 1e-8)
	assert.InDelta(t, 10-0.9*2*tq, e.Lo, 1e-8, "h(-A) = 0.82 t")
	assert.Equal(t, [3]float64{10, 2, 16}, [3]float64{e.Value, e.SE, e.N})
	mirrored := FromSE(-10, 2, 15).Skewed(-0.5, 16)
	assert.InDelta(t, -e.Lo, mirrored.Hi, 1e-12)
	assert.InDelta(t, -e.Hi, mirrored.Lo, 1e-12)
	slight := FromSE(0, 1, 15).Skewed(-0.1, 16)
	assert.InDelta(t, 3/0.03125*(1-math.Cbrt(1+0.03125*(tq-0.03125/6))), -slight.Hi, 1e-8, "within its limits")

	far := FromSE(0, 1, 3).Skewed(2, 4)
	assert.InDelta(t, 3*TQuantile(3), far.Hi, 1e-8, "beyond the branch point")
	for name, same := range map[string]Estimate{
		"two units": FromSE(1, 1, 1).Skewed(9, 2), "normal": FromSE(1, 1, 7).Skewed(0, 8),
		"of NaN": FromSE(1, 1, 7).Skewed(math.NaN(), 8),
	} {
		assert.InDelta(t, same.Hi-1, 1-same.Lo, 1e-12, name)
		assert.InDelta(t, TQuantile(same.N-1), same.Hi-1, 1e-12, name)
	}
	assert.Equal(t, Exact(3), Exact(3).Skewed(1, 8))
	assert.False(t, Point(3, "alone").Skewed(1, 8).HasInterval())
}

// A mean is its own jackknife.
func TestSkewedJackknifeOfAMean(t *testing.T) {
	x := []float64{0.1, 0.2, 0.4, 0.3, 2, 0.1, 0.6, 0.2}
	mean, sum := SkewedMean(x, 0), 0.0
	for _, v := range x {
		sum += v
	}
	e := SkewedJackknife(len(x), 0, func(skip int) float64 {
		if skip < 0 {
			return sum / 8
		}
		return (sum - x[skip]) / 7
	})
	assert.InDelta(t, mean.Hi, e.Hi, 1e-12)
	assert.InDelta(t, mean.SE, e.SE, 1e-12)
	assert.InDelta(t, Mean(x).Lo, e.Lo, 1e-12, "never inside Student's")
	assert.Greater(t, mean.Lo, e.Lo)
	assert.Greater(t, mean.Hi, Mean(x).Hi)
	assert.Equal(t, Mean(x).Skewed(3, 8).Hi, SkewedMean(x, 3-stat.Skew(x, nil)).Hi)
	assert.NotEmpty(t, SkewedMean(nil, 0).Warnings)
	assert.False(t, SkewedMean([]float64{1}, 0).HasInterval())
}

// An interval widened for the examples that all units share keeps the skewness that it still has.
func TestWidenedKeepsSkewness(t *testing.T) {
	e := FromSE(1, 1, 7).Skewed(2, 8)
	require.Greater(t, e.Hi-1, 1-e.Lo)
	wide := e.Widened(math.Sqrt(3), 1_000_001) // twice the error: the skewness counts an eighth
	half := TQuantile(wide.N-1) * 2
	assert.InDelta(t, 2, wide.SE, 1e-12)
	for name, pair := range map[string][2]float64{
		"above": {wide.Hi - 1, e.Hi - 1}, "below": {1 - wide.Lo, 1 - e.Lo},
	} {
		assert.InDelta(t, (pair[1]/TQuantile(7)-1)/8, pair[0]/half-1, 1e-9, name)
	}
}

// The table of [Estimate.Skewed].
func TestSkewedMeanIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	const reps = 10_000 // the coverage has a standard error of 0.2 to 0.3 %
	chiSquare := func(dof int) func(*rand.Rand) float64 {
		return func(rng *rand.Rand) (sum float64) {
			for range dof {
				x := rng.NormFloat64()
				sum += x * x
			}
			return sum
		}
	}
	for _, c := range []struct {
		name string
		draw func(rng *rand.Rand) float64
		mean float64
		want [3]float64 // coverage with 4, 8, 16 units, per cent
	}{
		{name: "normal", draw: (*rand.Rand).NormFloat64, want: [3]float64{96.4, 95.7, 95.0}},
		{name: "lognormal", draw: func(rng *rand.Rand) float64 { return math.Exp(rng.NormFloat64() / 2) },
			mean: math.Exp(0.125), want: [3]float64{94.6, 94.8, 95.0}},
		{name: "chi-square 3", draw: chiSquare(3), mean: 3, want: [3]float64{94.0, 95.5, 95.7}},
		{name: "exponential", draw: chiSquare(2), mean: 2, want: [3]float64{93.2, 95.2, 95.7}},
		{name: "chi-square 1", draw: chiSquare(1), mean: 1, want: [3]float64{90.3, 94.1, 95.7}},
	} {
		for i, n := range []int{4, 8, 16} {
			rng := rand.New(rand.NewPCG(uint64(n), 11))
			units := make([]float64, n)
			covered := 0
			for rep := range reps {
				sign := float64(1 - rep%2*2) // both tails
				for j := range units {
					units[j] = sign * c.draw(rng)
				}
				if SkewedMean(units, 0).Covers(sign * c.mean) {
					covered++
				}
			}
			assert.InDelta(t, c.want[i], 100*float64(covered)/reps, 1, "%d units, %s", n, c.name)
		}
	}
}
