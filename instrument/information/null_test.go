package information

import (
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/require"
)

// An ensemble of the Gaussian model: replica (d, r) at mu_d + noise, its samples about it.
func nullEnsemble(
	rng *rand.Rand, sets, replicas, chains int, between, within float64,
) (*CrossLogLikelihood, *entropy.Cloud) {
	n := sets * replicas
	theta, x := make([]float64, n), make([]float64, n*chains)
	cloud := &entropy.Cloud{Groups: sets, PerGroup: replicas}
	for s := range n {
		if s%replicas == 0 {
			theta[s] = between * rng.NormFloat64()
		} else {
			theta[s] = theta[s-s%replicas]
		}
	}
	for s := range n {
		theta[s] += within * rng.NormFloat64()
		cloud.Rows = append(cloud.Rows, []float64{theta[s]})
		for k := range chains {
			x[s*chains+k] = theta[s] + rng.NormFloat64()
		}
	}
	var l []float64
	for r := range n {
		for _, v := range x {
			l = append(l, -(v-theta[r])*(v-theta[r])/2)
		}
	}
	c, err := NewCrossLogLikelihood(sets, replicas, chains, l)
	if err != nil {
		panic(err)
	}
	return c, cloud
}

// Of either deal the bounds that are read against it, and no others, are those of [CrossLogLikelihood.Bounds].
func TestNullBoundsAreBoundsOfDeals(t *testing.T) {
	const permutations = 5
	c, _ := nullEnsemble(rand.New(rand.NewPCG(6, 6)), 5, 3, 4, 0.5, 0.6)
	null := c.NullBounds(t.Context(), permutations, rand.New(rand.NewPCG(7, 7)))
	rng := rand.New(rand.NewPCG(7, 7))
	var want [bounds]float64
	for range permutations {
		replicas, samples := rng.Perm(15), rng.Perm(15)
		learned, sample := c.dealt(replicas, replicas).Bounds(), c.dealt(nil, samples).Bounds()
		for i, e := range []estimate.Estimate{
			learned.Learned.Lower, learned.Learned.Upper, sample.Sample.Lower, sample.Sample.Upper, sample.Noise.Lower,
			sample.Noise.Upper,
		} {
			want[i] += e.Value / permutations
		}
	}
	for i, e := range []estimate.Estimate{
		null.Learned.Lower, null.Learned.Upper, null.Sample.Lower, null.Sample.Upper, null.Noise.Lower, null.Noise.Upper,
	} {
		require.InDelta(t, want[i], e.Value, 1e-12, "bound %d", i)
	}
}

// Where the training set says nothing, the estimate is one more draw of its null, above its 95 % quantile one time in
// twenty; where it says much, the estimate is beyond the null, and the null does not move.
//
// Deliberate errors that it caught: replicas dealt as samples but not as judges; samples not dealt at all; quantiles of
// unsorted draws; the median for the quantile; nulls of the bounds on D sets in the order upper, lower.
func TestNullsAreReadAgainst(t *testing.T) {
	const repetitions, permutations = 200, 39
	rng := rand.New(rand.NewPCG(4, 4))
	above := map[string]int{}
	for range repetitions {
		c, cloud := nullEnsemble(rng, 6, 3, 4, 0, 0.6)
		b, null := c.Bounds(), c.NullBounds(t.Context(), permutations, rng)
		m, nullM := Memorized(cloud, 1), NullMemorized(t.Context(), cloud, 1, permutations, rng)
		for name, over := range map[string]bool{
			"l lower": b.Learned.Lower.Value > null.Learned.Lower.Hi,
			"l upper": b.Learned.Upper.Value > null.Learned.Upper.Hi,
			"m":       m.Gaussian.Value > nullM.Gaussian.Hi,
			"m lower": m.FiniteSets.Lower.Value > nullM.FiniteSets.Lower.Hi,
			"m upper": m.FiniteSets.Upper.Value > nullM.FiniteSets.Upper.Hi,
		} {
			if over {
				above[name]++
			}
		}
		// samples know their replica here: X-info stands out
		if b.Sample.Upper.Value <= null.Sample.Upper.Hi {
			above["x missed"]++
		}
	}
	t.Log(above)
	for _, name := range []string{"l lower", "l upper", "m", "m lower", "m upper"} { // binomial(200, 0.05): 10 +- 3.1
		require.InDelta(t, 10, above[name], 9, "%s above its null in %d of %d", name, above[name], repetitions)
	}
	require.Less(t, above["x missed"], 20)

	c, cloud := nullEnsemble(rng, 8, 3, 16, 1.5, 0.2)
	b, null := c.Bounds(), c.NullBounds(t.Context(), permutations, rng)
	require.Greater(t, b.Learned.Lower.Value, 2*null.Learned.Lower.Hi)
	m, nullM := Memorized(cloud, 1), NullMemorized(t.Context(), cloud, 1, permutations, rng)
	require.Greater(t, m.Gaussian.Value, nullM.Gaussian.Hi)
	require.Greater(t, m.FiniteSets.Lower.Value, nullM.FiniteSets.Lower.Hi)
	require.Less(t, nullM.FiniteSets.Lower.Value, nullM.FiniteSets.Upper.Value)
	require.Less(t, null.Learned.Lower.Value, 0.1)
}

// However much noise sets the replicas of one set apart, the nulls of the lower bounds are near 0, where plain InfoNCE
// has them at -3 and -10.
func TestNullsOfLowerBoundsAreNearZero(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 6))
	for _, between := range []float64{0, 3} {
		c, _ := nullEnsemble(rng, 8, 3, 16, between, 3)
		learned, sample := plain(c.dealt(nil, rng.Perm(24)))
		null := c.NullBounds(t.Context(), 19, rng)
		t.Logf("InfoNCE %.2f, %.2f; nulls %v, %v", learned, sample, null.Learned.Lower, null.Sample.Lower)
		for _, e := range []estimate.Estimate{null.Learned.Lower, null.Sample.Lower} {
			require.InDelta(t, 0, e.Value, 0.05)
			require.Greater(t, e.Lo, -0.3)
			require.InDelta(t, 0, e.Hi, 0.15)
		}
	}
}

func TestNullSaysWhatIsUnknown(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	c, cloud := nullEnsemble(rng, 4, 1, 4, 1, 1)
	null := c.NullBounds(t.Context(), 5, rng)
	require.False(t, null.Learned.Lower.Known())
	require.True(t, null.Sample.Lower.Known())
	require.NotEmpty(t, null.Sample.Lower.Warnings)
	unknown := NullMemorized(t.Context(), cloud, 1, 5, rng)
	require.False(t, unknown.Gaussian.Known())
	require.False(t, unknown.FiniteSets.Lower.Known())
	require.Panics(t, func() { c.NullBounds(t.Context(), 0, rng) })
}
