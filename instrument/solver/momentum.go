package solver

// momentum makes a step of the heavy ball (Polyak 1964, USSR Comp. Math. 4(5), 1; so Sutskever et al. 2013, ICML):
//
//	v' = mu v - r d,   theta' = theta + v'.
//
// The rate is in the velocity: one that drops slows the ball within 1/(1-mu) steps. (PyTorch's rate is outside, which
// is the same while it is constant.)
func momentum[T float32 | float64](w, g []T, v []float64, t *terms) {
	for i, gi := range g {
		x := float64(w[i])
		v[i] = t.momentum*v[i] - t.rate*t.slope(float64(gi), x)
		w[i] = T(x + v[i])
	}
}
