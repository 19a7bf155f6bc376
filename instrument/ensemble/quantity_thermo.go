package ensemble

import (
	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	freeEnergyPanel = record.Panel{Figure: "free-energy", Title: "Free energy", Axis: "F(θ_n) − F(θ_0) (nats)"}
	byMethodPanel   = record.Panel{Figure: "free-energy", Title: "Test loss by each free energy", Axis: "nats per sample"}
)

var _ = declare(
	ofSamples("work", func(r *Row) estimate.Estimate { return r.Work }),
	ofSamples("heat", func(r *Row) estimate.Estimate { return r.Heat }),
	ofSamples("entropy_production", func(r *Row) estimate.Estimate { return r.EntropyProduction }),
	ofSamples("delta_f", func(r *Row) estimate.Estimate { return r.DeltaF }),
	ofSamples("s_x_given_theta", func(r *Row) estimate.Estimate { return r.SampleEntropy }),
	ofSamples("ift", func(r *Row) estimate.Estimate { return r.Fluctuation.Trusted() }),
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

// ofSamples measures a number of observer chains, as a single network's samples have it, over the ensemble.
func ofSamples(name string, f func(r *Row) estimate.Estimate) quantity {
	return quantity{Info: instrument.SamplesInfo(name), only: sampled, of: ofRow(f)}
}

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
