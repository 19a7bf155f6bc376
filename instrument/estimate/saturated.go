package estimate

// Saturated reports whether a value that cannot pass its ceiling, such as a lower bound that is at most ln D, lies
// within 10 % of it: it then says only that the truth is larger, and may be far above. False without a ceiling (0).
func Saturated(value, ceiling float64) bool { return ceiling > 0 && value > 0.9*ceiling }
