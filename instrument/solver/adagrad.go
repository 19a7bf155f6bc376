package solver

import "math"

// adagradDelta keeps the first step of a weight without a gradient finite.
const adagradDelta = 1e-8

// adagrad makes a step of AdaGrad with diagonal matrices (Duchi, Hazan & Singer 2011, JMLR 12, 2121, algorithm 1):
//
//	c' = c + d^2,   theta' = theta - r d/(sqrt(c') + 1e-8).
func adagrad[T float32 | float64](w, g []T, c []float64, t *terms) {
	for i, gi := range g {
		x := float64(w[i])
		d := t.slope(float64(gi), x)
		c[i] += d * d
		w[i] = T(x - t.rate*d/(math.Sqrt(c[i])+adagradDelta))
	}
}
