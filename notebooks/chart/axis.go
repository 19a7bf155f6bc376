package chart

import "math"

// axis maps numbers to the stretch of the picture between two places.
type axis struct {
	from, to float64 // places
	lo, hi   float64 // numbers, logarithms of them on a logarithmic axis
	log      bool
}

func emptyAxis(from, to float64, log bool) axis {
	return axis{from: from, to: to, lo: math.Inf(1), hi: math.Inf(-1), log: log}
}

// holds reports whether v has a place on the axis.
func (a *axis) holds(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.log || v > 0)
}

func (a *axis) scale(v float64) float64 {
	if a.log {
		return math.Log10(v)
	}
	return v
}

func (a *axis) include(v float64) {
	a.lo, a.hi = min(a.lo, a.scale(v)), max(a.hi, a.scale(v))
}

// close ends the fit, with a margin at both ends; an axis of no or one value gets a width.
func (a *axis) close(margin float64) {
	if a.lo > a.hi {
		a.lo, a.hi = 0, 1
	}
	if a.lo == a.hi {
		a.lo, a.hi = a.lo-0.5, a.hi+0.5
	}
	d := margin * (a.hi - a.lo)
	a.lo, a.hi = a.lo-d, a.hi+d
}

func (a *axis) place(v float64) float64 {
	return a.from + (a.scale(v)-a.lo)/(a.hi-a.lo)*(a.to-a.from)
}

// ticks returns round numbers on the axis: 4 to 8 of them, or the powers of ten.
func (a *axis) ticks() (out []float64) {
	if a.log && a.hi-a.lo >= 1 {
		for e := math.Ceil(a.lo); e <= a.hi; e++ {
			out = append(out, math.Pow(10, e))
		}
		return out
	}
	lo, hi := a.lo, a.hi
	if a.log {
		lo, hi = math.Pow(10, lo), math.Pow(10, hi)
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, f := range []float64{5, 2} {
		if (hi-lo)/(step*f) >= 4 {
			step *= f
			break
		}
	}
	for i := math.Ceil(lo / step); i*step <= hi+1e-9*(hi-lo); i++ {
		out = append(out, i*step)
	}
	return out
}
