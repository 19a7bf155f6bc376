package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// TQuantile returns the two-sided Student quantile t with P(|T| < t) = [Confidence] for dof degrees of freedom
// (dof may be fractional, as Satterthwaite's is). It is NaN for dof <= 0.
func TQuantile(dof float64) float64 {
	if !(dof > 0) {
		return math.NaN()
	}
	i := int(min(dof, float64(len(quantiles))))
	known := i < len(quantiles) && dof == float64(i)
	if known {
		if bits := quantiles[i].Load(); bits != 0 {
			return math.Float64frombits(bits)
		}
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Quantile(0.5 + Confidence/2)
	if known {
		quantiles[i].Store(math.Float64bits(t))
	}
	return t
}

// quantiles are the bits of those for whole degrees of freedom, 0 where there was no need of it yet. They are kept
// because one takes 5 us, and estimates of single examples need one each.
var quantiles [1024]atomic.Uint64

// FromSE returns value with the interval value +- t(dof) se. A value that is not finite is unknown, and so is an error
// that is not.
func FromSE(value, se, dof float64) Estimate {
	switch {
	case !finite(value):
		return Unknown("the value came out as %v", value)
	case !finite(se):
		return Point(value, fmt.Sprintf("its error came out as %v", said(se)))
	}
	half := TQuantile(dof) * se
	return Estimate{Value: value, SE: se, Lo: value - half, Hi: value + half, Confidence: Confidence, N: dof + 1}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Mean returns the average of independent units with its standard error sd/sqrt(n) and Student interval with
// n-1 degrees of freedom. One unit gives a value without an error and a warning; none, or a unit that is not
// finite, gives no value.
func Mean(units []float64) Estimate {
	n := len(units)
	for i, u := range units {
		if !finite(u) {
			return Unknown("unit %d of %d is %v", i, n, u)
		}
	}
	switch n {
	case 0:
		return Unknown("no units to average")
	case 1:
		e := Point(units[0], "one unit only: its error is unknown")
		e.N = 1
		return e
	}
	mean, sd := stat.MeanStdDev(units, nil)
	return FromSE(mean, sd/math.Sqrt(float64(n)), float64(n-1))
}

// Jackknife returns the statistic of n independent units with its delete-one-unit jackknife error
//
//	se^2 = (n-1)/n sum_i (f(i) - mean f)^2
//
// (Efron & Tibshirani 1993, chapter 11) and a Student interval with n-1 degrees of freedom. f(skip) returns the
// statistic without unit skip; f(-1) uses all of them. The value is f(-1), not bias-corrected. Its Units are the
// pseudo-values n f(-1) - (n-1) f(i), whose mean has this error.
//
// Assumption: the statistic is smooth in each unit (not a median, not a maximum). n < 2, or a deletion that
// leaves nothing to compute (f returns NaN) or makes it infinite, gives the value without an error and a warning.
func Jackknife(n int, f func(skip int) float64) Estimate {
	value := f(-1)
	if !finite(value) {
		return Unknown("the statistic is undefined on these %d units", n)
	}
	if n < 2 {
		return Point(value, "one unit only: its error is unknown")
	}
	deleted, pseudo := make([]float64, n), make([]float64, n)
	for i := range deleted {
		deleted[i] = f(i)
		if !finite(deleted[i]) {
			return Point(value, "too few units for a jackknife error")
		}
		pseudo[i] = float64(n)*value - float64(n-1)*deleted[i]
	}
	_, variance := stat.PopMeanVariance(deleted, nil)
	e := FromSE(value, math.Sqrt(float64(n-1)*variance), float64(n-1))
	e.Units = pseudo
	return e
}

// Bootstrap returns the statistic of n independent units with its percentile bootstrap interval and error from
// reps resamples (Efron & Tibshirani 1993, chapter 13). f receives the indices of the units, n of them, drawn
// with replacement; it must not keep them. rng is the caller's seeded stream.
//
// Resamples on which it is not finite are left out; where they are most, there is no error.
//
// Assumption: n is large enough for the empirical distribution to stand for the true one; under 20 units the
// percentile interval is too short, a warning says so, and [Jackknife] is the better choice.
func Bootstrap(n, reps int, rng *rand.Rand, f func(units []int) float64) Estimate {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	value := f(idx)
	if !finite(value) {
		return Unknown("the statistic is undefined on these %d units", n)
	}
	if n < 2 {
		return Point(value, "one unit only: its error is unknown")
	}
	draws := make([]float64, 0, reps)
	for range reps {
		for i := range idx {
			idx[i] = rng.IntN(n)
		}
		if v := f(idx); finite(v) {
			draws = append(draws, v)
		}
	}
	if len(draws) < reps/2 || len(draws) < 2 {
		return Point(value, "the statistic is undefined on most bootstrap resamples: its error is unknown")
	}
	slices.Sort(draws)
	e := Estimate{Value: value, SE: stat.StdDev(draws, nil), Confidence: Confidence, N: float64(n)}
	e.Lo = stat.Quantile((1-Confidence)/2, stat.LinInterp, draws, nil)
	e.Hi = stat.Quantile((1+Confidence)/2, stat.LinInterp, draws, nil)
	if n < 20 {
		e = e.Warn("%d units are few for a percentile bootstrap: the interval is too short", n)
	}
	return e
}
