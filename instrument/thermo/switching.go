package thermo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
)

// resampleBelow is the effective sample size, as a fraction of the chains, below which a [Switching] asks for
// resampling.
const resampleBelow = 0.3

// Switching carries the fluctuation theorem along a whole training run, for chains whose kernel leaves p(.|theta)
// invariant but need not bring them to equilibrium between two moves of the weights. Chain k collects
//
//	ln v_k = -(w_1 + ... + w_n)
//
// and the weighted chains stand for p(.|theta_n), whatever the number of kernel moves in between, so that
//
//	F(theta_n) - F(theta_0) = -ln < v >
//
// (Jarzynski, Phys. Rev. Lett. 78, 2690 (1997); annealed importance sampling along the path that training took: Neal,
// Statistics and Computing 11, 125 (2001)). When few chains carry the weight, they are resampled in proportion to it:
// the epoch's -ln<v> is entered into the books and all weights start again from 1, so that the accumulated weight is
// carried on as a number (sequential Monte Carlo: Del Moral, Doucet & Jasra, J. R. Stat. Soc. B 68, 411 (2006)). The
// product of the epochs' averages is an unbiased estimate of Z(theta_n)/Z(theta_0).
//
// Weights that have collapsed on fewer than 4 chains tell nothing any more, and resampling by them would leave copies
// of a few chains in place of samples: [Switching.Next] then lets the chains be, and the estimate carries a warning for
// good.
//
// A Switching is a plain value: encoding/gob saves and restores it whole. It is not safe for concurrent use.
type Switching struct {
	LogWeight []float64           // ln v_k since the epoch began
	Closed    float64             // sum of -ln<v> of the epochs closed
	Error     estimate.Quadrature // of Closed
	Epochs    int                 // epochs closed
	Poorest   float64             // least effective sample size of an epoch closed, as a fraction of the chains; 1 before
	Tail      float64             // heaviest Pareto shape of the largest weights of an epoch closed; 0 where there is none
}

// NewSwitching returns the books of K chains in equilibrium at theta_0. It panics on K < 1.
func NewSwitching(chains int) Switching {
	if chains < 1 {
		panic(fmt.Sprintf("thermo: switching of %d chains", chains))
	}
	return Switching{LogWeight: make([]float64, chains), Poorest: 1}
}

// Add enters the work of one move of the weights, one number a chain, in nats. Work of +Inf leaves a chain without
// weight until the epoch ends. Work that is NaN or -Inf is an error that names the chain; nothing is then entered. It
// panics if the lengths differ. It does not allocate.
func (s *Switching) Add(work []float64) error {
	if len(work) != len(s.LogWeight) {
		panic(fmt.Sprintf("thermo: switching of %d chains was given the work of %d", len(s.LogWeight), len(work)))
	}
	if err := weighable("work", "chain", work); err != nil {
		return fmt.Errorf("thermo: %w", err)
	}
	for k, w := range work {
		s.LogWeight[k] -= w
	}
	return nil
}

func (s *Switching) sum() logSum {
	var acc logSum
	for _, v := range s.LogWeight {
		acc.add(v)
	}
	return acc
}

// ESSFraction is the effective sample size (sum v)^2 / sum v^2 of the epoch, over the number of chains: 1 for equal
// weights.
func (s *Switching) ESSFraction() float64 {
	acc := s.sum()
	return acc.ess() / float64(acc.n)
}

// DeltaF estimates F(theta_n) - F(theta_0) in nats. The standard error is the delta method's, epoch by epoch,
//
//	SE^2 = sum over epochs of (1/ESS - 1/K) K/(K-1),
//
// the interval Student's t with the degrees of freedom of that sum (Welch and Satterthwaite), which are few where a few
// large weights make it. Both take the chains of an epoch as independent: after resampling they are once the kernel has
// parted the copies. It is biased upwards by about SE^2/2. A warning says where an epoch rested on fewer than 0.3 of
// the chains by more than the rule of resampling explains: the difference is then probably overestimated. One direction
// alone cannot always tell: of lagging chains softened to a tenth of their stiffness, 15 % of the intervals miss in
// silence. One chain gives no error. An epoch in which no chain kept a weight leaves no value for good.
func (s *Switching) DeltaF() estimate.Estimate {
	acc := s.sum()
	value := s.Closed - acc.logMean()
	k := float64(acc.n)
	if math.IsInf(value, 1) {
		return estimate.Unknown("the work of all %d chains was +Inf: none has a weight", acc.n)
	}
	if acc.n < 2 {
		return estimate.Point(value, "one chain only: its error is unknown")
	}
	poorest := min(s.Poorest, acc.ess()/k)
	sum := s.Error
	sum.Add(logMeanError(s.LogWeight, acc))
	e := sum.Estimate(value)
	if tail := s.heaviestTail(); poorest < resampleBelow/3 || poorest*k < minParents || tail > heavy(len(s.LogWeight)) {
		e = e.Warn("at its worst the work of %d chains had an effective sample size of %.3g and a tail shape of %.2f: dF "+
			"is probably overestimated and its interval too short; follow training in shorter steps, or with more chains",
			acc.n, poorest*k, tail)
	}
	return e
}

func (s *Switching) heaviestTail() float64 {
	if s.ESSFraction() > calm {
		return s.Tail
	}
	if k := tailShape(slices.Clone(s.LogWeight)); k > s.Tail { // not NaN
		return k
	}
	return s.Tail
}

