package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// figure is one picture: cells in rows, and in each cell panels one below the other.
type figure struct {
	name          string // of the files, without extension
	title         string // what it shows, for those who cannot see it
	heading       string // printed above the cells, where it is not empty
	cells         [][][]*panel
	width, height vg.Length
}

// pngDPI is the resolution of the PNG files: 6.6 inches are 950 pixels.
const pngDPI = 144

// Figures draws the figures of a run into the folder dir, each as NAME.svg and NAME.png, and returns the names of the
// files it wrote:
//
//	losses          train and test loss with the generalization gap between them
//	information     L-info, M-info and X-info with their bounds and the ceiling ln D
//	thermodynamics  work, dissipated heat, entropy production, and the free energy where it changes
//	entropy         S(X|Theta) of the samples, and the change of S(Theta) of the weights, of all and of each parameter
//	free-energy     for unnormalised models: free energy and log-likelihood by every method
//	fluctuations    where forward and reverse work was recorded: the fluctuation average, and Crooks's crossing
//	overview        the first four in one picture, under the name of the run
//
// Steps are on a logarithmic axis with step 0 at its left edge. Shaded bands around curves are 95% intervals (Student's t
// over training sets); a triangle at the right edge is the 95 % point of a [Null]. A quantity that the curves do not hold
// is named in the picture with the reason. The same record gives the same bytes.
func Figures(dir string, run *Run, c *Curves) ([]string, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("report: curves that cannot be drawn: %w", err)
	}
	more, err := loadExtras(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range append(figureNames(c, more), "overview") {
		for _, ext := range []string{".svg", ".png"} {
			f := newFigure(name, run, c, more)
			encode := f.png
			if ext == ".svg" {
				encode = f.svg
			}
			if err := WriteAtomic(filepath.Join(dir, name+ext), encode); err != nil {
				return files, err
			}
			files = append(files, name+ext)
		}
	}
	return files, nil
}

// figureNames names the figures that apply to a record, without the overview.
func figureNames(c *Curves, more extras) []string {
	names := []string{"losses", "information", "thermodynamics", "entropy"}
	if c.Known("delta_f_work") {
		names = append(names, "free-energy")
	}
	if len(more.densities) > 0 {
		names = append(names, "fluctuations")
	}
	return names
}

// newFigure lays out the named figure. Panels are drawn once: every drawing needs a new figure.
func newFigure(name string, run *Run, c *Curves, more extras) *figure {
	const w, h = 6.6 * vg.Inch, 4.5 * vg.Inch
	losses := func() []*panel { return []*panel{lossPanel(run, c)} }
	information := func() []*panel { return []*panel{informationPanel(run, c)} }
	thermodynamics := func() []*panel { return []*panel{thermoPanel(run, c)} }
	entropy := func() []*panel { return []*panel{sampleEntropyPanel(run, c), weightEntropyPanel(run, c)} }
	switch name {
	case "losses":
		if c.Known("test_accuracy") {
			return sheet(name, "Training and test loss and accuracy against the training step", 2*w+0.3*vg.Inch, h, losses(), []*panel{accuracyPanel(run, c)})
		}
		return sheet(name, "Training and test loss against the training step", w, h, losses())
	case "free-energy":
		return freeEnergyFigure(run, c, w, h)
	case "fluctuations":
		return fluctuationFigure(run, c, more.densities, w, h)
	case "information":
		if c.Known("x_info_lo") || c.Known("x_info_hi") {
			return sheet(name, "L-info, M-info and X-info against the training step", 2*w+0.3*vg.Inch, h, information(), []*panel{sampleInformationPanel(run, c)})
		}
		return sheet(name, "L-info and M-info against the training step", w, h, information())
	case "thermodynamics":
		return sheet(name, "Work, dissipated heat and entropy production against the training step", w, h, thermodynamics())
	case "entropy":
		if more.layers != nil {
			layers := layersPanel(run, more.layers)
			return sheet(name, "Entropy of the samples and of the weights against the training step", 2*w+0.3*vg.Inch, 1.3*h, entropy(), []*panel{layers})
		}
		return sheet(name, "Entropy of the samples and of the weights against the training step", w, 1.3*h, entropy())
	}
	return &figure{
		name: name, title: "Losses, information, thermodynamics and entropy against the training step", heading: heading(run),
		cells: [][][]*panel{{losses(), information()}, {thermodynamics(), entropy()}}, width: 2*w + 0.3*vg.Inch, height: 2.4 * h,
	}
}

