// Package chart draws the line charts and the grids of pictures of the notebooks, without any dependency, so that the
// interpreter compiles it in a moment. A Chart has the method SVG and Pictures have the method PNG, which is all that
// gophernotes asks of a value to show it: let it be the last expression of a cell.
//
//	chart.New("learning", "step", "nats").LogX().Line("training", steps, train).Band("training", steps, lo, hi)
package chart

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Chart is a set of axes with what was drawn on them. The zero value is not usable: see New.
type Chart struct {
	title, x, y string
	logX        bool
	marks       []mark
	names       []string
}

// mark is a line, a band between y and top, or points.
type mark struct {
	colour    string
	x, y, top []float64
	points    bool
	dashed    bool
}

// colours are those of Okabe and Ito (2008), told apart by colour-blind readers too.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

const (
	width, height            = 620, 360
	left, right, upper, foot = 64, 16, 34, 46
)

// New returns an empty chart with its title and the labels of its axes.
func New(title, x, y string) *Chart { return &Chart{title: title, x: x, y: y} }

// LogX makes the horizontal axis logarithmic; what lies at x <= 0 is not drawn.
func (c *Chart) LogX() *Chart {
	c.logX = true
	return c
}

// Line draws y over x. What is drawn under one name has one colour and one entry in the legend. NaN and infinite values
// are gaps. It panics where x and y differ in length.
func (c *Chart) Line(name string, x, y []float64) *Chart { return c.add(name, mark{x: x, y: y}) }

// Dashed draws y over x as Line does, dashed: for what is known exactly.
func (c *Chart) Dashed(name string, x, y []float64) *Chart {
	return c.add(name, mark{x: x, y: y, dashed: true})
}

// Points draws y over x as points.
func (c *Chart) Points(name string, x, y []float64) *Chart {
	return c.add(name, mark{x: x, y: y, points: true})
}

// Band fills the space between lo and hi over x. It panics where lengths differ.
func (c *Chart) Band(name string, x, lo, hi []float64) *Chart {
	if len(lo) != len(hi) {
		panic(fmt.Sprintf("chart: Band: %d lower and %d upper values", len(lo), len(hi)))
	}
	return c.add(name, mark{x: x, y: lo, top: hi})
}

func (c *Chart) add(name string, m mark) *Chart {
	if len(m.x) != len(m.y) {
		panic(fmt.Sprintf("chart: %q: %d values of x and %d of y", name, len(m.x), len(m.y)))
	}
	at := 0
	for at < len(c.names) && c.names[at] != name {
		at++
	}
	if at == len(c.names) {
		c.names = append(c.names, name)
	}
	m.colour = colours[at%len(colours)]
	c.marks = append(c.marks, m)
	return c
}

// SVG returns the picture.
func (c *Chart) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12" role="img">`,
		width, height, width, height)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="white"/>`, escape(c.title))
	text(&b, left, 20, "start", ` font-size="14" font-weight="bold"`, c.title)
	x, y := c.axes()
	c.grid(&b, x, y)
	for _, bands := range []bool{true, false} { // lines above bands
		for _, m := range c.marks {
			if (m.top != nil) == bands {
				c.draw(&b, m, x, y)
			}
		}
	}
	c.legend(&b)
	return b.String() + "</svg>"
}

// String describes the chart, for front ends without pictures.
func (c *Chart) String() string { return fmt.Sprintf("chart %q of %q over %q", c.title, c.y, c.x) }

// axes fits both axes to what is drawn.
func (c *Chart) axes() (x, y axis) {
	x, y = emptyAxis(left, width-right, c.logX), emptyAxis(height-foot, upper, false)
	for _, m := range c.marks {
		for i := range m.x {
			if !x.holds(m.x[i]) {
				continue
			}
			for _, values := range [][]float64{m.y, m.top} {
				if values != nil && y.holds(values[i]) {
					x.include(m.x[i])
					y.include(values[i])
				}
			}
		}
	}
	x.close(0)
	y.close(0.05)
	return x, y
}

func (c *Chart) grid(b *strings.Builder, x, y axis) {
	for _, t := range y.ticks() {
		p := y.place(t)
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/>`, left, p, width-right)
		text(b, left-6, p+4, "end", "", label(t))
	}
	for _, t := range x.ticks() {
		p := x.place(t)
		fmt.Fprintf(b, `<path d="M%.1f %dv5" stroke="#555"/>`, p, height-foot)
		text(b, p, height-foot+18, "middle", "", label(t))
	}
	fmt.Fprintf(b, `<path d="M%d %dV%dH%d" fill="none" stroke="#555"/>`, left, upper, height-foot, width-right)
	text(b, (left+width-right)/2, height-8, "middle", "", c.x)
	text(b, 0, 0, "middle", fmt.Sprintf(` transform="translate(15 %d) rotate(-90)"`, (upper+height-foot)/2), c.y)
}

func (c *Chart) draw(b *strings.Builder, m mark, x, y axis) {
	if m.top != nil {
		for _, run := range runs(m.x, m.y, m.top, x, y) {
			var d strings.Builder
			for i := run[0]; i < run[1]; i++ {
				fmt.Fprintf(&d, "%.1f,%.1f ", x.place(m.x[i]), y.place(m.y[i]))
			}
			for i := run[1] - 1; i >= run[0]; i-- {
				fmt.Fprintf(&d, "%.1f,%.1f ", x.place(m.x[i]), y.place(m.top[i]))
			}
			fmt.Fprintf(b, `<polygon points="%s" fill="%s" fill-opacity="0.2"/>`, strings.TrimSpace(d.String()), m.colour)
		}
		return
	}
	for _, run := range runs(m.x, m.y, nil, x, y) {
		var d strings.Builder
		for i := run[0]; i < run[1]; i++ {
			px, py := x.place(m.x[i]), y.place(m.y[i])
			if m.points || run[1]-run[0] == 1 {
				fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px, py, m.colour)
			}
			fmt.Fprintf(&d, "%.1f,%.1f ", px, py)
		}
		if m.points {
			continue
		}
		dash := ""
		if m.dashed {
			dash = ` stroke-dasharray="6 4"`
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`, strings.TrimSpace(d.String()), m.colour, dash)
	}
}

// runs returns the stretches [from, to) without a gap.
func runs(xs, ys, tops []float64, x, y axis) (out [][2]int) {
	from := -1
	for i := 0; i <= len(xs); i++ {
		whole := i < len(xs) && x.holds(xs[i]) && y.holds(ys[i]) && (tops == nil || y.holds(tops[i]))
		switch {
		case whole && from < 0:
			from = i
		case !whole && from >= 0:
			out = append(out, [2]int{from, i})
			from = -1
		}
	}
	return out
}

func (c *Chart) legend(b *strings.Builder) {
	if len(c.names) < 2 {
		return
	}
	at := float64(width - right)
	for i := len(c.names) - 1; i >= 0; i-- {
		at -= 7*float64(len([]rune(c.names[i]))) + 8
		text(b, at, 20, "start", fmt.Sprintf(` fill="%s"`, colours[i%len(colours)]), c.names[i])
		at -= 20
		fmt.Fprintf(b, `<path d="M%.0f 16h14" stroke="%s" stroke-width="3"/>`, at, colours[i%len(colours)])
		at -= 6
	}
}

func text(b *strings.Builder, x, y float64, anchor, more, s string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>`, x, y, anchor, more, escape(s))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}

func label(v float64) string { return fmt.Sprintf("%.4g", math.Round(v*1e9)/1e9) }
