package report

import (
	"image/color"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of text, in points: figures are as wide as they are printed, so that this is what a reader gets.
const (
	headingSize = 10
	titleSize   = 9
	textSize    = 8
)

// leading is from one line of text to the next.
const leading = vg.Length(textSize + 2.5)

// Opacities of an interval and of the area between two bounds.
const bandOpacity, pairOpacity = 0.2, 0.3

// levelLook is how levels are drawn.
var levelLook = curve{Colour: "black", Width: 0.8, Dash: []float64{4, 3}}

// lines breaks a text into lines of the given width.
func lines(look text.Style, s string, width vg.Length) []string { return wrap(s, width, look.Width) }

// write writes lines from the top of the canvas down, and returns what is left of it.
func write(c draw.Canvas, look text.Style, list []string, leading vg.Length) draw.Canvas {
	for _, line := range list {
		c.Max.Y -= leading
		c.FillText(look, vg.Point{X: c.Min.X, Y: c.Max.Y + leading - look.Font.Size}, line)
	}
	return c
}

func noteStyle() text.Style {
	look := textStyle(textSize, false)
	look.Color = grey
	return look
}

// head returns how high title and legend of a panel of the given width are, and foot its notes.
func (p *panel) head(width vg.Length) vg.Length {
	title := lines(textStyle(titleSize, true), p.Title, width)
	return vg.Length(len(title))*vg.Points(titleSize+3) + p.legend(width, nil) + vg.Points(5)
}

func (p *panel) foot(width vg.Length) vg.Length {
	return leading * vg.Length(len(p.footLines(width)))
}

func (p *panel) footLines(width vg.Length) (all []string) {
	for _, n := range p.Notes {
		all = append(all, lines(noteStyle(), n, width)...)
	}
	return all
}

// empty reports whether there is nothing to draw.
func (p *panel) empty() bool {
	return len(p.Curves) == 0 && (p.diagram == nil || len(p.diagram.Lines)+len(p.diagram.Marks) == 0)
}

// draw draws the panel into c, with head and foot of the given heights.
func (p *panel) draw(c draw.Canvas, head, foot vg.Length) {
	width := c.Size().X
	top := write(c, textStyle(titleSize, true), lines(textStyle(titleSize, true), p.Title, width), vg.Points(titleSize+3))
	p.legend(width, &top)
	inner := c
	inner.Max.Y -= head
	inner.Min.Y += foot
	below := c
	below.Max.Y = inner.Min.Y
	write(below, noteStyle(), p.footLines(width), leading)
	if p.empty() {
		inner.Min.Y += vg.Points(4)
		drawEmpty(inner)
		return
	}
	f := p.axes(inner)
	p.content(f)
	f.gap()
}

// drawEmpty draws a frame in the place of axes.
func drawEmpty(c draw.Canvas) {
	dashed := curve{Colour: "grey", Width: 0.5, Dash: []float64{3, 3}}
	c.StrokeLines(dashed.line(), []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	nothing := noteStyle()
	nothing.XAlign, nothing.YAlign = draw.XCenter, draw.YCenter
	c.FillText(nothing, c.Center(), "nothing to draw")
}

// Sizes about the axes, in points.
const (
	tickLength = 3.0
	tickPad    = 2
	axisWidth  = 0.6
	axisMargin = 6 // right of the axes, for half a label
)

// axes draws both axes with their labels, and returns their inside.
func (p *panel) axes(c draw.Canvas) frame {
	label := textStyle(textSize, false)
	f := frame{Canvas: c, x: p.X, y: p.Y}
	below := lines(label, p.X.Label, c.Size().X)
	f.Min.Y += leading*vg.Length(1+len(below)) + vg.Points(tickLength+tickPad)
	f.Max.Y -= vg.Points(textSize / 2) // half a label of the vertical axis
	f.Max.X -= axisMargin              // and of the horizontal one
	beside := lines(label, p.Y.Label, f.Size().Y)
	height := func(string) vg.Length { return leading }
	vertical := apart(p.Y.Ticks, func(at float64) vg.Length { return f.at(0, at).Y }, height)
	widest := vg.Length(0)
	for _, t := range vertical {
		widest = max(widest, label.Width(t.Text))
	}
	f.Min.X += leading*vg.Length(len(beside)) + widest + vg.Points(tickLength+tickPad+1)
	f.vertical(vertical)
	f.horizontal(c.Max.X)
	f.StrokeLines(solid(black, axisWidth), []vg.Point{{X: f.Min.X, Y: f.Max.Y}, f.Min, {X: f.Max.X, Y: f.Min.Y}})

	label.XAlign, label.YAlign = draw.XCenter, draw.YBottom
	for i, s := range below {
		middle := min(f.Center().X, c.Max.X-label.Width(s)/2)
		f.FillText(label, vg.Point{X: middle, Y: c.Min.Y + vg.Points(2) + leading*vg.Length(len(below)-1-i)}, s)
	}
	label.Rotation, label.YAlign = math.Pi/2, draw.YTop
	for i, s := range beside {
		f.FillText(label, vg.Point{X: c.Min.X + leading*vg.Length(i), Y: f.Center().Y}, s)
	}
	return f
}

// vertical draws the ticks of the vertical axis, with a pale line at each label.
func (f frame) vertical(ticks []tick) {
	label := textStyle(textSize, false)
	label.XAlign, label.YAlign = draw.XRight, draw.YCenter
	for _, t := range ticks {
		y, length := f.at(0, t.At).Y, vg.Points(tickLength/2)
		if t.Text != "" {
			length = vg.Points(tickLength)
			f.StrokeLine2(solid(paleGrey, 0.4), f.Min.X, y, f.Max.X, y)
			f.FillText(label, vg.Point{X: f.Min.X - vg.Points(tickLength+tickPad), Y: y + vg.Points(0.8)}, t.Text)
		}
		f.StrokeLine2(solid(black, axisWidth), f.Min.X-length, y, f.Min.X, y)
	}
}

// horizontal draws the ticks of the horizontal axis, its labels left of the given edge.
func (f frame) horizontal(edge vg.Length) {
	label := textStyle(textSize, false)
	label.XAlign, label.YAlign = draw.XCenter, draw.YTop
	size := func(s string) vg.Length { return label.Width(s) + vg.Points(5) }
	for _, t := range apart(f.x.Ticks, func(at float64) vg.Length { return f.at(at, 0).X }, size) {
		x, length := f.at(t.At, 0).X, vg.Points(tickLength/2)
		if t.Text != "" {
			length = vg.Points(tickLength)
			middle := min(x, edge-label.Width(t.Text)/2)
			f.FillText(label, vg.Point{X: middle, Y: f.Min.Y - vg.Points(tickLength+tickPad)}, t.Text)
		}
		f.StrokeLine2(solid(black, axisWidth), x, f.Min.Y-length, x, f.Min.Y)
	}
}

// content draws what a panel shows: areas first, then lines, then marks.
func (p *panel) content(f frame) {
	for _, l := range p.Levels {
		at := f.at(0, f.y.position(l.At))
		f.StrokeLines(levelLook.line(), []vg.Point{{X: f.Min.X, Y: at.Y}, {X: f.Max.X, Y: at.Y}})
	}
	for _, c := range p.Curves {
		switch {
		case c.Upper != nil:
			f.band(c.X, c.Y, c.Upper, c.Loose, faint(c.colour(), pairOpacity))
		case c.Lo != nil && !c.Bars:
			f.band(c.X, c.Lo, c.Hi, false, faint(c.colour(), bandOpacity))
		}
	}
	for _, c := range p.Curves {
		switch {
		case c.Lo == nil:
		case c.Bars:
			f.bars(c.X, c.Lo, c.Hi, solid(c.colour(), 0.7))
		case c.Upper != nil:
			f.outline(c, c.Lo)
			f.outline(c, c.Hi)
		}
		f.curve(c, c.Y)
		if c.Upper != nil {
			f.curve(c, c.Upper)
		}
		f.labels(c)
	}
	for _, c := range p.Curves {
		for _, v := range c.Nulls {
			if y := f.at(0, f.y.position(v)).Y; isKnown(v) && f.ContainsY(y) {
				triangle(f.Canvas, vg.Point{X: f.Max.X, Y: y}, c.colour())
			}
		}
	}
	if p.diagram != nil {
		p.drawDiagram(f)
	}
}

// drawDiagram draws the lines of a diagram in their order, and its marks on top.
func (p *panel) drawDiagram(f frame) {
	for _, l := range p.diagram.Lines {
		look := lineLook(p.names, l)
		look.X, look.Quiet = l.X, l.Colour == ""
		if l.Lo != nil {
			f.bars(l.X, l.Lo, l.Hi, solid(look.colour(), 0.7))
		}
		if l.Filled {
			f.band(l.X, make([]float64, len(l.X)), l.Y, false, faint(look.colour(), bandOpacity))
		}
		f.curve(look, l.Y)
		if n := len(l.X); l.Arrow && n > 1 {
			ends := f.points(l.X[n-2:], l.Y[n-2:])
			f.arrow(ends[0], ends[1], look.colour())
		}
	}
	for _, m := range p.diagram.Marks {
		at := f.points([]float64{m.X.Value}, []float64{m.Y.Value})[0]
		if !m.X.Known() || !m.Y.Known() || !f.Contains(at) {
			continue
		}
		f.markBar(m.X, func(x float64) vg.Point { return vg.Point{X: f.at(f.x.position(x), 0).X, Y: at.Y} })
		f.markBar(m.Y, func(y float64) vg.Point { return vg.Point{X: at.X, Y: f.at(0, f.y.position(y)).Y} })
		glyph := draw.GlyphStyle{Color: black, Radius: vg.Points(2.4), Shape: draw.CircleGlyph{}}
		if m.Square {
			glyph.Shape = draw.BoxGlyph{}
		}
		f.DrawGlyph(glyph, at)
		if m.Hollow {
			glyph.Color, glyph.Radius = color.White, vg.Points(1.6)
			f.DrawGlyph(glyph, at)
		}
	}
}

// markBar draws the interval of one coordinate of a mark, if it has one.
func (f frame) markBar(e estimate.Estimate, place func(float64) vg.Point) {
	if e.HasInterval() && e.Lo != e.Hi {
		f.bar(place(e.Lo), place(e.Hi), solid(faint(grey, 0.8), 0.6))
	}
}