// sheet is a figure of cells side by side.
func sheet(name, title string, width, height vg.Length, cells ...[]*panel) *figure {
	return &figure{name: name, title: title, cells: [][][]*panel{cells}, width: width, height: height}
}

// heading names a run in a picture.
func heading(run *Run) string {
	return fmt.Sprintf("%s on %s: %s, seed %d", plain(run.Model), plain(run.Data), subtitle(run), run.Seed)
}

// errorNote says what the bands are.
func errorNote(run *Run) string {
	if run.Datasets < 2 {
		return "One training set: errors are not known."
	}
	return fmt.Sprintf("Bands: 95%% intervals, Student's t over %d training sets.", run.Datasets)
}

func (p *panel) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// noteAbsent names what is wholly missing among columns, with the reason.
func (p *panel) noteAbsent(run *Run, c *Curves, columns ...string) {
	if len(c.Rows) == 0 {
		p.note("No observation was recorded.")
		return
	}
	absent := absences(run, c, columns)
	for _, a := range absent {
		p.note("%v", a)
	}
	if len(absent) == 0 && p.values.empty() {
		p.note("Not recorded.")
	}
}

// halfWidths returns t times the standard error of the named column.
func halfWidths(run *Run, c *Curves, column string) []float64 {
	half := c.Column(column + "_se")
	for i := range half {
		half[i] *= studentT(run)
	}
	return half
}

// add draws a column of the curves with its error band, if it holds anything.
func (p *panel) add(run *Run, c *Curves, name, column string, y []float64, look draw.LineStyle) bool {
	if !anyFinite(y) {
		return false
	}
	half := halfWidths(run, c, column)
	p.curve(name, column, y, half, look)
	return anyFinite(half)
}

func lossPanel(run *Run, c *Curves) *panel {
	train, test := c.Column("train_nll"), c.Column("test_nll")
	p := newPanel("Loss", "loss (nats per sample)", linear{}, c.Column("step"))
	if anyFinite(train) && anyFinite(test) {
		p.fill(train, test, paleGrey)
	}
	a := p.add(run, c, "test", "test_nll", test, solid(vermillion, 1.6))
	b := p.add(run, c, "train", "train_nll", train, solid(blue, 1.6))
	if anyFinite(train) && anyFinite(test) {
		p.keys = append(p.keys, key{text: "generalization gap", fill: paleGrey})
	}
	if a || b || run.Datasets < 2 && !p.values.empty() {
		p.note("%s", errorNote(run))
	}
	p.noteAbsent(run, c, "train_nll", "test_nll")
	return p
}

func accuracyPanel(run *Run, c *Curves) *panel {
	p := newPanel("Accuracy", "share of labels guessed right", linear{}, c.Column("step"))
	a := p.add(run, c, "test", "test_accuracy", c.Column("test_accuracy"), solid(vermillion, 1.6))
	b := p.add(run, c, "train", "train_accuracy", c.Column("train_accuracy"), solid(blue, 1.6))
	if a || b {
		p.note("%s", errorNote(run))
	}
	return p
}

func thermoPanel(run *Run, c *Curves) *panel {
	p := newPanel("Work, heat and entropy production", "summed over training (nats)", linear{}, c.Column("step"))
	a := p.add(run, c, "dissipated heat −Q", "heat", negated(c.Column("heat")), solid(vermillion, 1.6))
	b := p.add(run, c, "work W", "work", c.Column("work"), solid(blue, 1.6))
	// A normalised model has no free energy to change: then W - ΔF is W itself, and the dashes keep both visible.
	d := p.add(run, c, "entropy production Σ = W − ΔF", "entropy_production", c.Column("entropy_production"), dashed(orange, 1.6, 5, 4))
	free := c.Column("delta_f")
	for i := range free {
		if free[i] == 0 {
			free[i] = math.NaN()
		}
	}
	if anyFinite(free) {
		p.add(run, c, "free energy ΔF", "delta_f", c.Column("delta_f"), solid(green, 1.6))
	} else if c.Known("delta_f") {
		p.note("ΔF = 0 throughout: the model is normalised, so Σ = W.")
	}
	if a || b || d || run.Datasets < 2 && !p.values.empty() {
		p.note("%s", errorNote(run))
	}
	p.noteAbsent(run, c, "work", "heat", "entropy_production", "delta_f")
	return p
}

