package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of text, in points.
const (
	titleSize = 12
	labelSize = 10.5
	noteSize  = 9
)

// panel is one set of axes with its title, legend and notes. Legend and notes stand above the axes, where they cannot
// cover data.
type panel struct {
	title  string
	plot   *plot.Plot
	steps  []float64 // positions of the observations
	y      scale
	keys   []key
	notes  []string
	values span // of the positions of what is drawn
	bands  span // of the error bands around it
}

// key is one entry of the legend.
type key struct {
	text string
	line draw.LineStyle
	fill color.Color
	bar  bool
}

// span is the range of the finite numbers it was shown.
type span struct{ lo, hi float64 }

var nothing = span{math.Inf(1), math.Inf(-1)}

func (s *span) include(values ...float64) {
	for _, v := range values {
		if finite(v) {
			s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
		}
	}
}

func (s span) empty() bool { return s.lo > s.hi }

func textStyle(size float64, bold bool) text.Style {
	f := font.From(plot.DefaultFont, font.Length(size))
	f.Variant = "Sans"
	if bold {
		f.Weight = 3 // WeightBold of golang.org/x/image/font
	}
	return text.Style{Color: black, Font: f, Handler: plot.DefaultTextHandler, XAlign: draw.XLeft, YAlign: draw.YBottom}
}

// newPanel returns an empty panel over the given training steps.
func newPanel(title, ylabel string, y scale, steps []float64) *panel {
	x := stepScale{}
	p := newAxes(title, "training step", ylabel, x, y, steps)
	extent := nothing
	extent.include(p.steps...)
	switch {
	case extent.empty():
		extent = span{x.position(0), x.position(1)}
	case extent.lo == extent.hi && extent.lo <= x.position(1):
		extent = span{x.position(0), x.position(2)}
	case extent.lo == extent.hi:
		extent = span{extent.lo - 0.3, extent.lo + 0.3}
	}
	p.plot.X.Min, p.plot.X.Max = extent.lo, extent.hi
	return p
}

// newAxes returns an empty panel whose curves are known at the given values of x. The range of x is left to what is drawn.
func newAxes(title, xlabel, ylabel string, x, y scale, at []float64) *panel {
	p := &panel{title: title, plot: plot.New(), y: y, steps: positions(x, at), values: nothing, bands: nothing}
	for _, axis := range []*plot.Axis{&p.plot.X, &p.plot.Y} {
		axis.Label.TextStyle.Font = textStyle(labelSize, false).Font
		axis.Label.Padding = vg.Points(3)
		axis.Tick.Label.Font = textStyle(labelSize, false).Font
		axis.Tick.Length = vg.Points(5)
		axis.Padding = 0
		axis.Width, axis.Tick.Width = vg.Points(0.7), vg.Points(0.7)
	}
	p.plot.X.Label.Text, p.plot.Y.Label.Text = xlabel, ylabel
	p.plot.X.Tick.Marker, p.plot.Y.Tick.Marker = x, y
	extent := nothing
	extent.include(p.steps...)
	if !extent.empty() {
		p.plot.X.Min, p.plot.X.Max = extent.lo, extent.hi
	}
	p.plot.Add(gridMark{})
	return p
}

// curve draws values with a band of ± half around them, and enters them into the legend.
func (p *panel) curve(name string, values, half []float64, look draw.LineStyle) {
	c := look.Color.(color.NRGBA)
	p.errorBand(values, values, half, half, c)
	p.line(values, look)
	k := key{text: name, line: look}
	if anyFinite(half) {
		k.fill = faint(c, 0.22)
	}
	p.keys = append(p.keys, k)
}

// errorBand shades from lo - below to lo and from hi to hi + above.
func (p *panel) errorBand(lo, hi, below, above []float64, c color.NRGBA) {
	bottom, top := make([]float64, len(lo)), make([]float64, len(hi))
	for i := range lo {
		bottom[i], top[i] = lo[i]-below[i], hi[i]+above[i]
	}
	for _, band := range [][2][]float64{{bottom, lo}, {hi, top}} {
		a, b := positions(p.y, band[0]), positions(p.y, band[1])
		p.bands.include(a...)
		p.bands.include(b...)
		p.plot.Add(bandMark{p.steps, a, b, faint(c, 0.22)})
	}
}

// fill shades between lo and hi.
func (p *panel) fill(lo, hi []float64, c color.NRGBA) {
	a, b := positions(p.y, lo), positions(p.y, hi)
	p.values.include(a...)
	p.values.include(b...)
	p.plot.Add(bandMark{p.steps, a, b, c})
}

// line draws values, with a dot at each observation if the line is not dashed.
func (p *panel) line(values []float64, look draw.LineStyle) {
	m := lineMark{x: p.steps, y: positions(p.y, values), look: look}
	if len(look.Dashes) == 0 {
		m.dot = vg.Points(1.4)
	}
	p.values.include(m.y...)
	p.plot.Add(m)
}

