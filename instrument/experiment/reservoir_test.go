package experiment

import "calorimeter/instrument/estimate"

func init() {
	breaks["reservoir"] = []broken{
		{"heat with the sign of what is absorbed", times("heat", -1)},
		{"heat of chains that stay in equilibrium, without what the moving weights dissipate", times("heat", 0.1)},
		{"entropy of the weights without the half", times("reservoir_entropy", 2)},
		{"M-info without the half", times("m_info_gauss", 2)},
		{"M-info of an example counted twice", times("m_info", 2)},
		{"M-info that knows no temperature", func(runs []*Run) {
			for _, r := range runs {
				altered(r, "m_info_gauss", func(estimate.Estimate) estimate.Estimate { return runs[0].Last("m_info_gauss") })
			}
		}},
		{"L-info in the place of what is stored", func(runs []*Run) {
			times("l_info_lo", 2)(runs)
			times("l_info_hi", 2)(runs)
		}},
	}
}
