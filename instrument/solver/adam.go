package solver

import (
	"math"

	"calorimeter/internal/vector"
)

// Constants of Adam, as its paper recommends them.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// adam makes a step of Adam (Kingma & Ba 2015, arXiv:1412.6980), number n from 1 on, with the running moments m and v:
//
//	m' = b1 m + (1-b1) d,   v' = b2 v + (1-b2) d^2,
//	theta' = theta - r (m'/(1-b1^n)) / (sqrt(v'/(1-b2^n)) + 1e-8),   b1 = 0.9, b2 = 0.999.
func adam[T float32 | float64](w, g []T, m, v []float64, t *terms) {
	vector.AdamStep(w, g, m, v, &vector.Adam{
		Scale: t.scale, Decay: t.decay, Rate: t.rate, Least: adamEpsilon,
		Keep: [2]float64{adamBeta1, adamBeta2}, Add: [2]float64{1 - adamBeta1, 1 - adamBeta2},
		Correct: [2]float64{1 - math.Pow(adamBeta1, float64(t.step)), 1 - math.Pow(adamBeta2, float64(t.step))},
	})
}
