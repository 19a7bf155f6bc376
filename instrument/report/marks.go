package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of Okabe & Ito (2008), which the colour-blind can tell apart.
var (
	black      = color.NRGBA{0, 0, 0, 255}
	grey       = color.NRGBA{90, 90, 90, 255}
	paleGrey   = color.NRGBA{222, 222, 222, 255}
	blue       = color.NRGBA{0, 114, 178, 255}
	vermillion = color.NRGBA{213, 94, 0, 255}
	green      = color.NRGBA{0, 158, 115, 255}
	orange     = color.NRGBA{230, 159, 0, 255}
	purple     = color.NRGBA{204, 121, 167, 255}
	sky        = color.NRGBA{86, 180, 233, 255}
)

// faint returns c with the given opacity, 0 to 1.
func faint(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * opacity))
	return c
}

func solid(c color.Color, width float64) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Points(width)}
}

func dashed(c color.Color, width float64, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Points(width), Dashes: dashes}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// stretches returns the ranges [from, to) of consecutive indices below n for which known is true.
func stretches(n int, known func(i int) bool) [][2]int {
	var out [][2]int
	for i := 0; i < n; i++ {
		from := i
		for i < n && known(i) {
			i++
		}
		if i > from {
			out = append(out, [2]int{from, i})
		}
	}
	return out
}

// lineMark is a curve with a dot at each observation; where a value is not finite it is interrupted.
type lineMark struct {
	x, y []float64
	look draw.LineStyle
	dot  vg.Length // radius; 0 for none
}

// Plot implements plot.Plotter.
func (m lineMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, s := range stretches(len(m.x), func(i int) bool { return finite(m.y[i]) }) {
		var pts []vg.Point
		for i := s[0]; i < s[1]; i++ {
			pts = append(pts, vg.Point{X: tx(m.x[i]), Y: ty(m.y[i])})
		}
		c.StrokeLines(m.look, c.ClipLinesXY(pts)...)
		radius := m.dot
		if len(pts) == 1 {
			radius = max(radius, vg.Points(2))
		}
		for _, pt := range pts {
			if radius > 0 && c.Contains(pt) {
				c.DrawGlyph(draw.GlyphStyle{Color: m.look.Color, Radius: radius, Shape: draw.CircleGlyph{}}, pt)
			}
		}
	}
}

// bandMark is the area between two curves; where only one observation is known it is a bar of the same colour.
type bandMark struct {
	x, lo, hi []float64
	fill      color.NRGBA
}

// Plot implements plot.Plotter.
func (m bandMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, s := range stretches(len(m.x), func(i int) bool { return finite(m.lo[i]) && finite(m.hi[i]) }) {
		var pts []vg.Point
		for i := s[0]; i < s[1]; i++ {
			pts = append(pts, vg.Point{X: tx(m.x[i]), Y: ty(m.hi[i])})
		}
		for i := s[1] - 1; i >= s[0]; i-- {
			pts = append(pts, vg.Point{X: tx(m.x[i]), Y: ty(m.lo[i])})
		}
		if len(pts) == 2 {
			c.StrokeLines(solid(m.fill, 5), c.ClipLinesXY(pts)...)
			continue
		}
		if pts = c.ClipPolygonXY(pts); len(pts) > 2 {
			c.FillPolygon(m.fill, pts)
		}
	}
}

// barMark is an error bar at each observation.
type barMark struct {
	x, lo, hi []float64
	look      draw.LineStyle
}

// Plot implements plot.Plotter.
func (m barMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	cap := vg.Points(2)
	for i := range m.x {
		if !finite(m.lo[i]) || !finite(m.hi[i]) {
			continue
		}
		x, lo, hi := tx(m.x[i]), ty(m.lo[i]), ty(m.hi[i])
		c.StrokeLines(m.look, c.ClipLinesXY(
			[]vg.Point{{X: x, Y: lo}, {X: x, Y: hi}},
			[]vg.Point{{X: x - cap, Y: lo}, {X: x + cap, Y: lo}},
			[]vg.Point{{X: x - cap, Y: hi}, {X: x + cap, Y: hi}})...)
	}
}

// levelMark is a horizontal line across the panel, named in the right margin.
type levelMark struct {
	y    float64
	name string
	look draw.LineStyle
}

// Plot implements plot.Plotter.
func (m levelMark) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	y := ty(m.y)
	if !c.ContainsY(y) {
		return
	}
	c.StrokeLine2(m.look, c.Min.X, y, c.Max.X, y)
	style := textStyle(labelSize, false)
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	c.FillText(style, vg.Point{X: c.Max.X + vg.Points(4), Y: y}, m.name)
}

// GlyphBoxes implements plot.GlyphBoxer: it makes room for the name.
func (m levelMark) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	if m.name == "" {
		return nil
	}
	style := textStyle(labelSize, false)
	return []plot.GlyphBox{{X: 1, Y: p.Y.Norm(m.y), Rectangle: vg.Rectangle{
		Max: vg.Point{X: vg.Points(6) + style.Width(m.name)},
	}}}
}

// chanceMark is a triangle at the right edge of the panel for each of its values.
type chanceMark struct {
	y    []float64
	fill color.NRGBA
}

// Plot implements plot.Plotter.
func (m chanceMark) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	for _, v := range m.y {
		if y := ty(v); finite(v) && c.ContainsY(y) {
			fillTriangle(c, vg.Point{X: c.Max.X, Y: y}, m.fill)
		}
	}
}

// fillTriangle draws a triangle that points left, the middle of its right side at the given point.
func fillTriangle(c draw.Canvas, at vg.Point, fill color.Color) {
	w, h := vg.Points(8), vg.Points(4)
	corners := []vg.Point{{X: at.X - w, Y: at.Y}, {X: at.X, Y: at.Y + h}, {X: at.X, Y: at.Y - h}, {X: at.X - w, Y: at.Y}}
	c.FillPolygon(fill, corners)
	c.StrokeLines(solid(color.White, 0.8), corners)
}

// plumbMark is a vertical line across the panel.
type plumbMark struct {
	x    float64
	look draw.LineStyle
}

// Plot implements plot.Plotter.
func (m plumbMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, _ := p.Transforms(&c)
	if x := tx(m.x); c.ContainsX(x) {
		c.StrokeLine2(m.look, x, c.Min.Y, x, c.Max.Y)
	}
}

// gapMark breaks the axis of steps between 0 and 1, where it is not logarithmic.
type gapMark struct{}

// Plot implements plot.Plotter.
func (gapMark) Plot(c draw.Canvas, p *plot.Plot) {
	if p.X.Min > -zeroGap || p.X.Max < 0 {
		return
	}
	tx, _ := p.Transforms(&c)
	x, y := tx(-zeroGap/2), c.Min.Y
	w, h := vg.Points(1.8), vg.Points(3.5)
	c.FillPolygon(color.White, []vg.Point{
		{X: x - 2*w, Y: y - h}, {X: x, Y: y - h}, {X: x + 2*w, Y: y + h}, {X: x, Y: y + h}})
	for _, dx := range []vg.Length{-w, w} {
		c.StrokeLine2(solid(black, 0.7), x+dx-w, y-h, x+dx+w, y+h)
	}
}
