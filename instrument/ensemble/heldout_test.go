package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	error over training sets alone                      TestHeldOutLossCovers (covers 32 % of the expectation)
//	spread of one replica in place of the mean replica  TestErrorOfHeldOutExamples

func TestErrorOfHeldOutExamples(t *testing.T) {
	o := &Observation{Sets: 2, PerSet: 1, HeldOut: [][]float64{{1, 3, 5}, {3, 3, 9}}} // mean 2, 3, 7: deviations -2, -1, 3
	require.InDelta(t, math.Sqrt(7.0/3), o.exampleError(), 1e-15)
	e := o.overExamples(estimate.FromSE(10, 1, 1).Warn("few"), o.exampleError())
	require.InDelta(t, math.Sqrt(1+7.0/3), e.SE, 1e-15)
	require.Equal(t, []string{"few"}, e.Warnings)

	require.Zero(t, (&Observation{}).exampleError(), "the expectation itself")
	point := estimate.Point(3, "one training set")
	require.Equal(t, point.Value, o.overExamples(point, 1).Value)
	require.False(t, o.overExamples(point, 1).HasInterval())
}

// Of the exactly solvable model the expected held-out loss is known: the interval covers it although all replicas are
// judged on the same few examples.
func TestHeldOutLossCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("200 ensembles")
	}
	covered := 0
	const runs = 200
	for seed := range uint64(runs) {
		rng := rand.New(rand.NewPCG(seed, 1))
		draw := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			return x
		}
		var sets [][]float32
		for range 8 {
			sets = append(sets, draw(20))
		}
		e, err := New(Config{Seed: seed, Replicas: 2, Chains: 2, Batch: 20, Rate: 0.1, Observe: []int{0, 3}},
			func() (model.PPM, error) {
				return model.NewGaussian(model.GaussianSettings{
					Dim: 1, Sigma: 1, InitVar: 0.01, Batch: 20, Precision: model.Float64,
				})
			}, sets, draw(100))
		require.NoError(t, err)
		require.NoError(t, e.Run(t.Context(), func(o *Observation) error {
			if o.Step == 0 {
				return nil
			}
			row := o.Row()
			// of these replicas, in expectation over examples: mean (1 + theta^2)/2 + ln(2 pi)/2
			truth := math.Log(2*math.Pi) / 2
			for _, theta := range o.Theta {
				truth += (1 + theta[0]*theta[0]) / 2 / float64(len(o.Theta))
			}
			if row.TestNLL.Covers(truth) {
				covered++
			}
			require.Greater(t, row.TestNLL.SE, row.TestShared)
			require.Greater(t, row.TestShared, 0.0)
			return nil
		}))
		require.NoError(t, e.Close())
	}
	t.Log(fmt.Sprintf("%d of %d", covered, runs))
	require.GreaterOrEqual(t, covered, runs*92/100)
}
