package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	the factor of two left out           TestLinearResponse
//	dF not subtracted from the work      TestLinearResponse
//	the standard deviation in its place  TestLinearResponse

// Work that is Gaussian with mean dF + v/2 and variance v obeys the fluctuation theorem: the ratio is 1, whatever v and
// dF are. Work that is wider than that has a ratio larger by as much.
func TestLinearResponse(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 46))
	for _, wider := range []float64{1, 1.5} {
		var z []float64
		for range 60 {
			o := &Observation{Sets: 8, PerSet: 2, Chains: 64, TrainNLL: make([]float64, 16)}
			for s := range 16 {
				v, dF := 0.3+0.1*float64(s/2), -2.0
				l := &thermo.Ledger{Observations: 1, DeltaF: dF}
				for range 64 {
					l.Work = append(l.Work, dF+v/2+math.Sqrt(v*wider)*rng.NormFloat64())
				}
				l.Heat, l.Energy = make([]float64, 64), make([]float64, 64)
				l.TotalWork, l.TotalHeat = l.Work, l.Heat
				o.Ledgers = append(o.Ledgers, l)
			}
			row := &Row{Interval: thermo.IntervalOverSets(o.Ledgers, o.set())}
			e := linearResponse(o, row, nil)
			require.True(t, e.HasInterval(), "%v", e)
			z = append(z, e.Z(wider))
		}
		mean := estimate.Mean(z)
		require.Less(t, math.Abs(mean.Value), 0.6, "wider %v: mean z %v", wider, mean)
	}
	still := &Observation{Sets: 2, PerSet: 1, Chains: 2, Ledgers: []*thermo.Ledger{{Observations: 1}, {Observations: 1}}}
	row := &Row{Interval: thermo.Balance{EntropyProduction: estimate.Exact(0)}}
	require.False(t, linearResponse(still, row, nil).Known())
}
