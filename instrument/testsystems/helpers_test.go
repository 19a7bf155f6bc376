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

// Deliberate errors, each made once by hand in the code, and the test that caught it.
//
//	MUTATIONS

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
