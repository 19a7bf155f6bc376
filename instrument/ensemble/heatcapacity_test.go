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
//	variance over all chains of all replicas  TestHeatCapacity
//	divided by K for K - 1                    TestHeatCapacity

// The energy of m normal coordinates varies by m/2, about a mean that differs from replica to replica.
func TestHeatCapacity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 47))
	const m = 3
	var z []float64
	for range 60 {
		o := &Observation{Sets: 8, PerSet: 2, Chains: 8, TrainNLL: make([]float64, 16)}
		for s := range 16 {
			l := &thermo.Ledger{}
			for range o.Chains {
				phi := 10 * float64(s)
				for range m {
					x := rng.NormFloat64()
					phi += x * x / 2
				}
				l.Energy = append(l.Energy, phi)
			}
			o.Ledgers = append(o.Ledgers, l)
		}
		e := heatCapacity(o, nil, nil)
		require.True(t, e.HasInterval(), "%v", e)
		z = append(z, (e.Value-m/2.)/0.35)
	}
	mean := estimate.Mean(z)
	require.Less(t, math.Abs(mean.Value), 3*mean.SE, "mean z %v", mean)
	require.False(t, heatCapacity(&Observation{Chains: 1}, nil, nil).Known())
}
