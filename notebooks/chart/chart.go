// Package chart draws the line charts and the grids of pictures of the notebooks, with gonum's plot. Chart and Pictures
// have a method PNG, which is all that gophernotes asks of a value to show it: let it be the last expression of a cell.
//
//	chart.New("learning", "step", "nats").LogX().Line("training", steps, train).Band("training", steps, lo, hi)
//
// (The interpreter cannot import gonum's plot itself, whose interfaces have an alias in them.)
package chart

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Chart is a set of axes with what was drawn on them. The zero value is not usable: see New.
type Chart struct {
	title, x, y string
	logX, logY  bool
	marks       []mark
	names       []string
}

// mark is a line, or a band between y and top, in the colour of its name.
type mark struct {
	name      int
	x, y, top []float64
	dashed    bool
}

// colours are those of Okabe and Ito (2008), told apart by colour-blind readers too.
var colours = []color.NRGBA{
	{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, {R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, {R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, {R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, {R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
	{R: 0x00, G: 0x00, B: 0x00, A: 0xff},
}

// New returns an empty chart with its title and the labels of its axes.
func New(title, x, y string) *Chart { return &Chart{title: title, x: x, y: y} }

// LogX makes the horizontal axis logarithmic; what lies at x <= 0 is not drawn.
func (c *Chart) LogX() *Chart {
	c.logX = true
	return c
}

// LogY makes the vertical axis logarithmic; what lies at y <= 0 is not drawn.
func (c *Chart) LogY() *Chart {
	c.logY = true
	return c
}

// Line draws y over x. What is drawn under one name has one colour and one entry in the legend. NaN and infinite values
// are gaps. It panics where x and y differ in length.
func (c *Chart) Line(name string, x, y []float64) *Chart { return c.add(name, mark{x: x, y: y}) }

// Dashed draws y over x as Line does, dashed: for what is known exactly.
func (c *Chart) Dashed(name string, x, y []float64) *Chart {
	return c.add(name, mark{x: x, y: y, dashed: true})
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
	for m.name < len(c.names) && c.names[m.name] != name {
		m.name++
	}
	if m.name == len(c.names) {
		c.names = append(c.names, name)
	}
	c.marks = append(c.marks, m)
	return c
}

// PNG returns the chart as a PNG file.
func (c *Chart) PNG() []byte {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.title, c.x
	p.Y.Label.Text = c.y
	p.Title.TextStyle.Font.Size = 13
	p.Title.Padding = 6
	p.Legend.Top, p.Legend.Padding = true, 2
	p.Legend.YOffs, p.Legend.XOffs = -4, -4
	if c.rises() {
		p.Legend.Left, p.Legend.XOffs = true, 4
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = color.Gray{Y: 220}
	p.Add(grid)
	entries := make([][]plot.Thumbnailer, len(c.names))
	for _, bands := range []bool{true, false} { // lines above bands
		for _, m := range c.marks {
			if bands == (m.top != nil) {
				c.draw(p, m, entries)
			}
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(ticks), plot.TickerFunc(ticks)
	if !math.IsInf(p.X.Min, 1) { // something was drawn
		scale(&p.X, c.logX, 0)
		scale(&p.Y, c.logY, 0.11*float64(len(c.names)-1)+0.05)
	}
	for i, name := range c.names {
		if len(c.names) > 1 && entries[i] != nil {
			p.Legend.Add(name, entries[i]...)
		}
	}
	w, err := p.WriterTo(16*vg.Centimeter, 9*vg.Centimeter, "png")
	if err != nil {
		panic(fmt.Sprintf("chart: %v", err)) // png is a format that plot knows
	}
	var b bytes.Buffer
	_, _ = w.WriteTo(&b) // a bytes.Buffer does not fail
	return b.Bytes()
}

// rises reports whether most lines end higher than they begin, and leave room for the legend at the left.
func (c *Chart) rises() bool {
	up := 0
	for _, m := range c.marks {
		runs := c.runs(m)
		if m.top != nil || len(runs) == 0 {
			continue
		}
		up += cmp.Compare(m.y[runs[len(runs)-1][1]-1], m.y[runs[0][0]])
	}
	return up > 0
}

// scale makes the axis logarithmic or not, with room for the legend beyond its end.
func scale(a *plot.Axis, log bool, room float64) {
	if log {
		a.Scale, a.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		a.Max *= math.Pow(a.Max/a.Min, room)
		return
	}
	a.Max += room * (a.Max - a.Min)
}

// ticks returns 4 to 10 round numbers from lo to hi.
func ticks(lo, hi float64) (out []plot.Tick) {
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, f := range []float64{5, 2} {
		if (hi-lo)/(step*f) >= 4 {
			step *= f
			break
		}
	}
	for i := math.Ceil(lo / step); i*step <= hi+1e-9*(hi-lo); i++ {
		out = append(out, plot.Tick{Value: i * step, Label: fmt.Sprintf("%.6g", i*step+0)})
	}
	return out
}

// draw adds the stretches of m that have no gap to p.
func (c *Chart) draw(p *plot.Plot, m mark, entries [][]plot.Thumbnailer) {
	colour := colours[m.name%len(colours)]
	for _, run := range c.runs(m) {
		var points plotter.XYs
		for i := run[0]; i < run[1]; i++ {
			points = append(points, plotter.XY{X: m.x[i], Y: m.y[i]})
		}
		if m.top != nil {
			for i := run[1] - 1; i >= run[0]; i-- {
				points = append(points, plotter.XY{X: m.x[i], Y: m.top[i]})
			}
			polygon, err := plotter.NewPolygon(points)
			must(err)
			colour.A = 50
			polygon.Color, polygon.LineStyle.Width = colour, 0
			p.Add(polygon)
			if len(entries[m.name]) == 0 {
				entries[m.name] = []plot.Thumbnailer{polygon}
			}
			continue
		}
		line, err := plotter.NewLine(points)
		must(err)
		line.LineStyle = draw.LineStyle{Color: colour, Width: vg.Points(1.6)}
		if m.dashed {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(line)
		if len(entries[m.name]) < 2 {
			entries[m.name] = append(entries[m.name], line)
		}
	}
}

// must stops on an error of plot's constructors, which fail on numbers that runs has left out.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("chart: %v", err))
	}
}

// runs returns the stretches [from, to) without a gap.
func (c *Chart) runs(m mark) (out [][2]int) {
	from := -1
	for i := 0; i <= len(m.x); i++ {
		whole := i < len(m.x) && shown(m.x[i], c.logX) && shown(m.y[i], c.logY) && (m.top == nil || shown(m.top[i], c.logY))
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

// shown reports whether v has a place on an axis.
func shown(v float64, log bool) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0) }
