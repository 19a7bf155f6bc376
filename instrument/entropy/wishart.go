package entropy

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// LogDetBias returns the bias, in nats, of the Gaussian plug-in entropy 1/2 ln det(2 pi e C) when nu C is Wishart
// with nu = dof degrees of freedom in k dimensions:
//
//	1/2 E[ln det C] - 1/2 ln det Sigma = 1/2 sum_{i=1..k} [ psi((nu-i+1)/2) - ln(nu/2) ]   (negative)
//
// psi is the digamma function. For n independent points about their own mean nu = n-1; dof may be fractional, as
// Satterthwaite's is. Subtract the bias from the plug-in value.
//
// Source: ln det of a Wishart matrix is a sum of k independent ln chi^2 (Goodman 1963, Ann. Math. Statist. 34, 178;
// Misra, Singh & Demchuk 2005, J. Multivariate Anal. 92, 324). It panics unless dof > k-1 >= 0.
func LogDetBias(k int, dof float64) float64 {
	return newLogDet(k, dof).mean / 2
}

// logDet holds the first four cumulants of ln det(C) - ln det(Sigma) for nu C Wishart: sums of polygammas.
type logDet struct {
	dof                           float64
	mean, variance, third, fourth float64
}

func newLogDet(k int, dof float64) logDet {
	if k < 1 || !(dof > float64(k-1)) {
		panic(fmt.Sprintf("entropy: a Wishart log-determinant in %d dimensions needs more than %d degrees of freedom, not "+
			"%v", k, k-1, dof))
	}
	l := logDet{dof: dof}
	for i := range k {
		x := (dof - float64(i)) / 2
		l.mean += mathext.Digamma(x) - math.Log(dof/2)
		l.variance += mathext.Zeta(2, x)
		l.third -= 2 * mathext.Zeta(3, x)
		l.fourth += 6 * mathext.Zeta(4, x)
	}
	return l
}

// quantile returns the Cornish-Fisher quantile of ln det(C) - ln det(Sigma) (Cornish & Fisher 1938).
func (l logDet) quantile(p float64) float64 {
	z := distuv.UnitNormal.Quantile(p)
	sd := math.Sqrt(l.variance)
	skew, kurt := l.third/(sd*sd*sd), l.fourth/(l.variance*l.variance)
	return l.mean + sd*(z+(z*z-1)*skew/6+(z*z*z-3*z)*kurt/24-(2*z*z*z-5*z)*skew*skew/36)
}

// entropyOf turns the measured ln det C of k columns into the bias-corrected entropy with its Wishart interval.
func (l logDet) entropyOf(k int, lnDet float64) estimate.Estimate {
	plugIn := (float64(k)*math.Log(2*math.Pi*math.E) + lnDet) / 2
	return estimate.Estimate{
		Value: plugIn - l.mean/2, SE: math.Sqrt(l.variance) / 2,
		Lo: plugIn - l.quantile((1+estimate.Confidence)/2)/2, Hi: plugIn - l.quantile((1-estimate.Confidence)/2)/2,
		Confidence: estimate.Confidence, N: l.dof + 1,
	}
}
