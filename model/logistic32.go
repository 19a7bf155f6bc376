package model

import "math"

// exp32 returns e^-a for a >= 0 to a relative error below 1e-11, enough for float32 results, at a fraction of the cost
// of math.Exp: a = (32 k + j) ln2/32 + r, e^-a = 2^-k 2^(-j/32) e^-r with the middle factor from a table and
// |r| <= ln2/64 by a Taylor polynomial.
func exp32(a float64) float64 {
	if a > 87 { // below float32's smallest normal number; NaN passes through
		return 0
	}
	n := int64(a*(32/math.Ln2) + 0.5)
	r := float64(n)*(math.Ln2/32) - a
	p := 1 + r*(1+r*(1./2+r*(1./6+r*(1./24))))
	return p * powers[n&31] * math.Float64frombits(uint64(1023-n>>5)<<52)
}

// powers[j] is 2^(-j/32).
var powers = func() (t [32]float64) {
	for j := range t {
		t[j] = math.Exp2(-float64(j) / 32)
	}
	return t
}()

// bernoulliNLL32 returns sum_j softplus(l_j) - x_j l_j of one row, with softplus(l) = max(l,0) + ln(1 + e^-|l|). The
// logarithms are taken of products of many factors in [1, 2], not one by one.
func bernoulliNLL32(logits, bits []float32) float64 {
	var linear, logs float64
	product := 1.0
	for j, x := range bits {
		l := float64(logits[j])
		linear += max(l, 0) - float64(x)*l
		product *= 1 + exp32(math.Abs(l))
		if j&511 == 511 {
			logs += math.Log(product)
			product = 1
		}
	}
	return linear + logs + math.Log(product)
}

// sigmoid32 returns 1/(1+e^-z) to float32 precision.
func sigmoid32(z float32) float32 {
	e := exp32(math.Abs(float64(z)))
	if z < 0 {
		return float32(e / (1 + e))
	}
	return float32(1 / (1 + e))
}
