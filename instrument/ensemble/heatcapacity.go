package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

var _ = declare(quantity{Info: record.Info{
	Name: "heat_capacity", Title: "heat capacity of the samples", Symbol: "Var(φ)", Unit: "nats²",
	Panel: record.Panel{Figure: "response", Title: "Heat capacity", Axis: "Var(φ) at fixed θ (nats²)"},
	Doc: "variance of the energy over the chains of a replica, at its weights as they are: by how much the mean energy " +
		"of the samples would rise with their temperature, from T = 1 on",
	Assumption: "chains in equilibrium, independent given the weights",
	Ref:        "defined here, as fluctuations give response in equilibrium: Kubo 1966, Rep. Prog. Phys. 29, 255",
}, only: unconditional, of: heatCapacity})

// unconditional are models of samples that share one distribution: the energies of labels differ with their inputs.
func unconditional(r Roles) bool { return sampled(r) && r.Labels == 0 }

// heatCapacity averages Var(φ) over training sets.
func heatCapacity(o *Observation, _ *Row, _ []*Row) estimate.Estimate {
	if o.Chains < 2 {
		return estimate.Unknown("one chain has no variance")
	}
	return o.over(func(s int) float64 { return stat.Variance(o.Ledgers[s].Energy, nil) })
}
