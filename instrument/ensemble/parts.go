package ensemble

import (
	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
)

// Part is the stretch [From, To) of the free weights of a replica that one parameter of the network holds.
type Part struct {
	Name     string
	From, To int
}

// Parts returns the parameters of the network that hold free weights, in the order of Observation.Theta.
func (e *Ensemble) Parts() []Part {
	var out []Part
	from := 0
	for i, p := range e.params {
		if n := countFree(e.free[i], p.size()); n > 0 {
			out = append(out, Part{p.Name, from, from + n})
			from += n
		}
	}
	return out
}

// PartEntropies returns the entropy of the weights of each part alone, in nats, estimated as S(Theta) of all of them is
// (Gaussian, shrunk, over the cloud of replicas: see [entropy.Cloud]). Weights of different parts depend on each other,
// so that the parts' entropies add up to more than S(Theta); like it they depend on the unit of the weights, and only
// their changes do not. The shrinkage target governs the value of each part of more than (D-1)/2 weights, which then
// has no interval. Defined here, after Parsi 2024, Entropy 26(2) 112.
func (o *Observation) PartEntropies(parts []Part) []estimate.Estimate {
	out := make([]estimate.Estimate, len(parts))
	for i, p := range parts {
		rows := make([][]float64, len(o.Theta))
		for s, theta := range o.Theta {
			rows[s] = theta[p.From:p.To]
		}
		c := entropy.Cloud{Groups: o.Sets, PerGroup: o.PerSet, Rows: rows}
		out[i] = c.Entropy()
	}
	return out
}
