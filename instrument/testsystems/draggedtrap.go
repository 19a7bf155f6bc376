package testsystems

import (
	"fmt"
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
	switch {
	case !positive(d.Stiffness):
		return fmt.Errorf("testsystems: DraggedTrap.Stiffness = %v: must be finite and > 0", d.Stiffness)
	case !positive(d.Friction):
		return fmt.Errorf("testsystems: DraggedTrap.Friction = %v: must be finite and > 0", d.Friction)
	case !finite(d.Speed):
		return fmt.Errorf("testsystems: DraggedTrap.Speed = %v: must be finite", d.Speed)
	case !positive(d.Duration):
		return fmt.Errorf("testsystems: DraggedTrap.Duration = %v: must be finite and > 0", d.Duration)
	}
	return nil
}

// Name implements [WorkSystem].
func (d DraggedTrap) Name() string {
	return fmt.Sprintf("dragged trap, k %g, gamma %g, v %g, t %g", d.Stiffness, d.Friction, d.Speed, d.Duration)
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

// VarWork returns 2 <W>.
func (d DraggedTrap) VarWork() float64 { return 2 * d.MeanWork() }

// Sample implements [WorkSystem]. It is exact.
func (d DraggedTrap) Sample(n int, rng *rand.Rand) (forward, reverse []float64) {
	must(d.Validate())
	ahead, back := d.propagator(d.Duration, d.Speed), d.propagator(d.Duration, -d.Speed)
	sd := 1 / math.Sqrt(d.Stiffness)
	forward, reverse = make([]float64, n), make([]float64, n)
	for i := range forward {
		_, forward[i] = ahead.draw(sd*rng.NormFloat64(), rng)
		_, reverse[i] = back.draw(sd*rng.NormFloat64(), rng)
	}
	return forward, reverse
}

// Trajectory draws one forward trajectory at the times j Duration/steps, j = 0..steps: the positions x and the work
// done since the start, steps+1 values each. It is exact for any number of steps >= 1: position and work are drawn
// from their joint normal distribution over each interval, not from an integration scheme.
func (d DraggedTrap) Trajectory(steps int, rng *rand.Rand) (x, work []float64) {
	must(d.Validate())
	if steps < 1 {
		panic(fmt.Sprintf("testsystems: DraggedTrap.Trajectory: %d steps", steps))
	}
	dt := d.Duration / float64(steps)
	p := d.propagator(dt, d.Speed)
	x, work = make([]float64, steps+1), make([]float64, steps+1)
	y := rng.NormFloat64() / math.Sqrt(d.Stiffness)
	x[0] = y
	for j := 1; j <= steps; j++ {
		var w float64
		y, w = p.draw(y, rng)
		x[j], work[j] = y+d.Speed*dt*float64(j), work[j-1]+w
	}
	return x, work
}

// trapPropagator draws the joint normal of (y, W) after an interval, given y before it.
type trapPropagator struct {
	decay, shift  float64 // y' = decay y + shift + noise
	slope, offset float64 // w  = slope y + offset + noise
	l11, l21, l22 float64 // Cholesky factor of the covariance of the noises of (y', w)
}

// propagator solves dy = -l (y + v/l) dt + sqrt(2/gamma) dB over dt, with w = -k v times the integral of y. Noise that
// entered a time u before the end contributes exp(-l u) to y and (1 - exp(-l u))/l to the integral; with
// e = exp(-l dt) and 2/gamma its strength, integration over u gives
//
//	Var y = (1-e^2)/k,   Cov = (gamma/k^2)(1-e)^2,   Var integral = (2 gamma/k^2) [ dt - 2(1-e)/l + (1-e^2)/(2l) ].
func (d DraggedTrap) propagator(dt, speed float64) trapPropagator {
	k, gamma := d.Stiffness, d.Friction
	l := k / gamma
	lost := -math.Expm1(-l * dt) // 1 - e
	toWork := -k * speed
	varY := -math.Expm1(-2*l*dt) / k
	cov := toWork * gamma / (k * k) * lost * lost
	varW := toWork * toWork * 2 * gamma / (k * k) * (dt - 2*lost/l - math.Expm1(-2*l*dt)/(2*l))
	l11 := math.Sqrt(varY)
	l21 := cov / l11
	return trapPropagator{
		decay:  1 - lost,
		shift:  -speed / l * lost,
		slope:  toWork * lost / l,
		offset: toWork * speed / l * (lost/l - dt),
		l11:    l11,
		l21:    l21,
		l22:    math.Sqrt(math.Max(0, varW-l21*l21)),
	}
}

func (p trapPropagator) draw(y float64, rng *rand.Rand) (next, work float64) {
	a, b := rng.NormFloat64(), rng.NormFloat64()
	return p.decay*y + p.shift + p.l11*a, p.slope*y + p.offset + p.l21*a + p.l22*b
}
