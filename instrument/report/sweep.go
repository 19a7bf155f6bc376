package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// SweepFile holds the final row of every run of a sweep, and SweepFigure its picture.
const (
	SweepFile   = "sweep.csv"
	SweepFigure = "sweep"
)

// SweepRun is one run of a sweep over settings.
type SweepRun struct {
	Values  []string // of the settings
	Dir     string
	Run     *record.Run
	History *record.History
}

// value are the values of the settings, as they are written at a point.
func (r SweepRun) value() string { return plain(strings.Join(r.Values, " & ")) }

// WriteSweep writes sweep.csv, the last row of each run's curves under the values of the settings, the run's folder,
// its weights, its free weights, the examples of a training set and free weights over examples, and the figure
// sweep.svg, sweep.png and sweep.pdf into the folder dir: the last value of each headline quantity with its recorded
// interval against the settings or, where these make one model larger or its training sets smaller, against the free
// weights per training example. Columns that some runs do not have are empty there. It returns the names of the files.
func WriteSweep(dir string, settings []string, runs []SweepRun) ([]string, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("report: a sweep without runs")
	}
	write := func(w io.Writer) error { return writeSweepCSV(w, settings, runs) }
	if err := record.WriteAtomic(filepath.Join(dir, SweepFile), write); err != nil {
		return nil, err
	}
	files := []string{SweepFile}
	panels := sweepPanels(strings.Join(settings, " & "), runs)
	if len(panels) == 0 {
		return files, nil
	}
	f := &figure{name: SweepFigure, rows: rowsOf(panels)}
	drawn, err := f.save(dir, runs[0].Run.Started)
	return append(files, drawn...), err
}

