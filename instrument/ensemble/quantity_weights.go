package ensemble

import (
	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	cloudPanel = record.Panel{Figure: "entropy", Title: "Entropy of the weights", Axis: "ΔS(Θ) (nats)", Overview: 5}
	partsPanel = record.Panel{
		Figure: "entropy", Title: "Entropy of each parameter", Axis: "change since the reference (nats per weight)",
	}
)

var _ = declare(
	quantity{Info: record.Info{
		Name: "s_theta", Title: "entropy of the weights S(Θ)", Symbol: "S(Θ)", Unit: "nats",
		Panel: record.Panel{Figure: "s_theta", Title: "Entropy of the weights, value", Axis: "S(Θ) (nats)"},
		Doc:   "differential entropy of the cloud of replicas; only its changes are free of the unit of the weights",
		Assumption: "Gaussian weights; where the weights are more than (D-1)/2, the shrinkage target governs the value, " +
			"which then has no interval",
		Ref: "defined here, after " + parsi,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.ThetaEntropy })},
	quantity{Info: record.Info{
		Name: "delta_s_theta", Title: "change of the entropy of the weights ΔS(Θ)", Symbol: "ΔS(Θ)", Unit: "nats",
		Panel: cloudPanel, Rank: 7,
		Doc: "S(Θ) at this observation less that at the first that has one (at a shared start S(Θ) is minus infinity); " +
			"errors of both in quadrature",
		Assumption: "as S(Θ)",
		Ref:        "defined here, after " + parsi,
	}, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
		return sinceFirst(row, earlier, func(r *Row) estimate.Estimate { return r.ThetaEntropy })
	}},
)

// sinceFirst is the change of a number since the first row that knows it: exactly 0 there.
func sinceFirst(row *Row, earlier []*Row, f func(r *Row) estimate.Estimate) estimate.Estimate {
	now := f(row)
	for _, before := range earlier {
		if then := f(before); then.Known() {
			return minus(now, then)
		}
	}
	if !now.Known() {
		return now
	}
	return estimate.Exact(0)
}

// minus is the difference of two numbers, their errors in quadrature, with the warnings of the first.
func minus(a, b estimate.Estimate) estimate.Estimate {
	if !a.Known() || !b.Known() {
		return estimate.Unknown("a part of the difference is unknown").WarnAs(a, b)
	}
	var errors estimate.Quadrature
	errors.AddEstimate(a, 1)
	errors.AddEstimate(b, -1)
	d := errors.Estimate(a.Value - b.Value)
	if !a.HasInterval() || !b.HasInterval() {
		d.Lo, d.Hi = a.Lo-b.Hi, a.Hi-b.Lo // NaN as one of them is
		d.Confidence = 0
	}
	return d.WarnAs(a)
}

// partQuantities are the entropies of the parameters of a network that has several, as changes per weight.
func partQuantities(parts []Part) (all []quantity) {
	if len(parts) < 2 {
		return nil
	}
	for i, p := range parts {
		n := float64(p.To - p.From)
		all = append(all, quantity{Info: record.Info{
			Name: "delta_s_" + p.Name, Title: p.Name, Symbol: "ΔS(" + p.Name + ")/d", Unit: "nats per weight", Panel: partsPanel,
			Doc: "change of the entropy of the weights of this parameter alone, estimated as S(Θ) of all, over their number; " +
				"weights of different parameters depend on each other, so that these add up to more than the change of S(Θ)",
			Assumption: "as S(Θ)", Ref: "defined here, after " + parsi,
		}, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
			change := sinceFirst(row, earlier, func(r *Row) estimate.Estimate { return r.PartEntropies[i] })
			return change.Scale(1 / n)
		}})
	}
	return all
}

// entropies returns the entropy of the weights, of all and of each part alone.
func (o *Observation) entropies() (all estimate.Estimate, parts []estimate.Estimate) {
	all = o.cloud().Entropy()
	if len(o.Parts) > 1 {
		parts = o.PartEntropies(o.Parts)
	}
	return all, parts
}

func (o *Observation) cloud() *entropy.Cloud {
	return &entropy.Cloud{Groups: o.Sets, PerGroup: o.PerSet, Rows: o.Theta}
}
