package ssl

import "math"

// Constants of Adam, as its paper recommends them.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// adam makes update number step (from 1) of the weights along the gradient g and advances the running moments m and v:
//
//	m = b1 m + (1-b1) g,  v = b2 v + (1-b2) g^2,  theta -= rate (m/(1-b1^step)) / (sqrt(v/(1-b2^step)) + 1e-8),
//
// b1 = 0.9, b2 = 0.999 (Kingma & Ba 2015, arXiv:1412.6980), in float64 whatever the precision of the graph. The
// moments are the caller's, so that they can be saved with the weights.
func adam[T float32 | float64](theta, m, v []float64, g []T, rate float64, step int) {
	c1 := 1 - math.Pow(adamBeta1, float64(step))
	c2 := 1 - math.Pow(adamBeta2, float64(step))
	for i, gi := range g {
		d := float64(gi)
		m[i] = adamBeta1*m[i] + (1-adamBeta1)*d
		v[i] = adamBeta2*v[i] + (1-adamBeta2)*d*d
		theta[i] -= rate * (m[i] / c1) / (math.Sqrt(v[i]/c2) + adamEpsilon)
	}
}
