package entropy

import "math"

// mostEvident returns the kappa of the largest evidence for the correlation matrix of d columns, of which nu degrees of
// freedom show the given spectrum (see [Shrinkage]). It is searched from where the unit matrix has the weight 1e-4 to
// where what is left of the other no longer matters.
func mostEvident(spectrum []float64, d, nu float64) float64 {
	evidence := func(lnRatio float64) float64 { return lnEvidence(spectrum, d, nu, nu*math.Exp(lnRatio)) }
	lo, hi := math.Log(1e-4), math.Log(100*d)
	const step = 0.5
	best := lo
	value := math.Inf(-1)
	for x := lo; x <= hi; x += step {
		if v := evidence(x); v > value {
			best, value = x, v
		}
	}
	return nu * math.Exp(maximum(evidence, best-step, best+step))
}

// lnEvidence is ln p(P|kappa) but for a constant.
func lnEvidence(spectrum []float64, d, nu, kappa float64) float64 {
	var lnDet float64
	for _, v := range spectrum {
		lnDet += math.Log1p(nu * v / kappa)
	}
	s := -(nu*d*math.Log(kappa) + (kappa+d+1+nu)*lnDet) / 2
	for k := 1.0; k < nu+1; k++ {
		above, _ := math.Lgamma((kappa + d + 1 + k) / 2)
		below, _ := math.Lgamma((kappa + 1 + k) / 2)
		s += min(1, nu+1-k) * (above - below)
	}
	return s
}

// maximum finds where a function with one maximum in [lo, hi] has it, by golden sections.
func maximum(f func(x float64) float64, lo, hi float64) float64 {
	const golden = 0.6180339887498949
	left, right := hi-golden*(hi-lo), lo+golden*(hi-lo)
	atLeft, atRight := f(left), f(right)
	for range 30 {
		if atLeft > atRight {
			hi, right = right, left
			atRight = atLeft
			left = hi - golden*(hi-lo)
			atLeft = f(left)
			continue
		}
		lo, left = left, right
		atLeft = atRight
		right = lo + golden*(hi-lo)
		atRight = f(right)
	}
	return (lo + hi) / 2
}
