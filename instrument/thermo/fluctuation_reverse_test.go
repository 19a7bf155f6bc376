package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it:
//
//	sign of the reverse work, or of dF  -> TestWithReverseByHand
//	Var e without the -1                -> TestWithReverseByHand
//	no widening                         -> TestFluctuationTheoremOfUnequalReplicas

func TestWithReverseByHand(t *testing.T) {
	// e = 1/2, 3/2, 1, 2 in two replicas with the free energies 0 and 5; reverse: exp(w_R + dF) = 4, 1, 5, 2
	dF := []float64{0, 5}
	f := FluctuationAverage([][]float64{{math.Log(2), -math.Log(1.5)}, {5, 5 - math.Log(2)}}, dF)
	g := f.WithReverse([][]float64{{math.Log(4), 0}, {math.Log(5) - 5, math.Log(2) - 5}}, dF)
	assert.InDelta(t, math.Sqrt(2.0/4), g.Average.SE, 1e-12, "Var e = 3 - 1")
	assert.InDelta(t, 0.25/math.Sqrt(0.5), g.Z, 1e-12)
	assert.InDelta(t, 4.0/3, g.ESS, 1e-12)
	assert.InDelta(t, 1.0/3, g.ESSFraction, 1e-12)
	assert.Equal(t, f.Average.Value, g.Average.Value)

	assert.Equal(t, f, f.WithReverse([][]float64{{-9, -9}, {-9, -9}}, dF), "reverse work that knows of no more spread "+
		"changes nothing")
	assert.Equal(t, f, f.WithReverse([][]float64{nil, nil}, dF))
	for _, far := range []float64{800, math.Inf(1)} { // beyond the range of exp
		over := f.WithReverse([][]float64{{0, far}, {0, far}}, dF)
		assert.Equal(t, CannotTell, over.Verdict())
		assert.True(t, over.Average.Known() && math.IsNaN(over.Average.SE), "an error without bounds is unknown")
		assert.NotEmpty(t, over.Average.Warnings)
	}
	assert.Panics(t, func() { f.WithReverse([][]float64{nil}, dF) })
	none := Fluctuation{Average: estimate.Unknown("nothing")}
	assert.False(t, none.WithReverse([][]float64{{0}}, []float64{0}).Average.Known())
}

// Work of 24 replicas whose spread differs, N(d^2/2, d^2) in both directions with dF = 0 and d itself normal: the
// fluctuation theorem holds exactly. Forward work alone fails it in several trials of a hundred.
func TestFluctuationTheoremOfUnequalReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("4,000 trials")
	}
	for _, spread := range []float64{0.7, 1, math.Sqrt2} {
		rng := rand.New(rand.NewPCG(7, math.Float64bits(spread)))
		const trials, replicas, chains = 4000, 24, 32
		var alone, both, tested, decided float64
		dF := make([]float64, replicas)
		forward, reverse := make([][]float64, replicas), make([][]float64, replicas)
		for range trials {
			for s := range replicas {
				d := math.Abs(spread * rng.NormFloat64())
				forward[s], reverse[s] = gaussianWork(rng, chains, 0, d*d), gaussianWork(rng, chains, 0, d*d)
			}
			f := FluctuationAverage(forward, dF)
			switch f.Verdict() {
			case Fail:
				alone++
				tested++
			case Pass:
				tested++
			}
			switch f.WithReverse(reverse, dF).Verdict() {
			case Fail:
				both++
				decided++
			case Pass:
				decided++
			}
		}
		t.Logf("spread %.2f: %.3f of %.0f tested intervals fail by forward work alone, %.3f of %.0f with reverse work",
			spread, alone/tested, tested, both/decided, decided)
		if spread > 0.8 {
			require.Greater(t, alone/tested, 0.02, "the case is a hard one")
		}
		require.LessOrEqual(t, both, 0.01*decided)
		if spread < 0.8 {
			require.Greater(t, decided, 0.3*trials, "a test that never decides tests nothing")
		}
	}
}

// Reverse work does not hide a wrong free energy.
func TestWithReverseStillFails(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	failed := 0
	for range 200 {
		f := FluctuationAverage([][]float64{gaussianWork(rng, 768, 0, 0.16)}, []float64{0.15})
		if f.WithReverse([][]float64{gaussianWork(rng, 768, 0, 0.16)}, []float64{0.15}).Verdict() == Fail {
			failed++
		}
	}
	require.Greater(t, failed, 195)
}
