package experiment

import (
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
)

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
