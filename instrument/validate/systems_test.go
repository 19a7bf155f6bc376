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
	g := Training{
		Dim: 2, Sigma: 1.3, DataSigma: 0.8, InitVar: 0.05, Subset: 6, Rate: 0.15, Temperature: 0.03, Steps: 25,
	}
	s, err := Gaussian{g, EnsembleSize{Datasets: 20, Replicas: 3, Chains: 8}}.Pose()
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
	s, err := IndependentGaussian{Dim: 1, Sigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
		Datasets: 8, Replicas: 3, Chains: 3}.Pose()
	require.NoError(t, err)
	independent, err := MutualInformation{Task{testsystems.DenseNormal{Dim: 1, Rho: 0}}, 100, 3}.Pose()
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

	dependent, err := MutualInformation{Task{testsystems.DenseNormal{Dim: 1, Rho: 0.75}}, 200, 3}.Pose()
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
			s, err := DifferentialEntropy{Density: name, Dim: dim, Samples: 400, Neighbours: 3}.Pose()
			for _, r := range run(t, s, err) {
				assert.Less(t, math.Abs(r.Z), 3.5, "%s, %d columns, %s: %v, truth %v", name, dim, r.Estimator, r.Estimate, r.Truth)
			}
		}
	}
}

func TestSenselessParametersAreErrors(t *testing.T) {
	size := EnsembleSize{Datasets: 2, Replicas: 2, Chains: 2}
	still := Example
	still.Steps = 0
	for _, p := range []Poser{
		Gaussian{Training{}, size},
		Gaussian{still, size},
		SimulatedGaussian{Example, EnsembleSize{Datasets: 2, Replicas: 0, Chains: 2}},
		GaussianPairs{Training: Example, Samples: 3, Neighbours: 3},
		Oscillator{Stiffness: 1, Ratio: -1, Samples: 100},
		Oscillator{Stiffness: 1, Ratio: 2, Samples: 1},
		Langevin{Stiffness: 1, Ratio: 4, StepSize: 0.6, Steps: 5, Samples: 100},
		RBM{Visible: 0, Hidden: 3, Machine: 1, Samples: 100},
		RBM{Visible: 30, Hidden: 30, Machine: 1, Samples: 100},
		Quadratic{Curvature: []float64{1}, NoiseVar: []float64{1}, Rate: 3, Samples: 100},
		MutualInformation{Task: Task{testsystems.DenseNormal{Dim: 2, Rho: 2}}, Samples: 100, Neighbours: 3},
		IndependentGaussian{Datasets: 2, Replicas: 2, Chains: 2},
		IndependentGaussian{Dim: 1, Sigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
			Datasets: 2, Replicas: 1, Chains: 2},
		Examples{Dim: 3, Subset: 10, Ratio: -1, Datasets: 8, Replicas: 3, Ghosts: 100},
		Examples{Dim: 0, Subset: 10, Ratio: 1, Datasets: 8, Replicas: 3, Ghosts: 100},
		Examples{Dim: 3, Subset: 10, Ratio: 1, Datasets: 3, Replicas: 1, Ghosts: 100},
		TwoValues{Flip: 1.1, Datasets: 8, Replicas: 3, Ghosts: 100},
		TwoValues{Datasets: 8, Replicas: 3},
		DifferentialEntropy{Density: "square", Dim: 1, Samples: 100, Neighbours: 3},
		DifferentialEntropy{Density: "normal", Dim: 0, Samples: 100, Neighbours: 3},
		DifferentialEntropy{Density: "normal", Dim: 1, Samples: 3, Neighbours: 3},
		Beads{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 2, DT: 5, Steps: 10, Samples: 10},
	} {
		_, err := p.Pose()
		assert.Error(t, err, "%+v", p)
	}
}
