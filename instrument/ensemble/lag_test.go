package ensemble

import (
	"slices"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	samples of now for those of the last observation  TestChainsThatLag
//	resampled all the same                            TestChainsThatLag

// Chains that are left to lag are never resampled, and those of the last observation are judged by the weights of this
// one.
func TestChainsThatLag(t *testing.T) {
	for _, lag := range []bool{false, true} {
		e, err := New(Config{
			Seed: 2, Replicas: 1, Chains: 40, Batch: smallBatch, Rate: 0.5, Observe: []int{0, 20, 60, 200}, BurnIn: 50, Moves: 1,
			Lag: lag,
		}, smallRBM, [][]float32{barsAndStripes(1, 100), barsAndStripes(2, 100)}, barsAndStripes(3, 50))
		require.NoError(t, err)
		defer e.Close()
		declared := slices.ContainsFunc(e.Declarations(), func(i record.Info) bool { return i.Name == "x_info_before_lo" })
		require.Equal(t, lag, declared)
		seen := observe(t, e)
		resampled := 0
		for _, s := range seen[len(seen)-1].Switching {
			resampled += s.Epochs
		}
		require.Equal(t, lag, resampled == 0)
		for n, o := range seen {
			if !lag || n == 0 {
				require.Nil(t, o.Unmoved)
				continue
			}
			require.Equal(t, seen[n-1].Samples, o.Before)
			for s := range 2 {
				own := o.Unmoved[(s*2+s)*40 : (s*2+s+1)*40]
				for k, l := range own { // work and energy of before give the energy of what has not moved yet
					phi := seen[n-1].Energies[s*40+k] + o.Ledgers[s].Work[k]
					require.InDelta(t, o.Free[s].Best.Value-phi, l, 1e-3)
				}
			}
			require.True(t, unmoved(o, nil, nil).Known())
		}
	}
}
