package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	thermoPanel = record.Panel{
		Figure: "thermodynamics", Title: "Work, heat and entropy production", Axis: "summed over training (nats)",
		Overview: 3,
	}
	sampleEntropyPanel = record.Panel{
		Figure: "entropy", Title: "Entropy of the samples", Axis: "S(X|Θ) (nats)", Overview: 4,
	}
	fluctuationPanel = record.Panel{
		Figure: "fluctuations", Title: "Integral fluctuation theorem", Axis: "<exp(ΔF − w)>, 1 if the books are right",
	}
	freeEnergyPanel = record.Panel{Figure: "free-energy", Title: "Free energy", Axis: "F(θ_n) − F(θ_0) (nats)"}
	byMethodPanel   = record.Panel{Figure: "free-energy", Title: "Test loss by each free energy", Axis: "nats per sample"}
)

var _ = declare(
	quantity{Info: record.Info{
		Name: "work", Title: "work W", Symbol: "work W", Unit: "nats", Panel: thermoPanel, Rank: 6,
		Headline: true, Summed: true,
		Doc: "sum of phi_n(x_{n-1}) - phi_{n-1}(x_{n-1}) so far, mean over chains: done on the samples as the weights move",
		Ref: sekimoto,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.Work })},
	quantity{Info: record.Info{
		Name: "heat", Title: "dissipated heat −Q", Symbol: "heat out -Q", Unit: "nats", Panel: thermoPanel, Rank: 5,
		Headline: true, Summed: true, Negated: true,
		Doc: "sum of phi_n(x_n) - phi_n(x_{n-1}) so far, mean over chains: heat absorbed by the samples; -Q is dissipated " +
			"into the weights",
		Ref: sekimoto,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.Heat })},
	quantity{Info: record.Info{
		Name: "entropy_production", Title: "entropy production Σ = W − ΔF", Symbol: "production Σ", Unit: "nats",
		Panel: thermoPanel, Rank: 11, Headline: true, Summed: true,
		Doc: "W - ΔF, given the path of the weights; at equilibrium sampling a sum of Kullback-Leibler divergences, never " +
			"negative on average",
		Ref: "defined here, after " + parsi,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.EntropyProduction })},
	quantity{Info: record.Info{
		Name: "delta_f", Title: "free energy ΔF", Symbol: "ΔF", Unit: "nats", Panel: thermoPanel, Summed: true,
		Doc: "F(theta_n) - F(theta_0) with F = -ln Z; exactly 0 for a normalised model, else -ln <exp(-W)>", Ref: jarzynski,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.DeltaF })},
	quantity{Info: record.Info{
		Name: "s_x_given_theta", Title: "entropy of the samples S(X|Θ)", Symbol: "S(X|Θ)", Unit: "nats",
		Panel: sampleEntropyPanel, Rank: 4, Headline: true,
		Doc: "mean energy of the samples less the free energy, E[phi(x)] - F(theta), with F = -ln Z", Ref: parsi,
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.SampleEntropy })},
	quantity{Info: record.Info{
		Name: "ift", Title: "fluctuation average", Symbol: "<exp(ΔF-w)>", Unit: "1", Panel: fluctuationPanel, Rank: 10,
		Expected: 1,
		Doc: "<exp(-(w - ΔF))> over the last interval between observations for exact sampling, else over the whole run " +
			"(weighted chains); 1 if the books are right and the chains well sampled",
		Ref: jarzynski,
	}, of: ofRow(fluctuationAverage)},
	byMethod("delta_f_exact", "ΔF, exact", "from the model's own ln Z", "",
		func(r *Row) estimate.Estimate { return r.FreeEnergy.Exact }),
	byMethod("delta_f_ais", "ΔF, annealing", "by annealed importance sampling at each observation",
		"Neal 2001, Statistics and Computing 11, 125; for RBMs Salakhutdinov & Murray 2008",
		func(r *Row) estimate.Estimate { return r.FreeEnergy.Annealed }),
	byMethod("delta_f_work", "ΔF, one-sided work", "by the work of the observer chains since the start", jarzynski,
		func(r *Row) estimate.Estimate { return r.FreeEnergy.Work }),
	byMethod("delta_f_bar", "ΔF, two-sided work", "by forward and reverse work from observation to observation",
		"Bennett 1976, J. Comput. Phys. 22, 245", func(r *Row) estimate.Estimate { return r.FreeEnergy.TwoSided }),
	testByMethod("test_nll_exact", "test loss, exact ln Z",
		func(r *Row) estimate.Estimate { return r.TestByFree.Exact }),
	testByMethod("test_nll_ais", "test loss, ln Z by annealing",
		func(r *Row) estimate.Estimate { return r.TestByFree.Annealed }),
	testByMethod("test_nll_work", "test loss, ln Z by work",
		func(r *Row) estimate.Estimate { return r.TestByFree.Work }),
)

// byMethod declares the free energy difference by one way.
func byMethod(name, title, how, ref string, f func(r *Row) estimate.Estimate) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "nats", Panel: freeEnergyPanel, Ref: ref,
		Doc: "F(theta_n) - F(theta_0) " + how,
	}, only: unnormalised, of: ofRow(f)}
}

// testByMethod declares the held-out loss with ln Z by one way.
func testByMethod(name, title string, f func(r *Row) estimate.Estimate) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "nats per sample", Panel: byMethodPanel,
		Doc: "mean negative log-likelihood of the held-out examples with the free energy by this way",
	}, only: unnormalised, of: ofRow(f)}
}

// fluctuationAverage has no interval where too few chains carry it: what it would be is too short.
func fluctuationAverage(r *Row) estimate.Estimate {
	e := r.Fluctuation.Average
	if e.HasInterval() && len(e.Warnings) > 0 {
		e.Lo, e.Hi = math.NaN(), math.NaN()
		e.Confidence = 0
	}
	return e
}
