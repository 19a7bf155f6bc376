package information

import (
	"math"
	"slices"

	"calorimeter/instrument/estimate"
)

// Bracket is a lower and an upper bound on one information, in nats, each an estimate of the bound's expectation: in
// expectation the truth lies between. Ceiling is the largest value that the lower bound can take.
type Bracket struct {
	Lower, Upper estimate.Estimate
	Ceiling      float64
}

// Saturated reports whether the lower bound is so near to its ceiling that the truth may be far above, see
// [estimate.Saturated].
func (b Bracket) Saturated() bool { return estimate.Saturated(b.Lower.Value, b.Ceiling) }

// Bounds are the brackets of the three informations of the chain B -> Theta -> X, which add up,
// I(X;Theta) = I(X;B) + I(X;Theta|B).
type Bounds struct {
	Learned Bracket // L-info I(X;B): what a sample tells of the training data
	Sample  Bracket // I(X;Theta): what a sample tells of the weights
	Noise   Bracket // I(X;Theta|B): what a sample tells of the training noise alone
}

// Bounds returns the six bounds. With l_r = ln p(x|theta_r) for a sample x of replica s, which was trained on set d,
// and lme the logarithm of a mean of exponentials,
//
//	own = l_s                           the replica that drew x
//	in  = lme of the R replicas of d    own included
//	ex  = lme of the R-1 others of d
//	out = lme of the replicas of the other D-1 sets
//	mix(p) = ln[ exp(p)/D + (1-1/D) exp(out) ]
//
//	I(X;B)         lower  E[ex - mix(ex)]   <= ln D    upper  E[in - out]
//	I(X;Theta)     lower  E[own - mix(own)] <= ln D    upper  E[own - out]
//	I(X;Theta|B)   lower  E[own - in]       <= ln R    upper  E[own - ex]
//
// in nats. The lower bounds are InfoNCE with the model itself as critic, the upper ones leave-one-out bounds (Poole
// et al. 2019, "On variational bounds of mutual information", ICML, arXiv:1905.06922, section 2; van den Oord et al.
// 2018, arXiv:1807.03748). All hold in expectation, given what the replicas share, such as a common start.
//
// The interval is that of the bound's expectation, not of the information: a delete-one-set jackknife over the D data
// sets, each deleted both as source and as reference (the terms of one set use the replicas of all others), and
// Student's t with D-1 degrees of freedom, the upper end pushed out for skewness (it covers in 92-98 % of repetitions
// from 8 sets of 3; with 4 sets in about 88 %). A lower bound may be negative by chance or where it is loose. One that
// is saturated carries a warning: the truth may be far above, and only more sets (or replicas) can tell.
//
// One replica per set leaves only I(X;Theta), one data set only I(X;Theta|B), without an error; the others
// are unknown, with the reason. A bound that a sample of probability 0 makes infinite is given as infinite, with the
// reason. Replicas that are all identical give exactly 0.
//
// Time O(E^2 K + D E K), memory O(D E K).
func (c *CrossLogLikelihood) Bounds() Bounds {
	t := c.terms()
	lnD, lnR := math.Log(float64(c.Sets)), math.Log(float64(c.Replicas))
	bracket := func(lower, upper int, ceiling float64, unknown string) Bracket {
		if unknown != "" {
			return Bracket{Lower: estimate.Unknown("%s", unknown), Upper: estimate.Unknown("%s", unknown), Ceiling: ceiling}
		}
		b := Bracket{Lower: t.estimate(lower), Upper: t.estimate(upper), Ceiling: ceiling}
		if b.Saturated() {
			b.Lower = b.Lower.Warn("saturated: within 10 %% of its ceiling %.3f; the truth may be far above", ceiling)
		}
		return b
	}
	var oneSet, oneReplica string
	if c.Sets < 2 {
		oneSet = "one data set: there are no replicas of other sets to compare with"
	}
	if c.Replicas < 2 {
		oneReplica = "one replica per data set: what replicas of one set share is unknown"
	}
	learned := oneSet
	if learned == "" {
		learned = oneReplica
	}
	return Bounds{
		Learned: bracket(learnedLower, learnedUpper, lnD, learned),
		Sample:  bracket(sampleLower, sampleUpper, lnD, oneSet),
		Noise:   bracket(noiseLower, noiseUpper, lnR, oneReplica),
	}
}

const (
	learnedLower = iota
	learnedUpper
	sampleLower
	sampleUpper
	noiseLower
	noiseUpper
	bounds
)

// terms holds the sums of the six terms over the samples of each source set, with each reference set left out.
type terms struct {
	sets, perSet int                 // D; R*K
	sum          [][][bounds]float64 // [source d][deleted reference j, or D for none]
}

// mean returns one bound without set skip, as source and as reference; -1 leaves none out.
func (t terms) mean(bound, skip int) float64 {
	sum := 0.0
	deleted, left := t.sets, t.sets
	if skip >= 0 {
		deleted, left = skip, t.sets-1
	}
	for d := range t.sets {
		if d != skip {
			sum += t.sum[d][deleted][bound]
		}
	}
	return sum / float64(left*t.perSet)
}

