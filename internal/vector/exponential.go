package vector

import "math"

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
