package ensemble

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

// Deliberate error -> what caught it:
//
//	stride times the time of the trace (16 for chains that forget at once)  -> TestTimeOfATraceInMoves
//	a^s for a^(1/s)                                                         -> the same

// An autocorrelation that falls as a^t is the same in moves, however seldom the chains were looked at.
func TestTimeOfATraceInMoves(t *testing.T) {
	tau := func(a float64) float64 { return (1 + a) / (1 - a) }
	for _, stride := range []int{2, 7, 16} {
		for _, a := range []float64{0.2, 0.6, 0.9, 0.99} {
			trace := tau(math.Pow(a, float64(stride)))
			e := inMoves(estimate.FromSE(trace, 0.01*trace, 100), stride)
			assert.InEpsilon(t, tau(a), e.Value, 1e-6, "a = %v, stride %d", a, stride)
			assert.True(t, e.Lo <= e.Value && e.Value <= e.Hi)
			assert.Greater(t, e.SE, 0.0)
		}
	}
	forgot := inMoves(estimate.FromSE(0.98, 0.05, 100), 16)
	assert.Equal(t, 1.0, forgot.Value)
	assert.Equal(t, 1.0, forgot.Lo)
	assert.Greater(t, forgot.Hi, 3.0, "what was not looked at is not known")
	same := estimate.FromSE(0.4, 0.05, 100)
	assert.Equal(t, same, inMoves(same, 1), "chains that alternate, every move of them seen")
	assert.False(t, inMoves(estimate.Unknown("no trace"), 16).Known())
}
