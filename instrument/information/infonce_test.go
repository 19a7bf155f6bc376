package information

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat"
)

// plain computes InfoNCE as it is without lambda, E[ex - mix], with all replicas of the other sets in mix.
func plain(c *CrossLogLikelihood) (learned, sample float64) {
	E, R := c.Sets*c.Replicas, c.Replicas
	D := float64(c.Sets)
	for s := range E {
		for k := range c.Chains {
			var own, ex, out float64
			for r := range E {
				p := math.Exp(c.at(r, s, k))
				switch {
				case r == s:
					own = p
				case r/R == s/R:
					ex += p / float64(R-1)
				default:
					out += p / float64(E-R)
				}
			}
			learned += math.Log(ex/(ex/D+(1-1/D)*out)) / float64(E*c.Chains)
			sample += math.Log(own/(own/D+(1-1/D)*out)) / float64(E*c.Chains)
		}
	}
	return learned, sample
}

// The lower bounds are below the truth on average, and so are the lower ends of their intervals; they are never looser
// than plain InfoNCE, and where that is negative they are near 0 or above.
func TestLowerBoundsAreTighterThanInfoNCE(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct {
		D, R, K, reps int
		b, v          float64
	}{
		{D: 8, R: 3, K: 8, reps: 400, b: dataVariance, v: noiseVariance},
		{D: 8, R: 3, K: 8, reps: 400, b: 0, v: 0.1},
		{D: 8, R: 3, K: 8, reps: 400, b: 0, v: 9},
		{D: 8, R: 3, K: 8, reps: 400, b: 0.1, v: 1},
		{D: 8, R: 3, K: 8, reps: 400, b: 1, v: 1},
		{D: 8, R: 3, K: 8, reps: 400, b: 4, v: 0.1},
		{D: 8, R: 3, K: 8, reps: 400, b: 100, v: 0.1},
		{D: 4, R: 3, K: 8, reps: 400, b: 1, v: 0.2},
		{D: 8, R: 2, K: 8, reps: 400, b: 1, v: 1},
		{D: 16, R: 4, K: 4, reps: 100, b: 1, v: 1},
	} {
		rng := stream(uint64(80 + c.D))
		n := float64(c.reps)
		var value, gain [2][]float64
		truth := [2]float64{math.Log1p(c.b/(c.v+1)) / 2, math.Log1p(c.b+c.v) / 2}
		var plains, held [2]float64
		for range c.reps {
			cross := gaussianCross(rng, c.D, c.R, c.K, c.b, c.v)
			b := cross.Bounds()
			learned, sample := plain(cross)
			for i, old := range []float64{learned, sample} {
				e := []Bracket{b.Learned, b.Sample}[i].Lower
				value[i] = append(value[i], e.Value)
				gain[i] = append(gain[i], e.Value-old)
				plains[i] += old / n
				if e.Lo <= truth[i] {
					held[i] += 1 / n
				}
			}
		}
		for i, name := range []string{"I(X;B)", "I(X;Theta)"} {
			mean, sd := stat.MeanStdDev(value[i], nil)
			more, spread := stat.MeanStdDev(gain[i], nil)
			name = fmt.Sprintf("%s of %+v", name, c)
			t.Logf("%s: truth %.4f, InfoNCE %.4f, bound %.4f +- %.4f (more by %.4f +- %.4f), lower end below the truth in %.3f",
				name, truth[i], plains[i], mean, sd/math.Sqrt(n), more, spread/math.Sqrt(n), held[i])
			assert.Less(t, mean, truth[i]+3*sd/math.Sqrt(n), name)
			assert.Greater(t, more, -3*spread/math.Sqrt(n), name)
			assert.Greater(t, held[i], 0.95, name)
			if c.R > 2 {
				assert.Greater(t, mean, -0.03, name)
			}
		}
	}
}

// What the proof rests on: where the judged samples come from sets of their own, the mean of lambda + (1-lambda) y is
// 1, though lambda is fitted to the very sets that judge.
func TestSmoothedRatiosAverageToOne(t *testing.T) {
	for _, c := range []struct {
		of      contrast
		D, R, K int
		b, v    float64
	}{
		{of: siblings, D: 3, R: 3, K: 2, b: 0.3, v: 0.5},
		{of: siblings, D: 4, R: 4, K: 2, b: 2, v: 0.5},
		{of: same, D: 3, R: 2, K: 2, b: 0.3, v: 0.5},
		{of: same, D: 4, R: 3, K: 2, b: 2, v: 0.5},
	} {
		const reps = 4000
		rng := stream(90)
		var means []float64
		between := 0
		for range reps {
			theta := gaussianReplicas(rng, c.D, c.R, c.b, c.v)
			source := append([]float64{}, theta...)
			for d := range c.D {
				source[d*c.R] = math.Sqrt(c.b+c.v) * rng.NormFloat64()
			}
			cross := crossOf(rng, c.D, c.R, c.K, theta, source)
			ratios := cross.logRatios(c.of, []int{c.D})[0]
			lambda := fitted(ratios, 0, c.D)
			if 0 < lambda && lambda < 1 {
				between++
			}
			sum := 0.0
			for _, l := range ratios[0][0] {
				sum += math.Exp(smoothed(l, lambda))
			}
			means = append(means, sum/float64(c.D*c.K))
		}
		mean, sd := stat.MeanStdDev(means, nil)
		t.Logf("%+v: %.4f +- %.4f, lambda between 0 and 1 in %d of %d", c, mean, sd/math.Sqrt(reps), between, reps)
		assert.InDelta(t, 1, mean, 3*sd/math.Sqrt(reps), "%+v", c)
		assert.Greater(t, between, reps/10, "%+v", c)
	}
}

func TestSmoothing(t *testing.T) {
	assert.Zero(t, smoothing(nil, 0))
	assert.Zero(t, smoothing([]float64{1, 1, 1}, 0))
	assert.Zero(t, smoothing([]float64{8, 8, 0.5}, 0))
	assert.Equal(t, 1.0, smoothing([]float64{0, 0, 1.5}, 0))
	assert.InDelta(t, 2.0/3, smoothing([]float64{0, 4}, 0), 1e-9) // 1/lambda = 3 / (4 - 3 lambda)
	assert.Zero(t, smoothing([]float64{math.NaN(), 1}, 0))
}
