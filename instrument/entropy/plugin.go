package entropy

import (
	"errors"
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// PlugIn returns the Gaussian entropy, in nats, of n independent points in k < n dimensions (rows: n x k),
//
//	S = 1/2 ln det(2 pi e C) - LogDetBias(k, nu),   C = sum_i x_i x_i^T / nu,
//
// x_i the rows about their mean and nu = dof, or n-1 for dof = 0 (n-2 where a linear drift was removed too). Value and
// standard error are exact for Gaussian points; the interval inverts the distribution of ln det C by its first four
// cumulants (Cornish-Fisher) and is not symmetric.
//
// Assumptions: independent Gaussian rows. Columns that are plainly not Gaussian (n >= 50, skewness or excess
// kurtosis more than six standard errors from 0) are named in a warning. k >= n, a column that does not vary
// (S = -inf), linearly dependent columns, and values that are not finite give no value and the reason.
//
// Source: bias and error as for [LogDetBias]; Cornish & Fisher 1938, Rev. Int. Stat. Inst. 5, 307.
func PlugIn(rows [][]float64, dof float64) estimate.Estimate {
	n, k, err := shape(rows)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	if dof == 0 {
		dof = float64(n - 1)
	}
	if dof <= float64(k-1) || dof > float64(n) {
		return estimate.Unknown("%d points with %v degrees of freedom cannot fill %d dimensions: use Shrinkage, or project "+
			"first", n, dof, k)
	}
	points, lnUnits, err := pack(rows)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	c, err := ellipsoidOf(points, dof)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	e := newLogDet(k, dof).entropyOf(k, c.lnDet()+2*lnUnits)
	if j := oddColumn(points); j >= 0 {
		e = e.Warn("column %d is plainly not Gaussian: its Gaussian entropy is too high and the interval too short", j)
	}
	return e
}

// pack copies the rows, less the first of them, into one matrix. A cloud close to a common start keeps its digits. A
// column of values whose squares floating point cannot hold is given in units of its largest; lnUnits is the sum of the
// logarithms of these.
func pack(rows [][]float64) (points *mat.Dense, lnUnits float64, err error) {
	n, k, err := shape(rows)
	if err != nil {
		return nil, 0, err
	}
	points = mat.NewDense(n, k, nil)
	for j := range k {
		largest := 0.0
		for _, row := range rows {
			if math.IsNaN(row[j]) || math.IsInf(row[j], 0) {
				return nil, 0, nonFinite(rows, j)
			}
			largest = max(largest, math.Abs(row[j]))
		}
		unit := 1.0
		if largest > 1e100 || largest > 0 && largest < 1e-100 {
			unit = largest
		}
		lnUnits += math.Log(unit)
		for i, row := range rows {
			points.Set(i, j, row[j]/unit-rows[0][j]/unit)
		}
	}
	return points, lnUnits, nil
}

// oddColumn returns the first column whose skewness or excess kurtosis no Gaussian of this size shows, or -1.
func oddColumn(points *mat.Dense) int {
	n, k := points.Dims()
	if n < 50 {
		return -1
	}
	column := make([]float64, n)
	for j := range k {
		mat.Col(column, j, points)
		skew, kurtosis := stat.Skew(column, nil), stat.ExKurtosis(column, nil)
		if math.Abs(skew) > 6*math.Sqrt(6/float64(n)) || math.Abs(kurtosis) > 6*math.Sqrt(24/float64(n)) {
			return j
		}
	}
	return -1
}

// ellipsoid is a covariance as its diagonal and the Cholesky factor of its correlation matrix: the unit of a column
// does not matter.
type ellipsoid struct {
	variance    []float64
	correlation mat.Cholesky
}

// newEllipsoid returns false where the covariance is singular to rounding.
func newEllipsoid(cov *mat.SymDense) (e *ellipsoid, ok bool) {
	k := cov.SymmetricDim()
	e = &ellipsoid{variance: make([]float64, k)}
	for i := range k {
		e.variance[i] = cov.At(i, i)
		if !(e.variance[i] > 0) {
			return nil, false
		}
	}
	corr := mat.NewSymDense(k, nil)
	for i, v := range e.variance {
		for j := i; j < k; j++ {
			corr.SetSym(i, j, cov.At(i, j)/math.Sqrt(v)/math.Sqrt(e.variance[j]))
		}
	}
	return e, e.correlation.Factorize(corr) && e.correlation.Cond() <= 1e13
}

// ellipsoidOf is that of packed points, whose covariance has dof degrees of freedom. The error names the column that
// does not vary, or says that some depend on others.
func ellipsoidOf(points *mat.Dense, dof float64) (*ellipsoid, error) {
	n, k := points.Dims()
	for j := range k {
		if mat.Norm(points.ColView(j), 1) == 0 {
			return nil, fmt.Errorf("column %d is identical in all rows: S = -inf", j)
		}
	}
	cov := mat.NewSymDense(k, nil)
	stat.CovarianceMatrix(cov, points, nil)
	cov.ScaleSym(float64(n-1)/dof, cov)
	e, ok := newEllipsoid(cov)
	if !ok {
		return nil, errors.New("the columns are linearly dependent: S = -inf")
	}
	return e, nil
}

// lnDet returns ln det of the covariance.
func (e *ellipsoid) lnDet() (value float64) {
	for _, v := range e.variance {
		value += math.Log(v)
	}
	return value + e.correlation.LogDet()
}

// whiten maps points to coordinates in which the covariance is 1.
func (e *ellipsoid) whiten(points *mat.Dense) {
	n, k := points.Dims()
	for i := range n {
		row := points.RawRowView(i)
		for j, v := range e.variance {
			row[j] /= math.Sqrt(v)
		}
	}
	lower := mat.NewTriDense(k, mat.Lower, nil)
	e.correlation.LTo(lower)
	blas64.Trsm(blas.Right, blas.Trans, 1, lower.RawTriangular(), points.RawMatrix())
}
