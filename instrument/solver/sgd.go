package solver

// sgd makes a step of stochastic gradient descent along a gradient d that was clipped or has weight decay:
//
//	theta' = theta - r d.
//
// Without either, [calorimeter/instrument.SGD] makes it, to the bit as ever.
func sgd[T float32 | float64](w, g []T, t *terms) {
	for i, gi := range g {
		x := float64(w[i])
		w[i] = T(x - t.rate*t.slope(float64(gi), x))
	}
}
