package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	memoryPanel = record.Panel{
		Figure: "chains", Title: "Memory of the observer chains", Axis: "kernel moves", Scale: record.Log,
	}
	sharePanel = record.Panel{Figure: "chains", Title: "Observer chains", Axis: "share"}
)

var _ = declare(
	quantity{Info: record.Info{
		Name: "autocorrelation", Title: "autocorrelation time", Symbol: "memory τ", Unit: "kernel moves", Panel: memoryPanel,
		Rank: 8, Doc: "integrated autocorrelation time of the energy of the observer chains",
	}, only: markov, of: ofRow(func(r *Row) estimate.Estimate { return r.Chain.Memory })},
	quantity{Info: record.Info{
		Name: "ess", Title: "effective sample size", Unit: "1", Panel: sharePanel,
		Doc: "of the observer chains' weights since they were last resampled, as a share of the chains",
	}, only: markov, of: ofRow(func(r *Row) estimate.Estimate { return r.Chain.ESS })},
	quantity{Info: record.Info{
		Name: "resampled", Title: "resamplings", Unit: "1",
		Doc: "how often the observer chains of a replica were resampled since the start",
	}, only: markov, of: ofRow(func(r *Row) estimate.Estimate { return r.Chain.Resampled })},
	quantity{Info: record.Info{
		Name: "acceptance", Title: "acceptance", Unit: "1", Panel: sharePanel, Rank: 7,
		Doc: "share of the kernel's proposals that were accepted since the last observation",
	}, only: rejects, of: ofRow(func(r *Row) estimate.Estimate { return r.Chain.Acceptance })},
)