func writeSweepCSV(w io.Writer, settings []string, runs []SweepRun) error {
	var columns []string
	finals := make([]map[string]string, len(runs))
	for i, r := range runs {
		names, fields, err := finalRow(r.History)
		if err != nil {
			return err
		}
		finals[i] = map[string]string{}
		for j, name := range names {
			if !slices.Contains(settings, name) && !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
			if fields != nil {
				finals[i][name] = fields[j]
			}
		}
	}
	c := csv.NewWriter(w)
	head := []string{"folder", "weights", "free_weights", "examples", "weights_per_example"}
	c.Write(slices.Concat(settings, head, columns)) // its error, if any, stays in the writer until Error
	for i, r := range runs {
		row := append(slices.Clone(r.Values), r.Dir)
		counts := []float64{float64(r.Run.Weights), float64(r.Run.FreeWeights), float64(r.Run.Subset)}
		for _, n := range append(counts, weightsPerExample(r.Run)) {
			field := ""
			if n > 0 {
				field = strconv.FormatFloat(n, 'g', -1, 64)
			}
			row = append(row, field)
		}
		for _, name := range columns {
			row = append(row, finals[i][name])
		}
		c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// sweepPanels lays out a panel for each headline quantity. One that no run knows leaves its place, and says why below
// another.
func sweepPanels(setting string, runs []SweepRun) []*panel {
	var panels []*panel
	at, labels, x := sweepAxis(setting, runs)
	for _, s := range shownOf(declared(histories(runs)), func(i record.Info) bool { return i.Headline }) {
		p := &panel{Title: upperFirst(s.heading()), figure: SweepFigure, infos: s.all(), X: x,
			Y: axis{Label: s.label(), Scale: s.lower.Panel.Scale}}
		c, readings := sweepCurve(s, runs)
		c.X, c.labels = at, labels
		for _, info := range s.all() {
			p.Y.Knee = math.Max(p.Y.Knee, info.Ceiling)
			p.ceiling(info)
		}
		if p.Y.Scale == record.Knee && p.Y.Knee == 0 {
			p.Y.Scale = record.Linear
		}
		if c.drawable(p.Y) {
			p.Curves = []curve{c}
		}
		if hasWidth(readings) {
			p.note("%s.", upperFirst(intervalNote(nil, readings)))
		}
		p.sweepGaps(setting, runs)
		for _, r := range runs {
			if r.Run.Status != record.Done {
				p.note("%s %s: %s.", plain(setting), r.value(), r.Run.Status)
			}
		}
		p.settle()
		panels = append(panels, p)
	}
	panels = withoutEmpty(panels)
	return slices.DeleteFunc(panels, func(p *panel) bool { return len(p.Curves) == 0 })
}

// sweepGaps says of which runs a value or an interval of the panel's quantities is not known, and why.
func (p *panel) sweepGaps(setting string, runs []SweepRun) {
	var gaps []string
	of := map[string][]string{}
	for _, info := range p.infos {
		for _, r := range runs {
			e := lastShown(info, r.History)
			_, measured := r.History.Info(info.Name)
			what := " is not known"
			switch {
			case !measured || e.Known() && e.HasInterval() && !math.IsInf(e.Value, 0):
				continue
			case math.IsInf(e.Value, 0):
				what = " is infinite"
			case e.Known():
				what = " has no interval"
			}
			gap := plain(info.Heading()) + what
			if n := len(e.Warnings); n > 0 {
				gap += ": " + plain(e.Warnings[n-1])
			}
			if of[gap] == nil {
				gaps = append(gaps, gap)
			}
			of[gap] = append(of[gap], r.value())
		}
	}
	for _, gap := range gaps {
		if len(of[gap]) == len(runs) {
			p.note("%s.", upperFirst(gap))
			continue
		}
		p.note("%s %s: %s.", plain(setting), strings.Join(of[gap], ", "), gap)
	}
}

// histories returns the histories of a sweep.
func histories(runs []SweepRun) []*record.History {
	var list []*record.History
	for _, r := range runs {
		list = append(list, r.History)
	}
	return list
}

// declared returns what any of the histories measures, those of the first history first.
func declared(histories []*record.History) (infos []record.Info) {
	for _, h := range histories {
		for _, info := range h.Infos() {
			have := func(i record.Info) bool { return i.Name == info.Name }
			if !slices.ContainsFunc(infos, have) {
				infos = append(infos, info)
			}
		}
	}
	return infos
}

// sharedOf returns what any of the histories knows a value of and keep lets through.
func sharedOf(histories []*record.History, keep func(shown) bool) []shown {
	all := shownOf(declared(histories), func(info record.Info) bool {
		return slices.ContainsFunc(histories, func(h *record.History) bool { return h.Known(info.Name) })
	})
	return slices.DeleteFunc(all, func(s shown) bool { return !keep(s) })
}

// sweepCurve holds the last value of a quantity in each run, with its interval.
func sweepCurve(s shown, runs []SweepRun) (curve, []estimate.Estimate) {
	c := curve{Name: s.legend(), Quantities: s.names(), Bars: true, Loose: true}
	c.look(0, 1)
	var readings []estimate.Estimate
	for _, r := range runs {
		lower := lastShown(s.lower, r.History)
		upper := lower
		if s.upper != nil {
			upper = lastShown(*s.upper, r.History)
			c.Upper = append(c.Upper, upper.Value)
		}
		c.Y = append(c.Y, lower.Value)
		c.Lo, c.Hi = append(c.Lo, lower.Lo), append(c.Hi, upper.Hi)
		readings = append(readings, lower, upper)
	}
	return c, readings
}

// sweepAxis places the runs. Where they are of one model and the setting changes how many free weights there are for
// each training example, this is on a logarithmic axis, and the values of the setting are labels of the points. Else
// the values are on a linear axis, on a logarithmic one where they span more than a decade, or evenly spaced in the
// order of the runs where they are no numbers.
func sweepAxis(setting string, runs []SweepRun) (at []float64, labels []string, x axis) {
	if at := capacities(runs); at != nil {
		x.Label, x.Scale = "free weights per training example; beside each point: "+plain(setting), record.Log
		for _, r := range runs {
			labels = append(labels, r.value())
		}
		x.overValues(at, 0.12) // room for a label
		return at, labels, x
	}
	x.Label = plain(setting)
	for _, r := range runs {
		v, err := strconv.ParseFloat(r.value(), 64)
		if err != nil || !finite(v) {
			at, x = categories(x, runs)
			return at, nil, x
		}
		at = append(at, v)
	}
	if lowest := slices.Min(at); lowest > 0 && slices.Max(at) > 10*lowest {
		x.Scale = record.Log
	}
	x.overValues(at, 0.06)
	return at, nil, x
}

// overValues settles an axis that holds the given values, with a margin.
func (a *axis) overValues(values []float64, margin float64) {
	positions := nothing
	for _, v := range values {
		positions.include(a.position(v))
	}
	a.cover(positions, margin)
}

// capacities are the free weights for each training example of runs of one model; nil where they are not known, or some
// are the same.
func capacities(runs []SweepRun) (at []float64) {
	for _, r := range runs {
		w := weightsPerExample(r.Run)
		if w == 0 || r.Run.Model != runs[0].Run.Model {
			return nil
		}
		at = append(at, w)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(at)))) < len(at) {
		return nil
	}
	return at
}

// categories is an axis of names.
func categories(x axis, runs []SweepRun) ([]float64, axis) {
	var at []float64
	for i, r := range runs {
		at = append(at, float64(i))
		x.Ticks = append(x.Ticks, tick{At: float64(i), Text: r.value()})
	}
	x.Lo, x.Hi = -0.5, float64(len(runs))-0.5
	return at, x
}
