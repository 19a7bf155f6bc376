package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	a part that ends one weight early                    TestPartEntropies
//	the entropy of all weights given to each part        TestPartEntropies
//	the change of all weights, not a weight              TestPartQuantities
//	numbers of one part said of another                  TestPartQuantities

// Two parts of independent normal weights: each has the entropy of its own standard deviation.
func TestPartEntropies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := &Observation{Sets: 400, PerSet: 1}
	for range 400 {
		o.Theta = append(o.Theta, []float64{rng.NormFloat64(), 0.1 * rng.NormFloat64(), 0.1 * rng.NormFloat64()})
	}
	o.Parts = []Part{{Name: "w", From: 0, To: 1}, {Name: "b", From: 1, To: 3}}
	row := &Row{}
	o.entropies(row, nil)
	got := row.PartEntropies
	one := (1 + math.Log(2*math.Pi)) / 2
	for i, want := range []float64{one, 2*one + 2*math.Log(0.1)} {
		assert.InDelta(t, 0, (got[i].Value-want)/got[i].SE, 3, "part %d: %v", i, got[i])
		assert.Less(t, got[i].SE, 0.1)
	}
}

// Each of several parameters has a quantity of its own: the change of its entropy a weight, exactly 0 at the reference.
func TestPartQuantities(t *testing.T) {
	parts := []Part{{Name: "w", From: 0, To: 2}, {Name: "b", From: 2, To: 3}}
	assert.Empty(t, partQuantities(parts[:1]), "one parameter is all weights")
	all := partQuantities(parts)
	require.Len(t, all, 2)
	assert.Equal(t, "delta_s_w", all[0].Name)
	e := func(v float64) estimate.Estimate { return estimate.FromSE(v, 1, 7) }
	rows := []*Row{
		{PartEntropies: []estimate.Estimate{estimate.Unknown("shared start"), estimate.Unknown("shared start")}},
		{PartEntropies: []estimate.Estimate{e(3), e(5)}, Counted: []int{3, 2, 1}},
		{PartEntropies: []estimate.Estimate{e(10), e(1)}, Counted: []int{3, 2, 1}},
	}
	assert.False(t, all[0].of(nil, rows[0], nil).Known())
	assert.Equal(t, estimate.Exact(0), all[0].of(nil, rows[1], rows[:1]))
	change := all[0].of(nil, rows[2], rows[:2])
	assert.Equal(t, 3.5, change.Value)
	assert.InDelta(t, math.Sqrt2/2, change.SE, 1e-12)
	assert.Equal(t, -4.0, all[1].of(nil, rows[2], rows[:2]).Value)
}

// The weights that S(Theta) counts are those that vary at the first observation at which any do: what moves later
// changes nothing, and the note says how many are left out.
func TestEntropyCountsTheSameWeightsInTheWholeRun(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	observe := func(step int, sd ...float64) *Observation {
		o := &Observation{Step: step, Sets: 8, PerSet: 3}
		for range 24 {
			theta := make([]float64, 0, len(sd))
			for _, s := range sd {
				theta = append(theta, s*rng.NormFloat64())
			}
			o.Theta = append(o.Theta, theta)
		}
		return o
	}
	var rows []*Row
	for i, o := range []*Observation{
		observe(0, 0, 0, 0, 0, 0, 0, 0), observe(1, 1, 1, 1, 1, 1, 0, 0), observe(2, 2, 2, 2, 2, 2, 1e9, 0),
	} {
		row := &Row{Step: i}
		o.entropies(row, rows)
		rows = append(rows, row)
	}
	assert.False(t, rows[0].ThetaEntropy.Known())
	assert.Contains(t, rows[0].ThetaEntropy.Warnings[0], "still share their start")
	assert.Equal(t, []int{5}, rows[1].Counted)
	assert.Equal(t, []int{5}, rows[2].Counted)
	assert.Nil(t, rows[2].Moving[0], "kept once")
	change := perWeight(thetaChange(rows[2], rows[:2]), rows[2], 0)
	assert.InDelta(t, math.Ln2, change.Value, 3*change.SE)
	assert.Less(t, change.SE, 0.5)
	assert.Contains(t, countedWords(rows),
		"counts 5 of 7 weights, those that varied over training sets at step 1; the other 2")
	assert.Empty(t, countedWords(rows[:1]))
}
