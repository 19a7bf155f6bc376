package thermo

import (
	"math"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
)

// CrooksFit is what the crossing of forward and reverse work distributions says.
type CrooksFit struct {
	TwoSided                   // DeltaF is the crossing, with the overlap at the fit
	Slope    estimate.Estimate // d ln(P_F(W)/P_R(-W)) / dW, which the theorem sets to 1
}

// Crooks estimates dF = F_1 - F_0 as the work at which the densities P_F(W) and P_R(-W) cross, and tests the theorem
// behind it (Crooks, Phys. Rev. E 60, 2721 (1999)),
//
//	ln( P_F(W) / P_R(-W) ) = W - dF.
//
// No density is estimated: the log ratio of the densities, a + b W, is fitted by logistic regression of the direction
// on W (odds n_F/n_R exp(a + b W)) to all work values by maximum likelihood. The crossing is -a/b and the slope b must
// be 1. With b held at 1 the same likelihood gives [BAR] (Shirts et al., Phys. Rev. Lett. 91, 140601 (2003)), so Crooks
// is never more precise; what it adds is the test: |Slope.Z(1)| > 3 says that a chain was not in equilibrium, that a
// kernel is not invariant, or that the signs are wrong. Conventions for work are those of BAR.
//
// Errors are asymptotic: the inverse of the Fisher information with 1/n_F + 1/n_R taken off the variance of a, as the
// number of realisations of each direction is fixed (Prentice & Pyke, Biometrika 66, 403 (1979)). The standard error of
// the crossing is by the delta method, its interval that of Fieller (J. R. Stat. Soc. B 16, 175 (1954)): all W at which
// a + b W lies within t standard errors of 0. Where the slope cannot be told from 0 that interval is unbounded, and a
// warning says so. rng drives a bootstrap as in BAR; nil leaves it out. Where one threshold of W tells the directions
// apart the likelihood has no maximum, and there is no value; where they share no value but that threshold, as works
// that are all the same do, it is the crossing, without an error, and the slope is unknown. The slope carries the same
// warnings as the crossing.
func Crooks(forward, reverse []float64, rng *rand.Rand) CrooksFit {
	bar := BAR(forward, reverse, nil)
	unknown := func(e estimate.Estimate) CrooksFit {
		return CrooksFit{TwoSided: TwoSided{DeltaF: e, Bootstrap: e, Overlap: bar.Overlap}, Slope: e}
	}
	if !bar.DeltaF.Known() {
		return unknown(bar.DeltaF)
	}
	switch at, width := gap(forward, reverse); {
	case width > 0:
		return unknown(estimate.Unknown("forward and reverse work do not overlap: their densities have no crossing in the " +
			"data"))
	case width == 0:
		r := unknown(estimate.Point(at, "forward and reverse work share this value alone: the densities cross there, and "+
			"nothing tells how steeply"))
		r.Slope = estimate.Unknown("forward and reverse work share no more than one value: nothing tells the slope")
		return r
	}
	fit, ok := logisticFit(forward, reverse, crossing{b: 1, centre: bar.DeltaF.Value})
	if !ok {
		return unknown(estimate.Unknown("the fit of the log ratio of the densities did not converge; look for single works " +
			"that lie far below all others"))
	}
	nF, nR := float64(len(forward)), float64(len(reverse))
	r := CrooksFit{TwoSided: TwoSided{
		Bootstrap: estimate.Point(fit.at(), "no bootstrap was asked for"),
		Overlap:   min(1, fit.information*(nF+nR)/(nF*nR)),
	}}
	dof := min(nF, nR) - 1
	if dof < 1 {
		r.DeltaF, r.Slope = estimate.Point(fit.at(), oneRealisation), estimate.Point(fit.b, oneRealisation)
		r.TwoSided = warnOverlap(r.TwoSided)
		return r
	}
	r.DeltaF = fit.estimate(dof)
	r.DeltaF.N = nF + nR
	r.Slope = estimate.FromSE(fit.b, math.Sqrt(fit.varB), dof)
	r.Slope.N = nF + nR
	if rng != nil {
		r.Bootstrap = bootstrapBoth(forward, reverse, fit.at(), rng, func(f, b []float64) float64 {
			if resampled, ok := logisticFit(f, b, fit); ok {
				return resampled.at()
			}
			return math.NaN()
		})
	}
	r.TwoSided = warnOverlap(r.TwoSided)
	r.Slope = r.Slope.WarnAs(r.DeltaF)
	return r
}

