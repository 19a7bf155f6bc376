package entropy

import (
	"math"

	"calorimeter/instrument/estimate"

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
	points, err := pack(rows)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	if j := constantColumn(points); j >= 0 {
		return estimate.Unknown("column %d is identical in all rows: S = -inf", j)
	}
	cov := mat.NewSymDense(k, nil)
	stat.CovarianceMatrix(cov, points, nil)
	cov.ScaleSym(float64(n-1)/dof, cov)
	lnDet, ok := lnDet(cov)
	if !ok {
		return estimate.Unknown("the columns are linearly dependent: S = -inf")
	}
	e := newLogDet(k, dof).entropyOf(k, lnDet)
	if j := oddColumn(points); j >= 0 {
		e = e.Warn("column %d is plainly not Gaussian: its Gaussian entropy is too high and the interval too short", j)
	}
	return e
}

// pack copies the rows, less the first of them, into one matrix. A cloud close to a common start keeps its digits.
func pack(rows [][]float64) (*mat.Dense, error) {
	n, k, err := shape(rows)
	if err != nil {
		return nil, err
	}
	m := mat.NewDense(n, k, nil)
	for i, row := range rows {
		for j, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, nonFinite(rows, j)
			}
			m.Set(i, j, x-rows[0][j])
		}
	}
	return m, nil
}

// constantColumn returns the first column of packed points that is identical in all rows, or -1.
func constantColumn(points *mat.Dense) int {
	_, k := points.Dims()
	for j := range k {
		if mat.Norm(points.ColView(j), 1) == 0 {
			return j
		}
	}
	return -1
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

// lnDet returns ln det of a covariance; ok is false where it is singular to rounding. Columns are first scaled to
// unit variance, so that their units do not matter.
func lnDet(cov *mat.SymDense) (value float64, ok bool) {
	k := cov.SymmetricDim()
	corr := mat.NewSymDense(k, nil)
	for i := range k {
		if !(cov.At(i, i) > 0) {
			return math.Inf(-1), false
		}
		value += math.Log(cov.At(i, i))
		for j := i; j < k; j++ {
			corr.SetSym(i, j, cov.At(i, j)/math.Sqrt(cov.At(i, i))/math.Sqrt(cov.At(j, j)))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(corr) || chol.Cond() > 1e13 {
		return math.Inf(-1), false
	}
	return value + chol.LogDet(), true
}
