package instrument

import (
	"fmt"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// samplesQuantity declares a number of observer chains and says how a single network's samples give it.
type samplesQuantity struct {
	record.Info
	of func(s *Samples) (estimate.Estimate, error)
}

// The panels of work, heat and what belongs to them, whatever measures them.
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
	memoryPanel = record.Panel{
		Figure: "chains", Title: "Memory of the observer chains", Axis: "kernel moves", Scale: record.Log,
	}
	sharePanel    = record.Panel{Figure: "chains", Title: "Observer chains", Axis: "share"}
	firstLawPanel = record.Panel{
		Figure: "residuals", Title: "First law", Axis: "largest |Δφ − w − q| (nats)", Scale: record.Log,
	}
)

const (
	parsi     = "Parsi 2024, Entropy 26(2) 112, arXiv:2310.19802"
	sekimoto  = "Sekimoto 1998, Prog. Theor. Phys. Suppl. 130, 17; for learning " + parsi
	jarzynski = "Jarzynski 1997, Phys. Rev. Lett. 78, 2690"
)

// samplesQuantities are all that can be read of observer chains.
var samplesQuantities = []samplesQuantity{
	{Info: record.Info{
		Name: "work", Title: "work W", Symbol: "work W", Unit: "nats", Panel: thermoPanel, Rank: 6,
		Headline: true, Summed: true,
		Doc: "sum of phi_n(x_{n-1}) - phi_{n-1}(x_{n-1}) so far, mean over chains: done on the samples as the weights move",
		Ref: sekimoto,
	}, of: total(func(b thermo.Balance) estimate.Estimate { return b.Work })},
	{Info: record.Info{
		Name: "heat", Title: "dissipated heat −Q", Symbol: "heat out -Q", Unit: "nats", Panel: thermoPanel, Rank: 5,
		Headline: true, Summed: true, Negated: true,
		Doc: "sum of phi_n(x_n) - phi_n(x_{n-1}) so far, mean over chains: heat absorbed by the samples; -Q is dissipated " +
			"into the weights",
		Ref: sekimoto,
	}, of: total(func(b thermo.Balance) estimate.Estimate { return b.Heat })},
	{Info: record.Info{
		Name: "entropy_production", Title: "entropy production Σ = W − ΔF", Symbol: "production Σ", Unit: "nats",
		Panel: thermoPanel, Rank: 11, Headline: true, Summed: true,
		Doc: "W - ΔF, given the path of the weights; at equilibrium sampling a sum of Kullback-Leibler divergences, never " +
			"negative on average",
		Ref: "defined here, after " + parsi,
	}, of: func(s *Samples) (estimate.Estimate, error) {
		sigma := s.gas.Ledger.Total().EntropyProduction
		if s.settings.Unnormalised && s.gas.Ledger.Observations > 0 {
			sigma = sigma.Warn("the free energy is estimated from the same work, and its error is not in this interval")
		}
		return sigma, nil
	}},
	{Info: record.Info{
		Name: "delta_f", Title: "free energy ΔF", Symbol: "ΔF", Unit: "nats", Panel: thermoPanel, Summed: true,
		Doc: "F(theta_n) - F(theta_0) with F = -ln Z; exactly 0 for a normalised model, else -ln <exp(-W)>", Ref: jarzynski,
	}, of: func(s *Samples) (estimate.Estimate, error) {
		if s.settings.Unnormalised {
			return s.gas.Switching.DeltaF(), nil
		}
		return s.gas.Ledger.Total().DeltaF, nil
	}},
	{Info: record.Info{
		Name: "s_x_given_theta", Title: "entropy of the samples S(X|Θ)", Symbol: "S(X|Θ)", Unit: "nats",
		Panel: sampleEntropyPanel, Rank: 4, Headline: true,
		Doc: "mean energy of the samples less the free energy, E[phi(x)] - F(theta), with F = -ln Z", Ref: parsi,
	}, of: func(s *Samples) (estimate.Estimate, error) {
		if s.settings.Unnormalised {
			return estimate.Unknown("ln Z is not known"), nil
		}
		return s.gas.Ledger.Total().SampleEntropy, nil
	}},
	{Info: record.Info{
		Name: "ift", Title: "fluctuation average", Symbol: "<exp(ΔF-w)>", Unit: "1", Panel: fluctuationPanel, Rank: 10,
		Expected: 1, Judges: []string{"work", "heat", "entropy_production", "s_x_given_theta"},
		Doc: "<exp(-(w - ΔF))> over the last interval between observations for exact sampling, else over the whole run " +
			"(weighted chains); 1 if the books are right and the chains well sampled",
		Ref: jarzynski,
	}, of: (*Samples).fluctuation},
	{Info: record.Info{
		Name: "autocorrelation", Title: "autocorrelation time", Symbol: "memory τ", Unit: "kernel moves", Panel: memoryPanel,
		Rank: 8, Doc: "integrated autocorrelation time of the energy of the observer chains",
	}, of: func(s *Samples) (estimate.Estimate, error) { return s.memory, nil }},
	{Info: record.Info{
		Name: "ess", Title: "effective sample size", Unit: "1", Panel: sharePanel,
		Doc: "of the observer chains' weights since they were last resampled, as a share of the chains",
	}, of: func(s *Samples) (estimate.Estimate, error) { return estimate.Bare(s.gas.Switching.ESSFraction()), nil }},
	{Info: record.Info{
		Name: "acceptance", Title: "acceptance", Unit: "1", Panel: sharePanel, Rank: 7,
		Doc: "share of the kernel's proposals that were accepted since the last observation",
	}, of: func(s *Samples) (estimate.Estimate, error) { return s.accepted, nil }},
	{Info: record.Info{
		Name: "first_law", Title: "first law", Symbol: "|Δφ-w-q|", Unit: "nats", Panel: firstLawPanel,
		Doc: "largest violation of the first law over chains, with their energies evaluated anew: 0 to rounding, unless " +
			"the energies do not depend on the weights and the sample alone",
	}, of: (*Samples).residual},
}