func sampleEntropyPanel(run *Run, c *Curves) *panel {
	p := newPanel("Entropy of the samples", "S(X|Θ) (nats)", linear{}, c.Column("step"))
	if p.add(run, c, "S(X|Θ)", "s_x_given_theta", c.Column("s_x_given_theta"), solid(blue, 1.6)) || run.Datasets < 2 && !p.values.empty() {
		p.note("%s", errorNote(run))
	}
	p.noteAbsent(run, c, "s_x_given_theta")
	return p
}

// shrunk says whether a run warns that its entropy of the weights rests on a shrinkage target, and so has no interval.
func shrunk(run *Run) bool {
	return slices.ContainsFunc(run.Warnings, func(w string) bool {
		return strings.HasPrefix(w, "s_theta") && strings.Contains(w, "no interval")
	})
}

func weightEntropyPanel(run *Run, c *Curves) *panel {
	step := c.Column("step")
	p := newPanel("Entropy of the weights", "ΔS(Θ) (nats)", linear{}, step)
	change, half, ref := entropyChange(c, "s_theta")
	if ref >= 0 {
		for i := range half {
			half[i] *= studentT(run)
		}
		p.curve(fmt.Sprintf("S(Θ) at the step − S(Θ) at step %s", count(int(step[ref]))), "s_theta", change, half, solid(green, 1.6))
		p.level(0, "", "", dashed(grey, 0.7, 2, 2))
		if anyFinite(half[ref+1:]) {
			if shrunk(run) {
				p.note("Band: the error that sampling makes (95%%), at both steps in quadrature; that of the shrinkage target is not known.")
			} else {
				p.note("Band: 95%% interval, errors at both steps added in quadrature.")
			}
		}
	}
	p.noteAbsent(run, c, "s_theta")
	return p
}

func informationPanel(run *Run, c *Curves) *panel {
	ceiling, y, ylabel := math.NaN(), scale(linear{}), "information (nats)"
	if run.Datasets > 1 {
		ceiling = math.Log(float64(run.Datasets))
		y, ylabel = knee{ceiling}, fmt.Sprintf("nats, logarithmic above ln %d", run.Datasets)
	}
	p := newPanel("Information about the training set", ylabel, y, c.Column("step"))

	shaded := false
	if lo, hi := c.Column("l_info_lo"), c.Column("l_info_hi"); anyFinite(lo) || anyFinite(hi) {
		shaded = p.bounds(run, c, "L-info, lower to upper bound", "l_info_lo", "l_info_hi", solid(blue, 1.6), 0.30)
	}
	if lo, hi := c.Column("m_info_d_lo"), c.Column("m_info_d_hi"); anyFinite(lo) || anyFinite(hi) {
		p.show(series{name: fmt.Sprintf("M-info on %d sets, bounds", run.Datasets), columns: []string{"m_info_d_lo", "m_info_d_hi"},
			y: lo, y2: hi, look: solid(orange, 0.9), area: 0.45})
	}
	if m := c.Column("m_info"); anyFinite(m) {
		s := series{name: "M-info, Gaussian estimate", columns: []string{"m_info"}, y: m, look: solid(vermillion, 1.6)}
		s.chance = run.chanceLevels(s.columns)
		if lo, hi := c.Column("m_info_lo"), c.Column("m_info_hi"); anyFinite(lo) && anyFinite(hi) {
			s.name, s.lo, s.hi, s.bars = "M-info, Gaussian, 95% interval", lo, hi, true
		}
		p.show(s)
	}
	if !p.values.empty() && finite(ceiling) {
		p.level(ceiling, fmt.Sprintf("ln %d", run.Datasets), fmt.Sprintf("ceiling ln %d = %s", run.Datasets, number(ceiling)), dashed(black, 0.9, 5, 3))
		for _, q := range []Setting{{"M-info on D sets", "m_info_d_lo"}, {"L-info", "l_info_lo"}} {
			if i := saturated(c.Column(q.Value), ceiling); i >= 0 {
				p.note("%s is saturated from step %s on: the truth is above.", q.Name, count(int(c.Column("step")[i])))
			}
		}
	}
	p.noiseBound(c)
	p.keyChance()
	if shaded {
		p.note("%s", errorNote(run))
	}
	p.noteAbsent(run, c, "l_info_lo", "l_info_hi", "m_info", "m_info_d_lo", "m_info_d_hi", "m_info_noise")
	return p
}