// bars draws an error bar from lo to hi at each observation.
func (p *panel) bars(lo, hi []float64, look draw.LineStyle) {
	a, b := positions(p.y, lo), positions(p.y, hi)
	p.values.include(a...)
	p.values.include(b...)
	p.plot.Add(barMark{p.steps, a, b, look})
}

// level draws a horizontal line at value, named in the right margin.
func (p *panel) level(value float64, name string, look draw.LineStyle) {
	at := p.y.position(value)
	p.values.include(at)
	p.plot.Add(levelMark{at, name, look})
}

func anyFinite(x []float64) bool {
	for _, v := range x {
		if finite(v) {
			return true
		}
	}
	return false
}

// scaleY settles the range of the y axis: all values and all of their error bands, however wide, so that no figure looks
// surer than it is; a margin of 4 % on both sides.
func (p *panel) scaleY() {
	lo, hi := p.values.lo, p.values.hi
	if hi-lo <= 1e-9*math.Max(math.Abs(lo), math.Abs(hi)) {
		room := math.Max(math.Abs(hi)/20, 0.5)
		lo, hi = lo-room, hi+room
	}
	if !p.bands.empty() {
		lo, hi = math.Min(lo, p.bands.lo), math.Max(hi, p.bands.hi)
	}
	margin := (hi - lo) * 0.04
	p.plot.Y.Min, p.plot.Y.Max = lo-margin, hi+margin
}

// draw draws the panel into c. It is called once: gonum's axes keep what they are given.
func (p *panel) draw(c draw.Canvas) {
	y := c.Max.Y - vg.Points(titleSize+3)
	c.FillText(textStyle(titleSize, true), vg.Point{X: c.Min.X, Y: y}, p.title)
	y = p.drawKeys(c, y-vg.Points(4))
	if p.values.empty() {
		p.drawEmpty(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: c.Min, Max: vg.Point{X: c.Max.X, Y: y}}})
		return
	}
	note := textStyle(noteSize, false)
	note.Color = grey
	for _, line := range p.noteLines(note, c.Size().X) {
		y -= vg.Points(noteSize + 2)
		c.FillText(note, vg.Point{X: c.Min.X, Y: y}, line)
	}
	c.Max.Y = y - vg.Points(7)
	p.scaleY()
	if _, ok := p.plot.X.Tick.Marker.(stepScale); ok {
		p.plot.Add(gapMark{})
	}
	p.plot.Draw(c)
}

// drawEmpty draws a frame that says why there are no curves.
func (p *panel) drawEmpty(c draw.Canvas) {
	c.StrokeLines(dashed(grey, 0.5, 3, 3), []vg.Point{
		c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	note := textStyle(labelSize, false)
	note.Color, note.XAlign = grey, draw.XCenter
	lines := p.noteLines(note, c.Size().X-vg.Points(24))
	y := c.Center().Y + vg.Points((labelSize+3)/2)*vg.Length(len(lines)-2)
	for _, line := range lines {
		c.FillText(note, vg.Point{X: c.Center().X, Y: y}, line)
		y -= vg.Points(labelSize + 3)
	}
}

// noteLines breaks the notes into lines of the given width.
func (p *panel) noteLines(look text.Style, width vg.Length) []string {
	var lines []string
	for _, n := range p.notes {
		lines = append(lines, wrap(plain(n), int(width), func(s string) int { return int(look.Width(s)) })...)
	}
	return lines
}

// drawKeys draws the legend in lines below y and returns the lower edge.
func (p *panel) drawKeys(c draw.Canvas, y vg.Length) vg.Length {
	const swatch, gap = 20, 14
	label := textStyle(labelSize, false)
	x := c.Max.X
	for _, k := range p.keys {
		need := vg.Points(swatch+5) + label.Width(k.text)
		if x+need > c.Max.X {
			x = c.Min.X
			y -= vg.Points(labelSize + 4)
		}
		mid := y + vg.Points(labelSize*0.36)
		end := x + vg.Points(swatch)
		if k.fill != nil {
			h := vg.Points(4)
			c.FillPolygon(k.fill, []vg.Point{{X: x, Y: mid - h}, {X: end, Y: mid - h}, {X: end, Y: mid + h}, {X: x, Y: mid + h}})
		}
		if k.line.Width > 0 {
			c.StrokeLine2(k.line, x, mid, end, mid)
		}
		if k.bar {
			bar := vg.Points(4)
			c.StrokeLine2(solid(k.line.Color, 0.8), (x+end)/2, mid-bar, (x+end)/2, mid+bar)
		}
		c.FillText(label, vg.Point{X: end + vg.Points(5), Y: y}, k.text)
		x += need + vg.Points(gap)
	}
	return y - vg.Points(3)
}

// gridMark draws a pale line at each labelled tick of the y axis.
type gridMark struct{}

// Plot implements plot.Plotter.
func (gridMark) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := ty(t.Value); t.Label != "" && c.ContainsY(y) {
			c.StrokeLine2(solid(paleGrey, 0.5), c.Min.X, y, c.Max.X, y)
		}
	}
}
