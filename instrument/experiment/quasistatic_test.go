package experiment

import "calorimeter/instrument/estimate"

func init() {
	breaks["quasi-static"] = []broken{
		{"work without the half", times("entropy_production", 2)},
		{"noise that does not dissipate", func(runs []*Run) {
			for i, r := range runs[len(runs)/2:] {
				quiet := runs[i].Last("entropy_production")
				altered(r, "entropy_production", func(estimate.Estimate) estimate.Estimate { return quiet })
			}
		}},
		{"entropy production in proportion to r²", func(runs []*Run) {
			for _, r := range runs {
				rate, _ := r.Setting("lr")
				times("entropy_production", rate/0.2)([]*Run{r})
			}
		}},
		{"information counted twice", func(runs []*Run) {
			times("x_info_lo", 2)(runs)
			times("x_info_hi", 2)(runs)
		}},
	}
}
