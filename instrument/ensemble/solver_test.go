package ensemble

import (
	"bytes"
	"context"
	"encoding/gob"
	"math"
	"testing"

	"calorimeter/instrument/solver"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	memory left out of a replica's copy, or anew at each observation   TestReplicasKeepTheirSolver
//	noise bound at the first rate                                      TestTheNoiseBoundFollowsTheRate

// One worker serves four replicas in turn, stops under way to the next observation, and another goes on from what was
// saved: to the numbers of four workers without a stop.
func TestReplicasKeepTheirSolver(t *testing.T) {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9)}
	seen := map[string]solver.Algorithm{}
	for _, a := range solver.Algorithms() {
		config := Config{
			Seed: 5, Replicas: 2, Chains: 4, Batch: 7, Rate: 0.1, Observe: []int{0, 3, 11, 20}, Workers: 4,
			Solver: solver.Settings{
				Algorithm: a, WeightDecay: 0.01, Clip: 0.5, Schedule: solver.Schedule{Shape: solver.Cosine, N: 20},
			},
		}
		if a.HasVelocity() {
			config.Solver.Momentum = 0.9
		}
		build := func(workers int) *Ensemble {
			config.Workers = workers
			e, err := New(config, madeFactory(9, 7), sets, bits(9, 30, 9))
			require.NoError(t, err)
			t.Cleanup(func() { e.Close() })
			return e
		}
		want := observe(t, build(4))

		first := build(1)
		ctx, cancel := context.WithCancel(context.Background())
		err := first.Run(ctx, func(o *Observation) error {
			if o.Step == 11 {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		waste := first.States()[0].Copy()
		require.NoError(t, first.workers[0].Train(t.Context(), waste, 20, func(int) {}))
		var saved bytes.Buffer
		require.NoError(t, gob.NewEncoder(&saved).Encode(first.Saved()))
		var at Saved
		require.NoError(t, gob.NewDecoder(&saved).Decode(&at))
		require.Equal(t, 11, at.States[3].(*Replica).Solver.Steps)
		second := build(1)
		require.NoError(t, second.Restore(at))
		require.Equal(t, encoded(t, want[3:]), encoded(t, observe(t, second)), a)

		numbers := string(encoded(t, want[3:]))
		require.Empty(t, seen[numbers], "%s trains as %s", a, seen[numbers])
		seen[numbers] = a
	}
}

// TestTheNoiseBoundFollowsTheRate observes every step of Gaussian models on whole training sets, whose gradient is
// theta - mean(B): from the weights alone follow the sum of r |g|^2/4T, with the rate r of each step, and the noise, of
// variance 2 r T.
func TestTheNoiseBoundFollowsTheRate(t *testing.T) {
	const dim, T = 3, 0.3
	sets, test := gaussianData(1, 10, 5, dim)
	config := Config{
		Seed: 2, Replicas: 10, Chains: 1, Batch: 5, Rate: 0.4, Temperature: T, Observe: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		Solver: solver.Settings{Schedule: solver.Schedule{Shape: solver.Steps, N: 9, Drop: 0.1, Drops: 2}},
	}
	e, err := New(config, gaussianFactory(dim, 5), sets, test)
	require.NoError(t, err)
	defer e.Close()
	all := observe(t, e)
	var chi2 [3]float64 // of each rate
	for s, r := range e.Replicas() {
		var bound float64
		for n := range 9 {
			rate := 0.4 * math.Pow(0.1, float64(n/3))
			for i, w := range all[n].Theta[s] {
				g := w
				for k := range 5 {
					g -= float64(sets[s/10][k*dim+i]) / 5
				}
				bound += rate * g * g / (4 * T)
				noise := all[n+1].Theta[s][i] - w + rate*g
				chi2[n/3] += noise * noise / (2 * rate * T)
			}
		}
		require.InDelta(t, bound, r.Innovation[0], 1e-9*bound)
	}
	const degrees = 100 * 3 * dim
	for _, x := range chi2 {
		require.Less(t, math.Abs(x-degrees)/math.Sqrt(2*degrees), 4.0)
	}
}

func TestNoiseNeedsPlainSGD(t *testing.T) {
	c := Config{Replicas: 1, Chains: 1, Batch: 5, Rate: 0.1, Observe: []int{0, 1}}
	c.Solver.Algorithm = solver.Adam
	require.NoError(t, c.Validate())
	c.Temperature = 0.1
	require.ErrorContains(t, c.Validate(), "needs plain sgd")
}
