package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
)

// WithReverse widens the error of the average to what work of the reverse process knows of it: reverse[s][k] is the
// work on chain k of replica s that stands in equilibrium at the end of the interval and whose weights go back to its
// beginning, dF the free energies that f was made with. By Crooks' theorem (Phys. Rev. E 60, 2721 (1999)) reverse work
// tells the second moment of e = exp(-(w - dF)) from the side on which the rare large e are common,
//
//	< e^2 > forward = < exp(reverse + dF) > reverse,    Var e = < exp(reverse + dF) > - 1,
//
// and the standard error becomes sqrt(Var e/n) where that is larger, the effective sample size n/(1 + Var e) where that
// is smaller. It matters where replicas differ: those whose work spreads most carry the tail, contribute almost nothing
// to the forward average where they miss it, and leave its effective sample size looking well. Without an average, or
// without reverse work, f is returned as it is. It panics if the lengths differ.
func (f Fluctuation) WithReverse(reverse [][]float64, dF []float64) Fluctuation {
	if len(reverse) != len(dF) {
		panic(fmt.Sprintf("thermo: reverse work of %d replicas for %d free energies", len(reverse), len(dF)))
	}
	var acc logSum
	for s, chains := range reverse {
		for _, w := range chains {
			acc.add(w + dF[s])
		}
	}
	if acc.n == 0 || !f.Average.HasInterval() {
		return f
	}
	n := float64(f.Samples)
	second := math.Exp(acc.logMean())
	if math.IsNaN(second) || math.IsInf(second, 0) { // it overflows, or reverse work is not finite
		f.ESSFraction, f.ESS = 0, 0
		f.Z = math.NaN()
		f.Average = estimate.Point(f.Average.Value, "reverse work gives the average an error without bounds: the rare "+
			"chains that carry it have been missed; use more chains, or shorter intervals").WarnAs(f.Average)
		return f
	}
	variance := max(0, second-1)
	if fraction := 1 / (1 + variance); fraction < f.ESSFraction {
		f.ESSFraction, f.ESS = fraction, fraction*n
	}
	if se := math.Sqrt(variance / n); se > f.Average.SE {
		a, wider := &f.Average, se/f.Average.SE
		a.SE = se
		a.Lo, a.Hi = a.Value-wider*(a.Value-a.Lo), a.Value+wider*(a.Hi-a.Value)
		f.Z = deviation(f.Average)
	}
	if f.poor() && len(f.Average.Warnings) == 0 {
		f.Average = f.Average.Warn("reverse work gives the %d chains an effective sample size of %.3g: the rare chains "+
			"that carry the average may all have been missed; use more chains, or shorter intervals", f.Samples, f.ESS)
	}
	return f
}
