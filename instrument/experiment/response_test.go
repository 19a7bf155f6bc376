package experiment

import (
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

func init() {
	breaks["response"] = []broken{
		{"reverse work with the sign of forward work", rows(func(forward, reverse []float64) { floats.Scale(-1, reverse) })},
		{"work without the half of the energy", rows(func(forward, reverse []float64) {
			floats.Scale(2, forward)
			floats.Scale(2, reverse)
		})},
		{"chains that lag an interval behind, taken to be in equilibrium", rows(func(forward, _ []float64) {
			floats.AddConst(stat.Variance(forward, nil), forward)
		})},
		{"a free energy that is left in the work", rows(func(forward, reverse []float64) {
			floats.AddConst(0.1, forward)
			floats.AddConst(-0.1, reverse)
		})},
		{"standard deviation for variance", times("heat_capacity", 0.5)},
		{"linear response without the two", times("linear_response", 2)},
	}
}

// rows alters the work of the chains of every replica in every interval.
func rows(do func(forward, reverse []float64)) func(runs []*Run) {
	return func(runs []*Run) {
		for _, r := range runs {
			chains, err := r.Chains()
			if err != nil {
				panic(err)
			}
			for s := range chains.Forward {
				for n := range chains.Forward[s] {
					do(chains.Forward[s][n], chains.Reverse[s][n])
				}
			}
		}
	}
}

func quenches(seed uint64) works {
	rng := rand.New(rand.NewPCG(seed, 6))
	w := works{perSet: 1}
	for _, ratio := range quenchRatios {
		w.of = append(w.of, quench(ratio, rng))
	}
	return w
}

// Oscillators hold, whatever the seed, and do not without their free energy or with the wrong sign of it.
func TestResponseOfOscillators(t *testing.T) {
	const seeds = 3
	held := 0
	for seed := range uint64(seeds) {
		w := quenches(seed)
		if record.Worst(quenchStatements(w)) == record.Holds {
			held++
		}
		for n := range w.of {
			w.of[n].deltaF *= -1
		}
		require.Equal(t, record.Fails, record.Worst(quenchStatements(w)), "the wrong sign of ΔF")
		for n := range w.of {
			w.of[n].deltaF = 0
		}
		require.Equal(t, record.Fails, record.Worst(quenchStatements(w)), "no ΔF")
	}
	assert.GreaterOrEqual(t, held, seeds-1)
}

// Intervals of the ratio of variance to dissipation cover the closed form.
func TestResponseCovers(t *testing.T) {
	covered, total := 0, 0
	for seed := range uint64(40) {
		w := quenches(100 + seed)
		for n, ratio := range quenchRatios {
			_, truth := quenchResponse(ratio)
			total++
			if w.alone(n).response().Covers(truth) {
				covered++
			}
		}
	}
	share := float64(covered) / float64(total)
	assert.True(t, share >= 0.90 && share <= 0.99, "covered in %.3f", share)
}

// The farthest of many numbers is what counts, and many chances are allowed for.
func TestEverywhere(t *testing.T) {
	at := func(z float64) estimate.Estimate { return estimate.FromSE(1+0.1*z, 0.1, 40) }
	few := []estimate.Estimate{at(0), at(-1), at(2), estimate.Unknown("not measured")}
	s := everywhere("it", "1", few, 1)
	assert.Equal(t, record.Holds, s.Verdict)
	assert.InDelta(t, 1.2, s.Figure.Value, 1e-12)
	assert.Equal(t, record.Fails, everywhere("it", "1", append(few, at(3.8)), 1).Verdict)
	many := append(few, at(3.8))
	for range 30 {
		many = append(many, at(0.5))
	}
	assert.Equal(t, record.Holds, everywhere("it", "1", many, 1).Verdict)
	assert.Equal(t, record.CannotTell, everywhere("it", "1", few[3:], 1).Verdict)
}
