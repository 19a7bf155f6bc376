package ensemble

import "calorimeter/instrument/estimate"

// column is one column of the curves: its name, and how a row fills it. Columns with an error have another column,
// NAME_se, at the end.
type column struct {
	name  string
	value func(r *Row) estimate.Estimate
	error bool               // it has a standard error of its own
	part  bool               // it is part of another column's estimate
	only  func(r Roles) bool // models that have it; nil means all
}

func unnormalised(r Roles) bool { return r.Unnormalised }
func markov(r Roles) bool       { return r.Markov }
func rejects(r Roles) bool      { return r.Rejects }
func labelled(r Roles) bool     { return r.Labels > 0 }

var columns = []column{
	{"train_nll", func(r *Row) estimate.Estimate { return r.TrainNLL }, true, false, nil},
	{"test_nll", func(r *Row) estimate.Estimate { return r.TestNLL }, true, false, nil},
	{"work", func(r *Row) estimate.Estimate { return r.Work }, true, false, nil},
	{"heat", func(r *Row) estimate.Estimate { return r.Heat }, true, false, nil},
	{"entropy_production", func(r *Row) estimate.Estimate { return r.EntropyProduction }, true, false, nil},
	{"s_x_given_theta", func(r *Row) estimate.Estimate { return r.SampleEntropy }, true, false, nil},
	{"s_theta", func(r *Row) estimate.Estimate { return r.ThetaEntropy }, true, false, nil},
	{"x_info_lo", func(r *Row) estimate.Estimate { return r.XInfo.Lower }, true, false, nil},
	{"x_info_hi", func(r *Row) estimate.Estimate { return r.XInfo.Upper }, true, false, nil},
	{"l_info_lo", func(r *Row) estimate.Estimate { return r.LInfo.Lower }, true, false, nil},
	{"l_info_hi", func(r *Row) estimate.Estimate { return r.LInfo.Upper }, true, false, nil},
	{"m_info", func(r *Row) estimate.Estimate { return r.MInfo }, true, false, nil},
	{"m_info_lo", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Lo) }, false, true, nil},
	{"m_info_hi", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Hi) }, false, true, nil},
	{"m_info_d_lo", func(r *Row) estimate.Estimate { return r.MInfoFinite.Lower }, true, false, nil},
	{"m_info_d_hi", func(r *Row) estimate.Estimate { return r.MInfoFinite.Upper }, true, false, nil},
	{"m_info_noise", func(r *Row) estimate.Estimate { return r.MInfoNoise }, true, false, nil},
	{"delta_f", func(r *Row) estimate.Estimate { return r.DeltaF }, true, false, nil},
	{"ift", func(r *Row) estimate.Estimate { return r.Fluctuation.Average }, false, false, nil},
	{"ift_se", func(r *Row) estimate.Estimate { return end(r.Fluctuation.Average, r.Fluctuation.Average.SE) }, false, true, nil},
	{"delta_f_exact", func(r *Row) estimate.Estimate { return r.FreeEnergy.Exact }, true, false, unnormalised},
	{"delta_f_ais", func(r *Row) estimate.Estimate { return r.FreeEnergy.Annealed }, true, false, unnormalised},
	{"delta_f_work", func(r *Row) estimate.Estimate { return r.FreeEnergy.Work }, true, false, unnormalised},
	{"delta_f_bar", func(r *Row) estimate.Estimate { return r.FreeEnergy.TwoSided }, true, false, unnormalised},
	{"test_nll_exact", func(r *Row) estimate.Estimate { return r.TestByFree.Exact }, true, false, unnormalised},
	{"test_nll_ais", func(r *Row) estimate.Estimate { return r.TestByFree.Annealed }, true, false, unnormalised},
	{"test_nll_work", func(r *Row) estimate.Estimate { return r.TestByFree.Work }, true, false, unnormalised},
	{"autocorrelation", func(r *Row) estimate.Estimate { return r.Chain.Memory }, true, false, markov},
	{"ess", func(r *Row) estimate.Estimate { return r.Chain.ESS }, true, false, markov},
	{"resampled", func(r *Row) estimate.Estimate { return r.Chain.Resampled }, true, false, markov},
	{"acceptance", func(r *Row) estimate.Estimate { return r.Chain.Acceptance }, true, false, rejects},
	{"train_accuracy", func(r *Row) estimate.Estimate { return r.TrainRight }, true, false, labelled},
	{"test_accuracy", func(r *Row) estimate.Estimate { return r.TestRight }, true, false, labelled},
}

// shared is the name of the last column: [Row.TestShared], which is a part of another's error.
const shared = "test_nll_shared"

// end is a number that belongs to an estimate, such as one end of its interval.
func end(e estimate.Estimate, v float64) estimate.Estimate {
	e.Value = v
	return e
}

// columnsOf returns the columns of models with the given roles.
func columnsOf(roles Roles) []column {
	var out []column
	for _, c := range columns {
		if c.only == nil || c.only(roles) {
			out = append(out, c)
		}
	}
	return out
}

// Columns names the columns of the curves of models with the given roles, in order: "step" is the first, those that every
// model has come next, then standard errors, and at the end the part of the held-out loss's error that all rows share.
func Columns(roles Roles) []string {
	names := []string{"step"}
	for _, c := range columnsOf(roles) {
		names = append(names, c.name)
	}
	for _, c := range columnsOf(roles) {
		if c.error {
			names = append(names, c.name+"_se")
		}
	}
	return append(names, shared)
}

// Values returns the row's numbers in the order of [Columns]; NaN where one is unknown.
func (r *Row) Values() []float64 {
	values := []float64{float64(r.Step)}
	for _, c := range columnsOf(r.Roles) {
		values = append(values, c.value(r).Value)
	}
	for _, c := range columnsOf(r.Roles) {
		if c.error {
			values = append(values, c.value(r).SE)
		}
	}
	return append(values, r.TestShared)
}
