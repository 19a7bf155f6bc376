package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it:
//
//	information without the entropy of a sample's labels  OccupationsExactly, CollapseIsNamed

func TestOccupationsExactly(t *testing.T) {
	// o = (1/2, 1/2): S(o) = ln 2; S(r_i) = 2 ln 2 - (3/4) ln 3 for both.
	o, err := Occupy([]float64{0.75, 0.25, 0.25, 0.75}, 2)
	require.NoError(t, err)
	assert.InDelta(t, math.Ln2, o.Entropy, 1e-15)
	assert.InDelta(t, 2*math.Ln2-0.75*math.Log(3), o.Conditional, 1e-15)
	assert.InDelta(t, 0.75*math.Log(3)-math.Ln2, o.Information, 1e-15)
	assert.Equal(t, math.Ln2, o.Ceiling)
	assert.Equal(t, []float64{0.5, 0.5}, o.Occupation)
	assert.False(t, o.Collapsed())

	_, err = Occupy([]float64{0.5, 0.5}, 2)
	assert.ErrorContains(t, err, "one sample")
	_, err = Occupy([]float64{0.5, 0.5, 0.5, 0.4}, 2)
	assert.ErrorContains(t, err, "sample 1 sum to 0.9")
	_, err = Occupy([]float64{0.5, 0.5, 1.5, -0.5}, 2)
	assert.ErrorContains(t, err, "sample 1, label 1 is -0.5")
	assert.Panics(t, func() { _, _ = Occupy([]float64{1, 0, 0}, 2) })
}

func TestCollapseIsNamed(t *testing.T) {
	const n, k = 64, 16
	rng := rand.New(rand.NewPCG(5, 6))
	build := func(logit func(i, label int) float64) []float64 {
		var r []float64
		for i := range n {
			row := make([]float64, k)
			for label := range row {
				row[label] = -logit(i, label)
			}
			lo, lnZ := logPartition(row, 1)
			for _, e := range row {
				r = append(r, math.Exp(lo-e-lnZ))
			}
		}
		return r
	}
	own := func(i, label int, size float64) float64 {
		if i%k == label {
			return size
		}
		return 0
	}
	for name, c := range map[string]struct {
		r        []float64
		verdict  string
		sentence string
	}{
		"a label for each": {r: build(func(i, l int) float64 { return own(i, l, 8) }), verdict: notCollapsed,
			sentence: "labels in use"},
		"weak but different": {r: build(func(i, l int) float64 { return own(i, l, 3) }), verdict: notCollapsed,
			sentence: "not collapsed"},
		"all one label": {r: build(func(i, l int) float64 { return own(3, l, 12) + 0.1*rng.NormFloat64() }),
			verdict: oneLabel, sentence: "label 3 holds 100 %"},
		"uniform": {r: build(func(i, l int) float64 { return 0.05 * rng.NormFloat64() }), verdict: uniform,
			sentence: "no sample prefers any"},
		"four of 16, all same": {r: build(func(i, l int) float64 { return own(3, l%4, 6) }), verdict: alike,
			sentence: "same distribution"},
	} {
		o, err := Occupy(c.r, k)
		require.NoError(t, err)
		assert.Equal(t, c.verdict, o.Verdict, "%s: %v", name, o)
		assert.Equal(t, c.verdict != notCollapsed, o.Collapsed())
		assert.Contains(t, o.String(), c.sentence, name)
	}
}
