package solver

import "math"

// Constants of RMSProp: the decay of its source, Gorgonia's epsilon.
const (
	rmspropRho     = 0.9
	rmspropEpsilon = 1e-8
)

// rmsprop makes a step along the gradient over its running root mean square (Tieleman & Hinton 2012, Coursera
// lecture 6.5):
//
//	c' = rho c + (1-rho) d^2,   theta' = theta - r d/sqrt(c' + 1e-8),   rho = 0.9.
func rmsprop[T float32 | float64](w, g []T, c []float64, t *terms) {
	for i, gi := range g {
		x := float64(w[i])
		d := t.slope(float64(gi), x)
		c[i] = rmspropRho*c[i] + (1-rmspropRho)*d*d
		w[i] = T(x - t.rate*d/math.Sqrt(c[i]+rmspropEpsilon))
	}
}
