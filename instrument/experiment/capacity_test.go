package experiment

import (
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
)

func init() {
	breaks["capacity"] = []broken{
		{"M-info of an example counted twice", times("m_info", 2)},
		{"M-info that is the same for all sizes", func(runs []*Run) {
			for _, r := range runs {
				altered(r, "m_info", func(estimate.Estimate) estimate.Estimate { return runs[0].Last("m_info") })
			}
		}},
		{"L-info without the half", func(runs []*Run) {
			times("l_info_lo", 2)(runs)
			times("l_info_hi", 2)(runs)
		}},
		{"generalization gap with its sign turned", times("mem", -1)},
		{"entropy production without the half", times("entropy_production", 2)},
	}
}

// A bound that falls short of half the truth, or passes it, fails where its error tells so; else nothing can be told.
func TestReaches(t *testing.T) {
	for _, c := range []struct {
		value, se float64
		want      record.Verdict
	}{
		{0.9, 0.05, record.Holds}, {1.1, 0.05, record.Holds}, {1.3, 0.05, record.Fails}, {0.3, 0.05, record.Fails},
		{0.45, 0.05, record.CannotTell}, {0.9, 0.2, record.CannotTell},
	} {
		assert.Equal(t, c.want, reaches("", "", estimate.FromSE(c.value, c.se, 1e6), 1).Verdict, "%v", c)
	}
	assert.Equal(t, record.CannotTell, reaches("", "", estimate.Unknown("none"), 1).Verdict)
}

// Runs of one training set are paired, those of others are not, and the least sure step decides.
func TestRises(t *testing.T) {
	run := func(weights int, draw string) *Run {
		return &Run{Run: &record.Run{FreeWeights: weights, Subset: 10, Units: record.Units{Count: 4, Draw: draw}}}
	}
	luck := []float64{0, 10, 20, 30}
	of := func(shift map[int]float64) measure {
		return func(r *Run) estimate.Estimate {
			units := make([]float64, len(luck))
			for i, v := range luck {
				units[i] = v + shift[r.FreeWeights] + 0.01*v*float64(r.FreeWeights)
			}
			return estimate.SkewedMean(units, 0)
		}
	}
	same := family{run(1, "a"), run(2, "a"), run(3, "a")}
	assert.Equal(t, record.Holds, same.rises("", "", of(map[int]float64{1: 0, 2: 1, 3: 2})).Verdict)
	assert.Equal(t, record.Fails, same.rises("", "", of(map[int]float64{1: 0, 2: 1, 3: 0})).Verdict)
	assert.Equal(t, record.CannotTell, same.rises("", "", of(map[int]float64{1: 0, 2: 1, 3: 0.85})).Verdict)
	others := family{run(1, "a"), run(2, "b"), run(3, "c")}
	assert.Equal(t, record.CannotTell, others.rises("", "", of(map[int]float64{1: 0, 2: 1, 3: 2})).Verdict)
	assert.Equal(t, record.Holds, same.grows("", "", of(map[int]float64{1: 0, 2: 1, 3: 1})).Verdict)
}
