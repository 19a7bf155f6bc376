package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The strokes of a cycle.
var strokes = [3]struct {
	name string
	look draw.LineStyle
	head float64 // where along the arrow its head stands, 0 to 1
}{
	{"measure + heat", solid(vermillion, 2.4), 0.62},
	{"expand", solid(blue, 2), 0.75},
	{"thermalise", dashed(black, 1.3, 4, 3), 0.62},
}

// The columns of the corners of a cycle: p, q, q after the step, p after the step, whose temperature is 1.
var (
	entropyCorners     = [4]string{"entropy_p", "entropy_q", "entropy_q", "entropy_p2"}
	energyCorners      = [4]string{"energy_p", "energy_q", "energy_q2", "energy_p2"}
	temperatureCorners = [4]string{"", "tau_q", "tau_q2", ""}
)

// state is a corner of a cycle, with the half-widths of its error bars, NaN where they are not known.
type state struct{ x, y, dx, dy float64 }

// diagram is the cycle of one window: p, q, q after the step, p after the step.
type diagram struct {
	corners  [4]state
	from, to float64 // steps
}

// windows picks the rows of the first, the middle and the last window in which all the columns are known.
func windows(c *Curves, columns ...string) []int {
	var rows []int
	for i := range c.Rows {
		known := true
		for _, name := range columns {
			known = known && finite(c.Column(name)[i])
		}
		if known {
			rows = append(rows, i)
		}
	}
	if len(rows) <= 3 {
		return rows
	}
	return []int{rows[0], rows[len(rows)/2], rows[len(rows)-1]}
}

// windowNames are what the windows are called, by how many there are.
var windowNames = map[int][]string{1: {"Whole run"}, 2: {"Early", "Late"}, 3: {"Early", "Midway", "Late"}}

// newDiagram reads the corners of the cycle in row i: their positions along x in four columns, and along y in four, with the
// constant one in the place of a column without a name.
func newDiagram(c *Curves, i int, x, y [4]string) diagram {
	t := diagramT(c)
	value := func(name string) (v, half float64) {
		if name == "" {
			return 1, 0
		}
		half = t * c.Column(name + "_se")[i]
		if !finite(half) {
			half = 0
		}
		return c.Column(name)[i], half
	}
	d := diagram{to: c.Column("step")[i], from: c.Column("step")[i]}
	if n := c.Column("cycles")[i]; finite(n) {
		d.from = d.to - n + 1
	}
	for k := range d.corners {
		d.corners[k].x, d.corners[k].dx = value(x[k])
		d.corners[k].y, d.corners[k].dy = value(y[k])
	}
	return d
}

// diagramT is the factor from a standard error to an error bar of a diagram. Two replicas have none: Student's t of 12.7
// would stretch the axes until the cycle is a dot.
func diagramT(c *Curves) float64 {
	if cycleReplicas(c) < 3 {
		return math.NaN()
	}
	return cycleT(c)
}

// title names the window.
func (d diagram) title(name string) string {
	if d.from >= d.to {
		return fmt.Sprintf("%s: step %s", name, count(int(d.to)))
	}
	return fmt.Sprintf("%s: steps %s–%s", name, count(int(d.from)), count(int(d.to)))
}

// newDiagramPanel returns an empty panel with linear axes, x of the given range with a margin.
func newDiagramPanel(title, xlabel, ylabel string, x span) *panel {
	p := newAxes(title, xlabel, ylabel, fewer{}, linear{}, nil)
	margin := 0.08 * (x.hi - x.lo)
	if margin == 0 {
		margin = 0.5
	}
	p.plot.X.Min, p.plot.X.Max = x.lo-margin, x.hi+margin
	return p
}

// about returns the range of the given width around the middle of s.
func (s span) about(width float64) span {
	middle := (s.lo + s.hi) / 2
	return span{middle - width/2, middle + width/2}
}

// draw adds the strokes and the corners to the panel, whose y axis is to be height long.
func (d diagram) draw(p *panel, height float64) {
	a := d.corners
	for _, k := range []int{0, 2, 1} { // the expansion on top
		p.plot.Add(arrowMark{from: a[k], to: a[k+1], look: strokes[k].look, head: strokes[k].head})
	}
	for k, s := range a {
		if k >= 2 {
			s.dx, s.dy = 0, 0 // those of the same state before the step stand beside it
		}
		p.plot.Add(cornerMark{state: s, after: k >= 2, square: k == 1 || k == 2})
	}
	_, y := d.extent()
	y = y.about(height)
	p.values.include(y.lo, y.hi)
	for _, s := range strokes {
		p.keys = append(p.keys, key{text: s.name, line: s.look})
	}
}

