package thermo

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// resamples is the number of bootstrap resamples behind every bootstrap error of this package.
const resamples = 200

// calm is the effective sample size, as a fraction, above which the weights are too even for their tail to matter.
const calm = 0.95

const sameWork = "all realisations did the same work: there is no spread to take an error from"

// OneSided is a free energy difference estimated from work in one direction.
type OneSided struct {
	DeltaF      estimate.Estimate // F_1 - F_0 in nats, with the interval to report
	Bootstrap   estimate.Estimate // the same with the percentile bootstrap interval; without one if rng was nil
	Bias        float64           // estimated E[DeltaF.Value] - dF, not subtracted; NaN if unknown
	ESS         float64           // effective sample size of the weights exp(-W)
	ESSFraction float64           // ESS / len(work)
	TailShape   float64           // Pareto shape k of the largest weights, of infinite variance for k >= 1/2; or NaN
}

// Jarzynski estimates the free energy difference dF = F_1 - F_0 from work in one direction (Jarzynski, Phys. Rev. Lett.
// 78, 2690 (1997)),
//
//	dF = -ln( 1/n sum_t exp(-work[t]) ),
//
// in nats, evaluated in the log domain. work[t] is the total work of realisation t along theta_0 -> theta_1, begun in
// equilibrium at theta_0; realisations are independent and any finite speed is allowed. For an unnormalised model with
// theta_1 the weights now, dF is -(ln Z(theta_1) - ln Z(theta_0)). To use work of the reverse process (begun in
// equilibrium at theta_1) negate the result.
//
// The standard error is that of the delta method, sqrt( (1/ESS - 1/n) n/(n-1) ) with ESS = (sum e^-W)^2 / sum e^-2W,
// the interval Student's with the degrees of freedom that this error itself has (Satterthwaite), n-1 at most and few
// where a few realisations carry the sum. The estimate is biased upwards by about half the squared error (Gore, Ritort
// & Bustamante, PNAS 100, 12564 (2003)); Bias is the larger of that and the bootstrap's. rng drives the bootstrap; nil
// leaves it out.
//
// Where ESS lies under 0.95 n, and under 30 or n/5 or the largest weights fall off so slowly that their variance is
// infinite (a Pareto shape above 1/2, fitted as for Pareto-smoothed importance sampling by Vehtari et al., J. Mach.
// Learn. Res. 25, 72 (2024)), rare low work carries the average and may not have been sampled: the
// interval is then widened to hold the bootstrap's and the bias, and a warning says that it may still miss. One
// direction alone cannot always tell: of 100 works of an oscillator softened at once to 1/100 of its
// stiffness, one sample in five looks well sampled and misses; only reverse work ([BAR]) shows it. Work of +Inf has
// weight 0 and counts in n alone. Work that is NaN or -Inf, or none that is finite, gives no value; equal works, or a
// single one, give a value without an error.
func Jarzynski(work []float64, rng *rand.Rand) OneSided {
	nan := math.NaN()
	r := OneSided{Bias: nan, ESS: nan, ESSFraction: nan, TailShape: nan}
	if err := usable("work", work); err != nil {
		r.DeltaF = estimate.Unknown("%v", err)
		r.Bootstrap = r.DeltaF
		return r
	}
	var acc logSum
	logWeight := make([]float64, len(work))
	for t, w := range work {
		logWeight[t] = -w
		acc.add(-w)
	}
	n := float64(len(work))
	value := 0 - acc.logMean()
	r.ESS = acc.ess()
	r.ESSFraction = r.ESS / n
	r.Bootstrap = estimate.Point(value, "no bootstrap was asked for")
	if constant(work) {
		r.DeltaF = estimate.Point(value, sameWork)
		return r
	}
	se, dof := logMeanError(logWeight, acc)
	r.DeltaF = estimate.FromSE(value, se, dof)
	r.Bias = se * se / 2
	if rng != nil {
		sum, draws := 0.0, -1 // the first call is the sample itself
		r.Bootstrap = estimate.Bootstrap(len(work), resamples, rng, func(units []int) float64 {
			var drawn logSum
			for _, t := range units {
				drawn.add(logWeight[t])
			}
			if drawn.sum == 0 {
				return math.NaN()
			}
			f := -drawn.logMean()
			sum += f
			draws++
			return f
		})
		if draws > 0 {
			r.Bias = max(r.Bias, (sum-value)/float64(draws)-value)
		}
	}
	r.TailShape = tailShape(logWeight)
	if r.ESSFraction < calm && (r.ESS < minESS || r.ESSFraction < minESSFraction || r.TailShape > 0.5) {
		shape := "" // few works, or a bounded tail, have none
		if !math.IsNaN(r.TailShape) && !math.IsInf(r.TailShape, 0) {
			shape = fmt.Sprintf(", tail shape %.2f", r.TailShape)
		}
		r.DeltaF = hull(r.DeltaF, r.Bootstrap)
		r.DeltaF.Lo -= r.Bias
		r.DeltaF = r.DeltaF.Warn("rare low work dominates (effective sample size %.3g of %d realisations%s): dF is "+
			"probably overestimated and the interval may miss it; use slower switching, more realisations, or BAR with "+
			"reverse work", r.ESS, len(work), shape)
	}
	return r
}

