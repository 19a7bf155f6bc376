package testsystems

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// runIn is one direction of training for long enough from rest: the states of the last n steps as linear combinations
// of the noise of every step.
func runIn(q QuadraticSGD, i, burn, n int) [][]float64 {
	width := burn + n
	var states [][]float64
	now := make([]float64, width)
	for step := range width {
		next := make([]float64, width)
		for j := range now {
			next[j] = now[j] - q.Rate*q.Curvature[i]*now[j]
		}
		next[step] -= q.Rate * math.Sqrt(q.NoiseVar[i])
		now = next
		if step >= burn {
			states = append(states, now)
		}
	}
	return states
}

func TestQuadraticSGDAgainstJointCovariance(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const d = 2
		q := QuadraticSGD{Rate: rapid.Float64Range(0.1, 1).Draw(r, "rate")}
		for range d {
			q.Curvature = append(q.Curvature, rapid.Float64Range(0.15, 1.85).Draw(r, "r l")/q.Rate)
			q.NoiseVar = append(q.NoiseVar, rapid.Float64Range(0.1, 3).Draw(r, "c"))
		}
		require.NoError(r, q.Validate())
		n := rapid.IntRange(2, 9).Draw(r, "window")
		var entropy float64
		for i := range d {
			states := runIn(q, i, 200, n)
			c := covarianceOf(states...)
			v := q.StationaryVariance()[i]
			assert.InEpsilon(r, c.At(0, 0), v, 1e-8)
			assert.InDelta(r, c.At(0, n-1)/c.At(0, 0), q.Autocorrelation(n - 1)[i], 1e-8)
			entropy += (ln2PiE + math.Log(c.At(0, 0))) / 2
		}
		assert.InDelta(r, entropy, q.Entropy(), 1e-7)
	})
}

func TestQuadraticSGDIntegratedTime(t *testing.T) {
	q := QuadraticSGD{Curvature: []float64{1, 19}, NoiseVar: []float64{1, 1}, Rate: 0.1} // a = 0.9: tau = 19
	tau := q.IntegratedTime()
	assert.InDelta(t, 19, tau[0], 1e-9)
	assert.InDelta(t, 1.0/19, tau[1], 1e-12)
	for i := range tau {
		sum := 1.0
		for k := 1; k < 400; k++ {
			sum += 2 * q.Autocorrelation(k)[i]
		}
		assert.InDelta(t, sum, tau[i], 1e-9)
	}
}

func TestQuadraticSGDTrajectory(t *testing.T) {
	q := QuadraticSGD{Curvature: []float64{0.5, 2, 7}, NoiseVar: []float64{2, 0.3, 1}, Rate: 0.2}
	const n = 12
	v := q.StationaryVariance()
	a := q.Autocorrelation(1)
	var names []string
	var truths []float64
	for i := range v {
		names = append(names, "first", "last", "lag 1", "across")
		truths = append(truths, v[i], v[i], a[i]*v[i], 0)
	}
	seeds := 4000
	if testing.Short() {
		seeds = 1000
	}
	zScores(t, seeds, names, truths, func(rng *rand.Rand) []float64 {
		path := q.Trajectory(n, rng)
		var out []float64
		for i := range v {
			column := make([]float64, n)
			for t := range column {
				column[t] = path[t][i]
			}
			first, last := column[0], column[n-1]
			out = append(out, first*first, last*last, column[4]*column[5], last*path[n-1][(i+1)%3])
		}
		return out
	})
	assert.Equal(t, q.Trajectory(5, seeded(1)), q.Trajectory(5, seeded(1)))
}
