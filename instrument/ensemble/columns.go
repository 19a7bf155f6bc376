package ensemble

import "calorimeter/instrument/estimate"

// column is one column of the curves: its name, and how a row fills it. Columns with an error have another column,
// NAME_se, at the end.
type column struct {
	name  string
	value func(r *Row) estimate.Estimate
	error bool // it has a standard error of its own
	part  bool // it is part of another column's estimate
}

var columns = []column{
	{"train_nll", func(r *Row) estimate.Estimate { return r.TrainNLL }, true, false},
	{"test_nll", func(r *Row) estimate.Estimate { return r.TestNLL }, true, false},
	{"work", func(r *Row) estimate.Estimate { return r.Work }, true, false},
	{"heat", func(r *Row) estimate.Estimate { return r.Heat }, true, false},
	{"entropy_production", func(r *Row) estimate.Estimate { return r.EntropyProduction }, true, false},
	{"s_x_given_theta", func(r *Row) estimate.Estimate { return r.SampleEntropy }, true, false},
	{"s_theta", func(r *Row) estimate.Estimate { return r.ThetaEntropy }, true, false},
	{"x_info_lo", func(r *Row) estimate.Estimate { return r.XInfo.Lower }, true, false},
	{"x_info_hi", func(r *Row) estimate.Estimate { return r.XInfo.Upper }, true, false},
	{"l_info_lo", func(r *Row) estimate.Estimate { return r.LInfo.Lower }, true, false},
	{"l_info_hi", func(r *Row) estimate.Estimate { return r.LInfo.Upper }, true, false},
	{"m_info", func(r *Row) estimate.Estimate { return r.MInfo }, true, false},
	{"m_info_lo", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Lo) }, false, true},
	{"m_info_hi", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Hi) }, false, true},
	{"m_info_d_lo", func(r *Row) estimate.Estimate { return r.MInfoFinite.Lower }, true, false},
	{"m_info_d_hi", func(r *Row) estimate.Estimate { return r.MInfoFinite.Upper }, true, false},
	{"m_info_noise", func(r *Row) estimate.Estimate { return r.MInfoNoise }, true, false},
	{"delta_f", func(r *Row) estimate.Estimate { return r.DeltaF }, true, false},
	{"ift", func(r *Row) estimate.Estimate { return r.Fluctuation.Average }, false, false},
	{"ift_se", func(r *Row) estimate.Estimate { return end(r.Fluctuation.Average, r.Fluctuation.Average.SE) }, false, true},
}

// end is a number that belongs to an estimate, such as one end of its interval.
func end(e estimate.Estimate, v float64) estimate.Estimate {
	e.Value = v
	return e
}

// Columns names the columns of the curves, in order; "step" is the first.
func Columns() []string {
	names := []string{"step"}
	for _, c := range columns {
		names = append(names, c.name)
	}
	for _, c := range columns {
		if c.error {
			names = append(names, c.name+"_se")
		}
	}
	return names
}

// Values returns the row's numbers in the order of [Columns]; NaN where one is unknown.
func (r *Row) Values() []float64 {
	values := []float64{float64(r.Step)}
	for _, c := range columns {
		values = append(values, c.value(r).Value)
	}
	for _, c := range columns {
		if c.error {
			values = append(values, c.value(r).SE)
		}
	}
	return values
}
