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
		dashed := solid(grey, 0.5)
		dashed.Dashes = []vg.Length{3, 3}
		inner.Min.Y += vg.Points(4)
		inner.StrokeLines(dashed, []vg.Point{inner.Min, {X: inner.Max.X, Y: inner.Min.Y}, inner.Max,
			{X: inner.Min.X, Y: inner.Max.Y}, inner.Min})
		nothing := noteStyle()
		nothing.XAlign, nothing.YAlign = draw.XCenter, draw.YCenter
		inner.FillText(nothing, inner.Center(), "nothing to draw")
		return
	}
	f := p.axes(inner)
	p.content(f)
	f.gap()
}

// axes draws both axes with their labels and a pale line at each label of the vertical one, and returns their inside.
func (p *panel) axes(c draw.Canvas) frame {
	label := textStyle(textSize, false)
	height := func(string) vg.Length { return leading }
	f := frame{Canvas: c, x: p.X, y: p.Y}
	const tickLength, pad = 3, 3
	f.Min.Y += 2*leading + vg.Points(tickLength+pad)
	yLabel := lines(label, p.Y.Label, f.Size().Y)
	f.Max.Y -= vg.Points(textSize / 2)
	vertical := apart(p.Y.Ticks, func(at float64) vg.Length { return f.at(0, at).Y }, height)
	widest := vg.Length(0)
	for _, t := range vertical {
		widest = max(widest, label.Width(t.Text))
	}
	f.Min.X += leading*vg.Length(len(yLabel)) + widest + vg.Points(tickLength+pad)
	f.Max.X -= vg.Points(6) // half a label of the horizontal axis

	line := solid(black, 0.6)
	left := label
	left.XAlign, left.YAlign = draw.XRight, draw.YCenter
	for _, t := range vertical {
		at := f.at(0, t.At)
		length := vg.Points(tickLength)
		if t.Text == "" {
			length /= 2
		} else {
			f.StrokeLine2(solid(paleGrey, 0.4), f.Min.X, at.Y, f.Max.X, at.Y)
			f.FillText(left, vg.Point{X: f.Min.X - vg.Points(tickLength+2), Y: at.Y + vg.Points(0.8)}, t.Text)
		}
		f.StrokeLine2(line, f.Min.X-length, at.Y, f.Min.X, at.Y)
	}
	under := label
	under.XAlign, under.YAlign = draw.XCenter, draw.YTop
	size := func(s string) vg.Length { return label.Width(s) + vg.Points(5) }
	for _, t := range apart(p.X.Ticks, func(at float64) vg.Length { return f.at(at, 0).X }, size) {
		x, length := f.at(t.At, 0).X, vg.Points(tickLength)
		if t.Text == "" {
			length /= 2
		} else {
			half := label.Width(t.Text) / 2
			f.FillText(under, vg.Point{X: min(x, c.Max.X-half), Y: f.Min.Y - vg.Points(tickLength+1.5)}, t.Text)
		}
		f.StrokeLine2(line, x, f.Min.Y-length, x, f.Min.Y)
	}
	f.StrokeLines(line, []vg.Point{{X: f.Min.X, Y: f.Max.Y}, f.Min, {X: f.Max.X, Y: f.Min.Y}})
	under.YAlign = draw.YBottom
	middle := min(f.Center().X, c.Max.X-label.Width(p.X.Label)/2)
	f.FillText(under, vg.Point{X: middle, Y: c.Min.Y + vg.Points(2)}, p.X.Label)
	turned := label
	turned.Rotation, turned.XAlign, turned.YAlign = math.Pi/2, draw.XCenter, draw.YTop
	for i, s := range yLabel {
		f.FillText(turned, vg.Point{X: c.Min.X + leading*vg.Length(i), Y: f.Center().Y}, s)
	}
	return f
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
		look := lineLook(*p.diagram, l)
		look.X, look.Quiet = l.X, true
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
		f.markBar(m.X, func(x float64) vg.Point { return vg.Point{X: f.at(x, 0).X, Y: at.Y} })
		f.markBar(m.Y, func(y float64) vg.Point { return vg.Point{X: at.X, Y: f.at(0, y).Y} })
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
