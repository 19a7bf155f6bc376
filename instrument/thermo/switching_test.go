package thermo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it:
//
//	weights not cleared by Restart               -> TestSwitchingFollowsAStiffeningTrap (z beyond 100)
//	sign of the work                             -> the same
//	no resampling of the states, weights cleared -> the same (slow kernel: z 6 to 9)
//	children by v instead of v/sum v             -> TestResamplingIsUnbiased
//	variance without K/(K-1), K = 4              -> TestSwitchingErrorOfFewChains

// stiffen carries K chains of an oscillator from stiffness 1 to `to` in n steps. After each step every chain is moved
// by the exact Ornstein-Uhlenbeck kernel x' = c x + sqrt((1-c^2)/K) xi, which leaves N(0, 1/K) invariant and forgets
// slowly.
func stiffen(t *testing.T, rng *rand.Rand, chains, n int, to, memory float64) Switching {
	x := make([]float64, chains)
	for k := range x {
		x[k] = rng.NormFloat64()
	}
	s := NewSwitching(chains)
	work := make([]float64, chains)
	stiffness := 1.0
	for i := 1; i <= n; i++ {
		next := math.Pow(to, float64(i)/float64(n))
		for k := range x {
			work[k] = (next - stiffness) * x[k] * x[k] / 2
		}
		stiffness = next
		require.NoError(t, s.Add(work))
		old := append([]float64(nil), x...)
		for k, parent := range s.Next(rng) {
			x[k] = old[parent]
		}
		for k := range x {
			x[k] = memory*x[k] + math.Sqrt((1-memory*memory)/stiffness)*rng.NormFloat64()
		}
	}
	return s
}

func TestSwitchingFollowsAStiffeningTrap(t *testing.T) {
	for _, c := range []struct {
		name   string
		memory float64
		to     float64
	}{
		{name: "stiffening, chains that equilibrate", memory: 0.3, to: 30},
		{name: "stiffening, chains that lag", memory: 0.99, to: 30},
		{name: "softening, chains that equilibrate", memory: 0.3, to: 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			const seeds = 60
			truth := math.Log(c.to) / 2
			var sum, squares, covered, warned float64
			epochs := 0
			for seed := range seeds {
				s := stiffen(t, rand.New(rand.NewPCG(uint64(seed), 5)), 1000, 40, c.to, c.memory)
				e := s.DeltaF()
				if len(e.Warnings) > 0 {
					warned++
				}
				z := (e.Value - truth) / e.SE
				sum += z
				squares += z * z
				if e.Lo <= truth && truth <= e.Hi {
					covered++
				}
				epochs += s.Epochs
			}
			require.Less(t, warned/seeds, 0.1)
			require.Less(t, math.Abs(sum/math.Sqrt(seeds)), 3.5, "mean z")
			require.InDelta(t, 1, math.Sqrt(squares/seeds), 0.4, "spread of z")
			require.GreaterOrEqual(t, covered/seeds, 0.85)
			if c.memory > 0.9 && c.to > 1 {
				require.Positive(t, epochs, "lagging chains must have been resampled")
			}
		})
	}
}

// The weights of a lagging chain that is softened to less than half its stiffness have no variance: the error of an
// average is then worth nothing, and the estimate has to say so.
func TestSwitchingSaysWhenItsWeightsHaveNoVariance(t *testing.T) {
	truth := math.Log(0.1) / 2
	missed, silent := 0, 0
	const seeds = 60
	for seed := range seeds {
		s := stiffen(t, rand.New(rand.NewPCG(uint64(seed), 5)), 1000, 40, 0.1, 0.95)
		e := s.DeltaF()
		if truth < e.Lo || truth > e.Hi {
			missed++
			if len(e.Warnings) == 0 {
				silent++
			}
		}
	}
	require.Greater(t, missed, seeds/4, "the case is a hard one")
	require.LessOrEqual(t, silent, seeds/5, "15 % were measured: one direction alone cannot always tell")
}

func TestSwitchingErrorOfFewChains(t *testing.T) {
	s := NewSwitching(4)
	require.NoError(t, s.Add([]float64{0, 0, math.Ln2, math.Ln2}))
	e := s.DeltaF()
	require.InDelta(t, -math.Log(0.75), e.Value, 1e-15)
	// weights 1, 1, 1/2, 1/2: variance with n-1 is 1/12, over 4 and the squared mean 9/16: 1/27
	require.InDelta(t, math.Sqrt(1.0/27), e.SE, 1e-15)
	require.InDelta(t, 9.0/2.5/4, s.ESSFraction(), 1e-15)
}

func TestResamplingIsUnbiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	weights := []float64{0.1, 2, 0.4, 0.7, 0.05, 1.5}
	var total float64
	for _, v := range weights {
		total += v
	}
	const n = 20000
	counts := make([]float64, len(weights))
	for range n {
		s := NewSwitching(len(weights))
		for k, v := range weights {
			s.LogWeight[k] = math.Log(v) + 700 // beyond the range of exp
		}
		parents := s.resample(rng)
		for k, p := range parents {
			counts[p]++
			if parents[p] != p {
				t.Fatalf("chain %d has the child %d and is not its own", p, k)
			}
		}
		require.Equal(t, make([]float64, 6), s.LogWeight)
	}
	for k, v := range weights {
		require.InDelta(t, 6*v/total, counts[k]/n, 0.015, "children of chain %d", k)
	}
}

func TestCollapsedWeightsLeaveTheChainsAlone(t *testing.T) {
	s := NewSwitching(100)
	work := make([]float64, 100)
	for k := range work {
		work[k] = 50 * float64(k)
	}
	require.NoError(t, s.Add(work))
	require.Nil(t, s.Next(rand.New(rand.NewPCG(1, 1))))
	require.Equal(t, 1.0, s.ESSFraction(), "the epoch is closed")
	require.InDelta(t, math.Log(100), s.Closed, 1e-9, "and its average entered")
	require.NotEmpty(t, s.DeltaF().Warnings)
	require.Nil(t, s.Next(rand.New(rand.NewPCG(1, 1))), "equal weights need no resampling")
	require.Equal(t, 1, s.Epochs)
}

func TestSwitchingBadWork(t *testing.T) {
	s := NewSwitching(2)
	require.ErrorContains(t, s.Add([]float64{1, math.Inf(-1)}), "chain 1")
	require.Equal(t, []float64{0, 0}, s.LogWeight)
	require.Panics(t, func() { _ = s.Add([]float64{1}) })
	require.Panics(t, func() { NewSwitching(0) })
	one := NewSwitching(1)
	require.NotEmpty(t, one.DeltaF().Warnings)
}

// A chain driven into a wall has weight 0 until its epoch ends, and counts among the chains.
func TestSwitchingWithoutWeight(t *testing.T) {
	inf := math.Inf(1)
	s := NewSwitching(4)
	require.NoError(t, s.Add([]float64{inf, math.Ln2, 0, inf}))
	require.NoError(t, s.Add([]float64{5, 0, 0, inf}))
	require.InDelta(t, -math.Log((0.5+1)/4), s.DeltaF().Value, 1e-12)
	require.InDelta(t, 1.5*1.5/1.25/4, s.ESSFraction(), 1e-12)
	parents := s.resample(rand.New(rand.NewPCG(1, 1)))
	require.Subset(t, []int{1, 2}, parents, "none goes on from a chain in a wall")
	require.InDelta(t, -math.Log(1.5/4), s.DeltaF().Value, 1e-12)

	require.NoError(t, s.Add([]float64{inf, inf, inf, inf}))
	for range 2 {
		e := s.DeltaF()
		require.False(t, e.Known())
		require.Contains(t, e.Warnings[0], "none has a weight")
		f := FluctuationSinceStart([]Switching{s}, []estimate.Estimate{estimate.Exact(0)})
		require.False(t, f.Average.Known())
		require.NotContains(t, f.Average.Warnings[0], "NaN")
		require.Nil(t, s.Next(rand.New(rand.NewPCG(1, 1)))) // closes the epoch
	}
}

func TestFluctuationSinceStart(t *testing.T) {
	truth := math.Log(30) / 2
	exact := estimate.Exact(truth)
	var all []Switching
	for seed := range uint64(20) {
		all = append(all, stiffen(t, rand.New(rand.NewPCG(seed, 6)), 500, 40, 30, 0.9))
	}
	references := func(e estimate.Estimate) []estimate.Estimate { return slices.Repeat([]estimate.Estimate{e}, len(all)) }
	f := FluctuationSinceStart(all, references(exact))
	require.Equal(t, Pass, f.Verdict(), "%+v", f)
	require.Less(t, f.Average.SE, 0.1)
	require.Equal(t, Fail, FluctuationSinceStart(all, references(estimate.Exact(truth+0.4))).Verdict(),
		"a wrong free energy")
	require.Equal(t, CannotTell, FluctuationSinceStart(all, references(exact.Warn("poor"))).Verdict(),
		"a free energy with a warning")
	require.Greater(t, FluctuationSinceStart(all, references(estimate.FromSE(truth, 0.3, 50))).Average.SE, 0.06,
		"the error of the reference counts")
	require.False(t, FluctuationSinceStart(all, references(estimate.Unknown("none"))).Average.Known())
}
