package experiment

func init() {
	breaks["balance"] = []broken{
		{"entropy production without the half", times("entropy_production", 2)},
		{"heat with the sign of what is dissipated", times("heat", -1)},
		{"information counted twice", func(runs []*Run) {
			times("x_info_lo", 2)(runs)
			times("x_info_hi", 2)(runs)
		}},
		{"A without the information", func(runs []*Run) {
			times("apparent_production_lo", 0.28)(runs)
			times("apparent_production_hi", 0.28)(runs)
		}},
	}
}
