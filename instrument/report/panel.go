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
	headingSize = 14
	titleSize   = 12
	labelSize   = 10.5
	noteSize    = 9
)

// panel is one set of axes with its title, legend and notes. Legend and notes stand above the axes, where they cannot
// cover data.
type panel struct {
	title  string
	plot   *plot.Plot
	x, y   scale
	at     []float64 // x of the observations
	steps  []float64 // their positions
	series []series  // the curves, for the page that draws them itself
	levels []level
	keys   []key
	notes  []string
	values span // of the positions of what is drawn
	bands  span // of the error bands around it
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
	p := &panel{title: title, plot: plot.New(), x: x, y: y, values: nothing, bands: nothing}
	p.over(at)
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

// over sets the x of what is drawn next.
func (p *panel) over(at []float64) { p.at, p.steps = at, positions(p.x, at) }

// series is one entry of the legend with its curve: values, or bounds with the area between them, and their intervals.
type series struct {
	name    string
	columns []string  // of the curves, that it shows
	at      []float64 // x
	y, y2   []float64 // values; with y2, lower and upper bounds
	lo, hi  []float64 // 95% intervals: of the value, or below y and above y2; nil where there are none
	chance  []float64 // what labels dealt at random stay below at the end, for y and, if there is one, y2; nil where it is not known
	look    draw.LineStyle
	bars    bool    // intervals are bars, not bands
	outline bool    // bands are outlined, so that several that overlap can be told apart
	area    float64 // opacity of the area between bounds
	under   bool    // the area reaches from the curve to 0
	beyond  bool    // it leaves the axes, whose range is that of the other curves
}

// curve draws the values of a column with a band of ± half around them, and enters them into the legend.
func (p *panel) curve(name, column string, values, half []float64, look draw.LineStyle) {
	lo, hi := around(values, half)
	p.show(series{name: name, columns: []string{column}, y: values, lo: lo, hi: hi, look: look})
}

// around returns the ends of the intervals v ± half.
func around(v, half []float64) (lo, hi []float64) {
	for i := range v {
		lo, hi = append(lo, v[i]-half[i]), append(hi, v[i]+half[i])
	}
	return lo, hi
}

// show draws a series and enters it into the legend.
func (p *panel) show(s series) {
	s.at = p.at
	if s.beyond {
		values, bands := p.values, p.bands
		defer func() { p.values, p.bands = values, bands }()
	}
	c := s.look.Color.(color.NRGBA)
	k := key{text: s.name, line: s.look}
	known := anyFinite(s.lo) || anyFinite(s.hi)
	switch {
	case s.y2 != nil:
		k.fill = faint(c, s.area)
		p.fill(s.y, s.y2, faint(c, s.area))
		if known {
			p.errorBand(s.lo, s.y, c)
			p.errorBand(s.y2, s.hi, c)
		}
	case s.under:
		k.fill = faint(c, s.area)
		p.fill(make([]float64, len(s.y)), s.y, faint(c, s.area))
	case known && s.bars:
		k.bar = true
		p.bars(s.lo, s.hi, solid(c, 0.8))
	case known && s.outline:
		k.fill = faint(c, 0.06)
		p.errorOutline(s.lo, s.hi, c)
	case known:
		k.fill = faint(c, 0.22)
		p.errorBand(s.lo, s.hi, c)
	}
	if s.under {
		p.plot.Add(lineMark{x: p.steps, y: positions(p.y, s.y), look: s.look})
	} else {
		p.line(s.y, s.look)
	}
	if s.y2 != nil {
		p.line(s.y2, solid(c, 1))
	}
	if len(s.chance) > 0 {
		at := positions(p.y, s.chance)
		p.values.include(at[len(at)-1]) // that of a lower bound may lie far below all curves
		p.plot.Add(chanceMark{at, c})
	}
	p.keys = append(p.keys, k)
	p.series = append(p.series, s)
}

// errorBand shades from lo to hi.
func (p *panel) errorBand(lo, hi []float64, c color.NRGBA) { p.band(lo, hi, faint(c, 0.22)) }

// errorOutline shades from lo to hi so lightly that several bands stay apart, and draws their edges.
func (p *panel) errorOutline(lo, hi []float64, c color.NRGBA) {
	for _, edge := range p.band(lo, hi, faint(c, 0.06)) {
		p.plot.Add(lineMark{x: p.steps, y: edge, look: solid(faint(c, 0.6), 0.6)})
	}
}

// band fills the area of an interval and returns the positions of its edges.
func (p *panel) band(lo, hi []float64, fill color.NRGBA) [2][]float64 {
	a, b := positions(p.y, lo), positions(p.y, hi)
	p.bands.include(a...)
	p.bands.include(b...)
	p.plot.Add(bandMark{p.steps, a, b, fill})
	return [2][]float64{a, b}
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

// level is a horizontal line across the panel, or a vertical one.
type level struct {
	at       float64
	name     string
	look     draw.LineStyle
	vertical bool
}

// level draws a horizontal line at value, named in the right margin and, with more to say, in the legend.
func (p *panel) level(value float64, margin, name string, look draw.LineStyle) {
	at := p.y.position(value)
	p.values.include(at)
	p.plot.Add(levelMark{at, margin, look})
	if name != "" {
		p.keys = append(p.keys, key{text: name, line: look})
	}
	p.levels = append(p.levels, level{at: value, name: name, look: look})
}

// plumb draws a vertical line at x, named in the legend.
func (p *panel) plumb(x float64, name string, look draw.LineStyle) {
	p.plot.Add(plumbMark{p.x.position(x), look})
	p.keys = append(p.keys, key{text: name, line: look})
	p.levels = append(p.levels, level{at: x, name: name, look: look, vertical: true})
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

// headHeight is how much of a panel of the given width its title, legend and notes take.
func (p *panel) headHeight(width vg.Length) vg.Length {
	keys, notes := len(p.keyLines(width)), len(p.noteLines(textStyle(noteSize, false), width))
	return vg.Points(titleSize + 14 + (labelSize+4)*float64(keys) + (noteSize+2)*float64(notes))
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
