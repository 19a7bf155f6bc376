package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// minChainTimes is the number of autocorrelation times that each chain should last for tau to be trusted.
const minChainTimes = 50

// maxSpan is the share of all steps that the window of lags, to either side, may take.
const maxSpan = 0.1

// AutocorrelationTime estimates the integrated autocorrelation time of a scalar along stationary chains, in steps,
//
//	tau = 1 + 2 sum_{m=1..M} rho(m),
//
// with rho the autocorrelation at lag m of all chains together, and M the smallest window with M >= 5 tau(M) (Sokal,
// Monte Carlo Methods in Statistical Mechanics (1996), section 3; Goodman & Weare, Commun. Appl. Math. Comput. Sci. 5,
// 65 (2010)) and M >= 5 [1 + 2 sum_{m=1..M} rho(m)^2], which is this project's own: where steps are anticorrelated tau
// is below 1 and says nothing of how long the chain remembers. The variance of the mean of N steps is tau var(x)/N. For
// x_t = a x_{t-1} + noise, tau = (1+a)/(1-a).
//
// chains[c][t] is the scalar at step t of chain c; all chains have the same length n and are independent of each other.
// The standard error is that of Bartlett (1946, J. R. Statist. Soc. Suppl. 8, 27) for a sum of autocorrelations,
//
//	Var tau = (2/N) 1/(2 pi) int [ sum_{|m|<=M} e^{imw} - tau ]^2 [ sum_{|m|<=M} rho(m) e^{imw} ]^2 dw,
//
// N the steps of all chains; for tau well above 1 it is near the tau^2 2(2M+1)/N of Madras & Sokal (J. Stat. Phys. 50,
// 109 (1988)), which is too small by half and more where steps are anticorrelated. The interval is symmetric in ln tau,
// and its upper end is raised by the bias below. It covers in 92-98 % of repetitions, or more, for a from -0.7 to 0.9
// where no warning is given.
//
// All chains are centred by their common mean, which biases tau downwards by about (2M+1)/N of itself; chains that
// have not found the same equilibrium show as a large tau. A chain shorter than 50 times tau is a warning: tau is then
// likely too small, and the value still stands. So is a window of more than a tenth of all steps (2M+1 > N/10), an
// error of more than half of tau, or a step with more than a tenth of the variance. Where the window was never
// reached, or takes all steps, its sum says nothing (that over all lags of one chain is 0, whatever it does), and the
// largest tau(M) stands, without an interval, for the least that tau may be. A tau that is not positive has no
// interval.
//
// Chains that are not stationary have no tau. There is no value for a chain that is constant or not finite; for chains
// that stand still for more than a tenth of all steps and move in the others; where one step holds more than half of
// the variance; nor for chains whose halves have means further apart than that tau allows. The cost is O(n log n) for
// each chain. It panics without chains or if their lengths differ.
func AutocorrelationTime(chains [][]float64) estimate.Estimate {
	if len(chains) == 0 {
		panic("thermo: no chains")
	}
	n := len(chains[0])
	for c, chain := range chains {
		if len(chain) != n {
			panic(fmt.Sprintf("thermo: chain %d has %d steps, chain 0 has %d", c, len(chain), n))
		}
		if err := finite("value", "step", chain); err != nil {
			return estimate.Unknown("chain %d: %v", c, err)
		}
		if n < 2 || constant(chain) {
			return estimate.Unknown("chain %d does not move", c)
		}
	}
	var mean float64
	for _, chain := range chains {
		mean += stat.Mean(chain, nil) / float64(len(chains))
	}
	total := float64(n * len(chains))
	if still := standsStill(chains); float64(still) > maxSpan*total {
		return estimate.Unknown("the chains stand still for %d of %.0f steps, and move in the others: they are not "+
			"stationary", still, total)
	}
	far := farthest(chains, mean)
	if far.share > maxShare {
		return estimate.Unknown("step %d of chain %d alone holds %.3g %% of the variance: tau would be that of one value; "+
			"leave it out, or run longer", far.step, far.chain, 100*far.share)
	}
	covariance := make([]float64, n)
	for _, chain := range chains {
		addAutocovariance(covariance, chain, mean)
	}
	if !(covariance[0] > 0) || math.IsInf(covariance[0], 1) {
		return estimate.Unknown("the variance of the chains, %.3g, is out of range: measure them in another unit",
			covariance[0]/total)
	}
	tau, memory := -1.0, -1.0
	largest := tau
	window, reached := 0, false
	for m, c := range covariance {
		rho := c / covariance[0]
		tau += 2 * rho
		memory += 2 * rho * rho
		largest = max(largest, tau)
		window = m
		if float64(m) >= 5*max(tau, memory) {
			reached = true
			break
		}
	}
	span := float64(2*window+1) / total
	e := estimate.FromSE(tau, windowedSE(covariance[:window+1], tau, total), total/max(tau, 1))
	if tau > 0 && span < 1 { // skewed to the right, and low by the span
		ratio := (e.Hi - tau) / tau
		e.Lo, e.Hi = tau*math.Exp(-ratio), tau*math.Exp(ratio)/(1-span)
	}
	switch {
	case !reached || span >= 1:
		e = estimate.Point(largest, "the chains are shorter than their memory: no window of lags is long enough, and tau "+
			"may be far larger; run them longer")
	case tau <= 0:
		e = estimate.Point(tau, "tau is not told from 0: the chains are too short for one so small; run them longer")
	case float64(n) < minChainTimes*tau:
		e = e.Warn("chains of %d steps are shorter than %d autocorrelation times: tau is likely too small; run them at "+
			"least %.0f steps", n, minChainTimes, minChainTimes*tau)
	case span > maxSpan || e.SE > tau/2:
		e = e.Warn("%.0f steps in all are few for a window of %d: tau may be off by more than half of itself; run longer",
			total, window)
	case halvesDiffer(chains, tau, covariance[0]/total):
		e = estimate.Unknown("the halves of the chains have different means: they are not stationary; leave out their " +
			"beginning, or run longer")
	case far.share > maxShare/5:
		e = e.Warn("step %d of chain %d alone holds %.3g %% of the variance: tau may be too small; run longer", far.step,
			far.chain, 100*far.share)
	}
	return e
}

