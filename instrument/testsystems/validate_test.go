package testsystems

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type validated interface{ Validate() error }

// Every parameter that is out of range is named in the error, and truths of such a system panic.
func TestValidate(t *testing.T) {
	ppm := func(change func(*GaussianPPM)) GaussianPPM {
		g := examplePPM
		change(&g)
		return g
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		system validated
		names  string
	}{
		{ppm(func(g *GaussianPPM) { g.Dim = 0 }), "Dim = 0"},
		{ppm(func(g *GaussianPPM) { g.Sigma = 0 }), "Sigma = 0"},
		{ppm(func(g *GaussianPPM) { g.Sigma = nan }), "Sigma = NaN"},
		{ppm(func(g *GaussianPPM) { g.DataSigma = -1 }), "DataSigma = -1"},
		{ppm(func(g *GaussianPPM) { g.InitVar = -1 }), "InitVar = -1"},
		{ppm(func(g *GaussianPPM) { g.Subset = 0 }), "Subset = 0"},
		{ppm(func(g *GaussianPPM) { g.Rate = 0 }), "Rate = 0"},
		{ppm(func(g *GaussianPPM) { g.Rate = 2 }), "unstable from 2 Sigma^2 = 2"},
		{ppm(func(g *GaussianPPM) { g.Temperature = inf }), "Temperature = +Inf"},
		{ppm(func(g *GaussianPPM) { g.Steps = -1 }), "Steps = -1"},
		{GaussianWork{Mean: nan, SD: 1}, "Mean = NaN"},
		{GaussianWork{Mean: 1, SD: -1}, "SD = -1"},
		{HarmonicQuench{Stiffness: 0, Ratio: 2}, "Stiffness = 0"},
		{HarmonicQuench{Stiffness: 1, Ratio: -2}, "Ratio = -2"},
		{DraggedTrap{Stiffness: 0, Friction: 1, Speed: 1, Duration: 1}, "Stiffness = 0"},
		{DraggedTrap{Stiffness: 1, Friction: -1, Speed: 1, Duration: 1}, "Friction = -1"},
		{DraggedTrap{Stiffness: 1, Friction: 1, Speed: inf, Duration: 1}, "Speed = +Inf"},
		{DraggedTrap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 0}, "Duration = 0"},
		{RBM{}, "0 visible and 0 hidden"},
		{RBM{VisibleBias: []float64{1}, HiddenBias: []float64{1}}, "need 1"},
		{RBM{VisibleBias: []float64{1}, HiddenBias: []float64{nan}, Weights: []float64{1}}, "HiddenBias[0] = NaN"},
		{RandomRBM(21, 21, 1, 1, seeded(1)), "at most 20"},
		{QuadraticSGD{}, "Curvature is empty"},
		{QuadraticSGD{Curvature: []float64{1}, Rate: 1}, "1 curvatures and 0 noise variances"},
		{QuadraticSGD{Curvature: []float64{1}, NoiseVar: []float64{1}}, "Rate = 0"},
		{QuadraticSGD{Curvature: []float64{1, 0}, NoiseVar: []float64{1, 1}, Rate: 0.1}, "Curvature[1] = 0"},
		{QuadraticSGD{Curvature: []float64{1}, NoiseVar: []float64{0}, Rate: 0.1}, "NoiseVar[0] = 0"},
		{QuadraticSGD{Curvature: []float64{20}, NoiseVar: []float64{1}, Rate: 0.1}, "direction 0 is unstable"},
		{DenseNormal{Dim: 0}, "Dim = 0"},
		{DenseNormal{Dim: 2, Rho: 1}, "Rho = 1"},
		{DenseNormal{Dim: 2, Rho: -0.34}, "Rho = -0.34"},
		{DenseNormal{Dim: 2, Rho: nan}, "Rho = NaN"},
		{SparseNormal{Dim: 0}, "Dim = 0"},
		{SparseNormal{Dim: 2, Pairs: 3}, "Pairs = 3"},
		{SparseNormal{Dim: 2, Pairs: 1, Rho: -1}, "Rho = -1"},
		{StudentT{Dim: 0, DOF: 1}, "Dim = 0"},
		{StudentT{Dim: 1, DOF: 0}, "DOF = 0"},
		{UniformNoise{}, "Epsilon = 0"},
		{BeadChain{Beads: 1, Stiffness: 1, Friction: 1, Cold: 1, Hot: 1}, "Beads = 1"},
		{BeadChain{Beads: 2, Stiffness: 0, Friction: 1, Cold: 1, Hot: 1}, "Stiffness = 0"},
		{BeadChain{Beads: 2, Stiffness: 1, Friction: 0, Cold: 1, Hot: 1}, "Friction = 0"},
		{BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 0, Hot: 1}, "Cold = 0"},
		{BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: nan}, "Hot = NaN"},
	} {
		require.ErrorContains(t, c.system.Validate(), c.names)
		assert.ErrorContains(t, c.system.Validate(), "testsystems: ")
		assert.Panics(t, func() {
			switch s := c.system.(type) {
			case GaussianPPM:
				s.MInfo(1)
			case WorkSystem:
				s.MeanWork()
			case MITask:
				s.MI()
			case RBM:
				s.LogZ()
			case QuadraticSGD:
				s.Entropy()
			case BeadChain:
				s.EntropyProductionRate()
			}
		}, "%T %s", c.system, c.names)
	}
	assert.NoError(t, examplePPM.Validate())
	for _, s := range workSystems {
		assert.NoError(t, s.Validate())
	}
	assert.ErrorContains(t, BeadChain{Beads: 2}.ValidateStep(0.1), "Stiffness")
	assert.ErrorContains(t, BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 2}.ValidateStep(0), "time step 0")
}
