package estimate_test

import (
	"encoding/json"
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An estimate comes back from JSON as it went in, unknown and infinite numbers included.
func TestJSONKeepsEveryNumber(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, e := range map[string]estimate.Estimate{
		"interval": estimate.FromSE(1.0/3, 0.1, 7).Warn("of %d units", 8),
		"units":    estimate.SkewedMean([]float64{1.0 / 3, 2, 5}, 0),
		"exact":    estimate.Exact(0),
		"unknown":  estimate.Unknown("no %s", "reason"),
		"infinite": estimate.Exact(inf),
		"one side": {Value: 1, SE: nan, Lo: -inf, Hi: 2, Confidence: 0.95, N: 3},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(e)
			require.NoError(t, err)
			var back estimate.Estimate
			require.NoError(t, json.Unmarshal(data, &back))
			got, want := back, e
			want.Kinds = nil // not written: they serve to merge warnings before they are
			for _, p := range []*estimate.Estimate{&got, &want} {
				for _, x := range []*float64{&p.Value, &p.SE, &p.Lo, &p.Hi} {
					if math.IsNaN(*x) {
						*x = -12345
					}
				}
			}
			assert.Equal(t, want, got, "%s", data)
		})
	}
}

// Warnings of one kind differ in their numbers alone.
func TestWarningsHaveKinds(t *testing.T) {
	a := estimate.Unknown("%d of %d chains", 3, 8)
	b := estimate.Exact(1).Warn("other").WarnAs(a)
	assert.Equal(t, []string{"other", "3 of 8 chains"}, b.Warnings)
	assert.Equal(t, "%d of %d chains", b.Kind(1))
	assert.Equal(t, a.Kind(0), estimate.Unknown("%d of %d chains", 5, 8).Kind(0))
	b.Warnings = append(b.Warnings, "by hand")
	assert.Equal(t, "by hand", b.Kind(2))
}
