package report

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// scale places values along an axis. Panels hold positions, so that gonum's axes are linear; Ticks takes and returns
// positions too.
type scale interface {
	plot.Ticker
	position(v float64) float64
}

func positions(s scale, values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = s.position(v)
	}
	return out
}

// linear is the plain scale.
type linear struct{}

func (linear) position(v float64) float64 { return v }

// Ticks implements plot.Ticker: four to eight labels at multiples of 1, 2 or 5 times a power of ten.
func (linear) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) || !finite(hi-lo) {
		return nil
	}
	exponent := math.Floor(math.Log10((hi - lo) / 4))
	unit, decimals := math.Pow(10, exponent), int(math.Max(0, -exponent))
	for _, m := range []float64{5, 2} {
		if m*math.Pow(10, exponent) <= (hi-lo)/4 {
			unit = m * math.Pow(10, exponent)
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(lo / unit); i*unit <= hi; i++ {
		label := fixed(i*unit, decimals)
		if math.Abs(i*unit) >= 1e6 || decimals > 6 {
			label = strconv.FormatFloat(i*unit, 'g', 4, 64)
		}
		ticks = append(ticks, plot.Tick{Value: i * unit, Label: strings.Replace(label, "-", "−", 1)})
	}
	return ticks
}

// zeroGap is how far left of step 1 an axis of steps draws step 0, in decades.
const zeroGap = 0.5

// stepScale is the axis of training steps: logarithmic from step 1 on, with step 0 at a fixed distance left of it.
type stepScale struct{}

func (stepScale) position(step float64) float64 {
	if step < 1 {
		return zeroGap * (step - 1)
	}
	return math.Log10(step)
}

// Ticks implements plot.Ticker: labels at 0 and the powers of ten, at 2 and 5 between them where the axis is short.
func (s stepScale) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	if lo <= s.position(0) {
		ticks = append(ticks, plot.Tick{Value: s.position(0), Label: "0"})
	}
	short := hi-math.Max(lo, 0) < 2.2
	for decade := 1.0; s.position(decade) <= hi; decade *= 10 {
		for m := 1.0; m < 10; m++ {
			t := plot.Tick{Value: s.position(m * decade)}
			if t.Value < lo || t.Value > hi {
				continue
			}
			if m == 1 || short && (m == 2 || m == 5) {
				t.Label = count(int(m * decade))
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// knee is a scale that is linear from -at to at, which become the positions -1 and 1, and logarithmic beyond, with one
// slope at the knee: it shows what happens near zero and what is many times larger in one picture.
type knee struct{ at float64 }

func (k knee) position(v float64) float64 {
	if a := math.Abs(v) / k.at; a > 1 {
		return math.Copysign(1+math.Log(a), v)
	}
	return v / k.at
}

// Ticks implements plot.Ticker: multiples of 1, 2 or 5 times a power of ten up to the knee, beyond it 1, 2 and 5 times
// powers of ten, as far as their labels do not touch.
func (k knee) Ticks(lo, hi float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "0"}}
	last := 0.0
	add := func(v float64) {
		at := k.position(v)
		if at-last < 0.055*(hi-lo) {
			return
		}
		last = at
		label := strconv.FormatFloat(v, 'g', 4, 64)
		if at <= hi {
			ticks = append(ticks, plot.Tick{Value: at, Label: label})
		}
		if -at >= lo {
			ticks = append(ticks, plot.Tick{Value: -at, Label: "−" + label})
		}
	}
	exponent := math.Floor(math.Log10(k.at))
	unit := math.Pow(10, exponent)
	for _, divisor := range []float64{2, 5, 10} {
		if k.at/unit < 3 {
			unit = math.Pow(10, exponent) / divisor
		}
	}
	for i := 1.0; i*unit <= k.at; i++ {
		add(i * unit)
	}
	for ; k.position(math.Pow(10, exponent)) <= math.Max(hi, -lo); exponent++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, exponent); v > k.at {
				add(v)
			}
		}
	}
	return ticks
}