// bounds draws a pair of bounds with the area between them and their intervals outside, and tells whether there are any.
func (p *panel) bounds(run *Run, c *Curves, name, lower, upper string, look draw.LineStyle, area float64) bool {
	s := series{name: name, columns: []string{lower, upper}, y: c.Column(lower), y2: c.Column(upper), look: look, area: area}
	s.lo, _ = around(s.y, halfWidths(run, c, lower))
	_, s.hi = around(s.y2, halfWidths(run, c, upper))
	s.chance = run.chanceLevels(s.columns)
	p.show(s)
	return anyFinite(s.lo) || anyFinite(s.hi)
}

// saturated returns the first row from which on a lower bound stays within 10 % of its ceiling, -1 if it does not end there.
func saturated(lower []float64, ceiling float64) int {
	from := -1
	for i := len(lower) - 1; i >= 0 && !(lower[i] < 0.9*ceiling); i-- {
		if finite(lower[i]) {
			from = i
		}
	}
	return from
}

// sampleInformationPanel shows what the samples reveal of the weights.
func sampleInformationPanel(run *Run, c *Curves) *panel {
	ceiling, y, ylabel := math.NaN(), scale(linear{}), "information (nats)"
	if run.Datasets > 1 {
		ceiling = math.Log(float64(run.Datasets))
		y, ylabel = knee{ceiling}, fmt.Sprintf("nats, logarithmic above ln %d", run.Datasets)
	}
	p := newPanel("Information of the samples about the weights", ylabel, y, c.Column("step"))
	if anyFinite(c.Column("x_info_lo")) || anyFinite(c.Column("x_info_hi")) {
		shaded := p.bounds(run, c, "X-info, lower to upper bound", "x_info_lo", "x_info_hi", solid(green, 1.6), 0.30)
		if finite(ceiling) {
			p.level(ceiling, fmt.Sprintf("ln %d", run.Datasets), fmt.Sprintf("ceiling of the lower bound, %s", number(ceiling)), dashed(black, 0.9, 5, 3))
			if i := saturated(c.Column("x_info_lo"), ceiling); i >= 0 {
				p.note("Saturated from step %s on: the truth is above.", count(int(c.Column("step")[i])))
			}
		}
		p.keyChance()
		if shaded {
			p.note("%s", errorNote(run))
		}
	}
	p.noteAbsent(run, c, "x_info_lo", "x_info_hi")
	return p
}

// noiseBound draws the noise bound on M-info, which may be thousands of nats, as far as the other curves reach.
func (p *panel) noiseBound(c *Curves) {
	end, row := c.Last("m_info_noise")
	if row < 0 {
		return
	}
	if math.IsInf(end, 1) {
		p.note("Noise bound on M-info: infinite, training adds no noise.")
		return
	}
	above := !p.values.empty() && p.y.position(end) > p.values.hi
	p.show(series{name: "noise bound on M-info", columns: []string{"m_info_noise"}, y: c.Column("m_info_noise"), look: dashed(green, 1.2, 2, 2), beyond: above})
	if above {
		p.note("The noise bound on M-info ends at %s nats, above the axis.", number(end))
	}
}

func (f *figure) png(w io.Writer) error {
	canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(pngDPI))}
	f.draw(draw.New(canvas))
	_, err := canvas.WriteTo(w)
	return err
}

// draw draws the cells side by side and the panels of a cell one below the other.
func (f *figure) draw(c draw.Canvas) {
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	edge, gap := vg.Points(8), vg.Points(22)
	rows := len(f.cells)
	if f.heading != "" {
		look := textStyle(headingSize, true)
		for _, line := range wrap(f.heading, int(c.Size().X-2*edge), func(s string) int { return int(look.Width(s)) }) {
			c.FillText(look, vg.Point{X: c.Min.X + edge, Y: c.Max.Y - edge - vg.Points(headingSize)}, line)
			c.Max.Y -= vg.Points(headingSize + 4)
		}
		c.Max.Y -= vg.Points(6)
	}
	height := (c.Size().Y - 2*edge - gap*vg.Length(rows-1)) / vg.Length(rows)
	for i, row := range f.cells {
		width := (c.Size().X - 2*edge - gap*vg.Length(len(row)-1)) / vg.Length(len(row))
		for j, cell := range row {
			x, y := c.Min.X+edge+vg.Length(j)*(width+gap), c.Max.Y-edge-vg.Length(i)*(height+gap)
			each := (height - gap/2*vg.Length(len(cell)-1)) / vg.Length(len(cell))
			for k, p := range cell {
				top := y - vg.Length(k)*(each+gap/2)
				p.draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
					Min: vg.Point{X: x, Y: top - each}, Max: vg.Point{X: x + width, Y: top}}})
			}
		}
	}
}
