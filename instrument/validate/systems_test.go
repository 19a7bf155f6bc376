package validate

import (
	"context"
	"math"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	null.go      the mean of the null for its 95 % quantile       TestEstimatesLieWithinTheirNulls
//	null.go      the value not taken off the null                 TestAboveNull
//	null.go      training sets that differ                        TestEstimatesLieWithinTheirNulls
//	density.go   entropy of one column for that of all            TestDifferentialEntropyAgrees

// The whole chain of the network, in a case that nobody tuned for.
func TestGaussianAgrees(t *testing.T) {
	g := testsystems.GaussianPPM{
		Dim: 2, Sigma: 1.3, DataSigma: 0.8, InitVar: 0.05, Subset: 6, Rate: 0.15, Temperature: 0.03, Steps: 25,
	}
	s, err := Gaussian(g, EnsembleSize{Datasets: 20, Replicas: 3, Chains: 8})
	rows := run(t, s, err)
	v := Judge(rows)
	assert.True(t, v.Pass, v.Reason)
	assert.Zero(t, v.Unknown)
	assert.Equal(t, "--dim 2 --sigma 1.3 --data-sigma 0.8 --init-var 0.05 --subset 6 --lr 0.15 --temperature 0.03 "+
		"--steps 25 --datasets 20 --replicas 3 --chains 8", s.Posed())
}

func TestAboveNull(t *testing.T) {
	null := estimate.Estimate{Value: 0.5, SE: 0.2, Lo: 0.2, Hi: 0.9, N: 19}
	within, above := aboveNull(estimate.Exact(0.8), null), aboveNull(estimate.Exact(1), null)
	assert.InDelta(t, 0.3, within.Value, 1e-12)
	assert.InDelta(t, -0.1, within.Lo, 1e-12)
	assert.True(t, within.Covers(0) && !above.Covers(0))
	unknown := aboveNull(estimate.Unknown("no replicas"), null)
	assert.False(t, unknown.Known())
	assert.Contains(t, unknown.Warnings[0], "no estimate")
}

// Where nothing is to be known, 95 % of estimates lie within their permutation nulls; where something is, few do.
func TestEstimatesLieWithinTheirNulls(t *testing.T) {
	s, err := IndependentGaussian(Example, EnsembleSize{Datasets: 8, Replicas: 3, Chains: 3})
	require.NoError(t, err)
	independent, err := MutualInformation(testsystems.DenseNormal{Dim: 1, Rho: 0}, 100, 3)
	require.NoError(t, err)
	found := 0
	for _, s := range []*System{s, independent} {
		rows, err := s.Calibrate(context.Background(), 3, 200, 2, nil)
		require.NoError(t, err)
		for _, c := range rows {
			assert.NotEqual(t, "mi_of_random_pairs", c.Quantity, "conditioned on the points")
			if strings.HasSuffix(c.Quantity, "above_null") {
				found++
				assert.InDelta(t, 0.95, c.Share(), 0.05, "%s, %s", c.Quantity, c.Estimator)
			}
		}
	}
	assert.Equal(t, 4, found)
	for _, r := range run(t, s, nil) {
		assert.Zero(t, r.Truth)
	}

	dependent, err := MutualInformation(testsystems.DenseNormal{Dim: 1, Rho: 0.75}, 200, 3)
	for _, r := range run(t, dependent, err) {
		switch r.Quantity {
		case "mi_of_random_pairs":
			assert.InDelta(t, 0, r.Estimate.Value, 0.1)
			assert.Less(t, r.Estimate.Hi, 0.3)
		case "mi":
			assert.Greater(t, r.Estimate.Value, 0.2)
		}
	}
}

func TestDifferentialEntropyAgrees(t *testing.T) {
	for _, name := range Densities() {
		for _, dim := range []int{1, 3} {
			s, err := DifferentialEntropy(name, dim, 400, 3)
			for _, r := range run(t, s, err) {
				assert.Less(t, math.Abs(r.Z), 3.5, "%s, %d columns, %s: %v, truth %v", name, dim, r.Estimator, r.Estimate, r.Truth)
			}
		}
	}
}

func TestSenselessParametersAreErrors(t *testing.T) {
	bad := func(_ *System, err error) { t.Helper(); assert.Error(t, err) }
	size := EnsembleSize{Datasets: 2, Replicas: 2, Chains: 2}
	still := Example
	still.Steps = 0
	bad(Gaussian(testsystems.GaussianPPM{}, size))
	bad(Gaussian(still, size))
	bad(SimulatedGaussian(Example, EnsembleSize{Datasets: 2, Replicas: 0, Chains: 2}))
	bad(GaussianPairs(Example, 3, 3))
	bad(Oscillator(1, -1, 100))
	bad(Oscillator(1, 2, 1))
	bad(Langevin(LangevinTrap{Stiffness: 1, Ratio: 4, StepSize: 0.6, Steps: 5}, 100))
	bad(RBM(0, 3, 1, 100))
	bad(RBM(30, 30, 1, 100))
	bad(Quadratic(testsystems.QuadraticSGD{Curvature: []float64{1}, NoiseVar: []float64{1}, Rate: 3}, 100))
	bad(MutualInformation(testsystems.DenseNormal{Dim: 2, Rho: 2}, 100, 3))
	bad(IndependentGaussian(testsystems.GaussianPPM{}, size))
	bad(IndependentGaussian(Example, EnsembleSize{Datasets: 2, Replicas: 1, Chains: 2}))
	bad(DifferentialEntropy("square", 1, 100, 3))
	bad(DifferentialEntropy("normal", 0, 100, 3))
	bad(DifferentialEntropy("normal", 1, 3, 3))
	bad(Beads(testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 2}, 5, 10, 10))
}
