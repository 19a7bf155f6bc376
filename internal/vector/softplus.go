package vector

import "math"

// BernoulliNLL returns sum_i softplus(l_i) - x_i l_i: the negative log-likelihood, in nats, of bits with these logits.
func BernoulliNLL(logits, bits []float32) (nll float64) {
	bits = bits[:len(logits)]
	for len(logits) > 0 {
		n := min(len(logits), mostFactors)
		nll += sumOf(logits[:n], bits[:n], true)
		logits, bits = logits[n:], bits[n:]
	}
	return nll
}

// SoftplusSum returns sum_i softplus(z_i + c_i).
func SoftplusSum(z, c []float32) (sum float64) {
	c = c[:len(z)]
	for len(z) > 0 {
		n := min(len(z), mostFactors)
		sum += sumOf(z[:n], c[:n], false)
		z, c = z[n:], c[n:]
	}
	return sum
}

// parts is a sum of softplus(x) = max(x, 0) + ln(1 + e^-|x|): of what is linear in x, and the product of the factors
// 1 + e^-|x|, so that one logarithm is taken of many. Number i is in part i mod 8.
type parts struct {
	linear  [8]float64
	factors [8]float32
}

// mostFactors is how many factors, of at most 2, there may be: 64 in each part, 512 in double precision.
const mostFactors = 512

// sumOf sums softplus(a) - a b for bits b, or softplus(a + b).
func sumOf(a, b []float32, bits bool) float64 {
	sum := parts{factors: [8]float32{1, 1, 1, 1, 1, 1, 1, 1}}
	n := whole(len(a))
	if n > 0 {
		sum.enter(a, b, bits, n)
	}
	if rest := a[n:]; accelerated && len(rest) > 0 {
		last, with := padded(rest, nothing), padded(b[n:], 0)
		sum.enter(last[:], with[:], bits, len(last))
	} else {
		for i, x := range rest {
			less := float32(0)
			if bits {
				less = float32(x * b[n+i])
			} else {
				x += b[n+i]
			}
			sum.linear[i&7] += float64(ramp(x) - less)
			sum.factors[i&7] = float32(sum.factors[i&7] * (expNegative(absolute(x)) + 1))
		}
	}
	total, product := 0., 1.
	for i, x := range sum.linear {
		total += x
		product *= float64(sum.factors[i])
	}
	return total + math.Log(product)
}

// enter adds eight numbers at a time.
func (s *parts) enter(a, b []float32, bits bool, n int) {
	if bits {
		bernoulliNLLAVX2(&s.linear, &s.factors, &a[0], &b[0], n)
	} else {
		softplusSumAVX2(&s.linear, &s.factors, &a[0], &b[0], n)
	}
}

// nothing is a number of which softplus is 0.
const nothing = -1000

// ramp returns max(x, 0), and NaN of NaN.
func ramp(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}
