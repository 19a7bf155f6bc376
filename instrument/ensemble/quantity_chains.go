package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(
	only(markov, ofSamples("autocorrelation", func(r *Row) estimate.Estimate { return r.Chain.Memory })),
	only(markov, ofSamples("ess", func(r *Row) estimate.Estimate { return r.Chain.ESS })),
	quantity{Info: record.Info{
		Name: "resampled", Title: "resamplings", Unit: "1",
		Doc: "how often the observer chains of a replica were resampled since the start",
	}, only: markov, of: ofRow(func(r *Row) estimate.Estimate { return r.Chain.Resampled })},
	only(rejects, ofSamples("acceptance", func(r *Row) estimate.Estimate { return r.Chain.Acceptance })),
)

// only limits a quantity to some models.
func only(models func(r Roles) bool, q quantity) quantity {
	q.only = models
	return q
}
