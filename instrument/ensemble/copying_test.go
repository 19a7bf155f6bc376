package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// copyingOf measures an ensemble of 8 training sets of 60 standard normal examples, the first half of each in the next
// set too where they overlap, whose 2 replicas draw 40 samples each by draw.
func copyingOf(t *testing.T, seed uint64, overlap bool, draw func(rng *rand.Rand, set []float32) []float32) Copying {
	const sets, replicas, chains, dim = 8, 2, 40, 3
	rng := rand.New(rand.NewPCG(seed, 5))
	normal := func(rows int) []float32 {
		x := make([]float32, rows*dim)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	e := &Ensemble{config: Config{Seed: seed, Replicas: replicas, Chains: chains}, dim: dim, test: normal(200)}
	blocks := normal(60 * sets)
	for d := range sets {
		set := blocks[d*60*dim : (d+1)*60*dim]
		if overlap {
			next := (d + 1) % sets * 60 * dim
			set = append(append([]float32{}, set[:30*dim]...), blocks[next:next+30*dim]...)
		}
		e.sets = append(e.sets, set)
	}
	o := &Observation{Sets: sets, PerSet: replicas, Chains: chains, Width: dim, TrainNLL: make([]float64, sets*replicas)}
	for s := range sets * replicas {
		for range chains {
			o.Samples = append(o.Samples, draw(rng, e.sets[s/replicas])...)
		}
	}
	require.NoError(t, e.measureNear(t.Context(), 2, o))
	return o.copying()
}

// TestCopyingOfKnownAnswer asks of ensembles whose samples are copies, new examples, or noise.
func TestCopyingOfKnownAnswer(t *testing.T) {
	fresh := func(rng *rand.Rand, _ []float32) []float32 {
		return []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64())}
	}
	noise := func(rng *rand.Rand, _ []float32) []float32 {
		return []float32{float32(9*rng.Float64() - 4), float32(9*rng.Float64() - 4), float32(9*rng.Float64() - 4)}
	}
	copied := func(rng *rand.Rand, set []float32) []float32 {
		x := append([]float32{}, set[3*rng.IntN(len(set)/3):]...)[:3]
		for i := range x {
			x[i] += 0.02 * float32(rng.NormFloat64())
		}
		return x
	}
	smooth := func(rng *rand.Rand, _ []float32) []float32 {
		x := fresh(rng, nil)
		for i := range x {
			x[i] /= 3
		}
		return x
	}
	partly := func(share float64, rest func(rng *rand.Rand, _ []float32) []float32) func(*rand.Rand, []float32) []float32 {
		return func(rng *rand.Rand, set []float32) []float32 {
			if rng.Float64() < share {
				return copied(rng, set)
			}
			return rest(rng, set)
		}
	}
	for _, c := range []struct {
		name    string
		draw    func(rng *rand.Rand, set []float32) []float32
		overlap bool
		answer  string
		most    float64
		says    string
	}{
		{name: "copies", draw: copied, answer: "Yes", most: 1, says: "below 0 is nearer"},
		{name: "copies, sets that overlap", draw: copied, overlap: true, answer: "Yes", most: 1},
		{name: "copies and new examples", draw: partly(0.4, fresh), answer: "Yes", most: 0.4},
		{name: "a few copies", draw: partly(0.1, fresh), answer: "They lean towards it", most: 0.1},
		{name: "copies and noise", draw: partly(0.2, noise), answer: "They lean towards it", most: 0.2, says: "are copies"},
		{name: "new examples", draw: fresh, answer: "No"},
		{name: "noise", draw: noise, answer: "No", says: "as a whole they are farther"},
		{name: "too smooth", draw: smooth, answer: "No", says: "training sets have in common"},
	} {
		got := copyingOf(t, 1, c.overlap, c.draw)
		f := copies(got)
		t.Logf("%-26s %-22s nearer %v, own %v, most %v, z %v", c.name, f.Answer, got.Nearer, got.Own, got.Most, got.Z)
		require.Equal(t, c.answer, f.Answer, "%s: %s", c.name, f.Because)
		require.Contains(t, f.Because, c.says, c.name)
		require.InDelta(t, c.most, got.Most.Value, 4*got.Most.SE+0.05, c.name)
	}
	require.Equal(t, "Cannot tell", copies((&Observation{}).copying()).Answer)

	var z []float64
	var covered [3]float64
	const repetitions = 200
	for i := range uint64(repetitions) {
		c := copyingOf(t, 10+i, i%2 == 0, fresh)
		z = append(z, c.Z.Value)
		for j, e := range []estimate.Estimate{c.Nearer, c.Own, c.Z} {
			if truth := []float64{0.5, 0.5, 0}[j]; e.Covers(truth) {
				covered[j] += 1. / repetitions
			}
		}
	}
	t.Logf("new examples: covered %.3v, mean z %.3f sd %.3f", covered, stat.Mean(z, nil), stat.StdDev(z, nil))
	require.InDelta(t, 0, stat.Mean(z, nil), 3*stat.StdDev(z, nil)/math.Sqrt(repetitions))
	for _, share := range covered {
		require.Greater(t, share, 0.92)
	}
}
