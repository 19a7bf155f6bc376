package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Deliberate errors that were tried: a part that ends one weight early, and the entropy of all weights given to each
// part; both were caught by TestPartEntropies.

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
