package validate

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactTolerance is how far an estimate that claims to be exact may be from the truth, relative to max(1, |truth|).
const exactTolerance = 1e-9

// maxScore keeps scores finite where a probability underflows.
const maxScore = 37

// Score returns how far an estimate lies from a truth, in standard errors as its interval states them: the distance
// over the half-width of the interval on the side of the truth is Student's quantile of n-1 degrees of freedom times
// u, and the score is the normal deviate that is as improbable as u is for Student's t,
//
//	t = t_{0.975, n-1} (value - truth)/half,    Phi(z) = T_{n-1}(t),
//
// so that |z| > 1.96 exactly where the 95 % interval misses, for few units and lopsided intervals too; with many units
// and a symmetric interval it is (value - truth)/se. For a bound the score counts how far it lies on the wrong side of
// the truth, and is 0 on the right one. An estimate that claims to be exact is scored in units of 1e-9 max(1, |truth|).
// NaN where there is no interval, or the truth is not finite.
func Score(e estimate.Estimate, truth float64, kind Kind) float64 {
	if !e.HasInterval() || math.IsInf(truth, 0) || math.IsNaN(truth) || math.IsInf(e.Value, 0) {
		return math.NaN()
	}
	distance := e.Value - truth
	switch {
	case kind == Lower && distance <= 0, kind == Upper && distance >= 0:
		return 0
	case kind == Upper:
		return -deviate(e, distance)
	}
	return deviate(e, distance)
}

// deviate is the normal deviate of the distance value - truth.
func deviate(e estimate.Estimate, distance float64) float64 {
	if e.Lo == e.Hi {
		// The truth is value - distance.
		return clamp(distance / (exactTolerance * max(1, math.Abs(e.Value-distance))))
	}
	half := e.Hi - e.Value
	if distance > 0 {
		half = e.Value - e.Lo
	}
	if math.IsInf(half, 1) { // one-sided, and on the open side
		return 0
	}
	if half <= 0 {
		return clamp(math.Copysign(maxScore, distance))
	}
	normal := distuv.UnitNormal
	if !(e.N > 1) {
		return clamp(normal.Quantile(0.5+estimate.Confidence/2) * distance / half)
	}
	dof := e.N - 1
	t := estimate.TQuantile(dof) * math.Abs(distance) / half
	tail := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Survival(t)
	if dof > 1e5 {
		tail = normal.Survival(t)
	}
	if tail < 1e-280 {
		return math.Copysign(maxScore, distance)
	}
	return clamp(math.Copysign(-normal.Quantile(tail), distance))
}

func clamp(z float64) float64 { return max(-maxScore, min(maxScore, z)) }
