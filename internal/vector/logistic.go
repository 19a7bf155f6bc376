package vector

// Sigmoid fills out with 1/(1 + e^-x).
func Sigmoid(out, x []float32) {
	x = x[:len(out)]
	n := whole(len(out))
	if n > 0 {
		sigmoidAVX2(&out[0], &x[0], n)
	}
	if rest := out[n:]; accelerated && len(rest) > 0 {
		to := padded(x[n:], 0)
		sigmoidAVX2(&to[0], &to[0], len(to))
		copy(rest, to[:])
	} else {
		for i, v := range x[n:] {
			rest[i] = logistic(v)
		}
	}
}

// BernoulliNLLGrad fills out with d (sigmoid(l) - x), d times the derivative of BernoulliNLL.
func BernoulliNLLGrad(out, logits, bits []float32, d float32) {
	bits = bits[:len(out)]
	Sigmoid(out, logits)
	n := whole(len(out))
	if n > 0 {
		scaledLessAVX2(&out[0], &bits[0], d, n)
	}
	for i := n; i < len(out); i++ {
		out[i] = float32(out[i]-bits[i]) * d
	}
}

// padded are the last numbers of a vector, which fill no instruction, with others after them.
func padded(x []float32, with float32) (eight [8]float32) {
	for i := range eight {
		eight[i] = with
	}
	copy(eight[:], x)
	return eight
}
