package thermo

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat/distuv"
)

// ApparentEntropyProduction returns the entropy production A that an observer of the samples sees who does not know
// the weights: with S(X_n) the marginal entropy of the samples and <q_n> the heat that they absorb, defined here as
//
//	A_n = S(X_n) - S(X_{n-1}) - <q_n> = Sigma_n + I(X_n;Theta_n) - I(X_{n-1};Theta_{n-1})
//
// because S(X) = S(X|Theta) + I(X;Theta). Summed from observation 0 it is the conditional entropy production Sigma plus
// the gain of mutual information between samples and weights: in the quasi-static limit Sigma vanishes and what
// seems to be dissipated is information learned (the balance behind Parsi, Entropy 26, 112 (2024)).
//
// conditional is Sigma, gain the gain of I(X;Theta), both in nats over the same observations. Nothing is assumed about
// the correlation of their errors: standard errors and ends of the intervals are added, which covers at least as often
// as claimed. Where gain carries the bracket of a lower and an upper bound as its interval, so does the result.
func ApparentEntropyProduction(conditional, gain estimate.Estimate) estimate.Estimate {
	a := estimate.Estimate{
		Value:      conditional.Value + gain.Value,
		SE:         conditional.SE + gain.SE,
		Lo:         conditional.Lo + gain.Lo,
		Hi:         conditional.Hi + gain.Hi,
		Confidence: min(conditional.Confidence, gain.Confidence),
		N:          fewer(conditional.N, gain.N),
	}
	return a.WarnAs(conditional, gain)
}

// EffectiveInverseTemperature returns the effective inverse temperature of the weights as a heat reservoir,
//
//	beta = ( S(Theta_n) - S(Theta_0) ) / ( -sum <q> ),
//
// the entropy that the weights gained (entropy, nats) for each nat of heat that the samples dissipated into them. heat
// is sum <q>, the heat absorbed by the samples, negative where they dissipate. For an ideal reservoir at k_B T = 1 beta
// is 1; here it is reported, not assumed.
//
// The interval is that of Fieller (J. R. Stat. Soc. B 16, 175 (1954)) at the correlation of the two errors that makes
// it widest, since both are measured on the same replicas: all beta with |entropy + beta heat| <= t (se_entropy +
// |beta| se_heat). It covers at least as often as claimed. Where the heat cannot be told from zero there is no bounded
// interval, and a warning says so. The t quantile is that of the fewer degrees of freedom.
func EffectiveInverseTemperature(entropy, heat estimate.Estimate) estimate.Estimate {
	if !entropy.Known() || !heat.Known() || heat.Value == 0 {
		unknown := estimate.Unknown("the effective inverse temperature needs a known entropy and a heat that is not zero")
		return unknown.WarnAs(entropy, heat)
	}
	a, b := entropy.Value, -heat.Value
	if b < 0 {
		a, b = -a, -b
	}
	e := estimate.Point(a/b, "the error of the entropy or of the heat is unknown")
	e.N = fewer(entropy.N, heat.N)
	if t := quantile(e.N); !math.IsNaN(t * (entropy.SE + heat.SE)) {
		e.Warnings, e.Kinds = nil, nil
		if b <= t*heat.SE {
			e = e.Warn("the heat cannot be told from zero: the ratio has no bounded interval")
		} else {
			e.SE = entropy.SE/b + math.Abs(e.Value)*heat.SE/b
			e.Lo = ratio(a-t*entropy.SE, b, t*heat.SE, -1)
			e.Hi = ratio(a+t*entropy.SE, b, t*heat.SE, +1)
			e.Confidence = estimate.Confidence
		}
	}
	return e.WarnAs(entropy, heat)
}

// ratio returns a/(b -+ db): the denominator that carries the ratio furthest towards the given side.
func ratio(a, b, db, side float64) float64 {
	if side*a > 0 {
		return a / (b - db)
	}
	return a / (b + db)
}

// quantile is Student's for n units, the normal one where their number does not apply (n = 0).
func quantile(n float64) float64 {
	if n == 0 {
		return distuv.UnitNormal.Quantile(0.5 + estimate.Confidence/2)
	}
	return estimate.TQuantile(n - 1)
}

// fewer returns the smaller number of units, where 0 means that none applies.
func fewer(a, b float64) float64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
