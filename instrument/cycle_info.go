package instrument

import (
	"fmt"
	"slices"

	"calorimeter/instrument/record"
)

// The panels of the quantities of a cycle.
var (
	cycleEnergyPanel  = record.Panel{Figure: "cycle_steps", Title: "Mean energies of a step", Axis: "nats per sample"}
	cycleHeatPanel    = record.Panel{Figure: "cycle_steps", Title: "Heat and work of a step", Axis: "nats per sample"}
	cycleEntropyPanel = record.Panel{Figure: "cycle_books", Title: "Entropy and information", Axis: "nats per sample"}
	cycleDemonPanel   = record.Panel{
		Figure: "cycle_books", Title: "Efficiency of the demon", Axis: "η = work extracted / KL(q‖p)",
	}
	cycleTauPanel = record.Panel{
		Figure: "cycle_steps", Title: "Effective temperature of the target", Axis: "τ, 1 for the softmax",
	}
	cycleSigmaPanel = record.Panel{
		Figure: "cycle_steps", Title: "Entropy production of a step", Axis: "nats per sample",
	}
	cycleResidualPanel = record.Panel{
		Figure: "cycle_residuals", Title: "What identities leave", Axis: "relative residual", Scale: record.Log,
	}
)

// cycleInfo declares the quantities of a cycle, without their prefix, in the order of [thermo.CycleNames].
var cycleInfo = []record.Info{
	{Name: "energy_p", Title: "<E> under p", Symbol: "<E>_p", Panel: cycleEnergyPanel,
		Doc: "mean energy of the softmax p before the update"},
	{Name: "energy_q", Title: "<E> under q", Symbol: "<E>_q", Panel: cycleEnergyPanel,
		Doc: "mean energy of the target q before the update"},
	{Name: "energy_q2", Title: "<E′> under q", Symbol: "<E'>_q", Panel: cycleEnergyPanel,
		Doc: "mean energy of the target q after the update"},
	{Name: "energy_p2", Title: "<E′> under p′", Symbol: "<E'>_p'", Panel: cycleEnergyPanel,
		Doc: "mean energy of the softmax p' after the update"},
	{Name: "entropy_p", Title: "S(p)", Symbol: "S(p)", Panel: cycleEntropyPanel, Rank: 7,
		Doc: "entropy of the softmax before the update"},
	{Name: "entropy_q", Title: "S(q)", Symbol: "S(q)", Panel: cycleEntropyPanel, Rank: 7, Doc: "entropy of the target"},
	{Name: "entropy_p2", Title: "S(p′)", Symbol: "S(p')", Panel: cycleEntropyPanel,
		Doc: "entropy of the softmax after the update"},
	{Name: "q_in", Title: "heat in Q_in", Symbol: "Q_in", Panel: cycleHeatPanel, Rank: 5,
		Doc: "heat absorbed with the measurement, <E>_q - <E>_p"},
	{Name: "work", Title: "work W", Symbol: "W", Panel: cycleHeatPanel, Rank: 5,
		Doc: "work done by the update, <E'>_q - <E>_q"},
	{Name: "q_out", Title: "heat Q_out", Symbol: "Q_out", Panel: cycleHeatPanel, Rank: 5,
		Doc: "heat absorbed in thermalisation, <E'>_p' - <E'>_q"},
	{Name: "delta_f", Title: "free energy ΔF", Symbol: "ΔF", Panel: cycleHeatPanel, Rank: 6,
		Doc: "change of the free energy -ln sum_k exp(-E_k)"},
	{Name: "kl_before", Title: "KL(q‖p), bought", Symbol: "KL(q‖p)", Panel: cycleEntropyPanel, Rank: 4,
		Doc: "what the measurement bought"},
	{Name: "kl_after", Title: "KL(q‖p′), left", Symbol: "KL(q‖p′)", Panel: cycleEntropyPanel,
		Doc: "what is left of it after the update, and dissipated"},
	{Name: "tau_q", Title: "τ(q)", Symbol: "τ(q)", Unit: "1", Panel: cycleTauPanel,
		Doc: "temperature at which the energies have the entropy of q"},
	{Name: "tau_q2", Title: "τ′(q)", Symbol: "τ′(q)", Unit: "1", Panel: cycleTauPanel,
		Doc: "the same with the energies after the update"},
	{Name: "extracted", Title: "work extracted −(W − ΔF)", Symbol: "−(W−ΔF)", Panel: cycleHeatPanel,
		Doc: "work extracted beyond the free energy: the decrease of the loss on the batch"},
	{Name: "efficiency", Title: "η of a step", Symbol: "η", Unit: "1", Panel: cycleDemonPanel, Rank: 2,
		Doc: "-(W-dF)/KL(q||p), at most 1"},
	{Name: "sigma_measure", Title: "measurement", Symbol: "Σ₁", Panel: cycleSigmaPanel,
		Doc: "entropy production of the measurement, -KL(q||p)"},
	{Name: "sigma_thermalise", Title: "thermalisation", Symbol: "Σ₃", Panel: cycleSigmaPanel,
		Doc: "entropy production of thermalisation, KL(q||p')"},
	{Name: "first_law", Title: "first law", Symbol: "|d<E>-Q_in-W-Q_out|", Unit: "1", Panel: cycleResidualPanel,
		Doc: "largest violation of the first law over samples, relative to the energies"},
	{Name: "demon", Title: "W − ΔF = change of KL", Symbol: "|W-dF-dKL|", Unit: "1", Panel: cycleResidualPanel,
		Doc: "largest |(W-dF) - (KL(q||p') - KL(q||p))| over samples, relative to the energies"},
	{Name: "loss_residual", Title: "W − ΔF = change of the loss", Symbol: "|W-dF-dL|", Unit: "1",
		Panel: cycleResidualPanel, Doc: "|(W-dF) - (L'-L)| for the program's own loss L, relative to max(1, |L|)"},
}

// CycleInfo declares the named number of a cycle, one of [CycleQuantities], as a quantity cycle_NAME: for whoever
// measures cycles, be it single steps under a [Cycle] or their means over many. It panics on another name.
func CycleInfo(name string) record.Info {
	at := slices.IndexFunc(cycleInfo, func(i record.Info) bool { return i.Name == name })
	if at < 0 {
		panic(fmt.Sprintf("instrument: a cycle has no quantity %q; it has %v", name, CycleQuantities()))
	}
	info := cycleInfo[at]
	info.Name = "cycle_" + name
	if info.Unit == "" {
		info.Unit = "nats per sample"
	}
	info.Ref = "after Salazar 2021, arXiv:2106.08981"
	return info
}
