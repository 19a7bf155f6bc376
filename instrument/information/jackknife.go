package information

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// widest is how many times Student's half-width an end may be pushed out for skewness.
const widest = 3

// skewJackknife is estimate.Jackknife with ends pushed out for skewness. An information estimated from a few data sets
// is skewed to the right, as a variance is, and its error is small where its value is: a symmetric interval
// misses the truth above it in 12-15 % of cases at 8 sets. The skewness g (bias-corrected for n) of the deleted values
// enters Hall's transformation (Hall 1992, J. R. Statist. Soc. B 54, 221); with A = g/sqrt(n) the quantile t becomes
//
//	h(t) = (3/A) [ (1 + A (t - A/6))^(1/3) - 1 ]
//
// and each end the further out of value - t se and value - h(t) se, up to three times Student's distance.
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
	// a unit that raises the statistic lowers the value without it
	a := -stat.Skew(deleted, nil) / math.Sqrt(float64(n))
	t := estimate.TQuantile(float64(n - 1))
	e.Hi = e.Value + stretch(a, t)*t*e.SE
	e.Lo = e.Value - stretch(-a, t)*t*e.SE
	return e
}

// stretch returns -h(-t)/t for skewness A, not under 1 and not over widest.
func stretch(a, t float64) float64 {
	if math.Abs(a) < 1e-9 {
		return 1
	}
	h := 3 / a * (math.Cbrt(1+a*(-t-a/6)) - 1)
	return math.Min(widest, math.Max(1, -h/t))
}
