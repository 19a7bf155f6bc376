package model

import (
	"math"
)

// maxEnumerated is the most units of the smaller layer that LogZ enumerates.
const maxEnumerated = 20

// LogZ implements [PPM]: ln Z by enumeration of the smaller layer, if that has at most 20 units. With the fields
// t_j(s) = c_j + (s W)_j that a state s of it exerts on the other layer (here s = v; hidden states serve as well),
//
//	ln Z = ln sum_s exp( b.s + sum_j softplus(t_j(s)) ),
//
// at a cost of about 2^n m multiplications for layers of n <= m units; it is exact to rounding for weights of any size.
// ok is false for larger machines, and for weights that are not finite.
func (m *RBM) LogZ() (lnZ float64, ok bool) {
	n, o := m.settings.Visible, m.settings.Hidden
	if min(n, o) > maxEnumerated {
		return 0, false
	}
	weights := doubles(m.w)
	own, other := doubles(m.b), doubles(m.c)
	if o < n {
		transposed := make([]float64, n*o)
		transpose(transposed, weights, n, o)
		weights = transposed
		own, other = other, own
	}
	lnZ = sumStates(weights, own, other)
	return lnZ, !math.IsNaN(lnZ) && !math.IsInf(lnZ, 0)
}

// sumStates returns ln sum_s exp( own.s + sum_j softplus(other_j + (s W)_j) ) over the states s of n = len(own) units.
//
// The states of the first few units, low, are combined with every state of the rest, high: t = h + l with a part of
// each. As softplus(t) = max(h, 0) + ln( e^{min(-h, 0)} + e^{min(h, 0)} e^l ), exponentials are taken of either part
// alone, and one multiplication for each pair remains. They cannot overflow for l in -maxLow..maxLow, whatever h.
func sumStates(weights, own, other []float64) float64 {
	const maxUnits, maxLow = 5, 80.
	n, m := len(own), len(other)
	low, reach := 0, 0. // reach bounds |l|
	span := make([]float64, m)
	for i := range min(n, maxUnits) {
		next := reach
		for j := range span {
			span[j] += math.Abs(weights[i*m+j])
			next = max(next, span[j])
		}
		if !(next <= maxLow) {
			break
		}
		low, reach = i+1, next
	}
	every := int(700 / (reach + math.Ln2)) // so many factors multiply without overflow or underflow

	lowExp, lowOwn := make([]float64, m<<low), make([]float64, 1<<low)
	for s := range lowOwn {
		row := lowExp[s*m : (s+1)*m]
		lowOwn[s] = addFields(row, s, weights, own[:low])
		for j, l := range row {
			row[j] = math.Exp(l)
		}
	}
	var total logSum
	p, q := make([]float64, m), make([]float64, m)
	for s := range 1 << (n - low) {
		copy(p, other)
		base := addFields(p, s, weights[low*m:], own[low:])
		for j, h := range p {
			base += max(h, 0)
			e := math.Exp(-math.Abs(h))
			p[j], q[j] = 1, e
			if h > 0 {
				p[j], q[j] = e, 1
			}
		}
		for l, o := range lowOwn {
			total.add(base + o + logProduct(p, q, lowExp[l*m:(l+1)*m], every))
		}
	}
	return total.value()
}

// addFields adds the rows of weights that state s of the units switches on to dst, and returns own.s.
func addFields(dst []float64, s int, weights, own []float64) (sum float64) {
	for i, o := range own {
		if s>>i&1 == 1 {
			sum += o
			for j, w := range weights[i*len(dst) : (i+1)*len(dst)] {
				dst[j] += w
			}
		}
	}
	return sum
}

// logProduct returns ln prod_j (p_j + q_j e_j), in four products of so many factors at a time.
func logProduct(p, q, e []float64, every int) float64 {
	product, exponent := [4]float64{1, 1, 1, 1}, 0
	for len(p) > 0 {
		n := min(len(p), 4*every)
		a, b := product[0], product[1]
		c, d := product[2], product[3]
		ps, qs := p[:n], q[:n]
		es := e[:n]
		for len(ps) >= 4 && len(qs) >= 4 && len(es) >= 4 {
			a *= ps[0] + qs[0]*es[0]
			b *= ps[1] + qs[1]*es[1]
			c *= ps[2] + qs[2]*es[2]
			d *= ps[3] + qs[3]*es[3]
			ps, qs = ps[4:], qs[4:]
			es = es[4:]
		}
		product = [4]float64{a, b, c, d}
		for j := range ps {
			product[j] *= ps[j] + qs[j]*es[j]
		}
		for j, v := range product {
			fraction, power := math.Frexp(v)
			product[j], exponent = fraction, exponent+power
		}
		p, q = p[n:], q[n:]
		e = e[n:]
	}
	return math.Log(product[0]*product[1]*product[2]*product[3]) + float64(exponent)*math.Ln2
}

// logSum adds numbers given by their logarithms.
type logSum struct {
	largest, sum float64 // the sum is sum exp(largest)
	any          bool
}

func (s *logSum) add(x float64) {
	switch {
	case !s.any:
		s.largest, s.sum = x, 1
		s.any = true
	case x <= s.largest:
		s.sum += math.Exp(x - s.largest)
	default:
		s.sum, s.largest = s.sum*math.Exp(s.largest-x)+1, x
	}
}

func (s *logSum) value() float64 { return s.largest + math.Log(s.sum) }
