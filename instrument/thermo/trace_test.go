package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

// Deliberate errors, and the tests that caught them:
//
//	stride times the time of the trace (16 for chains that forget at once)  TestTimeOfATraceInMoves, TestMemoryOfTraces
//	a^s for a^(1/s)                                                         the same
//	the even trace alone                                                    TestMemoryOfTraces (16 of 1,024 moves for 1)

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
}

// Chains with the autocorrelation a^t are read right from traces of few and of many moves.
func TestMemoryOfTraces(t *testing.T) {
	for _, moves := range []int{40, 128, 1024} {
		for _, a := range []float64{0, 0.3, 0.8, 0.97} {
			rng := rand.New(rand.NewPCG(uint64(moves), 3))
			const chains = 200
			tr, x := newTrace(chains), make([]float64, chains)
			for k := range x {
				x[k] = rng.NormFloat64()
			}
			tr.begin(moves)
			for i := range moves {
				for k := range x {
					x[k] = a*x[k] + math.Sqrt(1-a*a)*rng.NormFloat64()
				}
				if tr.wants(i) {
					tr.enter(i, x)
				}
			}
			e, tau := tr.memory(), (1+a)/(1-a)
			if moves < 50*int(tau) && len(e.Warnings) > 0 {
				continue // too short for it, and says so
			}
			assert.InEpsilon(t, tau, e.Value, 0.15, "a = %v, %d moves", a, moves)
			assert.LessOrEqual(t, len(tr.even[0]), traced)
			assert.LessOrEqual(t, len(tr.last[0]), traced)
		}
	}
}