// crossing is the fit of ln(P_F(W)/P_R(-W)) = a + b (W - centre), with the covariance of a and b.
type crossing struct {
	a, b, centre    float64
	varA, varB, cov float64
	information     float64 // sum_i p_i (1-p_i)
}

func (c crossing) at() float64 { return c.centre - c.a/c.b }

// estimate returns the crossing with the interval of Fieller: all W at which |a + b (W-centre)| is within t standard
// errors.
func (c crossing) estimate(dof float64) estimate.Estimate {
	r := c.a / c.b
	se := math.Sqrt(max(0, c.varA-2*r*c.cov+r*r*c.varB)) / math.Abs(c.b)
	e := estimate.FromSE(c.at(), se, dof)
	t2 := math.Pow(estimate.TQuantile(dof), 2)
	// q2 x^2 + 2 q1 x + q0 <= 0 with x = W - centre
	q2, q1 := c.b*c.b-t2*c.varB, c.a*c.b-t2*c.cov
	q0 := c.a*c.a - t2*c.varA
	root := math.Sqrt(q1*q1 - q2*q0)
	if !(q2 > 0) || math.IsNaN(root) {
		e = estimate.Point(e.Value, "the slope of the log ratio of the densities cannot be told from zero: the crossing "+
			"has no bounded interval")
		e.SE = se
		return e
	}
	e.Lo, e.Hi = c.centre+(-q1-root)/q2, c.centre+(-q1+root)/q2
	return e
}

// logisticFit maximises the likelihood of the directions given the finite work values by Newton's method from a, b and
// the centre of start; ok is false where it has no maximum, or none was found.
func logisticFit(forward, reverse []float64, start crossing) (fit crossing, ok bool) {
	nF, nR := float64(len(forward)), float64(len(reverse))
	if _, width := gap(forward, reverse); width >= 0 {
		return fit, false
	}
	m := math.Log(nF / nR)
	centre := start.centre
	a, b := start.a, start.b
	// score and information of (a, b) with W measured from the centre
	var h00, h01, h11 float64
	evaluate := func(a, b float64) (ga, gb float64) {
		h00, h01 = 0, 0
		h11 = 0
		visit := func(w, forward float64) {
			if math.IsInf(w, 0) { // of weight 0
				return
			}
			p := 1 / (1 + math.Exp(-(m + a + b*w)))
			ga += forward - p
			gb += (forward - p) * w
			v := p * (1 - p)
			h00 += v
			h01 += v * w
			h11 += v * w * w
		}
		for _, w := range forward {
			visit(w-centre, 1)
		}
		for _, w := range reverse {
			visit(-w-centre, 0)
		}
		return ga, gb
	}
	ga, gb := evaluate(a, b)
	for range 100 {
		det := h00*h11 - h01*h01
		if !(det > 0) {
			return fit, false
		}
		da, db := (h11*ga-h01*gb)/det, (h00*gb-h01*ga)/det
		rise := ga*da + gb*db // the squared distance to the maximum in standard errors
		if rise <= 1e-12 {    // Newton squares the distance: this step is the last
			fit = crossing{
				a: a + da, b: b + db, centre: centre, information: h00,
				varA: max(0, h11/det-1/nF-1/nR), varB: h00 / det, cov: -h01 / det,
			}
			return fit, fit.b != 0
		}
		// The likelihood is concave: a step is right that brings the slope along it nearer to 0, and a short one does.
		scale := 1.0
		for range 60 {
			ga, gb = evaluate(a+scale*da, b+scale*db)
			if math.Abs(ga*da+gb*db) < rise {
				break
			}
			scale /= 2
		}
		a, b = a+scale*da, b+scale*db
	}
	return fit, false
}

// gap returns by how much the finite values of W of the two directions lie apart, less than 0 where they overlap, and
// the value at the edge of the forward ones.
func gap(forward, reverse []float64) (at, width float64) {
	f, r := rangeOf(forward), rangeOf(reverse)
	above, below := f.least+r.least, -r.most-f.most
	if above >= below {
		return f.least, above
	}
	return f.most, below
}
