package experiment

import "calorimeter/instrument/estimate"

func init() {
	breaks["capacity"] = []broken{
		{"M-info of an example counted twice", times("m_info", 2)},
		{"M-info that is the same for all sizes", func(runs []*Run) {
			for _, r := range runs {
				altered(r, "m_info", func(estimate.Estimate) estimate.Estimate { return runs[0].Last("m_info") })
			}
		}},
		{"L-info without the half", func(runs []*Run) {
			times("l_info_lo", 2)(runs)
			times("l_info_hi", 2)(runs)
		}},
		{"generalization gap with its sign turned", times("mem", -1)},
		{"entropy production without the half", times("entropy_production", 2)},
	}
}