// extent returns the ranges of the corners, error bars included.
func (d diagram) extent() (x, y span) {
	x, y = nothing, nothing
	for _, a := range d.corners {
		x.include(a.x-a.dx, a.x+a.dx)
		y.include(a.y-a.dy, a.y+a.dy)
	}
	return x, y
}

// widest returns the largest extents of the diagrams: all are drawn to one scale, so that a cycle that shrinks is seen to.
func widest(diagrams []diagram) (width, height float64) {
	for _, d := range diagrams {
		x, y := d.extent()
		width, height = max(width, x.hi-x.lo), max(height, y.hi-y.lo)
	}
	return width, height
}

// fewer is the linear scale with at most five labels, 0 among them, for narrow panels.
type fewer struct{ linear }

// Ticks implements plot.Ticker.
func (f fewer) Ticks(lo, hi float64) []plot.Tick {
	ticks := f.linear.Ticks(lo, hi)
	zero, every := 0, 1+(len(ticks)-1)/5
	for i, t := range ticks {
		if math.Abs(t.Value) < 1e-9*(hi-lo) {
			zero = i
		}
	}
	for i := range ticks {
		if (i-zero)%every != 0 {
			ticks[i].Label = ""
		}
	}
	return ticks
}

// arrowMark is an arrow with its head on the way.
type arrowMark struct {
	from, to state
	look     draw.LineStyle
	head     float64
}

// Plot implements plot.Plotter.
func (m arrowMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	a, b := vg.Point{X: tx(m.from.x), Y: ty(m.from.y)}, vg.Point{X: tx(m.to.x), Y: ty(m.to.y)}
	for _, line := range c.ClipLinesXY([]vg.Point{a, b}) {
		c.StrokeLines(m.look, line)
	}
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	length := math.Hypot(dx, dy)
	if length < 3 {
		return
	}
	dx, dy = dx/length, dy/length
	size := min(8, length*0.8)
	tip := vg.Point{X: a.X + vg.Length(m.head*length*dx), Y: a.Y + vg.Length(m.head*length*dy)}
	if m.head*length < size {
		tip = vg.Point{X: a.X + vg.Length(size*dx), Y: a.Y + vg.Length(size*dy)}
	}
	if !c.Contains(tip) {
		return
	}
	back := func(side float64) vg.Point {
		return vg.Point{X: tip.X - vg.Length(size*dx-0.42*size*side*dy), Y: tip.Y - vg.Length(size*dy+0.42*size*side*dx)}
	}
	c.FillPolygon(m.look.Color, []vg.Point{tip, back(1), back(-1)})
}

// cornerMark is a state with its error bars: a circle for the softmax, a square for the target, full before the step and
// hollow after it.
type cornerMark struct {
	state
	after, square bool
}

// Plot implements plot.Plotter.
func (m cornerMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	at := vg.Point{X: tx(m.x), Y: ty(m.y)}
	if !c.Contains(at) {
		return
	}
	bar := solid(faint(grey, 0.7), 0.6)
	if m.dx > 0 {
		c.StrokeLines(bar, c.ClipLinesXY([]vg.Point{{X: tx(m.x - m.dx), Y: at.Y}, {X: tx(m.x + m.dx), Y: at.Y}})...)
	}
	if m.dy > 0 {
		c.StrokeLines(bar, c.ClipLinesXY([]vg.Point{{X: at.X, Y: ty(m.y - m.dy)}, {X: at.X, Y: ty(m.y + m.dy)}})...)
	}
	look := draw.GlyphStyle{Color: black, Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}
	switch {
	case m.square && m.after:
		look.Shape, look.Radius = draw.SquareGlyph{}, vg.Points(4.4)
	case m.square:
		look.Shape = draw.BoxGlyph{}
	case m.after:
		look.Shape, look.Radius = draw.RingGlyph{}, vg.Points(4.8)
	}
	c.DrawGlyph(look, at)
}
