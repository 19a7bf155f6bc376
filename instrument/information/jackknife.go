package information

import "calorimeter/instrument/estimate"

// skewJackknife makes the intervals of [CrossLogLikelihood.Bounds] over n data sets. An information is skewed to the
// right, as a variance is, and its error is small where its value is: symmetric intervals cover in 85-88 % of cases at
// n = 8, and nearly all the misses are above them.
func skewJackknife(n int, f func(skip int) float64) estimate.Estimate {
	return estimate.SkewedJackknife(n, f)
}
