package vector

import (
	"math"
	"unsafe"
)

// Adam is what a step of that optimizer takes the same for every weight.
type Adam struct {
	Scale, Decay float64    // of the gradient and of the weight, in the slope d
	Keep, Add    [2]float64 // of the moments of d and of d^2, and of what is new
	Correct      [2]float64 // by which the moments are divided
	Rate, Least  float64    // of the step; added to the root
}

// AdamStep makes a step of weights w with gradient g and moments m and v, in double precision:
//
//	d = Scale g + Decay w,   m' = Keep[0] m + Add[0] d,   v' = Keep[1] v + Add[1] d d,
//	w' = w - Rate (m'/Correct[0]) / (sqrt(v'/Correct[1]) + Least).
func AdamStep[T float32 | float64](w, g []T, m, v []float64, a *Adam) {
	g, m = g[:len(w)], m[:len(w)]
	v = v[:len(w)]
	n := whole(len(w))
	if n > 0 {
		var terms [10][4]float64
		for i, x := range [10]float64{a.Scale, a.Decay, a.Keep[0], a.Add[0], a.Keep[1], a.Add[1], a.Correct[0], a.Correct[1],
			a.Rate, a.Least} {
			terms[i] = [4]float64{x, x, x, x}
		}
		weights, slopes := unsafe.Pointer(&w[0]), unsafe.Pointer(&g[0])
		if unsafe.Sizeof(w[0]) == 4 {
			adam32AVX2((*float32)(weights), (*float32)(slopes), &m[0], &v[0], &terms, n)
		} else {
			adam64AVX2((*float64)(weights), (*float64)(slopes), &m[0], &v[0], &terms, n)
		}
	}
	for i := n; i < len(w); i++ {
		x := float64(w[i])
		d := float64(a.Scale*float64(g[i])) + float64(a.Decay*x)
		m[i] = float64(a.Keep[0]*m[i]) + float64(a.Add[0]*d)
		v[i] = float64(a.Keep[1]*v[i]) + float64(a.Add[1]*d*d)
		w[i] = T(x - float64(a.Rate*(m[i]/a.Correct[0]))/(math.Sqrt(v[i]/a.Correct[1])+a.Least))
	}
}
