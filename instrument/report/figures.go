package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"calorimeter/instrument/record"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// figure is one picture: panels in rows, under a heading where it is not empty.
type figure struct {
	name    string // of the files, without extension
	heading string
	rows    [][]*panel
	narrow  bool // one panel, as wide as one of three
}

// pngDPI is the resolution of the PNG files: 7 inches are 1400 pixels.
const pngDPI = 200

// overviewName is the name of the figure that is made of others.
const overviewName = "overview"

// Figures draws the figures of a run into the folder dir, each as NAME.svg, NAME.png and NAME.pdf, and returns the
// names of the files it wrote: one figure for each that the quantities name (see [record.Panel]), with its panels side
// by side in the order of their first declaration, one for each that the diagrams of the folder name, and "overview",
// made of the panels that ask for a place in it. A quantity that names no figure has one of its own.
//
// Figures are 3.5 or 7 inches wide, as they are printed. Steps are on a logarithmic axis with step 0 at its left
// edge. Intervals are the recorded ones: shaded around a curve, dotted lines around a pair of bounds, bars where
// there are few observations. A triangle at the right edge is the 95 % point of a [record.Null]. A quantity without
// any value is named below with the reason. Of several parts of a model each has curves of its own
// ([record.History.ByPart]). The same record gives the same bytes.
func Figures(dir string, run *record.Run, h *record.History) ([]string, error) {
	diagrams, err := record.LoadDiagrams(dir)
	if err != nil {
		return nil, err
	}
	panels := append(panelsOf(run, h.ByPart()), diagramsOf(diagrams)...)
	figures := figuresOf(panels)
	if view := overview(run, panels); view != nil {
		figures = append(figures, view)
	}
	return saveAll(dir, figures, run.Started)
}

// saveAll writes figures, several at a time, and returns the names of the files in their order.
func saveAll(dir string, figures []*figure, made time.Time) (files []string, err error) {
	written := make([][]string, len(figures))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range figures {
		all.Go(func() (err error) {
			written[i], err = f.save(dir, made)
			return err
		})
	}
	err = all.Wait()
	return slices.Concat(written...), err
}

// figuresOf puts the panels of each figure side by side.
func figuresOf(panels []*panel) []*figure {
	var list []*figure
	for _, p := range panels {
		i := slices.IndexFunc(list, func(f *figure) bool { return f.name == p.figure })
		if i < 0 {
			i = len(list)
			list = append(list, &figure{name: p.figure, rows: [][]*panel{nil}})
		}
		list[i].rows[0] = append(list[i].rows[0], p)
	}
	for _, f := range list {
		f.rows = rowsOf(f.rows[0])
	}
	return list
}

// rowsOf breaks panels into rows of up to three, four into two rows of two.
func rowsOf(panels []*panel) [][]*panel {
	columns := 3
	if len(panels) == 4 {
		columns = 2
	}
	return slices.Collect(slices.Chunk(panels, columns))
}

// overview is the figure of the panels that have a place in it, two in a row; nil where there are none.
func overview(run *record.Run, panels []*panel) *figure {
	chosen := slices.DeleteFunc(slices.Clone(panels), func(p *panel) bool { return p.overview == 0 })
	if len(chosen) == 0 {
		return nil
	}
	slices.SortStableFunc(chosen, func(a, b *panel) int { return a.overview - b.overview })
	return &figure{name: overviewName, heading: heading(run), rows: slices.Collect(slices.Chunk(chosen, 2))}
}

// heading names a run in a picture.
func heading(run *record.Run) string {
	setup := plain(run.Setup)
	if setup != "" {
		setup += ", "
	}
	return fmt.Sprintf("%s: %sseed %d", title(run), setup, run.Seed)
}

// title names what was trained on what, as far as it is known.
func title(run *record.Run) string {
	name := plain(cmp.Or(run.Model, run.Program))
	if run.Data != "" {
		name += " on " + plain(run.Data)
	}
	return name
}

// save writes the figure as SVG, PNG and PDF into the folder dir; the last says that it was made at the given time.
func (f *figure) save(dir string, made time.Time) ([]string, error) {
	if !filepath.IsLocal(f.name) || strings.ContainsAny(f.name, `/\:`) {
		return nil, fmt.Errorf("report: figure %q has a name that is none of a file", f.name)
	}
	var files []string
	for _, form := range []struct {
		ext    string
		encode func(io.Writer) error
	}{
		{ext: ".svg", encode: f.svg},
		{ext: ".png", encode: f.png},
		{ext: ".pdf", encode: func(w io.Writer) error { return f.pdf(w, made) }},
	} {
		if err := record.WriteAtomic(filepath.Join(dir, f.name+form.ext), form.encode); err != nil {
			return files, err
		}
		files = append(files, f.name+form.ext)
	}
	return files, nil
}

// Edge of a figure, and between its panels.
const edge, gap = vg.Length(4), vg.Length(14)

// columns is how many panels stand side by side.
func (f *figure) columns() (n int) {
	for _, row := range f.rows {
		n = max(n, len(row))
	}
	return n
}

// width is 3.5 inches for one panel, and 7 for more.
func (f *figure) width() vg.Length {
	switch {
	case f.narrow:
		return 2.4 * vg.Inch
	case f.columns() == 1:
		return 3.5 * vg.Inch
	}
	return 7 * vg.Inch
}

// panelWidth is the width of each panel.
func (f *figure) panelWidth() vg.Length {
	n := vg.Length(f.columns())
	return (f.width() - 2*edge - gap*(n-1)) / n
}

// axesHeight is how much of a panel is left to its axes with their labels.
func (f *figure) axesHeight() vg.Length {
	if f.columns() > 2 || f.narrow {
		return 2.1 * vg.Inch
	}
	return 2.3 * vg.Inch
}

// heads returns the heights of head and foot of a row, so that its axes are level.
func (f *figure) heads(row []*panel) (head, foot vg.Length) {
	for _, p := range row {
		head, foot = max(head, p.head(f.panelWidth())), max(foot, p.foot(f.panelWidth()))
	}
	return head, foot
}

func (f *figure) headingLines() []string {
	if f.heading == "" {
		return nil
	}
	return lines(textStyle(headingSize, true), f.heading, f.width()-2*edge)
}

const headingLeading = vg.Length(headingSize + 4)

func (f *figure) height() vg.Length {
	height := 2*edge + headingLeading*vg.Length(len(f.headingLines())) + gap*vg.Length(len(f.rows)-1)
	for _, row := range f.rows {
		head, foot := f.heads(row)
		height += head + f.axesHeight() + foot
	}
	return height
}

// draw draws the panels row by row.
func (f *figure) draw(c draw.Canvas) {
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	c = draw.Crop(c, edge, -edge, edge, -edge)
	c = write(c, textStyle(headingSize, true), f.headingLines(), headingLeading)
	for _, row := range f.rows {
		head, foot := f.heads(row)
		height := head + f.axesHeight() + foot
		for j, p := range row {
			cell := c
			cell.Min.X += vg.Length(j) * (f.panelWidth() + gap)
			cell.Max.X, cell.Min.Y = cell.Min.X+f.panelWidth(), c.Max.Y-height
			p.draw(cell, head, foot)
		}
		c.Max.Y -= height + gap
	}
}

func (f *figure) png(w io.Writer) error {
	canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width(), f.height()), vgimg.UseDPI(pngDPI))}
	f.draw(draw.New(canvas))
	_, err := canvas.WriteTo(w)
	return err
}
