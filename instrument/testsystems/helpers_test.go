package testsystems

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// Deliberate errors, each made once in the code, and the test that caught it (with -short).
//
//	v_t: a^t for a^{2t}                                  TestGaussianPPMAgainstJointCovariance and 1 more
//	V(t): factor 2 of the noise dropped                  TestGaussianPPMAgainstJointCovariance and 2 more
//	V(t): limit of small rates                           TestGaussianPPMAgainstJointCovariance and 2 more
//	M-info: b/(b+v) for b/v                              TestGaussianPPMAgainstJointCovariance and 1 more
//	L-info: v_t left out of the noise                    TestGaussianPPMAgainstJointCovariance
//	work: noise before t1 left out                       TestGaussianPPMAgainstJointCovariance
//	work: sign of the data term                          TestGaussianPPMAgainstJointCovariance and 2 more
//	gap: a^{2t} for a^t                                  TestGaussianPPMAgainstJointCovariance and 1 more
//	M-info: 0/0 at a shared start                        TestGaussianPPMEdges
//	training: noise of variance rT                       TestGaussianPPMSimulation
//	ensemble: new data for every replica                 TestGaussianPPMSimulation
//	cross log-likelihood: own weights always             TestGaussianPPMSimulation and 1 more
//	gaussian work: sign of the reverse work              TestWorkSystems
//	gaussian work: dF = mu - sigma^2                     TestWorkSystems and 1 more
//	harmonic: sign of F                                  TestWorkSystems and 2 more
//	harmonic: sign of the reverse work                   TestWorkSystems
//	trap: relaxation time missing                        TestDraggedTrapAgainstIntegration and 1 more
//	trap: variance of the integral                       TestWorkSystems and 1 more
//	trap: sign of the lag                                TestWorkSystems and 1 more
//	RBM: bias of the enumerated layer left out           TestRBMAgainstJointEnumeration and 3 more
//	RBM: index of the transposed weights                 TestRBMAgainstJointEnumeration and 1 more
//	RBM: sign of the entropy                             TestRBMAgainstJointEnumeration and 1 more
//	RBM: sign of the free-energy difference              TestRBMZeroWeights and 1 more
//	RBM: sign of the field in sampling                   TestRBMLargeFields and 1 more
//	RBM: sign of the weights in sampling                 TestRBMSample
//	RBM: product of factors overflows                    TestRBMZeroWeights
//	SGD: limit of small rates                            TestQuadraticSGDAgainstJointCovariance and 1 more
//	SGD simulation: r c for r^2 c                        TestQuadraticSGDTrajectory
//	SGD: integrated time                                 TestQuadraticSGDIntegratedTime
//	dense normal: one margin for two                     TestNormalMIAgainstDeterminants and 1 more
//	dense normal: root of the covariance                 TestMISamplesAgainstDensities
//	sparse normal: d for p pairs                         TestNormalMIAgainstDeterminants and 1 more
//	sparse normal: sampling                              TestMISamplesAgainstDensities
//	student: one margin for two                          TestStudentMIAgainstQuadrature and 1 more
//	student: factor 2 before psi                         TestStudentMIAgainstQuadrature and 1 more
//	student: a scale of its own for Y                    TestMISamplesAgainstDensities
//	uniform: sign of epsilon                             TestUniformMIAgainstQuadrature and 1 more
//	uniform: 1/(2 eps)                                   TestUniformMIAgainstQuadrature and 1 more
//	uniform: noise half as wide                          TestMISamplesAgainstDensities
//	half-cube: not invertible                            TestMapsAreInvertible
//	swiss roll: another spiral                           TestMapsAreInvertible
//	spiral: not a rotation                               TestMapsAreInvertible
//	beads: D for 2D                                      TestBeadChainTwoBeads and 2 more
//	beads: continuous covariance for that of the scheme  TestBeadChainDiscreteAgainstMatrices and 1 more
//	beads: sign of C A^2                                 TestBeadChainTwoBeads and 4 more
//	beads: n for n-1 in the gradient                     TestBeadChainTwoBeads and 1 more
//	beads: limit of stability                            TestBeadChainStepLimit
//	beads: noise of variance D dt                        TestBeadChainTrajectory
//	beads: variance of the transition                    TestBeadChainTrajectory
//	beads: a start without correlations                  TestBeadChainTrajectory

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x7e57)) }

// zScores runs f for n seeds. f returns several statistics, each with an expectation that is known exactly; each
// average over the seeds must agree with its truth within 4 standard errors.
func zScores(t *testing.T, n int, names []string, truths []float64, f func(rng *rand.Rand) []float64) {
	t.Helper()
	units := newRows(len(truths), n)
	for seed := range n {
		got := f(seeded(uint64(seed)))
		require.Len(t, got, len(truths))
		for i, v := range got {
			units[i][seed] = v
		}
	}
	for i, truth := range truths {
		e := estimate.Mean(units[i])
		assert.Lessf(t, math.Abs(e.Z(truth)), 4.0, "%s: %v +- %v, truth %v", names[i], e.Value, e.SE, truth)
	}
}

// gaussianMI returns I(U;V) of the jointly normal U = first p, V = last components of a covariance, by determinants.
func gaussianMI(cov *mat.SymDense, p int) float64 {
	n := cov.SymmetricDim()
	return (logDet(cov.SliceSym(0, p)) + logDet(cov.SliceSym(p, n)) - logDet(cov)) / 2
}

func logDet(s mat.Symmetric) float64 {
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		return math.NaN()
	}
	return chol.LogDet()
}

// covarianceOf returns the covariance of linear combinations of independent standard normals, one row each.
func covarianceOf(rows ...[]float64) *mat.SymDense {
	c := mat.NewSymDense(len(rows), nil)
	for i, r := range rows {
		for j := range i + 1 {
			c.SetSym(i, j, dot(r, rows[j]))
		}
	}
	return c
}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// integrate is the midpoint rule with n intervals.
func integrate(a, b float64, n int, f func(float64) float64) float64 {
	h := (b - a) / float64(n)
	var s float64
	for i := range n {
		s += f(a + (float64(i)+0.5)*h)
	}
	return s * h
}

func variance(values []float64) float64 {
	var mean, s float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		s += (v - mean) * (v - mean)
	}
	return s / float64(len(values)-1)
}