// GaussianWork estimates dF = F_1 - F_0 from work whose distribution is Gaussian, as it is for slow switching, for
// which the second cumulant is all that there is (Hermans, J. Phys. Chem. 95, 9029 (1991)):
//
//	dF = mean - variance/2,
//
// in nats, with the sample variance s^2 (n-1), unbiased. The standard error is sqrt( s^2/n + s^4/(2(n-1)) ), exact for
// Gaussian work because mean and variance are then independent; the interval is Student's. Conventions for work are
// those of [Jarzynski].
//
// It needs no rare work, and so remains precise where Jarzynski fails, but it is wrong by the higher cumulants where
// work is not Gaussian: a Jarque-Bera statistic above 13.8 (its 0.1 % point) is a warning. Fewer than 20 realisations
// cannot be tested, and a warning says so.
func GaussianWork(work []float64) estimate.Estimate {
	if err := cmp.Or(usable("work", work), finite("work", "realisation", work)); err != nil {
		return estimate.Unknown("%v", err)
	}
	n := float64(len(work))
	if len(work) < 2 {
		return estimate.Unknown("one realisation has no variance")
	}
	mean, variance := stat.MeanVariance(work, nil)
	value := mean - variance/2
	if constant(work) {
		return estimate.Point(value, sameWork)
	}
	e := estimate.FromSE(value, math.Sqrt(variance/n+variance*variance/(2*(n-1))), n-1)
	if len(work) < 20 {
		return e.Warn("%d realisations are too few to tell whether their work is Gaussian", len(work))
	}
	var m2, m3, m4 float64
	for _, w := range work {
		d2 := (w - mean) * (w - mean)
		m2 += d2
		m3 += d2 * (w - mean)
		m4 += d2 * d2
	}
	skew := m3 / n / math.Pow(m2/n, 1.5)
	excess := m4*n/(m2*m2) - 3
	if jb := n / 6 * (skew*skew + excess*excess/4); jb > 13.8 {
		e = e.Warn("work is not Gaussian (skewness %.2g, excess kurtosis %.2g, Jarque-Bera %.3g): dF is wrong by the "+
			"higher cumulants", skew, excess, jb)
	}
	return e
}

// hull widens e to hold the interval and the standard error of the bootstrap b, where it has them.
func hull(e, b estimate.Estimate) estimate.Estimate {
	if b.HasInterval() {
		e.SE = max(e.SE, b.SE)
		e.Lo, e.Hi = min(e.Lo, b.Lo), max(e.Hi, b.Hi)
	}
	return e
}

func constant(values []float64) bool { return slices.Min(values) == slices.Max(values) }

// usable returns an error where the weights exp(-work) have no sum: without work that is finite, and with work that is
// NaN or -Inf.
func usable(what string, work []float64) error {
	if len(work) == 0 {
		return fmt.Errorf("no %s was given", what)
	}
	if math.IsInf(slices.Min(work), 1) {
		return fmt.Errorf("%s of all %d realisations is +Inf: none has a weight", what, len(work))
	}
	return weighable(what, "realisation", work)
}
