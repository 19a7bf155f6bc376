package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

var _ = declare(quantity{Info: record.Info{
	Name: "linear_response", Title: "Var(w)/2Σ of the interval", Symbol: "Var(w)/2Σ", Unit: "1", Expected: 1,
	Panel: record.Panel{Figure: "response", Title: "Linear response", Axis: "Var(w) / 2Σ, 1 for small steps"},
	Doc: "variance of the work of the last interval over twice its entropy production, both averaged over replicas: " +
		"where the weights move little between observations, work is Gaussian and <w> - ΔF = Var(w)/2",
	Assumption: "chains in equilibrium at the beginning of the interval, independent given the weights",
	Ref:        "Jarzynski 1997, Phys. Rev. Lett. 78, 2690, section on near-equilibrium",
}, only: sampled, of: linearResponse})

// linearResponse is Var(w) / (2 Sigma) of the last interval, a ratio of means over training sets with their jackknife
// error. Replicas of a set are averaged first. It is unknown where the entropy production cannot be told from 0.
func linearResponse(o *Observation, row *Row, _ []*Row) estimate.Estimate {
	sigma := row.Interval.EntropyProduction
	switch {
	case o.Ledgers[0].Observations == 0:
		return estimate.Unknown("no interval before the first observation")
	case o.Chains < 2:
		return estimate.Unknown("one chain has no variance")
	case !(sigma.Lo > 0):
		return estimate.Unknown("the entropy production of the interval cannot be told from 0")
	}
	variance, dissipated := make([]float64, o.Sets), make([]float64, o.Sets)
	for s, l := range o.Ledgers {
		mean, v := stat.MeanVariance(l.Work, nil)
		variance[s/o.PerSet] += v
		dissipated[s/o.PerSet] += mean - l.DeltaF
	}
	return estimate.Jackknife(o.Sets, func(skip int) float64 {
		var v, sum float64
		for d := range variance {
			if d != skip {
				v, sum = v+variance[d], sum+dissipated[d]
			}
		}
		if sum == 0 {
			return math.NaN()
		}
		return v / (2 * sum)
	})
}
