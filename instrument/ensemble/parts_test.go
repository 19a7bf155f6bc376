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
//	the warnings of the first part alone                 TestPartRemarks
//	the start, where nothing differs, warned of          TestPartRemarks
//	numbers of one part said of another                  TestPartRemarks

// Two parts of independent normal weights: each has the entropy of its own standard deviation.
func TestPartEntropies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := &Observation{Sets: 400, PerSet: 1}
	for range 400 {
		o.Theta = append(o.Theta, []float64{rng.NormFloat64(), 0.1 * rng.NormFloat64(), 0.1 * rng.NormFloat64()})
	}
	got := o.PartEntropies([]Part{{"w", 0, 1}, {"b", 1, 3}})
	one := (1 + math.Log(2*math.Pi)) / 2
	for i, want := range []float64{one, 2*one + 2*math.Log(0.1)} {
		assert.InDelta(t, 0, (got[i].Value-want)/got[i].SE, 3, "part %d: %v", i, got[i])
		assert.Less(t, got[i].SE, 0.1)
	}
}

// The entropies of parts of many weights warn of the shrinkage target, in one line for all parts.
func TestPartRemarks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	parts := []Part{{"w", 0, 40}, {"b", 40, 50}, {"scale", 50, 51}}
	var entropies [][]estimate.Estimate
	for step := range 3 {
		o := &Observation{Sets: 4, PerSet: 2}
		for range 8 {
			theta := make([]float64, 51)
			for j := range theta {
				theta[j] = float64(step) * rng.NormFloat64()
			}
			o.Theta = append(o.Theta, theta)
		}
		entropies = append(entropies, o.PartEntropies(parts))
	}
	got := PartRemarks(parts, []int{0, 5, 9}, entropies)
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "w, b, from step 5 to 9 (2 observations): 4 groups of 2 points in 10 dimensions: the shrinkage target")
	assert.Contains(t, got[0], "(numbers of b)")
	assert.Empty(t, PartRemarks(parts[2:], []int{5}, [][]estimate.Estimate{entropies[1][2:]}))
}
