package ensemble

import (
	"bytes"
	"context"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"calorimeter/instrument"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
)

// gaussianData draws D sets of n examples of N(0, 1) and a test set.
func gaussianData(seed uint64, d, n, dim int) (sets [][]float32, test []float32) {
	rng := rand.New(rand.NewPCG(seed, 99))
	draw := func(n int) []float32 {
		x := make([]float32, n*dim)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	for range d {
		sets = append(sets, draw(n))
	}
	return sets, draw(50)
}

func gaussianFactory(dim, batch int) Factory {
	return func() (model.PPM, error) {
		return model.NewGaussian(model.GaussianSettings{
			Dim: dim, Sigma: 1, InitVar: 0.01, Batch: batch, EvalBatch: 64, Precision: model.Float64,
		})
	}
}

func bits(seed uint64, rows, dim int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	x := make([]float32, rows*dim)
	for i := range x {
		if i%dim == 0 || rng.Float64() < 0.2 {
			x[i] = float32(rng.IntN(2))
		} else {
			x[i] = x[i-1]
		}
	}
	return x
}

func madeFactory(dim, batch int) Factory {
	return func() (model.PPM, error) {
		return model.NewMADE(model.MADESettings{Dim: dim, Hidden: []int{12}, Seed: 1, Batch: batch, EvalBatch: 16})
	}
}

func observe(t *testing.T, e *Ensemble) []*Observation {
	t.Helper()
	var all []*Observation
	require.NoError(t, e.Run(context.Background(), func(o *Observation) error {
		all = append(all, o)
		return nil
	}))
	return all
}

// encoded turns observations into bytes, in which NaN equals NaN.
func encoded(t *testing.T, all []*Observation) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(all))
	return b.Bytes()
}

func TestSameSeedSameNumbers(t *testing.T) {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9), bits(3, 40, 9)}
	config := Config{
		Seed: 5, Replicas: 2, Chains: 8, Batch: 7, Rate: 0.1, Temperature: 1e-4, Observe: []int{0, 1, 5, 30},
	}
	run := func(procs int) []*Observation {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		e, err := New(config, madeFactory(9, 7), sets, bits(9, 30, 9))
		require.NoError(t, err)
		defer e.Close()
		return observe(t, e)
	}
	want := run(1)
	require.Equal(t, encoded(t, want), encoded(t, run(2)))
	require.Equal(t, encoded(t, want), encoded(t, run(8)))
	require.NotEqual(t, want[3].Theta[0], want[3].Theta[1], "replicas of one set must differ")
	require.Equal(t, want[0].Theta[0], want[0].Theta[5], "a shared start is shared")
	require.Zero(t, want[3].FirstLawRelative)
}

// A replica must depend on (seed, training set, replica) alone, not on how many others there are.
func TestReplicaDoesNotDependOnTheEnsemble(t *testing.T) {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9), bits(3, 40, 9)}
	config := Config{Seed: 5, Replicas: 3, Chains: 4, Batch: 7, Rate: 0.1, Observe: []int{0, 10}}
	large, err := New(config, madeFactory(9, 7), sets, bits(9, 30, 9))
	require.NoError(t, err)
	defer large.Close()
	observe(t, large)
	config.Replicas = 1
	small, err := New(config, madeFactory(9, 7), sets[:2], bits(9, 30, 9))
	require.NoError(t, err)
	defer small.Close()
	observe(t, small)
	require.Equal(t, large.Replicas()[3].Theta, small.Replicas()[1].Theta)
	require.Equal(t, large.Replicas()[3].Chains, small.Replicas()[1].Chains)
}

