package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// How information and entropy production are tied, and the weights as a reservoir of heat.

var (
	balancePanel = record.Panel{
		Figure: "balance", Title: "Apparent entropy production", Axis: "A = Σ + gain of I(X;Θ) (nats)",
	}
	reservoirPanel = record.Panel{
		Figure: "balance", Title: "Entropy gained by the weights", Axis: "ΔS(Θ) per nat of dissipated heat",
		Scale: record.Log,
	}
)

var _ = declare(
	apparent("apparent_production_lo", "lower", false),
	apparent("apparent_production_hi", "upper", true),
	quantity{Info: record.Info{
		Name: "reservoir_entropy", Title: "entropy gained by the weights", Symbol: "ΔS(Θ)/−Q", Unit: "1",
		Panel: reservoirPanel, Summed: true,
		Doc: "change of S(Θ) over the heat that was dissipated since the same observation: the inverse temperature of an " +
			"ideal reservoir",
		Assumption: "as S(Θ); depends on the schedule of observations, as heat does",
		Ref:        "defined here, after " + parsi,
	}, only: sampled, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
		for _, before := range earlier {
			if before.ThetaEntropy.Known() {
				entropy, heat := minus(row.ThetaEntropy, before.ThetaEntropy), minus(row.Heat, before.Heat)
				return perHeat(entropy, heat)
			}
		}
		return estimate.Unknown("the first observation that knows S(Theta) is the reference")
	}},
	quantity{Info: record.Info{
		Name: "reservoir_information", Title: "M-info stored by the weights", Symbol: "I(Θ;B)/−Q", Unit: "1",
		Panel: reservoirPanel, Summed: true,
		Doc:        "M-info over the heat that was dissipated since the start",
		Assumption: "as M-info; depends on the schedule of observations, as heat does",
		Ref:        "defined here, after " + parsi,
	}, only: sampled, of: ofRow(func(r *Row) estimate.Estimate { return perHeat(r.MInfo, r.Heat) })},
)

// apparent declares one bound on the entropy production that an observer of the samples alone sees.
func apparent(name, side string, upper bool) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: "apparent entropy production, " + side + " bound", Symbol: "A", Unit: "nats", Panel: balancePanel,
		Summed: true, Bound: record.Bound{Of: "apparent_production", Upper: upper},
		Doc: "Σ plus the gain of I(X;Θ) by its " + side + " bound: what seems to be dissipated to who does not know the " +
			"weights; the part beyond Σ is information",
		Ref: "defined here, after " + parsi,
	}, only: sampled, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
		start := row
		if len(earlier) > 0 {
			start = earlier[0]
		}
		now, then := row.XInfo.Lower, start.XInfo.Upper
		if upper {
			now, then = row.XInfo.Upper, start.XInfo.Lower
		}
		if !now.Known() || !then.Known() || !row.EntropyProduction.Known() {
			return estimate.Unknown("Sigma or a bound on I(X;Theta) is unknown").WarnAs(now, then, row.EntropyProduction)
		}
		gain := minus(now, then)
		if math.IsNaN(gain.SE) {
			return estimate.Point(row.EntropyProduction.Value+gain.Value, "the error of I(X;Theta) is unknown")
		}
		return thermo.ApparentEntropyProduction(row.EntropyProduction, gain)
	}}
}

// perHeat is what was gained for each nat of heat that was dissipated: unknown where the heat cannot be told from 0,
// and without an interval where the gain has none.
func perHeat(gain, heat estimate.Estimate) estimate.Estimate {
	e := thermo.EffectiveInverseTemperature(gain, heat)
	switch {
	case e.Known() && !e.HasInterval():
		return estimate.Unknown("the heat so far cannot be told from 0")
	case !gain.HasInterval():
		e.Lo, e.Hi = math.NaN(), math.NaN()
		e.Confidence = 0
	}
	return e
}
