package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// SweepFile holds the final row of every run of a sweep, and SweepFigure its picture.
const (
	SweepFile   = "sweep.csv"
	SweepFigure = "sweep"
)

// SweepRun is one run of a sweep over a setting.
type SweepRun struct {
	Value  string // of the setting
	Dir    string
	Run    *Run
	Curves *Curves
}

// sweepLooks tells the runs of a sweep apart; a longer one begins again.
var sweepLooks = []draw.LineStyle{solid(blue, 1.6), solid(orange, 1.6), solid(vermillion, 1.6), solid(green, 1.6), solid(black, 1.6)}

// WriteSweep writes sweep.csv, the last row of each run's curves under the value of the setting and the run's folder, and
// the figures sweep.svg and sweep.png into the folder dir: the generalization gap and the upper bound of L-info over
// training, and one against the other. Columns that some runs do not have are empty there. It returns the names of the
// files.
func WriteSweep(dir, setting string, runs []SweepRun) ([]string, error) {
	return writeSweep(dir, setting, runs, sweepFigure)
}

func writeSweep(dir, setting string, runs []SweepRun, layOut func(setting string, runs []SweepRun) *figure) ([]string, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("report: a sweep without runs")
	}
	err := WriteAtomic(filepath.Join(dir, SweepFile), func(w io.Writer) error { return writeSweepCSV(w, setting, runs) })
	if err != nil {
		return nil, err
	}
	files := []string{SweepFile}
	for _, ext := range []string{".svg", ".png"} {
		f := layOut(setting, runs)
		encode := f.png
		if ext == ".svg" {
			encode = f.svg
		}
		if err := WriteAtomic(filepath.Join(dir, SweepFigure+ext), encode); err != nil {
			return files, err
		}
		files = append(files, SweepFigure+ext)
	}
	return files, nil
}

func writeSweepCSV(w io.Writer, setting string, runs []SweepRun) error {
	var columns []string
	for _, r := range runs {
		for _, name := range r.Curves.Columns {
			if name != setting && !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	cw := csv.NewWriter(w)
	if err := cw.Write(append([]string{setting, "folder"}, columns...)); err != nil {
		return err
	}
	for _, r := range runs {
		fields := []string{r.Value, r.Dir}
		for _, name := range columns {
			value := math.NaN()
			if n := len(r.Curves.Rows); n > 0 {
				value = r.Curves.Column(name)[n-1]
			}
			fields = append(fields, field(name, value))
		}
		if err := cw.Write(fields); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// gap returns the generalization gap of a run at each observation.
func gap(c *Curves) []float64 {
	g, train := c.Column("test_nll"), c.Column("train_nll")
	for i := range g {
		g[i] -= train[i]
	}
	return g
}

func sweepFigure(setting string, runs []SweepRun) *figure {
	const w, h = 6.6 * vg.Inch, 5.4 * vg.Inch
	return &figure{name: SweepFigure, title: "Generalization gap and L-info for each value of " + setting,
		cells: [][][]*panel{{{sweepOverTime(setting, runs)}, {sweepAcross(setting, runs)}}}, width: 2*w + 0.3*vg.Inch, height: h}
}

// sweepSteps returns the steps at which any run was observed.
func sweepSteps(runs []SweepRun) []float64 {
	var steps []float64
	for _, r := range runs {
		steps = append(steps, r.Curves.Column("step")...)
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

func sweepOverTime(setting string, runs []SweepRun) *panel {
	p := newPanel("Gap and L-info over training", "nats per sample", linear{}, sweepSteps(runs))
	for i, r := range runs {
		look := sweepLooks[i%len(sweepLooks)]
		x := positions(stepScale{}, r.Curves.Column("step"))
		thin := look
		thin.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		for _, line := range []lineMark{{x: x, y: r.Curves.Column("l_info_hi"), look: look, dot: vg.Points(1.4)}, {x: x, y: gap(r.Curves), look: thin}} {
			p.values.include(line.y...)
			p.plot.Add(line)
		}
		p.keys = append(p.keys, key{text: fmt.Sprintf("%s %s", setting, r.Value), line: look})
	}
	p.keys = append(p.keys, key{text: "L-info, upper bound", line: solid(grey, 1.6)}, key{text: "test loss − train loss", line: dashed(grey, 1.6, 4, 3)})
	return p
}

func sweepAcross(setting string, runs []SweepRun) *panel {
	extent := nothing
	for _, r := range runs {
		extent.include(gap(r.Curves)...)
	}
	if extent.empty() {
		extent = span{0, 1}
	}
	p := newAxes("L-info against the gap", "test loss − train loss (nats)", "L-info, upper bound (nats)", linear{}, linear{}, nil)
	margin := max(0.03*(extent.hi-extent.lo), 1e-3)
	p.plot.X.Min, p.plot.X.Max = extent.lo-margin, extent.hi+margin
	for i, r := range runs {
		look := sweepLooks[i%len(sweepLooks)]
		y, se := r.Curves.Column("l_info_hi"), halfWidths(r.Run, r.Curves, "l_info_hi")
		lo, hi := make([]float64, len(y)), make([]float64, len(y))
		for j := range y {
			lo[j], hi[j] = y[j]-se[j], y[j]+se[j]
		}
		p.values.include(y...)
		p.bands.include(lo...)
		p.bands.include(hi...)
		x := gap(r.Curves)
		p.plot.Add(barMark{x, lo, hi, solid(look.Color, 0.7)}, lineMark{x: x, y: y, look: look, dot: vg.Points(1.8)})
		p.keys = append(p.keys, key{text: fmt.Sprintf("%s %s", setting, r.Value), line: look, bar: true})
	}
	if !p.values.empty() {
		ends := []float64{max(extent.lo, p.values.lo), min(extent.hi, p.values.hi)}
		p.plot.Add(lineMark{x: ends, y: ends, look: dashed(grey, 0.9, 2, 2)})
		p.keys = append(p.keys, key{text: "equal", line: dashed(grey, 0.9, 2, 2)})
	}
	p.note("One point an observation; bars: 95%% intervals, Student's t over %d training sets.", runs[0].Run.Datasets)
	return p
}
