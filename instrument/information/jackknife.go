package information

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// widest is how many times Student's half-width the upper end may be pushed out for skewness.
const widest = 3

// skewJackknife is estimate.Jackknife with the upper end pushed out for skewness. An information estimated from n data
// sets is skewed to the right, as a variance is, and its error is small where its value is: a symmetric 95 % interval
// covers in 85-88 % of cases at n = 8, and nearly all the misses are above it. With g the bias-corrected sample
// skewness of the jackknife, Student's t becomes the quantile of Hall's transformation (Hall 1992, J. R. Statist. Soc.
// B 54, 221),
//
//	h = (3/A) [ 1 - (1 - A (t + A/6))^(1/3) ],   A = g/sqrt(n) (1 + 8/n) + 1/n,
//
// within [t, 3t]. The two terms in 1/n are this package's own, for the sample skewness of few units falls short of the
// true one; they were set by simulation of Gaussian ensembles with and without information.
func skewJackknife(n int, f func(skip int) float64) estimate.Estimate {
	deleted := make([]float64, n)
	e := estimate.Jackknife(n, func(skip int) float64 {
		x := f(skip)
		if skip >= 0 {
			deleted[skip] = x
		}
		return x
	})
	if n < 3 || !e.HasInterval() || e.SE == 0 {
		return e
	}
	// A unit that raises the statistic lowers the value without it.
	units := float64(n)
	a := -stat.Skew(deleted, nil)/math.Sqrt(units)*(1+8/units) + 1/units
	t := estimate.TQuantile(units - 1)
	e.Hi = e.Value + stretch(a, t)*t*e.SE
	return e
}

// stretch returns h/t for skewness A, not under 1 and not over widest.
func stretch(a, t float64) float64 {
	if math.Abs(a) < 1e-9 {
		return 1
	}
	h := 3 / a * (1 - math.Cbrt(1-a*(t+a/6)))
	return math.Min(widest, math.Max(1, h/t))
}
