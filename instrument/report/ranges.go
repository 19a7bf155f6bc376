package report

import (
	"math"
	"slices"

	"calorimeter/instrument/record"
)

// settle sends curves that would flatten all others off the axes, and settles the ranges and ticks of the axes. The
// range holds all values and all intervals, however wide, so that no picture looks surer than it is.
func (p *panel) settle() {
	p.beyond()
	x, y := nothing, nothing
	place := func(values ...float64) {
		for _, v := range values {
			y.include(p.Y.position(v))
		}
	}
	for _, c := range p.Curves {
		x.include(c.X...)
		if c.Beyond {
			continue
		}
		place(c.Y...)
		place(c.Upper...)
		place(c.Lo...)
		place(c.Hi...)
		place(c.Nulls...)
	}
	p.Levels = slices.DeleteFunc(p.Levels, func(l level) bool { return p.faraway(l, y) })
	for _, l := range p.Levels {
		place(l.At)
	}
	p.Y.cover(y, 0.04)
	if p.Y.Scale == record.Knee && math.Max(p.Y.Hi, -p.Y.Lo) > 1.2 {
		p.note("The axis is logarithmic above %s.", bound(p.Y.Knee))
	}
	if p.X.Scale == record.Steps || p.X.Label == "" {
		p.overSteps(x)
		p.thinOut()
	}
}

// faraway reports whether a level lies so far from a range of positions that drawing it would press all curves flat; a
// note names it then.
func (p *panel) faraway(l level, y span) bool {
	const share = 0.25 // of the axis that the curves would have left
	at := p.Y.position(l.At)
	with := y
	with.include(at)
	if y.empty() || y.hi-y.lo >= share*(with.hi-with.lo) {
		return false
	}
	p.note("%s is not shown.", upperFirst(l.Name))
	return true
}

// overSteps settles the axis of steps, logarithmic and plain.
func (p *panel) overSteps(x span) {
	p.X = axis{Label: "training step", Scale: record.Steps}
	p.Plain = &axis{Label: p.X.Label}
	switch {
	case x.empty():
		x = span{lo: 0, hi: 1}
	case x.lo == x.hi && x.lo <= 1:
		x = span{lo: 0, hi: 2}
	case x.lo == x.hi:
		x = span{lo: x.lo / 2, hi: 2 * x.hi}
	}
	const margin = 0.02
	p.X.cover(span{lo: p.X.position(x.lo), hi: p.X.position(x.hi)}, margin)
	p.Plain.cover(x, margin)
	p.Plain.Ticks = slices.DeleteFunc(p.Plain.Ticks, func(t tick) bool { return t.At != math.Round(t.At) })
}

// beyond marks the curves that would flatten all others on a common axis: those that come to more than a thousand times
// what the middle one of the sound curves comes to or, not being sound, to more than ten times what any of the others
// comes to.
func (p *panel) beyond() {
	farthest := make([]float64, len(p.Curves)) // in position, with its value
	most := make([]float64, len(p.Curves))
	var all, sound []float64
	for i, c := range p.Curves {
		for _, v := range slices.Concat(c.Y, c.Upper) {
			if at := math.Abs(p.Y.position(v)); finite(v) && at > farthest[i] {
				farthest[i], most[i] = at, v
			}
		}
		all = append(all, farthest[i])
		if !c.unsound {
			sound = append(sound, farthest[i])
		}
	}
	if len(all) < 2 || p.Y.Scale == record.Log {
		return
	}
	if len(sound) == 0 {
		sound = all
	}
	slices.Sort(sound)
	limit, largest := 1000*sound[(len(sound)-1)/2], 0.0
	for _, at := range sound {
		if at <= limit {
			largest = at
		}
	}
	for i, at := range farthest {
		allowed := limit
		if p.Curves[i].unsound {
			allowed = min(limit, 10*largest)
		}
		if allowed > 0 && at > allowed {
			p.Curves[i].Beyond = true
			p.note("%s leaves the picture: it comes to %s.", upperFirst(p.Curves[i].Name), number(most[i]))
		}
	}
}