func TestSavedStateGoesOnBitForBit(t *testing.T) {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9)}
	config := Config{Seed: 5, Replicas: 2, Chains: 4, Batch: 7, Rate: 0.1, Temperature: 1e-4, Observe: []int{0, 3, 11, 20}}
	build := func() *Ensemble {
		e, err := New(config, madeFactory(9, 7), sets, bits(9, 30, 9))
		require.NoError(t, err)
		t.Cleanup(func() { e.Close() })
		return e
	}
	whole := build()
	want := observe(t, whole)

	first := build()
	ctx, cancel := context.WithCancel(context.Background())
	err := first.Run(ctx, func(o *Observation) error {
		if o.Step == 3 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	var saved bytes.Buffer
	require.NoError(t, gob.NewEncoder(&saved).Encode(first.Saved()))

	var at Saved
	require.NoError(t, gob.NewDecoder(&saved).Decode(&at))
	require.Equal(t, 2, at.Observed)
	second := build()
	require.NoError(t, second.Restore(at))
	require.Equal(t, encoded(t, want[2:]), encoded(t, observe(t, second)))
	at.States = at.States[:1]
	require.Error(t, second.Restore(at))
}

func TestWorkOfTheGaussianModel(t *testing.T) {
	// Given the weights, <w> = |theta' - theta|^2 / (2 s^2) for chains in equilibrium at theta.
	sets, test := gaussianData(1, 4, 5, 2)
	e, err := New(Config{
		Seed: 2, Replicas: 2, Chains: 4000, Batch: 5, Rate: 0.1, Temperature: 0.05, Independent: true,
		Observe: []int{0, 5, 6, 20},
	}, gaussianFactory(2, 5), sets, test)
	require.NoError(t, err)
	defer e.Close()
	all := observe(t, e)
	for n := 1; n < len(all); n++ {
		for s, l := range all[n].Ledgers {
			var want, mean, square float64
			for i, now := range all[n].Theta[s] {
				d := now - all[n-1].Theta[s][i]
				want += d * d / 2
			}
			for _, w := range l.Work {
				mean += w / 4000
				square += w * w / 4000
			}
			se := math.Sqrt((square - mean*mean) / 4000)
			require.Less(t, math.Abs(mean-want)/se, 4.5, "observation %d, replica %d: <w> %v, expected %v", n, s, mean, want)
			require.Less(t, want, 100*se, "the test resolves a factor of two")
		}
	}
}

// Crooks: P_F(x)/P_R(x) = exp(x) of the dissipated work x, for chains that are in equilibrium at both ends.
func TestForwardAndReverseWorkObeyCrooks(t *testing.T) {
	sets, test := gaussianData(1, 4, 5, 2)
	e, err := New(Config{
		Seed: 3, Replicas: 2, Chains: 4000, Batch: 5, Rate: 0.1, Temperature: 0.3, Independent: true, Observe: []int{0, 4},
	}, gaussianFactory(2, 5), sets, test)
	require.NoError(t, err)
	defer e.Close()
	o := observe(t, e)[1]
	fit := thermo.Crooks(slices.Concat(o.Forward...), slices.Concat(o.Reverse...), nil)
	require.Less(t, math.Abs(fit.Slope.Z(1)), 4.0, "%v", fit.Slope)
	require.Less(t, math.Abs(fit.DeltaF.Z(0)), 4.0, "%v", fit.DeltaF)
	require.Less(t, fit.Slope.SE, 0.1, "the test resolves a sign and a factor of two")
	h := o.WorkHistogram()
	var forward, reverse float64
	for i := range h.Forward {
		width := h.Edges[i+1] - h.Edges[i]
		forward, reverse = forward+h.Forward[i]*width, reverse+h.Reverse[i]*width
		middle := (h.Edges[i+1] + h.Edges[i]) / 2
		if n := 32000 * width * min(h.Forward[i], h.Reverse[i]); n > 200 {
			require.InDelta(t, middle, math.Log(h.Forward[i]/h.Reverse[i]), 4*math.Sqrt(2/n)+0.02)
		}
	}
	require.InDelta(t, 1, forward, 1e-9)
	require.InDelta(t, 1, reverse, 1e-9)
}

func TestDivergedLossIsNamed(t *testing.T) {
	sets, test := gaussianData(1, 2, 5, 2)
	config := Config{Seed: 2, Replicas: 1, Chains: 2, Batch: 5, Rate: 1e200, Observe: []int{0, 2, 50}}
	e, err := New(config, gaussianFactory(2, 5), sets, test)
	require.NoError(t, err)
	defer e.Close()
	seen := 0
	err = e.Run(context.Background(), func(*Observation) error { seen++; return nil })
	var diverged *DivergedError
	require.ErrorAs(t, err, &diverged)
	require.Positive(t, diverged.Step)
	require.ErrorContains(t, err, "smaller learning rate")
	require.Positive(t, seen)
}

func TestBadConfigurations(t *testing.T) {
	sets, test := gaussianData(1, 2, 5, 2)
	good := Config{Replicas: 1, Chains: 1, Batch: 5, Rate: 0.1, Observe: []int{0, 1}}
	for name, change := range map[string]func(c *Config, sets *[][]float32, test *[]float32){
		"replicas":    func(c *Config, _ *[][]float32, _ *[]float32) { c.Replicas = 0 },
		"chains":      func(c *Config, _ *[][]float32, _ *[]float32) { c.Chains = 0 },
		"rate":        func(c *Config, _ *[][]float32, _ *[]float32) { c.Rate = math.NaN() },
		"temperature": func(c *Config, _ *[][]float32, _ *[]float32) { c.Temperature = -1 },
		"ascend":      func(c *Config, _ *[][]float32, _ *[]float32) { c.Observe = []int{0, 0} },
		"observe":     func(c *Config, _ *[][]float32, _ *[]float32) { c.Observe = nil },
		"training":    func(_ *Config, s *[][]float32, _ *[]float32) { *s = nil },
		"rows of":     func(_ *Config, s *[][]float32, _ *[]float32) { *s = [][]float32{{1, 2, 3}} },
		"larger":      func(_ *Config, s *[][]float32, _ *[]float32) { *s = [][]float32{{1, 2}} },
		"as many as of set 0": func(c *Config, s *[][]float32, _ *[]float32) {
			c.Pool, c.Held = slices.Concat((*s)...), [][]int{{0, 1, 2, 3, 4}, {5, 6, 7, 8}}
		},
		"example 1 of training set 1 is not row 7": func(c *Config, s *[][]float32, _ *[]float32) {
			c.Pool, c.Held = slices.Concat((*s)...), [][]int{{0, 1, 2, 3, 4}, {5, 7, 6, 8, 9}}
		},
		"and of 2 sets": func(c *Config, s *[][]float32, _ *[]float32) { c.Pool, c.Held = (*s)[0], [][]int{{0}} },
		"test":          func(_ *Config, _ *[][]float32, x *[]float32) { *x = nil },
	} {
		c := good
		s, x := sets, test
		change(&c, &s, &x)
		_, err := New(c, gaussianFactory(2, 5), s, x)
		require.ErrorContains(t, err, name)
	}
}

// TestAPoolIsJudgedOnce has training sets that share examples: a part of the pool is judged at an observation, each
// example once, and all at the last.
func TestAPoolIsJudgedOnce(t *testing.T) {
	const n, size = 12, 6
	pool, test := gaussianData(1, 1, n, 2)
	c := Config{Replicas: 2, Chains: 1, Batch: size, Rate: 0.1, Observe: []int{0, 1, 2}, Examples: 3, Pool: pool[0]}
	var sets [][]float32
	for d := range 3 {
		var set []float32
		held := rand.New(rand.NewPCG(1, uint64(d))).Perm(n)[:size]
		for _, i := range held {
			set = append(set, c.Pool[2*i:2*i+2]...)
		}
		sets, c.Held = append(sets, set), append(c.Held, held)
	}
	e, err := New(c, gaussianFactory(2, size), sets, test)
	require.NoError(t, err)
	defer e.Close()
	all := observe(t, e)
	require.Len(t, all[1].Told.Pool.Losses, 9)
	require.Nil(t, all[1].Row().Memories)
	last := all[2]
	require.Len(t, last.Told.Pool.Losses, n)
	for s, mean := range last.TrainNLL { // of the examples that the set is said to hold
		var sum float64
		for i, losses := range last.Told.Pool.Losses {
			if last.Told.Pool.Held[i][s/2] {
				sum += losses[s] / size
			}
		}
		require.InDelta(t, mean, sum-last.Free[s].Best.Value, 1e-9)
	}
	row := last.Row()
	require.Len(t, row.Memories[0], n)
	require.Equal(t, n, row.Pool)
	require.True(t, row.MInfo.Known())
	require.Equal(t, row.MInfo, row.CMI)
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(3) {
		for set := -1; set < 3; set++ {
			for replica := -1; replica < 3; replica++ {
				for _, purpose := range []string{"init", "batches", "noise"} {
					seen[instrument.Stream(seed, set, replica, purpose).Uint64()] = true
				}
			}
		}
	}
	require.Len(t, seen, 3*4*4*3)
	require.Equal(t, instrument.Stream(1, 2, 3, "x").Uint64(), instrument.Stream(1, 2, 3, "x").Uint64())
}
