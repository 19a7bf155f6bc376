package information

import (
	"math"

	"calorimeter/instrument/estimate"
)

// lean is the skewness that is added to that of a sample of n data sets. An information and a sum of squares are skewed
// to the right, as a variance is, and their error is small where their value is: of symmetric intervals of the bounds
// at n = 8, 12-15 % miss, nearly all of them below the truth. Set by simulation of Gaussian ensembles with and without
// information: without it the intervals cover in 90 % of repetitions at n = 4 and 92 % at n = 8, with it in 93 and
// 94 %.
func lean(n int) float64 { return 1 / math.Sqrt(float64(n)) }

// skewJackknife makes the intervals of [CrossLogLikelihood.Bounds] over n data sets.
func skewJackknife(n int, f func(skip int) float64) estimate.Estimate {
	return estimate.SkewedJackknife(n, lean(n), f)
}