// estimate returns the mean over sets of one bound with its jackknife error.
func (t terms) estimate(bound int) estimate.Estimate {
	statistic := func(skip int) float64 { return t.mean(bound, skip) }
	if v := statistic(-1); math.IsInf(v, 0) {
		return estimate.Point(v, "a sample is impossible under every reference replica of this bound: it is infinite")
	}
	for j := range t.sets {
		if math.IsInf(statistic(j), 0) {
			return estimate.Point(statistic(-1), "without one of the data sets the bound is infinite: its error is unknown")
		}
	}
	return skewJackknife(t.sets, statistic)
}

func (c *CrossLogLikelihood) terms() terms {
	D, R := c.Sets, c.Replicas
	K := c.Chains
	t := terms{sets: D, perSet: R * K, sum: make([][][bounds]float64, D)}
	for d := range t.sum {
		t.sum[d] = make([][bounds]float64, D+1)
	}
	setMeans := c.setMeans()
	others := make([]float64, D)
	out := newLeaveOneOut(D)
	for s := range D * R {
		d := s / R
		sums := t.sum[d]
		for k := range K {
			for j := range others {
				others[j] = setMeans[j][s*K+k]
			}
			own := c.at(s, s, k)
			in, ex := others[d], c.siblings(s, k)
			out.fill(others, d)
			for j := range D + 1 {
				if j == d {
					continue
				}
				o, left := out.without(j)
				sum := &sums[j]
				sum[learnedLower] += overMixture(ex, o, left)
				sum[learnedUpper] += in - o
				sum[sampleLower] += overMixture(own, o, left)
				sum[sampleUpper] += own - o
				sum[noiseLower] += own - in
				sum[noiseUpper] += own - ex
			}
		}
	}
	return t
}

func (c *CrossLogLikelihood) at(reference, source, k int) float64 {
	return c.L[(reference*c.Sets*c.Replicas+source)*c.Chains+k]
}

// setMeans returns for each set the lme over its replicas of every sample's log-likelihood: [D][E*K].
func (c *CrossLogLikelihood) setMeans() [][]float64 {
	n := c.Sets * c.Replicas * c.Chains
	means := make([][]float64, c.Sets)
	sample := make([]float64, c.Replicas)
	for d := range means {
		means[d] = make([]float64, n)
		for i := range means[d] {
			for r := range sample {
				sample[r] = c.L[(d*c.Replicas+r)*n+i]
			}
			means[d][i] = logMeanExp(sample)
		}
	}
	return means
}

// logMeanExp returns ln of the mean of exp(x); -Inf where all x are.
func logMeanExp(x []float64) float64 {
	top := slices.Max(x)
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(x)))
}

// siblings returns the lme of sample k of replica s under the other replicas of its set; -Inf if there are none.
func (c *CrossLogLikelihood) siblings(s, k int) float64 {
	acc := emptySum
	for r := s - s%c.Replicas; r < s-s%c.Replicas+c.Replicas; r++ {
		if r != s {
			acc = acc.plus(expSum{c.at(r, s, k), 1})
		}
	}
	return acc.mean(c.Replicas - 1)
}

// overMixture returns p - ln[ (exp(p) + others exp(out)) / (others+1) ], -Inf where exp(p) = 0.
func overMixture(p, out float64, others int) float64 {
	if math.IsInf(p, -1) {
		return p
	}
	return p - expSum{p, 1}.plus(expSum{out, float64(others)}).mean(others+1)
}

// expSum is a sum of exponentials, exp(top) * scaled.
type expSum struct{ top, scaled float64 }

var emptySum = expSum{math.Inf(-1), 0}

func (a expSum) plus(b expSum) expSum {
	if a.top < b.top {
		a, b = b, a
	}
	if math.IsInf(b.top, -1) {
		return a
	}
	return expSum{a.top, a.scaled + b.scaled*math.Exp(b.top-a.top)}
}

// mean returns ln of the sum over n; exactly x for n terms exp(x).
func (a expSum) mean(n int) float64 {
	if math.IsInf(a.top, -1) {
		return a.top
	}
	return a.top + math.Log(a.scaled/float64(n))
}

// leaveOneOut holds the running sums from both ends over the sets other than one, so that the sum without any
// further set is one addition and no subtraction.
type leaveOneOut struct {
	sets           int
	before, beyond []expSum
}

func newLeaveOneOut(sets int) *leaveOneOut {
	return &leaveOneOut{sets: sets, before: make([]expSum, sets+1), beyond: make([]expSum, sets+1)}
}

func (l *leaveOneOut) fill(x []float64, own int) {
	l.before[0], l.beyond[l.sets] = emptySum, emptySum
	for j := range l.sets {
		l.before[j+1] = l.before[j]
		if j != own {
			l.before[j+1] = l.before[j+1].plus(expSum{x[j], 1})
		}
	}
	for j := l.sets - 1; j >= 0; j-- {
		l.beyond[j] = l.beyond[j+1]
		if j != own {
			l.beyond[j] = l.beyond[j].plus(expSum{x[j], 1})
		}
	}
}

// without returns the lme over the other sets less set j, and how many those are; j = sets leaves none out. Where
// none are left it is NaN.
func (l *leaveOneOut) without(j int) (lme float64, left int) {
	if j == l.sets {
		lme, left = l.before[j].mean(l.sets-1), l.sets-1
	} else {
		lme, left = l.before[j].plus(l.beyond[j+1]).mean(l.sets-2), l.sets-2
	}
	if left < 1 {
		lme = math.NaN()
	}
	return lme, left
}
