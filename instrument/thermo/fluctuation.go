package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
)

// Where the rule |Z| < 3 of [Fluctuation] can be trusted. Measured on lognormal weights exp(-w), variance of w from
// 0.05 to 5, and on quenched oscillators: above both floors a true fluctuation theorem is failed in at most 1.1 % of
// trials (0.27 % is nominal) with 256 chains or more, without the floors in up to 3 %, and with sd/sqrt(n) for the
// error in up to 16 %. The exception is a weight whose variance is infinite: one oscillator softened to 0.3 of its
// stiffness fails in 3 % of trials, all without a warning. All of this is for chains that are alike. Where replicas
// differ in how much their work spreads (its standard deviation itself normal, 24 replicas of 32 chains) 1 to 13 %
// fail, and of those that [Fluctuation.WithReverse], which sees what is missing, still lets decide, none of 4,800.
const (
	minESSFraction = 0.2 // effective sample size over number of chains
	minESS         = 30  // effective sample size
)

// Verdict is the outcome of a check: it passes, it fails, or the data cannot tell.
type Verdict int

// The zero Verdict is CannotTell.
const (
	CannotTell Verdict = iota
	Pass
	Fail
)

// String returns "pass", "fail" or "cannot tell".
func (v Verdict) String() string {
	switch v {
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	}
	return "cannot tell"
}

// Fluctuation is the average that the integral fluctuation theorem sets to one (Jarzynski 1997),
//
//	< exp(-(w - dF)) > = 1
//
// for work w on chains that began in equilibrium.
type Fluctuation struct {
	Average     estimate.Estimate // the average over chains; N is the number of chains
	LogAverage  float64           // its logarithm, finite where the average itself overflows
	Z           float64           // (Average - 1)/SE, of the SE that the interval states towards 1 where that is larger
	ESS         float64           // effective sample size (sum e)^2 / sum e^2, e = exp(-(w - dF))
	ESSFraction float64           // ESS / Samples
	TailShape   float64           // Pareto shape k of the largest e, of infinite variance for k >= 1/2; 0 of few chains
	Dissipation float64           // average of w - dF, nats
	Samples     int               // number of chains, all replicas together
}

// FluctuationAverage tests the integral fluctuation theorem: work[s][k] is the work on chain k of replica s, dF[s]
// the free energy difference over the same interval, both in nats. Use the work of one interval where chains are in
// equilibrium before it, the work cumulated from the start where the kernel is merely invariant. A dF that was
// itself estimated from this work by [Jarzynski] makes the average 1 by construction and tests nothing.
//
// Error. Given the path of the weights, chains that are independent of each other (streams of random numbers and starts
// of their own) each have expectation exactly 1, so that by the law of total covariance all chains of all replicas are
// uncorrelated, although those of one replica share theta: n chains count as n units. With e = exp(-(w-dF)), m their
// average and c^2 = var(e)/m^2 (the variance with n-1), the standard error is the larger of
//
//	c/sqrt(n)                     the relative error, about the known expectation 1
//	sqrt( mean((e-1)^2) / n )     the spread about the known expectation 1
//
// Both tend to sd(e)/sqrt(n). Unlike it they do not shrink when the sample happens to miss the tail of rare low work
// that carries the average; where replicas differ, reverse work tells more ([Fluctuation.WithReverse]). The interval is
// Student's with its ends moved for the skewness of e ([estimate.Estimate.Skewed]), for most samples miss the tail and
// lie low.
//
// Work is held in the log domain throughout. A poor effective sample size is a warning, and so is a tail of infinite
// variance, whose average has an error that no sample can tell, however well its effective size looks: of 400 works of
// an oscillator softened at once to 0.3 of its stiffness two samples in three warn and 89 % cover (78 % without the
// skewness). Work of +Inf has weight 0. Work of NaN or -Inf, a dF that is not finite, or fewer than two chains, leaves
// the average without a value or without an error. It panics if len(work) != len(dF).
func FluctuationAverage(work [][]float64, dF []float64) Fluctuation {
	if len(work) != len(dF) {
		panic(fmt.Sprintf("thermo: work of %d replicas for %d free energies", len(work), len(dF)))
	}
	nan := math.NaN()
	f := Fluctuation{LogAverage: nan, Z: nan, ESS: nan, ESSFraction: nan, Dissipation: nan}
	var acc logSum
	var logs []float64
	var dissipated float64
	for s, chains := range work {
		if len(chains) > 0 && math.IsNaN(dF[s]) {
			f.Average = estimate.Unknown("the free energy of replica %d is unknown", s)
			return f
		}
		for k, w := range chains {
			x := dF[s] - w
			if math.IsNaN(x) || math.IsInf(x, 1) {
				f.Average = estimate.Unknown("work %v with free energy %v on chain %d of replica %d is not finite", w, dF[s], k, s)
				return f
			}
			acc.add(x)
			logs = append(logs, x)
			dissipated -= x
		}
	}
	f.Samples = acc.n
	switch {
	case acc.n == 0:
		f.Average = estimate.Unknown("no chains to average")
		return f
	case acc.sum == 0:
		f.Average = estimate.Unknown("the work of all %d chains is +Inf: none has a weight", acc.n)
		return f
	}
	n := float64(acc.n)
	f.Dissipation = dissipated / n
	f.LogAverage = acc.logMean()
	f.ESS = acc.ess()
	f.ESSFraction = f.ESS / n
	mean := math.Exp(f.LogAverage)
	switch {
	case acc.n == 1:
		f.Average = estimate.Point(mean, "one chain only: its error is unknown")
		return f
	case math.IsInf(mean, 1):
		f.Average = estimate.Unknown("the average overflows: its logarithm is %.4g", f.LogAverage)
		f.Z = math.Sqrt(f.ESS)
		return f
	}
	c2 := max(0, 1/f.ESSFraction-1) // var(e)/mean^2, population
	se := max(math.Sqrt(c2/(n-1)), math.Hypot(mean*math.Sqrt(c2), mean-1)/math.Sqrt(n))
	f.Average = estimate.FromSE(mean, se, n-1).Skewed(skewness(logs, acc), acc.n)
	f.Z = deviation(f.Average)
	if k := tailShape(logs); !math.IsNaN(k) {
		f.TailShape = k
	}
	switch {
	case f.unseen():
		f.Average = f.Average.Warn("%d chains lie above 1 by no more than rare ones with much work may account for, which "+
			"all of them may have missed; use more chains", acc.n)
	case !f.poor():
	case f.ESSFraction < minESSFraction || f.ESS < minESS:
		f.Average = f.Average.Warn("effective sample size %.3g of %d chains: the average rests on a few of them and its "+
			"interval is too short; use more chains, or shorter intervals", f.ESS, acc.n)
	default:
		f.Average = f.Average.Warn("tail shape %.2f of the largest of %d chains: rare low work carries the average and may "+
			"not have been sampled; use shorter intervals", f.TailShape, acc.n)
	}
	return f
}

