package report

import (
	"image/color"
	"math"
	"strconv"

	"calorimeter/instrument/record"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	black    = colours["black"]
	grey     = colours["grey"]
	paleGrey = color.NRGBA{R: 222, G: 222, B: 222, A: 255}
)

// faint returns c with the given opacity, 0 to 1.
func faint(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * opacity))
	return c
}

func solid(c color.Color, width float64) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Points(width)}
}

// colour returns the colour of a curve.
func (c curve) colour() color.NRGBA {
	if named, ok := colours[c.Colour]; ok {
		return named
	}
	rgb, err := strconv.ParseUint(c.Colour[1:], 16, 32)
	if err != nil {
		return black
	}
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

// line returns the style of a curve.
func (c curve) line() draw.LineStyle {
	look := solid(c.colour(), c.Width)
	for _, d := range c.Dash {
		look.Dashes = append(look.Dashes, vg.Points(d))
	}
	return look
}

func textStyle(size float64, bold bool) text.Style {
	f := font.From(plot.DefaultFont, font.Length(size))
	f.Variant = "Sans"
	if bold {
		f.Weight = 3 // WeightBold of golang.org/x/image/font
	}
	return text.Style{Color: black, Font: f, Handler: plot.DefaultTextHandler, XAlign: draw.XLeft, YAlign: draw.YBottom}
}

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

// frame is the inside of the axes of a panel.
type frame struct {
	draw.Canvas
	x, y axis
}

// at returns where a point is drawn, given in positions. What is infinitely far stands outside the axes.
func (f frame) at(x, y float64) vg.Point {
	along := func(a axis, v float64, from, to vg.Length) vg.Length {
		t := math.Max(-9, math.Min(10, (v-a.Lo)/(a.Hi-a.Lo)))
		return from + vg.Length(t)*(to-from)
	}
	return vg.Point{X: along(f.x, x, f.Min.X, f.Max.X), Y: along(f.y, y, f.Min.Y, f.Max.Y)}
}

// points returns where points are drawn, given as values.
func (f frame) points(x, y []float64) []vg.Point {
	out := make([]vg.Point, len(x))
	for i := range x {
		out[i] = f.at(f.x.position(x[i]), f.y.position(y[i]))
	}
	return out
}

// curve draws a curve with a dot at each observation, unless it is dashed or has very many; where a value cannot be
// drawn it is interrupted.
func (f frame) curve(c curve, y []float64) {
	const mostDots = 60
	dot := 0.0
	if len(c.Dash) == 0 && c.Width > thinLine && !c.Quiet && len(y) <= mostDots {
		dot = 1.1
	}
	drawn := func(i int) bool { return finite(f.y.position(y[i])) && finite(f.x.position(c.X[i])) }
	for _, s := range stretches(len(y), drawn) {
		pts := f.points(c.X[s[0]:s[1]], y[s[0]:s[1]])
		if c.Loose {
			f.dots(pts, 2.2, c.colour())
			continue
		}
		f.StrokeLines(c.line(), f.ClipLinesXY(pts)...)
		if len(pts) == 1 {
			f.dots(pts, 2, c.colour())
		} else if dot > 0 {
			f.dots(pts, dot, c.colour())
		}
	}
}

// labels writes the labels of a curve beside its points: right of them, or left where there is no room.
func (f frame) labels(c curve) {
	look := noteStyle()
	look.YAlign = draw.YCenter
	for i, label := range c.labels {
		at := f.points(c.X[i:i+1], c.Y[i:i+1])[0]
		if !finite(c.Y[i]) || !f.Contains(at) {
			continue
		}
		const gap = 4
		at.X += gap
		if at.X+look.Width(label) > f.Max.X+axisMargin {
			at.X -= 2*gap + look.Width(label)
		}
		f.FillText(look, at, label)
	}
}

func (f frame) dots(pts []vg.Point, radius float64, c color.Color) {
	for _, pt := range pts {
		if f.Contains(pt) {
			f.DrawGlyph(draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}, pt)
		}
	}
}

