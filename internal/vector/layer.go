package vector

import "math"

// AddMax fills out with max(x + y, least), and NaN where that is NaN: a layer's bias, and its rectifier for least = 0.
func AddMax(out, x, y []float32, least float32) {
	x, y = x[:len(out)], y[:len(out)]
	n := whole(len(out))
	if n > 0 {
		addMaxAVX2(&out[0], &x[0], &y[0], least, n)
	}
	for i := n; i < len(out); i++ {
		sum := x[i] + y[i]
		if sum < least {
			sum = least
		}
		out[i] = sum
	}
}

// Gate fills out with from where the sign bit of x + y is clear, and with 0 elsewhere: the derivative of a rectifier.
func Gate(out, x, y, from []float32) {
	x, y = x[:len(out)], y[:len(out)]
	from = from[:len(out)]
	n := whole(len(out))
	if n > 0 {
		gateAVX2(&out[0], &x[0], &y[0], &from[0], n)
	}
	for i := n; i < len(out); i++ {
		shut := uint32(int32(math.Float32bits(x[i]+y[i])) >> 31)
		out[i] = math.Float32frombits(math.Float32bits(from[i]) &^ shut)
	}
}

// Accumulate adds x to sums.
func Accumulate(sums []float64, x []float32) {
	x = x[:len(sums)]
	n := whole(len(sums))
	if n > 0 {
		accumulateAVX2(&sums[0], &x[0], n)
	}
	for i := n; i < len(sums); i++ {
		sums[i] += float64(x[i])
	}
}

// Mul fills out with x y.
func Mul(out, x, y []float32) {
	x, y = x[:len(out)], y[:len(out)]
	n := whole(len(out))
	if n > 0 {
		mulAVX2(&out[0], &x[0], &y[0], n)
	}
	for i := n; i < len(out); i++ {
		out[i] = x[i] * y[i]
	}
}

// Add fills out with x + y.
func Add(out, x, y []float32) {
	x, y = x[:len(out)], y[:len(out)]
	n := whole(len(out))
	if n > 0 {
		addAVX2(&out[0], &x[0], &y[0], n)
	}
	for i := n; i < len(out); i++ {
		out[i] = x[i] + y[i]
	}
}

// Descend subtracts rate g from w and clears g: a step of gradient descent.
func Descend(w, g []float32, rate float32) {
	g = g[:len(w)]
	n := whole(len(w))
	if n > 0 {
		descendAVX2(&w[0], &g[0], rate, n)
	}
	for i := n; i < len(w); i++ {
		w[i] -= float32(rate * g[i])
		g[i] = 0
	}
}
