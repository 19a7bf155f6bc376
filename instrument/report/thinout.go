package report

import (
	"math"
	"slices"
)

// mostPoints is how many points of a curve are drawn at most as they are; of more, those that show its course.
const mostPoints = 2000

// thinOut leaves of curves with very many points those that show their course, and says so. Along both axes of steps it
// cuts the range into stretches, and keeps of each the first and the last point, the least and the greatest: what is
// left out lies between those, sideways and in height.
func (p *panel) thinOut() {
	most := 0
	for i := range p.Curves {
		c := &p.Curves[i]
		most = max(most, len(c.X))
		if len(c.X) > mostPoints {
			c.keep(p.course(*c))
		}
	}
	if most > mostPoints {
		p.note("Of %s points those are drawn that show the course; all are in the record.", count(most))
	}
}

// course returns the points of a curve that show its course, in order.
func (p *panel) course(c curve) (kept []int) {
	const stretches = mostPoints / 8 // of each axis: two axes, four points a stretch
	share := func(a axis, x float64) int {
		return int(math.Floor(stretches * (a.position(x) - a.Lo) / (a.Hi - a.Lo)))
	}
	for from := 0; from < len(c.X); {
		logarithmic, plain := share(p.X, c.X[from]), share(*p.Plain, c.X[from])
		least, greatest := from, from
		to := from
		for ; to < len(c.X) && share(p.X, c.X[to]) == logarithmic && share(*p.Plain, c.X[to]) == plain; to++ {
			upper := c.Y
			if c.Upper != nil {
				upper = c.Upper
			}
			if c.Y[to] < c.Y[least] || math.IsNaN(c.Y[least]) {
				least = to
			}
			if upper[to] > upper[greatest] || math.IsNaN(upper[greatest]) {
				greatest = to
			}
		}
		kept = append(kept, from, least, greatest, to-1)
		from = to
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// keep leaves the given points of a curve.
func (c *curve) keep(points []int) {
	for _, all := range []*numbers{&c.X, &c.Y, &c.Upper, &c.Lo, &c.Hi} {
		if *all == nil {
			continue
		}
		left := make(numbers, len(points))
		for i, k := range points {
			left[i] = (*all)[k]
		}
		*all = left
	}
}