// SamplesInfo declares the named number of observer chains, one of [SamplesQuantities]: for whoever measures it, be it
// a single network's [Samples] or an ensemble. It panics on another name.
func SamplesInfo(name string) record.Info {
	at := slices.IndexFunc(samplesQuantities, func(q samplesQuantity) bool { return q.Name == name })
	if at < 0 {
		panic(fmt.Sprintf("instrument: samples have no quantity %q; they have %v", name, SamplesQuantities()))
	}
	return samplesQuantities[at].Info
}

// total reads the balance since the first measurement.
func total(f func(thermo.Balance) estimate.Estimate) func(*Samples) (estimate.Estimate, error) {
	return func(s *Samples) (estimate.Estimate, error) {
		return f(s.gas.Ledger.Total()), nil
	}
}

// fluctuation tests the integral fluctuation theorem: since the last measurement where the kernel is exact, so that the
// chains stood in equilibrium there; else since the first, where burn-in has left them in equilibrium.
func (s *Samples) fluctuation() (estimate.Estimate, error) {
	l := &s.gas.Ledger
	switch {
	case l.Observations == 0:
		return estimate.Unknown("no interval before the first measurement"), nil
	case s.settings.Exact:
		return thermo.FluctuationAverage([][]float64{l.Work}, []float64{l.DeltaF}).Trusted(), nil
	case s.settings.Unnormalised:
		return estimate.Unknown("no free energy but that of the work itself, which would make the average 1 by " +
			"construction"), nil
	}
	dF := []estimate.Estimate{estimate.Exact(l.TotalDeltaF)}
	return thermo.FluctuationSinceStart([]thermo.Switching{s.gas.Switching}, dF).Trusted(), nil
}

// residual evaluates the energies of the chains anew.
func (s *Samples) residual() (estimate.Estimate, error) {
	phi := make([]float64, len(s.gas.Energy))
	if err := s.bath.Energies(phi, s.gas.Chains); err != nil {
		return estimate.Estimate{}, err
	}
	absolute, _ := s.gas.Ledger.Residual(phi)
	return estimate.Bare(absolute), nil
}
