package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	the sum of the units in the place of their difference   TestPairedByHand, TestPairedCovers
//	the ends of b not turned in the unpaired difference     TestDifferenceByHand
//	the mean of the pseudo-values as the value              TestPairedByHand
//	pseudo-values (n-1) f - n f_i                           TestPairedByHand
//	units left as they are by Scale                         TestPairedByHand

func TestDifferenceByHand(t *testing.T) {
	a := Estimate{Value: 10, SE: 1, Lo: 7, Hi: 14, Confidence: 0.95, N: 8}
	b := Estimate{Value: 4, SE: 2, Lo: 1, Hi: 16, Confidence: 0.95, N: 4}
	d := Difference(a, b)
	want := Estimate{Value: 6, SE: math.Sqrt(5), Lo: 6 - math.Hypot(3, 12), Hi: 6 + 5, Confidence: 0.95, N: 4}
	assert.Equal(t, want, d)
	assert.Equal(t, Exact(6), func() Estimate { d := Difference(Exact(10), Exact(4)); d.N = 0; return d }())
	assert.False(t, Difference(Unknown("why"), b).Known())
	assert.False(t, Difference(Point(math.Inf(1), "no noise"), b).Known())
	point := Difference(Point(5, "alone"), b)
	assert.True(t, point.Known() && !point.HasInterval())
	assert.Equal(t, 1.0, point.Value)
}

func TestPairedByHand(t *testing.T) {
	u, v := []float64{1, 4, 9, 16}, []float64{0, 5, 8, 18}
	d, ok := Paired(SkewedMean(u, 0), SkewedMean(v, 0))
	require.True(t, ok)
	assert.InDelta(t, -0.25, d.Value, 1e-12)
	assert.InDelta(t, 1.5/2, d.SE, 1e-12, "units 1, -1, 1, -2 have the standard deviation 1.5")
	assert.Equal(t, SkewedMean([]float64{1, -1, 1, -2}, 0), d, "a mean of the differences")
	back, _ := Paired(SkewedMean(v, 0), SkewedMean(u, 0))
	assert.InDelta(t, -d.Lo, back.Hi, 1e-12)
	doubled, _ := Paired(SkewedMean(u, 0).Scale(-2), SkewedMean(v, 0).Scale(-2))
	assert.InDelta(t, 2*d.SE, doubled.SE, 1e-12)

	square := func(x []float64) Estimate { // of the mean, which its pseudo-values do not average to
		return Jackknife(len(x), func(skip int) float64 {
			var sum, n float64
			for i, v := range x {
				if i != skip {
					sum, n = sum+v, n+1
				}
			}
			return sum * sum / n / n
		})
	}
	d, ok = Paired(square(u), square(v))
	require.True(t, ok)
	assert.InDelta(t, 7.5*7.5-7.75*7.75, d.Value, 1e-12)
	assert.InDelta(t, Jackknife(4, func(skip int) float64 {
		both := [2]Estimate{square(without(u, skip)), square(without(v, skip))}
		return both[0].Value - both[1].Value
	}).SE, d.SE, 1e-12, "the jackknife of the difference itself")

	same, ok := Paired(SkewedMean(u, 0), SkewedMean(u, 0))
	assert.True(t, ok && same.Value == 0 && same.Lo == 0 && same.Hi == 0)
	shared, ok := Paired(SkewedMean(u, 0).Widened(1, 100), SkewedMean(v, 0))
	require.True(t, ok)
	assert.Len(t, shared.Warnings, 1)
	assert.InDelta(t, 0.75, shared.SE, 1e-12)
}

func without(x []float64, skip int) (rest []float64) {
	for i, v := range x {
		if i != skip {
			rest = append(rest, v)
		}
	}
	return rest
}

func TestPairedRefuses(t *testing.T) {
	a := SkewedMean([]float64{1, 2, 3}, 0)
	for name, b := range map[string]Estimate{
		"other number of units": SkewedMean([]float64{1, 2}, 0), "no units": FromSE(1, 1, 2), "unknown": Unknown("why"),
	} {
		_, ok := Paired(a, b)
		assert.False(t, ok, name)
	}
	bare := a
	bare.Lo, bare.Hi = math.NaN(), math.NaN()
	d, ok := Paired(a, bare)
	assert.True(t, ok && d.Known() && !d.HasInterval(), "a value without an interval has a difference without one")
}

// Two networks on the same 8 training sets, whose luck both share. Coverage of the true difference in per cent, and the
// width over that of the unpaired interval, 40,000 repetitions: normal 95.7 and 0.21, lognormal 95.5 and 0.23.
func TestPairedCovers(t *testing.T) {
	const n, reps = 8, 400
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":    (*rand.Rand).NormFloat64,
		"lognormal": func(rng *rand.Rand) float64 { return math.Exp(rng.NormFloat64() / 2) },
	} {
		rng := rand.New(rand.NewPCG(5, 17))
		paired, unpaired := 0, 0
		var width float64
		for range reps {
			u, v := make([]float64, n), make([]float64, n)
			for i := range n {
				set := draw(rng)
				u[i], v[i] = 2+set+0.2*draw(rng), set+0.2*draw(rng)
			}
			a, b := SkewedMean(u, 0), SkewedMean(v, 0)
			d, ok := Paired(a, b)
			require.True(t, ok)
			if d.Covers(2) {
				paired++
			}
			apart := Difference(a, b)
			if apart.Covers(2) {
				unpaired++
			}
			width += (d.Hi - d.Lo) / (apart.Hi - apart.Lo) / reps
		}
		t.Logf("%s: %d paired, %d unpaired of %d, width %.2f", name, paired, unpaired, reps, width)
		assert.InDelta(t, 0.95, float64(paired)/reps, 0.03, name)
		assert.Greater(t, float64(unpaired)/reps, 0.99, name)
		assert.Less(t, width, 0.5, name)
	}
}
