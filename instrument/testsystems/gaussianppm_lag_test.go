package testsystems

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Deliberate errors, and the tests that caught them:
//
//	lag of the wrong sign            TestLaggedGaussianLimits
//	noise left out of the lag        TestLaggedGaussianLimits
//	information of the weights' own  TestLaggedGaussianLimits

// Samples that forget at once are those of the model itself; samples that never move do the work of one switch.
func TestLaggedGaussianLimits(t *testing.T) {
	g := LaggedGaussian{Every: 3, GaussianPPM: GaussianPPM{
		Dim: 3, Sigma: 1.5, DataSigma: 2, InitVar: 0.2, Subset: 4, Rate: 0.3, Temperature: 0.4,
	}}
	const updates = 7
	var observed []int
	for n := range updates + 1 {
		observed = append(observed, n*g.Every)
	}
	work := g.CumulativeWork(observed)
	for n, s := range g.Updates(updates) {
		assert.InDelta(t, work[n], s.Work, 1e-12)
		assert.InDelta(t, g.XInfo(observed[n]), s.XInfo, 1e-12)
		if n > 0 {
			assert.Less(t, s.XInfoBefore, g.XInfo(observed[n-1]), "data processing")
			assert.Less(t, s.XInfoBefore, s.XInfo)
		}
	}
	g.Memory = 1 - 1e-12
	for n, s := range g.Updates(updates) {
		assert.InDelta(t, g.Work(0, n*g.Every), s.Work, 1e-9)
		if n > 0 {
			assert.InDelta(t, s.XInfoBefore, s.XInfo, 1e-9)
		}
	}
	still := LaggedGaussian{Every: 1, Memory: 0.5, GaussianPPM: GaussianPPM{Dim: 1, Sigma: 1, Subset: 1, Rate: 0.1}}
	assert.Equal(t, LagState{}, still.Updates(3)[3])
	for _, memory := range []float64{-0.1, 1, math.NaN()} {
		still.Memory = memory
		assert.Panics(t, func() { still.Updates(1) })
	}
}
