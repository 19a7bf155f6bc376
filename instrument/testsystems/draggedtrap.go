package testsystems

import (
	"cmp"
	"math"
	"math/rand/v2"
)

// DraggedTrap is an overdamped particle in a harmonic trap that is dragged at constant speed, k_B T = 1 (R. van Zon,
// E. G. D. Cohen, Phys. Rev. E 67, 046102 (2003)):
//
//	gamma dx = -k (x - v t) dt + sqrt(2 gamma) dB,     x(0) ~ N(0, 1/k),     W = -k v integral_0^t (x - v s) ds.
//
// In the frame of the trap, y = x - v t is an Ornstein-Uhlenbeck process of rate l = k/gamma about -v/l. Its mean lag
// <y> = -(v/l)(1 - exp(-l t)) integrates to
//
//	<W> = gamma v^2 [ t - (1 - exp(-l t))/l ],
//
// its autocovariance exp(-l |s-s'|)/k integrates to Var W = 2 <W>, W is normal, and dF = <W> - Var W/2 = 0, as it
// must be for a trap that only moves. The reverse process drags the other way; by symmetry its work is distributed as
// that of the forward one.
type DraggedTrap struct {
	Stiffness float64 // k > 0
	Friction  float64 // gamma > 0
	Speed     float64 // v
	Duration  float64 // t > 0
}

// Validate returns an error that names the first parameter that is out of range.
func (d DraggedTrap) Validate() error {
	return cmp.Or(
		demand(positive(d.Stiffness), "DraggedTrap.Stiffness", d.Stiffness, "must be finite and > 0"),
		demand(positive(d.Friction), "DraggedTrap.Friction", d.Friction, "must be finite and > 0"),
		demand(finite(d.Speed), "DraggedTrap.Speed", d.Speed, "must be finite"),
		demand(positive(d.Duration), "DraggedTrap.Duration", d.Duration, "must be finite and > 0"),
	)
}

// DeltaF returns 0.
func (d DraggedTrap) DeltaF() float64 {
	must(d.Validate())
	return 0
}

// MeanWork returns gamma v^2 [t - (1 - exp(-k t/gamma)) gamma/k].
func (d DraggedTrap) MeanWork() float64 {
	must(d.Validate())
	l := d.Stiffness / d.Friction
	return d.Friction * d.Speed * d.Speed * (d.Duration + math.Expm1(-l*d.Duration)/l)
}

// Sample implements [WorkSystem]. It is exact: the lag y and the work after an interval are jointly normal given y
// before it. Noise that entered a time u before the end contributes exp(-l u) to y and (1 - exp(-l u))/l to the
// integral of y; with e = exp(-l t) and 2/gamma its strength, integration over u gives
//
//	Var y = (1-e^2)/k,   Cov = (gamma/k^2)(1-e)^2,   Var integral = (2 gamma/k^2) [ t - 2(1-e)/l + (1-e^2)/(2l) ].
func (d DraggedTrap) Sample(n int, rng *rand.Rand) (forward, reverse []float64) {
	must(d.Validate())
	ahead, back := d.propagator(d.Speed), d.propagator(-d.Speed)
	sd := 1 / math.Sqrt(d.Stiffness)
	forward, reverse = make([]float64, n), make([]float64, n)
	for i := range forward {
		forward[i] = ahead.draw(sd*rng.NormFloat64(), rng)
		reverse[i] = back.draw(sd*rng.NormFloat64(), rng)
	}
	return forward, reverse
}

// trapPropagator is the work of a whole process given the lag y at its start, slope y + offset + noise. The noise is
// l21 times that of the final lag, as a standard normal, and l22 times one of its own.
type trapPropagator struct{ slope, offset, l21, l22 float64 }

func (d DraggedTrap) propagator(speed float64) trapPropagator {
	k, gamma := d.Stiffness, d.Friction
	l, dt := k/gamma, d.Duration
	lost := -math.Expm1(-l * dt) // 1 - e
	toWork := -k * speed
	varY := -math.Expm1(-2*l*dt) / k
	cov := toWork * gamma / (k * k) * lost * lost
	varW := toWork * toWork * 2 * gamma / (k * k) * (dt - 2*lost/l - math.Expm1(-2*l*dt)/(2*l))
	l21 := cov / math.Sqrt(varY)
	return trapPropagator{
		slope:  toWork * lost / l,
		offset: toWork * speed / l * (lost/l - dt),
		l21:    l21,
		l22:    math.Sqrt(math.Max(0, varW-l21*l21)),
	}
}

func (p trapPropagator) draw(y float64, rng *rand.Rand) (work float64) {
	a, b := rng.NormFloat64(), rng.NormFloat64()
	return p.slope*y + p.offset + p.l21*a + p.l22*b
}