// Restart closes the epoch for chains that are drawn anew from p(.|theta_n), as an exact kernel does.
func (s *Switching) Restart() {
	acc := s.sum()
	s.Closed -= acc.logMean()
	if acc.n > 1 {
		s.Error.Add(logMeanError(s.LogWeight, acc))
	}
	s.Poorest, s.Tail = min(s.Poorest, acc.ess()/float64(acc.n)), s.heaviestTail()
	s.Epochs++
	clear(s.LogWeight)
}

// minParents is the effective number of chains below which they are not resampled any more.
const minParents = 4

// Next closes the epoch where few chains carry the weight, and returns the parents to resample from; nil where the
// chains are to stay as they are.
func (s *Switching) Next(rng *rand.Rand) (parents []int) {
	switch fraction := s.ESSFraction(); {
	case fraction >= resampleBelow:
		return nil
	case fraction*float64(len(s.LogWeight)) < minParents:
		s.Restart()
		return nil
	}
	return s.resample(rng)
}

// resample closes the epoch and returns the parent of each chain: chain k is to go on from the state of chain
// parents[k]. Systematic resampling (Kitagawa, J. Comput. Graph. Stat. 5, 1 (1996)) gives chain j within one of K v_j /
// sum v children, and a chain that has children is a child of itself, so that as few states as possible are copied.
func (s *Switching) resample(rng *rand.Rand) (parents []int) {
	acc := s.sum()
	k := len(s.LogWeight)
	children := make([]int, k)
	u := rng.Float64()
	var below float64
	placed := 0
	for j, v := range s.LogWeight {
		below += math.Exp(v-acc.max) / acc.sum * float64(k)
		for placed < k && (float64(placed)+u < below || j == k-1) {
			children[j]++
			placed++
		}
	}
	parents = make([]int, k)
	var vacant []int
	for j, n := range children {
		parents[j] = j
		if n == 0 {
			vacant = append(vacant, j)
		}
	}
	for j, n := range children {
		for ; n > 1; n-- {
			parents[vacant[0]] = j
			vacant = vacant[1:]
		}
	}
	s.Restart()
	return parents
}

// FluctuationSinceStart tests the integral fluctuation theorem over a whole run of training, for replicas whose
// observer chains were carried by a [Switching]: with dF[s] = F(theta_n) - F(theta_0) of replica s from elsewhere, each
// replica's
//
//	A_s = exp( dF[s] - dF_work[s] ) = the product over epochs of < exp(-w) >, times exp(dF[s])
//
// has the expectation 1, whatever the number of kernel moves between two moves of the weights. The average is over
// replicas, which are independent given the paths of the weights; its standard error is made of each A_s's own relative
// error, that of the work and that of dF[s] in quadrature. ESS is the number of replicas over the largest of those
// relative variances, 0 where a dF[s] carries a warning, for its error is then not known; ESSFraction is the poorest
// epoch's share of its chains. Z is in standard errors as the interval states them ([estimate.Estimate.StatedSE]). It
// panics if the lengths differ.
func FluctuationSinceStart(s []Switching, dF []estimate.Estimate) Fluctuation {
	if len(s) != len(dF) || len(s) == 0 {
		panic(fmt.Sprintf("thermo: work of %d replicas for %d free energies", len(s), len(dF)))
	}
	f := Fluctuation{ESSFraction: 1, Z: math.NaN()}
	var mean, largest float64
	var logs logSum
	var squares estimate.Quadrature
	warned := false
	for r := range s {
		if !dF[r].Known() {
			f.Average = estimate.Unknown("the free energy of replica %d is unknown", r)
			return f
		}
		work := s[r].DeltaF()
		if !work.Known() {
			f.Average = estimate.Unknown("the work of replica %d gives no free energy", r)
			return f
		}
		logs.add(dF[r].Value - work.Value)
		a := math.Exp(dF[r].Value - work.Value)
		mean += a / float64(len(s))
		squares.AddEstimate(work, a/float64(len(s)))
		squares.AddEstimate(dF[r], a/float64(len(s)))
		largest = max(largest, work.SE*work.SE+dF[r].SE*dF[r].SE+1/float64(len(s[r].LogWeight)))
		f.Dissipation += (work.Value - dF[r].Value) / float64(len(s))
		f.Samples += len(s[r].LogWeight)
		warned = warned || len(dF[r].Warnings) > 0
		f.ESSFraction = min(f.ESSFraction, s[r].Poorest, s[r].ESSFraction())
	}
	f.LogAverage = logs.logMean()
	f.ESS = float64(len(s)) / largest
	if warned {
		f.ESS = 0
	}
	se := squares.SE()
	switch {
	case math.IsInf(mean, 0):
		f.Average = estimate.Unknown("the average overflows: its logarithm is %.4g", f.LogAverage)
		return f
	case math.IsNaN(se):
		f.Average = estimate.Unknown("the average of the work of %d replicas has no error (its logarithm is %.4g)", len(s),
			f.LogAverage)
		return f
	}
	se = max(se, math.Hypot(se, mean-1)/math.Sqrt(float64(f.Samples)))
	f.Average = estimate.FromSE(mean, se, min(squares.DOF(), float64(f.Samples-1)))
	f.Z = 0
	if math.Abs(mean-1) > rounding {
		f.Z = (mean - 1) / f.Average.StatedSE()
	}
	switch {
	case warned:
		f.Average = f.Average.Warn("the free energy that it is held against carries a warning of its own")
	case f.poor():
		f.Average = f.Average.Warn("effective sample size %.3g of %d chains, %.2g of them in the poorest epoch: the "+
			"average rests on a few and its interval is too short; follow training in shorter steps, or with more chains",
			f.ESS, f.Samples, f.ESSFraction)
	}
	return f
}