// skewness is that of the e^x whose sum is acc, G1 as stat.Skew has it.
func skewness(x []float64, acc logSum) float64 {
	n := float64(len(x))
	mean := acc.sum / n
	var m2, m3 float64
	for _, v := range x {
		c := math.Exp(v-acc.max) - mean
		m2 += c * c
		m3 += c * c * c
	}
	return math.Sqrt(n*(n-1)) / (n - 2) * (m3 / n) / math.Pow(m2/n, 1.5)
}

// deviation is the distance of an average from 1 in standard errors, as its interval states them on the side of 1 where
// those are larger.
func deviation(average estimate.Estimate) float64 {
	distance := average.Value - 1
	half := average.Hi - average.Value
	if distance > 0 {
		half = average.Value - average.Lo
	}
	if math.Abs(distance) <= rounding {
		return 0
	}
	return distance / max(average.SE, half/estimate.TQuantile(average.N-1))
}

// rounding is the distance from 1 that is not held against an average, however small its spread.
const rounding = 1e-10

// Trusted returns the average without its interval where a warning says that it is too short.
func (f Fluctuation) Trusted() estimate.Estimate {
	e := f.Average
	if e.HasInterval() && len(e.Warnings) > 0 {
		e.Lo, e.Hi = math.NaN(), math.NaN()
		e.Confidence = 0
	}
	return e
}

// poor reports whether the average rests on a few chains, or may rest on chains that were not sampled.
func (f Fluctuation) poor() bool {
	return f.ESSFraction < calm &&
		(f.ESSFraction < minESSFraction || f.ESS < minESS || f.TailShape > heavy(f.Samples))
}

// maxDissipation is the average of w - dF, in nats, beyond which an average far below 1 fails nothing: chains that all
// dissipate much have a fine effective sample size among themselves, and still may have missed, all of them, the rare
// ones that carry the average. (Lognormal weights above the floors of the effective sample size dissipate 0.8 nats at
// most.)
const maxDissipation = 2

// Unseen bounds the chance that n independent chains all miss the rare chains on which much work is done, where those
// that were drawn produce the given average entropy, in nats, below 0. By the fluctuation theorem the missing part has
// the probability q >= 1 - exp(production) at least, and
//
//	(1-q)^n <= exp(n production).
//
// However small the spread of the chains that were drawn, it tells nothing of those that were not. An average of
// exp(-(w - dF)) above 1 is explained likewise, with minus its logarithm for the production.
func Unseen(n int, production float64) float64 { return math.Exp(float64(n) * min(0, production)) }

// mayBeUnseen is the chance above which an average is laid to chains that were not drawn.
const mayBeUnseen = 1e-3

// unseen reports whether the average lies above 1 by what chains that were not drawn may account for.
func (f Fluctuation) unseen() bool { return f.Z >= 3 && Unseen(f.Samples, -f.LogAverage) > mayBeUnseen }

// Verdict is Pass for |Z| < 3 and Fail beyond, if the effective sample size lies above 30 and a fifth of the chains and
// their tail has a finite variance; else, without an average, with an average below 1 of chains that dissipate more
// than 2 nats, or with one above 1 that chains may account for that were not drawn ([Unseen]), it is CannotTell.
func (f Fluctuation) Verdict() Verdict {
	switch {
	case math.IsNaN(f.Z) || f.ESS < minESS || f.poor():
		return CannotTell
	case math.Abs(f.Z) < 3:
		return Pass
	case f.Z < 0 && f.Dissipation > maxDissipation, f.unseen():
		return CannotTell
	}
	return Fail
}
