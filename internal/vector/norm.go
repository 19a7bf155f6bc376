package vector

import "math"

// Dot returns sum_i x_i y_i, in double precision and in sixteen parts.
func Dot(x, y []float32) float64 {
	y = y[:len(x)]
	var parts [16]float64
	n := whole(len(x)) &^ 15
	if n > 0 {
		dotAVX2(&parts, &x[0], &y[0], n)
	}
	for i := n; i < len(x); i++ {
		parts[i&15] += float64(x[i]) * float64(y[i])
	}
	return total(&parts)
}

// Distance2 returns sum_i (x_i - y_i)^2, likewise.
func Distance2(x, y []float32) float64 {
	y = y[:len(x)]
	var parts [16]float64
	n := whole(len(x)) &^ 15
	if n > 0 {
		distance2AVX2(&parts, &x[0], &y[0], n)
	}
	for i := n; i < len(x); i++ {
		d := float64(x[i]) - float64(y[i])
		parts[i&15] += float64(d * d)
	}
	return total(&parts)
}

// Gradient returns the square of the norm of g, Dot(g, g), and reports whether w is [Finite]: one pass over both, which
// takes as long as that over g alone.
func Gradient(g, w []float32) (norm2 float64, finite bool) {
	w = w[:len(g)]
	var parts [16]float64
	var marks [8]uint32
	n := whole(len(g)) &^ 15
	if n > 0 {
		gradientAVX2(&parts, &marks, &g[0], &w[0], n)
	}
	for i := n; i < len(g); i++ {
		parts[i&15] += float64(g[i]) * float64(g[i])
	}
	return total(&parts), marks == [8]uint32{} && Finite(w[n:])
}

// Finite reports whether no number is NaN or infinite.
func Finite(x []float32) bool {
	n := whole(len(x)) &^ 31
	if n > 0 {
		var marks [8]uint32
		finiteAVX2(&marks, &x[0], n)
		if marks != [8]uint32{} {
			return false
		}
	}
	for _, v := range x[n:] {
		if math.Float32bits(v)&^(1<<31) > math.Float32bits(math.MaxFloat32) {
			return false
		}
	}
	return true
}

func total(parts *[16]float64) (sum float64) {
	for _, s := range parts {
		sum += s
	}
	return sum
}
