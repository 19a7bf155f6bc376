package testsystems

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
)

// DenseNormal is a normal pair of dimension d + d in which all 2d components have variance 1 and all pairs of
// components, within X, within Y and between them, the correlation rho. Such a covariance of size k has the
// determinant (1-rho)^{k-1} (1 + (k-1) rho), so
//
//	I(X;Y) = 1/2 ln( det_d^2/det_2d ) = 1/2 ln( (1 + (d-1) rho)^2 / ((1-rho)(1 + (2d-1) rho)) ).
//
// Dim = 1 is the bivariate normal, -1/2 ln(1-rho^2).
type DenseNormal struct {
	Dim int     // d
	Rho float64 // -1/(2d-1) < rho < 1
}

// Validate returns an error where the covariance is not positive definite.
func (d DenseNormal) Validate() error {
	return cmp.Or(
		demand(d.Dim >= 1, "DenseNormal.Dim", d.Dim, "need at least one component"),
		demand(d.Rho < 1 && 1+float64(2*d.Dim-1)*d.Rho > 0, "DenseNormal.Rho", d.Rho,
			fmt.Sprintf("the covariance is positive definite only in (%v, 1)", -1/float64(2*d.Dim-1))),
	)
}

// Name implements [MITask].
func (d DenseNormal) Name() string {
	return fmt.Sprintf("dense normal %d+%d, rho %g", d.Dim, d.Dim, d.Rho)
}

// Dims implements [MITask].
func (d DenseNormal) Dims() (x, y int) { return d.Dim, d.Dim }

// MI returns 1/2 ln( (1 + (d-1) rho)^2 / ((1-rho)(1 + (2d-1) rho)) ), in nats.
func (d DenseNormal) MI() float64 {
	must(d.Validate())
	n := float64(d.Dim)
	return math.Log1p((n-1)*d.Rho) - (math.Log1p(-d.Rho)+math.Log1p((2*n-1)*d.Rho))/2
}

// Sample implements [MITask]. The square root of the covariance is alpha 1 + beta J, J all ones, with
// alpha^2 = 1 - rho and (alpha + 2d beta)^2 = 1 + (2d-1) rho: its eigenvalues off and along the diagonal.
func (d DenseNormal) Sample(n int, rng *rand.Rand) (x, y [][]float64) {
	must(d.Validate())
	k := float64(2 * d.Dim)
	alpha := math.Sqrt(1 - d.Rho)
	beta := (math.Sqrt(1+(k-1)*d.Rho) - alpha) / k
	x, y = normalRows(n, d.Dim, 1, rng), normalRows(n, d.Dim, 1, rng)
	for i := range x {
		var sum float64
		for j := range x[i] {
			sum += x[i][j] + y[i][j]
		}
		for j := range x[i] {
			x[i][j] = alpha*x[i][j] + beta*sum
			y[i][j] = alpha*y[i][j] + beta*sum
		}
	}
	return x, y
}

// SparseNormal is a normal pair of dimension d + d in which the first p components of X have the correlation rho with
// their counterparts in Y, and all else is independent:
//
//	I(X;Y) = -p/2 ln(1-rho^2).
type SparseNormal struct {
	Dim   int     // d
	Pairs int     // p, 0 <= p <= d
	Rho   float64 // -1 < rho < 1
}

// Validate returns an error that names the first parameter that is out of range.
func (s SparseNormal) Validate() error {
	return cmp.Or(
		demand(s.Dim >= 1, "SparseNormal.Dim", s.Dim, "need at least one component"),
		demand(s.Pairs >= 0 && s.Pairs <= s.Dim, "SparseNormal.Pairs", s.Pairs,
			fmt.Sprintf("must be in [0, Dim = %d]", s.Dim)),
		demand(math.Abs(s.Rho) < 1, "SparseNormal.Rho", s.Rho, "must be in (-1, 1)"),
	)
}

// Name implements [MITask].
func (s SparseNormal) Name() string {
	return fmt.Sprintf("sparse normal %d+%d, %d pairs, rho %g", s.Dim, s.Dim, s.Pairs, s.Rho)
}

// Dims implements [MITask].
func (s SparseNormal) Dims() (x, y int) { return s.Dim, s.Dim }

// MI returns -p/2 ln(1-rho^2), in nats.
func (s SparseNormal) MI() float64 {
	must(s.Validate())
	return -float64(s.Pairs) / 2 * math.Log1p(-s.Rho*s.Rho)
}

// Sample implements [MITask].
func (s SparseNormal) Sample(n int, rng *rand.Rand) (x, y [][]float64) {
	must(s.Validate())
	x, y = normalRows(n, s.Dim, 1, rng), normalRows(n, s.Dim, 1, rng)
	fresh := math.Sqrt(1 - s.Rho*s.Rho)
	for i := range y {
		for j := range s.Pairs {
			y[i][j] = s.Rho*x[i][j] + fresh*y[i][j]
		}
	}
	return x, y
}
