package ensemble

import (
	"fmt"
	"slices"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	cloudPanel = record.Panel{
		Figure: "entropy", Title: "Entropy of the weights", Axis: "ΔS(Θ) (nats per weight)", Overview: 5,
	}
	partsPanel = record.Panel{
		Figure: "entropy", Title: "Entropy of each parameter", Axis: "change since the reference (nats per weight)",
	}
	valuePanel = record.Panel{Figure: "s_theta", Title: "Entropy of the weights, value", Axis: "S(Θ) (nats)"}
)

var _ = declare(
	quantity{Info: record.Info{
		Name: "s_theta", Title: "entropy of the weights S(Θ)", Symbol: "S(Θ)", Unit: "nats", Panel: valuePanel,
		Doc: "differential entropy of the cloud of replicas, over the weights that vary over training sets at the first " +
			"observation at which any do; only its changes are free of the unit of the weights",
		Assumption: "Gaussian weights; where they are more than (D-1)/2, most of their dependence is not seen: the value " +
			"lies between the truth and Hadamard's bound, and has no interval",
		Ref: "defined here, after " + parsi,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.ThetaEntropy })},
	quantity{Info: record.Info{
		Name: "s_theta_hadamard", Title: "Hadamard's bound on S(Θ)", Symbol: "ΣS(Θi)", Unit: "nats", Panel: valuePanel,
		Doc: "sum over the same weights of the entropy of each alone, ln(sd √(2πe)): an upper bound on S(Θ), equal to it " +
			"where the weights are independent",
		Assumption: "Gaussian weights",
		Ref:        "Hadamard 1893, Bull. Sci. Math. 17, 240",
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.Hadamard })},
	quantity{Info: record.Info{
		Name: "delta_s_theta", Title: "change of the entropy of the weights ΔS(Θ)", Symbol: "ΔS(Θ)", Unit: "nats",
		Panel: record.Panel{Figure: "s_theta", Title: "Entropy of the weights, change", Axis: "ΔS(Θ) (nats)"},
		Doc: "S(Θ) at this observation less that at the first that has one (at a shared start S(Θ) is minus infinity); " +
			"errors of both in quadrature",
		Assumption: "as S(Θ)",
		Ref:        "defined here, after " + parsi,
	}, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate { return thetaChange(row, earlier) }},
	quantity{Info: record.Info{
		Name: "delta_s_theta_per_weight", Title: "change of the entropy of a weight ΔS(Θ)/d", Symbol: "ΔS(Θ)/d",
		Unit: "nats per weight", Panel: cloudPanel, Rank: 7,
		Doc: "ΔS(Θ) over the number of weights that it counts: 1 nat where the spread of each weight over replicas has " +
			"grown e-fold",
		Assumption: "as S(Θ)",
		Ref:        "defined here, after " + parsi,
	}, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
		return perWeight(thetaChange(row, earlier), row, 0)
	}},
)

func thetaChange(row *Row, earlier []*Row) estimate.Estimate {
	return sinceFirst(row, earlier, func(r *Row) estimate.Estimate { return r.ThetaEntropy })
}

// perWeight divides by the number of weights that entropy i of a row counts.
func perWeight(e estimate.Estimate, row *Row, i int) estimate.Estimate {
	if !e.Known() {
		return e
	}
	return e.Scale(1 / float64(row.Counted[i]))
}

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
		all = append(all, quantity{Info: record.Info{
			Name: "delta_s_" + p.Name, Title: p.Name, Symbol: "ΔS(" + p.Name + ")/d", Unit: "nats per weight", Panel: partsPanel,
			Doc: "change of the entropy of the weights of this parameter alone, counted and estimated as S(Θ) of all, over " +
				"their number",
			Assumption: "as S(Θ)", Ref: "defined here, after " + parsi,
		}, of: func(_ *Observation, row *Row, earlier []*Row) estimate.Estimate {
			change := sinceFirst(row, earlier, func(r *Row) estimate.Estimate { return r.PartEntropies[i] })
			return perWeight(change, row, 1+i)
		}})
	}
	return all
}

// entropies estimates the entropy of the weights, of all and of each parameter alone.
//
// An entropy counts the weights that vary over training sets, whichever one of these is left out, at the first
// observation at which any do; the same ones in the whole run, so that its changes are of one set of weights. Weights
// without an influence, such as those of a pixel that is always black, stay where they started in all replicas: their
// entropy is minus infinity. So it is of those that begin to move later, or have moved in one set only.
func (o *Observation) entropies(row *Row, earlier []*Row) {
	all := o.counted(Part{To: len(o.Theta[0])}, row, earlier)
	row.ThetaEntropy, row.Hadamard = all.Entropy(), all.Hadamard()
	if len(o.Parts) < 2 {
		return
	}
	for _, p := range o.Parts {
		row.PartEntropies = append(row.PartEntropies, o.counted(p, row, earlier).Entropy())
	}
}

// counted returns the cloud of the weights of a part that its entropy counts, and enters them in the row.
func (o *Observation) counted(p Part, row *Row, earlier []*Row) *entropy.Cloud {
	cloud := &entropy.Cloud{Groups: o.Sets, PerGroup: o.PerSet}
	for _, theta := range o.Theta {
		cloud.Rows = append(cloud.Rows, theta[p.From:p.To])
	}
	i := len(row.Counted)
	var moving, found []bool
	for _, before := range earlier {
		if moving == nil && i < len(before.Moving) {
			moving = before.Moving[i]
		}
	}
	if moving == nil {
		if now, err := cloud.Moving(); err == nil && slices.Contains(now, true) {
			moving, found = now, now
		}
	}
	if moving != nil {
		cloud = cloud.Keep(moving)
	}
	row.Moving = append(row.Moving, found)
	row.Counted = append(row.Counted, cloud.Dim())
	return cloud
}

// countedWords says how many of the weights S(Theta) counts, and since when; empty where it counts all or none.
func countedWords(rows []*Row) string {
	for _, r := range rows {
		if len(r.Moving) == 0 || r.Moving[0] == nil {
			continue
		}
		if all, n := len(r.Moving[0]), r.Counted[0]; n < all {
			return fmt.Sprintf("S(Θ) counts %d of %d weights, those that varied over training sets at step %d; the other %d, "+
				"which until then had moved in no set or in one, are left out in the whole run", n, all, r.Step, all-n)
		}
		return ""
	}
	return ""
}

func (o *Observation) cloud() *entropy.Cloud {
	return &entropy.Cloud{Groups: o.Sets, PerGroup: o.PerSet, Rows: o.Theta}
}
