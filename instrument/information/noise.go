package information

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
)

// NoiseBound returns the upper bound on M-info I(Theta;B), in nats, after some Langevin steps
//
//	theta' = theta - r g + sqrt(2 r T) xi,   xi ~ N(0, 1),
//
// each of which, at its rate r, lets at most r |g - c|^2/(4 T) into the weights, for any centre c that is known without
// the training set (0, or the gradient on held-out data): the Kullback-Leibler divergence between the steps with g and
// with c. The bound is the expectation of the sum of these over the steps, and cumulated[d*replicas+r] is that sum in
// replica r of data set d (set-major). The interval is that of [estimate.SkewedMean] over the D data sets, the
// independent units.
//
// It needs plain Langevin SGD, at a constant rate or one on a schedule: it says nothing of steps along a velocity or
// over running moments of the gradient, nor along a gradient that was clipped or has weight decay.
//
// The sum is a bound for weights whose every step was noisy. One that is +Inf (training without noise, T = 0) gives the
// value +Inf without an error and says so. Sizes that do not fit, and NaN, give no value and the reason.
//
// Source: Pensia, Jog & Loh 2018, arXiv:1801.04295; with a centre, Negrea et al. 2019, arXiv:1911.02151.
func NoiseBound(cumulated []float64, replicas int) estimate.Estimate {
	if replicas < 1 || len(cumulated) == 0 || len(cumulated)%replicas != 0 {
		return estimate.Unknown("%d noise sums for sets of %d replicas", len(cumulated), replicas)
	}
	sets := make([]float64, len(cumulated)/replicas)
	for i, x := range cumulated {
		if math.IsNaN(x) || x < 0 {
			return estimate.Unknown("the noise sum of replica %d of data set %d is %v: did the run diverge?",
				i%replicas, i/replicas, x)
		}
		sets[i/replicas] += x / float64(replicas)
	}
	for _, x := range sets {
		if math.IsInf(x, 1) {
			return estimate.Point(x, "infinite without noise (T = 0): the bound says nothing")
		}
	}
	return estimate.SkewedMean(sets, lean(len(sets)))
}

// GeneralizationBound returns the bound of Xu & Raginsky (2017, NeurIPS, arXiv:1705.07809) on the expected
// generalization gap, |E test loss - E train loss| <= sqrt(2 sigma^2 M / N), in the unit of sigma: M the M-info
// I(Theta;B) in nats, N the number of training examples, sigma such that the loss of a fixed model on a random example
// is sigma-sub-Gaussian (half the range, for a bounded loss).
//
// It is a bound only where m is M-info or an upper bound on it ([NoiseBound]); with a lower bound ([MemorizedExamples])
// it is the least that the inequality allows. The ends of the interval are mapped; what is below 0 counts as 0. The
// sigma used is named in a warning, for a loss that is not bounded has none that is known. It panics unless n and sigma
// are positive.
func GeneralizationBound(m estimate.Estimate, n int, sigma float64) estimate.Estimate {
	if n < 1 || !(sigma > 0) {
		panic(fmt.Sprintf("information: GeneralizationBound needs n > 0 and sigma > 0, not %d and %v", n, sigma))
	}
	bound := func(nats float64) float64 {
		return math.Sqrt(2 * sigma * sigma * math.Max(0, nats) / float64(n))
	}
	g := m
	g.Units = nil
	g.Value = bound(m.Value)
	g.Lo, g.Hi = bound(m.Lo), bound(m.Hi)
	g.SE = m.SE * g.Value / (2 * m.Value)
	if !(m.Value > 0) {
		g.SE = math.NaN()
	}
	return g.Warn("holds for a loss that is sub-Gaussian with sigma = %.4g", sigma)
}
