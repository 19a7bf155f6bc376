package solver

// nesterov makes a step of accelerated gradient descent (Nesterov 1983; as momentum, Sutskever et al. 2013, ICML):
//
//	v' = mu v - r d(theta + mu v),   theta' = theta + v'.
//
// The network holds x = theta + mu v, where the gradient is taken, so that a step needs one gradient, at x:
//
//	v' = mu v - r d(x),   x' = x - mu v + v' + mu v' = x + mu v' - r d(x).
func nesterov[T float32 | float64](w, g []T, v []float64, t *terms) {
	for i, gi := range g {
		x := float64(w[i])
		down := t.rate * t.slope(float64(gi), x)
		v[i] = t.momentum*v[i] - down
		w[i] = T(x + t.momentum*v[i] - down)
	}
}
