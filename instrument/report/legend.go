package report

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of the legend.
type key struct {
	lines []string // of its text
	line  draw.LineStyle
	fill  color.Color
	bar   bool
	mark  bool // a triangle
	dot   bool
}

// The legend: width of a swatch, between swatch and text, and between entries, in points.
const keySwatch, keyIndent, keyGap = 16, 4, 10

// keys returns the legend of a panel of the given width.
func (p *panel) keys(width vg.Length) (keys []key) {
	size := textStyle(textSize, false).Width
	add := func(text string, k key) {
		k.lines = wrap(text, width-vg.Points(keySwatch+keyIndent), size)
		keys = append(keys, k)
	}
	nulls := false
	for _, c := range p.Curves {
		nulls = nulls || len(c.Nulls) > 0
		alone := len(p.Curves) == 1 && strings.EqualFold(c.Name, p.Title)
		if c.Quiet || c.Name == "" || alone {
			continue
		}
		k := key{line: c.line(), bar: c.Bars && c.Lo != nil, dot: c.Loose}
		switch {
		case c.Loose:
			k.line.Width = 0
		case c.Upper != nil:
			k.fill = faint(c.colour(), pairOpacity)
		case c.Lo != nil && !c.Bars:
			k.fill = faint(c.colour(), bandOpacity)
		}
		add(c.Name, k)
	}
	for _, l := range p.Levels {
		add(l.Name, key{line: levelLook.line()})
	}
	if nulls {
		add("null: 95 % of permutations below, at the end", key{mark: true})
	}
	if p.diagram == nil {
		return keys
	}
	var named []string
	for _, l := range p.diagram.Lines {
		if l.Name == "" || slices.Contains(named, l.Name) {
			continue
		}
		named = append(named, l.Name)
		look := lineLook(p.names, l)
		k := key{line: look.line(), bar: look.Bars, dot: look.Loose}
		if look.Loose {
			k.line.Width = 0
		}
		if l.Filled {
			k.fill = faint(look.colour(), bandOpacity)
		}
		add(look.Name, k)
	}
	return keys
}

// legend places the entries of the legend, from left to right and from top to bottom, and returns how high it is. With
// a canvas it draws them there, from the top.
func (p *panel) legend(width vg.Length, c *draw.Canvas) vg.Length {
	label := textStyle(textSize, false)
	var x, used vg.Length
	tallest := 0
	for _, k := range p.keys(width) {
		need := vg.Length(0)
		for _, line := range k.lines {
			need = max(need, label.Width(line))
		}
		need += vg.Points(keySwatch + keyIndent)
		if x > 0 && x+need > width {
			used += leading * vg.Length(tallest)
			x, tallest = 0, 0
		}
		if c != nil {
			k.draw(*c, vg.Point{X: c.Min.X + x, Y: c.Max.Y - used})
		}
		tallest = max(tallest, len(k.lines))
		x += need + vg.Points(keyGap)
	}
	return used + leading*vg.Length(tallest)
}

// draw draws an entry with its upper left corner at the given point.
func (k key) draw(c draw.Canvas, at vg.Point) {
	label := textStyle(textSize, false)
	y := at.Y - vg.Points(textSize)
	middle, end := y+vg.Points(textSize*0.36), at.X+vg.Points(keySwatch)
	if k.fill != nil {
		h := vg.Points(3)
		c.FillPolygon(k.fill, []vg.Point{{X: at.X, Y: middle - h}, {X: end, Y: middle - h},
			{X: end, Y: middle + h}, {X: at.X, Y: middle + h}})
	}
	if k.line.Width > 0 {
		c.StrokeLine2(k.line, at.X, middle, end, middle)
	}
	center := (at.X + end) / 2
	if k.bar {
		c.StrokeLine2(solid(k.line.Color, 0.7), center, middle-vg.Points(3), center, middle+vg.Points(3))
	}
	if k.dot {
		c.DrawGlyph(draw.GlyphStyle{Color: k.line.Color, Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}},
			vg.Point{X: center, Y: middle})
	}
	if k.mark {
		triangle(c, vg.Point{X: center + vg.Points(3), Y: middle}, grey)
	}
	for _, line := range k.lines {
		c.FillText(label, vg.Point{X: end + vg.Points(keyIndent), Y: y}, line)
		y -= leading
	}
}
