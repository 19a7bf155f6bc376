package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	intervals taken as independent                TestErrorOfSuccessiveIntervals
//	sign of the movement at one end               TestErrorOfSuccessiveIntervals
//	the newest states left out of the error       TestSuccessiveByHand, TestErrorOfSuccessiveIntervals
//	the last states entered twice                 TestSuccessiveByHand, TestErrorOfSuccessiveIntervals
//	error of the origin forgotten                 TestSuccessiveByHand

// One interval alone has the value of BAR and, with many states, its error.
func TestSuccessiveByHand(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	forward, reverse := gaussianWork(rng, 5000, 1, 1), gaussianWork(rng, 5000, -1, 1)
	bar := BAR(forward, reverse, nil).DeltaF
	s := NewSuccessive(estimate.Exact(10))
	s.Add(forward, reverse)
	assert.Equal(t, bar.Value+10, s.Total.Value)
	assert.InEpsilon(t, bar.SE, s.Total.SE, 0.01)
	assert.Less(t, s.Total.N, 10_000.0)

	origin := NewSuccessive(estimate.FromSE(10, 0.1, 7).Warn("few"))
	origin.Add(forward, reverse)
	assert.InDelta(t, math.Hypot(0.1, s.Total.SE), origin.Total.SE, 1e-12)
	assert.Equal(t, []string{"few"}, origin.Total.Warnings)
}

// A state driven into a wall, or far up, in one interval moves the sum and its error as one of weight 0.
func TestSuccessiveWithFarWorks(t *testing.T) {
	sum := func(far float64) estimate.Estimate {
		rng := rand.New(rand.NewPCG(6, 9))
		s := NewSuccessive(estimate.Exact(0))
		for range 3 {
			forward, reverse := gaussianWork(rng, 50, 0.5, 1), gaussianWork(rng, 50, -0.5, 1)
			forward[7], reverse[11] = far, far
			s.Add(forward, reverse)
		}
		return s.Total
	}
	const far = 1e6
	assert.Less(t, math.Abs(sum(far).Z(1.5)), 3.)
	assert.InDelta(t, sum(math.Inf(1)).Value, sum(far).Value, 1e-9)
	assert.InDelta(t, sum(math.Inf(1)).SE, sum(far).SE, 1e-9)
	assert.Empty(t, sum(far).Warnings)
}

func TestSuccessiveSaysWhatItDoesNotKnow(t *testing.T) {
	good := []float64{-0.1, 0.2, 0.4, 0.3}
	sum := func(origin estimate.Estimate, forward ...[]float64) estimate.Estimate {
		s := NewSuccessive(origin)
		for _, f := range forward {
			s.Add(f, good)
		}
		return s.Total
	}
	require.True(t, sum(estimate.Exact(1), good, good).HasInterval())
	assert.False(t, sum(estimate.Unknown("no origin"), good).Known())
	assert.False(t, sum(estimate.Exact(1), []float64{0, 1, 2, math.NaN()}, good).Known())
	apart := sum(estimate.Exact(1), good, []float64{80, 81, 82, 83}, good)
	assert.True(t, apart.Known() && !apart.HasInterval(), "an error once unknown stays so")
	assert.Panics(t, func() { sum(estimate.Exact(1), good[:3]) })
	s := NewSuccessive(estimate.Exact(1))
	s.Add(good[:3], good[:3])
	assert.Panics(t, func() { s.Add(good, good) }, "other states")
}

// An oscillator whose stiffness is changed in ten steps, its 50 states drawn afresh at each: the error is that of the
// sum over repetitions, where intervals taken as independent would have it 1/1.4 of that, or too large by half where
// the stiffness goes to and fro.
func TestErrorOfSuccessiveIntervals(t *testing.T) {
	const reps, states, intervals = 2000, 50, 10
	for name, c := range map[string]struct {
		stiffness func(n int) float64
		naive     [2]float64 // between which the error over that of independent intervals lies
	}{
		"stiffens":   {stiffness: func(n int) float64 { return math.Pow(1.15, float64(n)) }, naive: [2]float64{1.3, 1.45}},
		"to and fro": {stiffness: func(n int) float64 { return 1 + 0.3*float64(n%2) }, naive: [2]float64{0.1, 0.5}},
	} {
		rng := rand.New(rand.NewPCG(4, 10))
		var values, errors []float64
		var naive float64
		covered := 0
		for range reps {
			s := NewSuccessive(estimate.Exact(0))
			var independent estimate.Quadrature
			x := make([]float64, states)
			draw := func(stiffness float64) {
				for k := range x {
					x[k] = rng.NormFloat64() / math.Sqrt(stiffness)
				}
			}
			work := func(from, to float64) []float64 {
				w := make([]float64, states)
				for k, v := range x {
					w[k] = (to - from) * v * v / 2
				}
				return w
			}
			draw(c.stiffness(0))
			for n := range intervals {
				from, to := c.stiffness(n), c.stiffness(n+1)
				forward := work(from, to)
				draw(to)
				reverse := work(to, from)
				independent.AddEstimate(BAR(forward, reverse, nil).DeltaF, 1)
				s.Add(forward, reverse)
			}
			values, errors = append(values, s.Total.Value), append(errors, s.Total.SE)
			naive += independent.SE() / reps
			if s.Total.Covers(math.Log(c.stiffness(intervals)/c.stiffness(0)) / 2) {
				covered++
			}
		}
		sd, se := stat.StdDev(values, nil), stat.Mean(errors, nil)
		t.Logf("%s: sd %.4f, mean SE %.4f, of independent intervals %.4f, covers %.3f", name, sd, se, naive,
			float64(covered)/reps)
		assert.InEpsilon(t, sd, se, 0.07, name)
		assert.InDelta(t, 0.95, float64(covered)/reps, 0.02, name)
		assert.Greater(t, sd/naive, c.naive[0], name)
		assert.Less(t, sd/naive, c.naive[1], name)
	}
}
