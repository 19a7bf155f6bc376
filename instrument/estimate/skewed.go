package estimate

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Skewed returns e with the ends of its symmetric interval moved for the skewness of the n units behind it. A mean of
// few skewed units is low, and its standard error small, where none of them lies in the tail: Student's intervals then
// miss the truth on the side of the tail and hardly ever on the other. Student's t becomes the quantile of Hall's
// transformation (Hall 1992, J. R. Statist. Soc. B 54, 221),
//
//	h(A) = (3/A) [ 1 - (1 - A (t + A/6))^(1/3) ],   A = skewness/sqrt(n) (1 + 4/n),
//
// above the value and h(-A) below it, each within 0.9 t and (2 + 4/n) t; beyond its branch point h is taken to be
// infinite. skewness is that of the sample, G1; the term in 1/n and the limits are this package's own, set by
// simulation, for the skewness of few units falls short of the true one, and normal units seem skewed. Coverage in per
// cent of means of n independent units, and the width of their intervals over Student's (November 2026, 40,000
// repetitions; TestSkewedMeanIsCalibrated repeats a part):
//
//	                 n = 3              n = 4              n = 8              n = 16
//	units            Student  Skewed    Student  Skewed    Student  Skewed    Student  Skewed
//	normal              95.0    96.6       95.0    96.4       95.1    95.7       94.9    95.0
//	uniform             92.1    95.2       92.8    95.7       94.2    97.5       94.7    97.6
//	lognormal 0.5       92.1    94.8       91.5    94.6       91.9    94.8       92.7    95.0
//	chi-square 3        90.9    94.5       90.2    94.0       91.2    95.5       92.5    95.7
//	exponential         88.4    93.3       88.0    93.2       89.2    95.2       91.1    95.7
//	chi-square 1        81.6    89.3       82.0    90.3       84.7    94.1       88.4    95.7
//	width, normal          1     2.1          1     1.7          1     1.3          1     1.05
//	width, chi-square 1    1     2.1          1     1.8          1     1.6          1     1.45
//
// Value and SE stay as they are. An e without an interval, or of fewer than three units, is returned unchanged.
func (e Estimate) Skewed(skewness float64, n int) Estimate {
	if n < 3 || !e.HasInterval() || !(e.SE > 0) || math.IsNaN(skewness) {
		return e
	}
	units := float64(n)
	a := skewness / math.Sqrt(units) * (1 + 4/units)
	t := (e.Hi - e.Value) / e.SE
	limit := 2 + 4/units
	e.Hi = e.Value + max(0.9, min(limit, stretch(a, t)))*t*e.SE
	e.Lo = e.Value - max(0.9, min(limit, stretch(-a, t)))*t*e.SE
	return e
}

// stretch returns h/t of Hall's transformation for skewness A.
func stretch(a, t float64) float64 {
	inner := 1 - a*(t+a/6)
	switch {
	case math.Abs(a) < 1e-9:
		return 1
	case a > 0 && inner <= 0:
		return math.Inf(1)
	}
	return 3 / a * (1 - math.Cbrt(inner)) / t
}

// SkewedMean is [Mean] with an interval for units that may be skewed, see [Estimate.Skewed]: for few units, such as
// training sets, of quantities that are non-negative, or that the luck of one unit can raise. Many units, or units that
// are known to be normal, do not need it. lean is added to the sample skewness: what is known of it beforehand, or 0.
// The estimate keeps the units.
func SkewedMean(units []float64, lean float64) Estimate {
	e := Mean(units).Skewed(stat.Skew(units, nil)+lean, len(units))
	if e.Known() {
		e.Units = slices.Clone(units)
	}
	return e
}

// SkewedJackknife is [Jackknife] likewise; the skewness is that of the n values without one unit each, turned over: a
// unit that raises the statistic lowers the value without it. No end lies inside Student's, for the error of a
// jackknife is itself no more than nearly right.
func SkewedJackknife(n int, lean float64, f func(skip int) float64) Estimate {
	deleted := make([]float64, n)
	e := Jackknife(n, func(skip int) float64 {
		x := f(skip)
		if skip >= 0 {
			deleted[skip] = x
		}
		return x
	})
	skewed := e.Skewed(lean-stat.Skew(deleted, nil), n)
	skewed.Lo, skewed.Hi = min(e.Lo, skewed.Lo), max(e.Hi, skewed.Hi)
	return skewed
}
