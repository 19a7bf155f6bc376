package vector

import (
	"math"
	"unsafe"
)

// expNegative returns e^-a for a >= 0, 0 above 87: with n the whole number next to -a/ln 2,
//
//	e^-a = 2^n e^r,   r = -a - n ln 2,   e^r = 1 + r + r^2 p(r),
//
// p of degree 4 with the least relative error, 3e-9, on |r| <= ln(2)/2. Adding 3 2^22 rounds to n and leaves it in the
// low bits. ln 2 is subtracted in two parts, of which the first has so few bits that its multiples are exact.
func expNegative(a float32) float32 {
	const shift = 3 << 22
	if a > 87 { // not of NaN
		return 0
	}
	z := float32(a*(-1/math.Ln2)) + shift
	n := z - shift
	r := float32(n*(-355./512)) - a
	r += float32(n * 2.12194440e-4)
	p := float32(0.00138146*r) + 0.00836872
	p = float32(p*r) + 0.04166839
	p = float32(p*r) + 0.16666521
	p = float32(p*r) + 0.49999993
	e := r + float32(float32(r*r)*p) + 1
	return float32(e * math.Float32frombits(math.Float32bits(z)<<23+127<<23))
}

func absolute(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// logistic returns 1/(1 + e^-x).
func logistic(x float32) float32 {
	e := expNegative(absolute(x))
	above := float32(1)
	if math.Signbit(float64(x)) {
		above = e
	}
	return above / (e + 1)
}

// Exp fills dst with e^(x_i - top), for numbers x that are not above top, in double precision, and returns their sum,
// in four parts. Below e^-708 it gives 0.
func Exp[T float32 | float64](dst []float64, x []T, top T) float64 {
	dst = dst[:len(x)]
	var parts [4]float64
	n := whole(len(x))
	if n > 0 {
		from := unsafe.Pointer(&x[0])
		if unsafe.Sizeof(top) == 4 {
			exp32AVX2(&parts, &dst[0], (*float32)(from), float32(top), n)
		} else {
			exp64AVX2(&parts, &dst[0], (*float64)(from), float64(top), n)
		}
	}
	for i := n; i < len(x); i++ {
		dst[i] = expBelow(float64(x[i] - top))
		parts[i&3] += dst[i]
	}
	return parts[0] + parts[1] + parts[2] + parts[3]
}

// expBelow returns e^z for z <= 0 as expNegative does, with the series of e^r up to r^13.
func expBelow(z float64) float64 {
	const shift = 3 << 51
	if z < -708 { // not of NaN
		return 0
	}
	t := float64(z*(1/math.Ln2)) + shift
	n := t - shift
	r := z - float64(n*ln2Upper)
	r -= float64(n * ln2Lower)
	p := float64(1. / 6227020800)
	for _, c := range series {
		p = float64(p*r) + c
	}
	return float64(p * math.Float64frombits(math.Float64bits(t)<<52+1023<<52))
}

// ln 2 in two parts, of which the first has 32 bits.
const (
	ln2Upper = 6.93147180369123816490e-01
	ln2Lower = 1.90821492927058770002e-10
)

// series are 1/12! to 1/0!.
var series = [13]float64{1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720,
	1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1}