// maxShare is the share of the variance that one step may hold, and a fifth of it what it may hold without a warning.
const maxShare = 0.5

// outlier is a step of a chain, and its share of the sum of squares about the mean.
type outlier struct {
	chain, step int
	share       float64
}

// farthest returns the step farthest from the mean of all.
func farthest(chains [][]float64, mean float64) (o outlier) {
	var most, squares float64
	for c, x := range chains {
		for t, v := range x {
			if d := math.Abs(v - mean); d > most {
				o.chain, o.step = c, t
				most = d
			}
		}
	}
	for _, x := range chains {
		for _, v := range x {
			squares += (v - mean) / most * ((v - mean) / most)
		}
	}
	o.share = 1 / squares
	return o
}

// standsStill returns for how many steps chains keep one value where that cannot be chance. With p the share of steps
// that change nothing, as proposals that are rejected do, a run of so many has the chance p^run at each step. It looks
// at the longest run of each chain, and takes p from the rest.
func standsStill(chains [][]float64) (still int) {
	longest := make([]int, len(chains))
	repeated, steps := 1.0, 1.0 // so that p is not 0
	for c, x := range chains {
		run, repeats := 0, 0
		for t := 1; t < len(x); t++ {
			run++
			if x[t] != x[t-1] {
				run = 0
			}
			repeats += min(run, 1)
			longest[c] = max(longest[c], run)
		}
		repeated += float64(repeats - longest[c])
		steps += float64(len(x) - 1 - longest[c])
	}
	for _, run := range longest {
		if steps*math.Pow(repeated/steps, float64(run)) < chanceOfDrift {
			still += run
		}
	}
	return still
}

// chanceOfDrift is the chance that stationary chains are taken for others.
const chanceOfDrift = 1e-4

// halvesDiffer compares the means of the two halves of each chain: over their variance, tau variance/n of each half,
// the squares of the differences of C chains are those of chi-square with C degrees of freedom. Halves that add less
// than a fiftieth to the variance change tau by a fifth at most, and pass.
func halvesDiffer(chains [][]float64, tau, variance float64) bool {
	n, half := len(chains[0]), len(chains[0])/2
	expected := tau * variance * (1/float64(half) + 1/float64(n-half))
	var squares float64
	for _, x := range chains {
		d := stat.Mean(x[half:], nil) - stat.Mean(x[:half], nil)
		squares += d * d
	}
	count := float64(len(chains))
	return squares/count-expected > 4*variance/50 &&
		distuv.ChiSquared{K: count}.Survival(squares/expected) < chanceOfDrift
}

// windowedSE returns the standard error of tau = 1 + 2 sum rho(m), given the autocovariances within its window and the
// steps of all chains: the integral over frequencies, as a sum over as many as make it exact.
func windowedSE(covariance []float64, tau, total float64) float64 {
	size := 4
	for size < 4*len(covariance) { // products of four sums of lags do not wrap around
		size *= 2
	}
	rho, kernel := make([]float64, size), make([]float64, size)
	for lag, c := range covariance {
		for _, at := range []int{lag, (size - lag) % size} {
			rho[at], kernel[at] = c/covariance[0], 1
		}
	}
	kernel[0] -= tau
	fft := fourier.NewFFT(size)
	a, b := fft.Coefficients(nil, rho), fft.Coefficients(nil, kernel)
	var square float64
	for i := range a {
		x := real(a[i]) * real(b[i])
		square += x * x
		if i > 0 && i < size/2 { // they stand for their negatives too
			square += x * x
		}
	}
	return math.Sqrt(2 / total * square / float64(size))
}

// addAutocovariance adds n times the autocovariance function of x about mean, by the fast Fourier transform.
func addAutocovariance(sum, x []float64, mean float64) {
	size := 1
	for size < 2*len(x) {
		size *= 2
	}
	padded := make([]float64, size)
	for t, v := range x {
		padded[t] = v - mean
	}
	fft := fourier.NewFFT(size)
	spectrum := fft.Coefficients(nil, padded)
	for i, c := range spectrum {
		spectrum[i] = complex(real(c)*real(c)+imag(c)*imag(c), 0)
	}
	fft.Sequence(padded, spectrum)
	for m := range sum {
		sum[m] += padded[m] / float64(size)
	}
}
