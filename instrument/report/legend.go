package report

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of the legend.
type key struct {
	text string
	line draw.LineStyle
	fill color.Color
	bar  bool
	mark bool // a triangle
}

// The legend: width of a swatch and gap between entries, in points.
const keySwatch, keyGap = 20, 14

// keyLines breaks the legend into lines of the given width.
func (p *panel) keyLines(width vg.Length) (lines [][]key) {
	label := textStyle(labelSize, false)
	x := width
	for _, k := range p.keys {
		need := vg.Points(keySwatch+5) + label.Width(k.text)
		if x+need > width {
			lines = append(lines, nil)
			x = 0
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], k)
		x += need + vg.Points(keyGap)
	}
	return lines
}

// drawKeys draws the legend in lines below y and returns the lower edge.
func (p *panel) drawKeys(c draw.Canvas, y vg.Length) vg.Length {
	label := textStyle(labelSize, false)
	for _, line := range p.keyLines(c.Size().X) {
		x := c.Min.X
		y -= vg.Points(labelSize + 4)
		for _, k := range line {
			mid, end := y+vg.Points(labelSize*0.36), x+vg.Points(keySwatch)
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
			if k.mark {
				fillTriangle(c, vg.Point{X: (x+end)/2 + vg.Points(4), Y: mid}, grey)
			}
			c.FillText(label, vg.Point{X: end + vg.Points(5), Y: y}, k.text)
			x = end + vg.Points(5) + label.Width(k.text) + vg.Points(keyGap)
		}
	}
	return y - vg.Points(3)
}

// keyChance explains the marks of what labels dealt at random give, where there are any.
func (p *panel) keyChance() {
	for _, s := range p.series {
		if len(s.chance) > 0 {
			p.keys = append(p.keys, key{text: "labels dealt at random: 95% lie below, at the end", mark: true})
			return
		}
	}
}
