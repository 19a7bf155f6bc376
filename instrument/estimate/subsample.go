package estimate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Subsamples returns a statistic of n independent points, value, with the error told by its values on m disjoint
// random subsets of size points each. It serves statistics that a jackknife or a bootstrap would mislead because
// deleted or repeated points change what they look at, such as those of nearest neighbours. With mean and
// variance over the subsets,
//
//	se^2 = variance (size + lag)/(n + lag)
//	bias = (value - mean)/f,    biasSE^2 = variance/(m f^2),    f = (n/size)^rate - 1
//
// for a variance that falls as 1/(n + lag), lag >= 0, and a bias that falls as n^-rate: bias is what truth - value is
// then expected to be, told by how the statistic drifts from the subsets to all points. The value is not corrected by
// it, which would cost more variance than it is worth in mild cases, but the interval allows for it: t se on one side,
// and |bias| + t sqrt(se^2 + biasSE^2) on the side where the bias points, t Student's with m-1 degrees of freedom.
//
// Assumptions: independent points; subsets large enough for both laws. Fewer than 3 subsets give the value without
// an error and a warning (bias and biasSE NaN); a value or subset that is not finite gives no value. It panics
// unless 0 < size < n, lag >= 0 and rate > 0.
//
// Source: Holmes & Nemenman 2019, Phys. Rev. E 100, 022404 (arXiv:1903.09280), for the variance and for reading
// the drift as bias; the stretched interval is this project's own.
func Subsamples(
	value float64, n int, subsets []float64, size int, lag, rate float64,
) (e Estimate, bias, biasSE float64) {
	if size < 1 || size >= n || !(lag >= 0) || !(rate > 0) {
		panic(fmt.Sprintf("estimate: subsets of %d of %d points, lag %v, rate %v: need 0 < size < n, lag >= 0, rate > 0",
			size, n, lag, rate))
	}
	nan := math.NaN()
	for i, v := range append([]float64{value}, subsets...) {
		if !finite(v) {
			return Unknown("the statistic is %v on subset %d (0 means all points)", v, i), nan, nan
		}
	}
	if len(subsets) < 3 {
		return Point(value, fmt.Sprintf("%d points are too few to tell the error from subsets of them", n)), nan, nan
	}
	mean, variance := stat.MeanVariance(subsets, nil)
	all, part := float64(n), float64(size)
	m := float64(len(subsets))
	f := math.Pow(all/part, rate) - 1
	bias, biasSE = (value-mean)/f, math.Sqrt(variance/m)/f
	e = FromSE(value, math.Sqrt(variance*(part+lag)/(all+lag)), m-1)
	toward := bias + math.Copysign(TQuantile(m-1)*math.Hypot(e.SE, biasSE), bias)
	e.Lo, e.Hi = min(e.Lo, value+toward), max(e.Hi, value+toward)
	return e, bias, biasSE
}
