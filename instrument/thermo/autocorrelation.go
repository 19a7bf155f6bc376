package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat"
)

// MinChainTimes is the number of autocorrelation times that each chain should last for [AutocorrelationTime]
// to be trusted.
const MinChainTimes = 50

// Autocorrelation says how many samples of a Markov chain are worth one independent sample.
type Autocorrelation struct {
	Time      estimate.Estimate // tau, in steps; 1 for independent samples
	Window    int               // M, the lag at which the sum was cut
	Effective float64           // number of samples, all chains together, over tau
}

// AutocorrelationTime estimates the integrated autocorrelation time of a scalar along stationary chains,
//
//	tau = 1 + 2 sum_{m=1..M} rho(m),
//
// with rho the autocorrelation at lag m of all chains together, and M the smallest window with M >= 5 tau(M) (Sokal, Monte
// Carlo Methods in Statistical Mechanics (1996), section 3; Goodman & Weare, Commun. Appl. Math. Comput. Sci. 5, 65 (2010)). The variance of the mean
// of N steps is tau var(x)/N. For x_t = a x_{t-1} + noise, tau = (1+a)/(1-a).
//
// chains[c][t] is the scalar at step t of chain c; all chains have the same length n and are independent of each other. The
// standard error is tau sqrt( 2(2M+1)/N ), N the steps of all chains (Madras & Sokal, J. Stat. Phys. 50, 109 (1988)); the
// interval is symmetric in ln tau, and its upper end is raised by the bias below.
//
// All chains are centred by their common mean, which biases tau downwards by about (2M+1)/N of itself; chains that have
// not found the same equilibrium show as a large tau. A chain shorter than [MinChainTimes] times tau, or a window that was
// never reached, is a warning: tau is then likely too small, and the value still stands. A chain that is constant or not finite has no value. The cost is O(n log n) for each chain.
// It panics without chains or if their lengths differ.
func AutocorrelationTime(chains [][]float64) Autocorrelation {
	if len(chains) == 0 {
		panic("thermo: no chains")
	}
	n := len(chains[0])
	none := func(e estimate.Estimate) Autocorrelation { return Autocorrelation{Time: e, Effective: math.NaN()} }
	for c, chain := range chains {
		if len(chain) != n {
			panic(fmt.Sprintf("thermo: chain %d has %d steps, chain 0 has %d", c, len(chain), n))
		}
		if err := finite("value", "step", chain); err != nil {
			return none(estimate.Unknown("chain %d: %v", c, err))
		}
		if n < 2 || constant(chain) {
			return none(estimate.Unknown("chain %d does not move", c))
		}
	}
	var mean float64
	for _, chain := range chains {
		mean += stat.Mean(chain, nil) / float64(len(chains))
	}
	covariance := make([]float64, n)
	for _, chain := range chains {
		addAutocovariance(covariance, chain, mean)
	}
	tau, window := -1.0, 0
	reached := false
	for m, c := range covariance {
		tau += 2 * c / covariance[0]
		if window = m; float64(m) >= 5*tau {
			reached = true
			break
		}
	}
	total := float64(n * len(chains))
	span := float64(2*window+1) / total
	e := estimate.FromSE(tau, math.Abs(tau)*math.Sqrt(2*span), total/max(tau, 1))
	if tau > 0 && span < 1 { // skewed to the right, and low by the span
		ratio := (e.Hi - tau) / tau
		e.Lo, e.Hi = tau*math.Exp(-ratio), tau*math.Exp(ratio)/(1-span)
	}
	switch {
	case !reached || tau <= 0:
		e = estimate.Point(tau, "the chains are shorter than their memory: no window holds 5 autocorrelation times; run them longer")
	case float64(n) < MinChainTimes*tau:
		e = e.Warn("chains of %d steps are shorter than %d autocorrelation times: tau is likely too small; run them at least %.0f steps", n, MinChainTimes, MinChainTimes*tau)
	}
	return Autocorrelation{Time: e, Window: window, Effective: total / tau}
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
