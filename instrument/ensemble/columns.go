package ensemble

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"calorimeter/instrument/estimate"
)

// column is one column of the curves: its name, and how a row fills it. Columns with an error have another column,
// NAME_se, at the end.
type column struct {
	name  string
	value func(r *Row) estimate.Estimate
	error bool
}

var columns = []column{
	{"train_nll", func(r *Row) estimate.Estimate { return r.TrainNLL }, true},
	{"test_nll", func(r *Row) estimate.Estimate { return r.TestNLL }, true},
	{"work", func(r *Row) estimate.Estimate { return r.Work }, true},
	{"heat", func(r *Row) estimate.Estimate { return r.Heat }, true},
	{"entropy_production", func(r *Row) estimate.Estimate { return r.EntropyProduction }, true},
	{"s_x_given_theta", func(r *Row) estimate.Estimate { return r.SampleEntropy }, true},
	{"s_theta", func(r *Row) estimate.Estimate { return r.ThetaEntropy }, true},
	{"x_info_lo", func(r *Row) estimate.Estimate { return r.XInfo.Lower }, true},
	{"x_info_hi", func(r *Row) estimate.Estimate { return r.XInfo.Upper }, true},
	{"l_info_lo", func(r *Row) estimate.Estimate { return r.LInfo.Lower }, true},
	{"l_info_hi", func(r *Row) estimate.Estimate { return r.LInfo.Upper }, true},
	{"m_info", func(r *Row) estimate.Estimate { return r.MInfo }, true},
	{"m_info_lo", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Lo) }, false},
	{"m_info_hi", func(r *Row) estimate.Estimate { return end(r.MInfo, r.MInfo.Hi) }, false},
	{"m_info_d_lo", func(r *Row) estimate.Estimate { return r.MInfoFinite.Lower }, true},
	{"m_info_d_hi", func(r *Row) estimate.Estimate { return r.MInfoFinite.Upper }, true},
	{"m_info_noise", func(r *Row) estimate.Estimate { return r.MInfoNoise }, true},
	{"delta_f", func(r *Row) estimate.Estimate { return r.DeltaF }, true},
	{"ift", func(r *Row) estimate.Estimate { return r.Fluctuation.Average }, false},
	{"ift_se", func(r *Row) estimate.Estimate { return end(r.Fluctuation.Average, r.Fluctuation.Average.SE) }, false},
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

// Remarks gathers what the estimates of all rows say of themselves: for a column without any value the reason, else
// each warning once, with the steps that it holds for.
func Remarks(rows []*Row) (reasons map[string]string, warnings []string) {
	reasons = map[string]string{}
	for _, c := range columns {
		type remark struct{ first, last, n int }
		said := map[string]*remark{}
		var order []string
		known := false
		for _, r := range rows {
			e := c.value(r)
			known = known || !math.IsNaN(e.Value)
			if r == rows[0] && len(rows) > 1 && r.Step == 0 && !e.Known() {
				continue // nothing has happened yet
			}
			for _, w := range e.Warnings {
				if said[w] == nil {
					said[w] = &remark{first: r.Step}
					order = append(order, w)
				}
				said[w].last, said[w].n = r.Step, said[w].n+1
			}
		}
		if !known && len(order) > 0 {
			reasons[c.name] = order[len(order)-1]
			continue
		}
		if !c.error && c.name != "ift" {
			continue // its warnings are those of the estimate that it belongs to
		}
		for _, w := range order {
			when := fmt.Sprintf("at step %d", said[w].first)
			if said[w].n > 1 {
				when = fmt.Sprintf("at %d observations from step %d to %d", said[w].n, said[w].first, said[w].last)
			}
			warnings = append(warnings, fmt.Sprintf("%s, %s: %s", c.name, when, w))
		}
	}
	return reasons, merge(warnings)
}

// merge joins warnings that say the same of several columns.
func merge(warnings []string) []string {
	var texts []string
	names := map[string][]string{}
	for _, w := range warnings {
		name, text, _ := strings.Cut(w, ", ")
		if names[text] == nil {
			texts = append(texts, text)
		}
		if !slices.Contains(names[text], name) {
			names[text] = append(names[text], name)
		}
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.Join(names[text], ", ") + " " + text
	}
	return out
}