// band shades between two curves; where only one observation is known, or the points are loose, it is a bar of the same
// colour.
func (f frame) band(x, lo, hi []float64, loose bool, fill color.NRGBA) {
	for _, s := range stretches(len(x), func(i int) bool { return isKnown(lo[i]) && isKnown(hi[i]) }) {
		below, above := f.points(x[s[0]:s[1]], lo[s[0]:s[1]]), f.points(x[s[0]:s[1]], hi[s[0]:s[1]])
		if loose || len(below) == 1 {
			for i := range below {
				f.StrokeLines(solid(fill, 4), f.ClipLinesXY([]vg.Point{below[i], above[i]})...)
			}
			continue
		}
		outline := above
		for i := len(below) - 1; i >= 0; i-- {
			outline = append(outline, below[i])
		}
		if inside := f.ClipPolygonXY(outline); len(inside) > 2 {
			f.FillPolygon(fill, inside)
		}
	}
}

// bars draws an error bar from lo to hi at each observation.
func (f frame) bars(x, lo, hi []float64, look draw.LineStyle) {
	for i := range x {
		if isKnown(lo[i]) && isKnown(hi[i]) {
			ends := f.points([]float64{x[i], x[i]}, []float64{lo[i], hi[i]})
			f.bar(ends[0], ends[1], look)
		}
	}
}

// bar draws an error bar with a cap at each end.
func (f frame) bar(a, b vg.Point, look draw.LineStyle) {
	dx, dy := vg.Points(2), vg.Points(0)
	if a.Y == b.Y && a.X != b.X {
		dx, dy = dy, dx
	}
	f.StrokeLines(look, f.ClipLinesXY([]vg.Point{a, b},
		[]vg.Point{{X: a.X - dx, Y: a.Y - dy}, {X: a.X + dx, Y: a.Y + dy}},
		[]vg.Point{{X: b.X - dx, Y: b.Y - dy}, {X: b.X + dx, Y: b.Y + dy}})...)
}

// outline draws the ends of intervals as thin lines.
func (f frame) outline(c curve, y []float64) {
	f.curve(curve{X: c.X, Colour: c.Colour, Width: 0.5, Dash: []float64{1.5, 1.5}}, y)
}

// triangle draws a triangle that points left, the middle of its right side at the given point.
func triangle(c draw.Canvas, at vg.Point, fill color.Color) {
	w, h := vg.Points(6), vg.Points(3)
	corners := []vg.Point{{X: at.X - w, Y: at.Y}, {X: at.X, Y: at.Y + h}, {X: at.X, Y: at.Y - h}, {X: at.X - w, Y: at.Y}}
	c.FillPolygon(fill, corners)
	c.StrokeLines(solid(color.White, 0.6), corners)
}

// arrow draws the head of an arrow in the middle of the way from a to b.
func (f frame) arrow(a, b vg.Point, c color.Color) {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	length := math.Hypot(dx, dy)
	if length < 3 {
		return
	}
	dx, dy = dx/length, dy/length
	size := min(6, 0.8*length)
	half := length/2 + size/2
	tip := vg.Point{X: a.X + vg.Length(half*dx), Y: a.Y + vg.Length(half*dy)}
	if !f.Contains(tip) {
		return
	}
	back := func(side float64) vg.Point {
		return vg.Point{X: tip.X - vg.Length(size*dx-0.42*size*side*dy), Y: tip.Y - vg.Length(size*dy+0.42*size*side*dx)}
	}
	f.FillPolygon(c, []vg.Point{tip, back(1), back(-1)})
}

// gap breaks the axis of steps between 0 and 1, where it is not logarithmic.
func (f frame) gap() {
	if f.x.Scale != record.Steps || f.x.Lo > -zeroGap || f.x.Hi < 0 {
		return
	}
	at := f.at(-zeroGap/2, f.y.Lo)
	w, h := vg.Points(1.4), vg.Points(2.8)
	f.FillPolygon(color.White, []vg.Point{{X: at.X - 2*w, Y: at.Y - h}, {X: at.X, Y: at.Y - h},
		{X: at.X + 2*w, Y: at.Y + h}, {X: at.X, Y: at.Y + h}})
	for _, dx := range []vg.Length{-w, w} {
		f.StrokeLine2(solid(black, 0.6), at.X+dx-w, at.Y-h, at.X+dx+w, at.Y+h)
	}
}
