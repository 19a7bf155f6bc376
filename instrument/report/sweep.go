package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// SweepFile holds the final row of every run of a sweep, and SweepFigure its picture.
const (
	SweepFile   = "sweep.csv"
	SweepFigure = "sweep"
)

// SweepRun is one run of a sweep over a setting.
type SweepRun struct {
	Value   string // of the setting
	Dir     string
	Run     *record.Run
	History *record.History
}

// WriteSweep writes sweep.csv, the last row of each run's curves under the value of the setting and the run's folder,
// and the figures sweep.svg and sweep.png into the folder dir: the last value of each headline quantity with its
// recorded interval against the setting. Columns that some runs do not have are empty there. It returns the names of
// the files.
func WriteSweep(dir, setting string, runs []SweepRun) ([]string, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("report: a sweep without runs")
	}
	write := func(w io.Writer) error { return writeSweepCSV(w, setting, runs) }
	if err := record.WriteAtomic(filepath.Join(dir, SweepFile), write); err != nil {
		return nil, err
	}
	files := []string{SweepFile}
	panels := sweepPanels(setting, runs)
	if len(panels) == 0 {
		return files, nil
	}
	f := &figure{name: SweepFigure, rows: rowsOf(panels)}
	drawn, err := f.save(dir)
	return append(files, drawn...), err
}

func writeSweepCSV(w io.Writer, setting string, runs []SweepRun) error {
	var columns []string
	finals := make([]map[string]string, len(runs))
	for i, r := range runs {
		names, fields, err := finalRow(r.History)
		if err != nil {
			return err
		}
		finals[i] = map[string]string{}
		for j, name := range names {
			if name != setting && !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
			if fields != nil {
				finals[i][name] = fields[j]
			}
		}
	}
	c := csv.NewWriter(w)
	c.Write(append([]string{setting, "folder"}, columns...)) // its error, if any, stays in the writer until Error
	for i, r := range runs {
		row := []string{r.Value, r.Dir}
		for _, name := range columns {
			row = append(row, finals[i][name])
		}
		c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// sweepPanels lays out a panel for each headline quantity that any run knows.
func sweepPanels(setting string, runs []SweepRun) []*panel {
	var panels []*panel
	for _, s := range sharedOf(histories(runs), shown.headline) {
		p := &panel{Title: upperFirst(s.heading()), figure: SweepFigure, infos: s.all(),
			Y: axis{Label: s.label(), Scale: s.lower.Panel.Scale}}
		c, readings := sweepCurve(s, runs)
		c.X, p.X = sweepAxis(setting, runs)
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
		for _, r := range runs {
			if r.Run.Status != record.Done {
				p.note("%s %s: %s.", plain(setting), plain(r.Value), r.Run.Status)
			}
		}
		p.settle()
		panels = append(panels, p)
	}
	return panels
}

// histories returns the histories of a sweep.
func histories(runs []SweepRun) []*record.History {
	var list []*record.History
	for _, r := range runs {
		list = append(list, r.History)
	}
	return list
}

// sharedOf returns what any of the histories knows a value of and keep lets through, those of the first history first.
func sharedOf(histories []*record.History, keep func(shown) bool) []shown {
	var infos []record.Info
	for _, h := range histories {
		for _, info := range h.Infos() {
			have := func(i record.Info) bool { return i.Name == info.Name }
			if h.Known(info.Name) && !slices.ContainsFunc(infos, have) {
				infos = append(infos, info)
			}
		}
	}
	all := shownOf(infos, func(record.Info) bool { return true })
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

// sweepAxis places the values of the setting: on a linear axis, on a logarithmic one where they span more than a
// decade, or evenly spaced in the order of the runs where they are no numbers.
func sweepAxis(setting string, runs []SweepRun) (at []float64, x axis) {
	x.Label = plain(setting)
	values := nothing
	for _, r := range runs {
		v, err := strconv.ParseFloat(r.Value, 64)
		if err != nil || !finite(v) {
			return categories(x, runs)
		}
		at = append(at, v)
		values.include(v)
	}
	if values.lo > 0 && values.hi > 10*values.lo {
		x.Scale = record.Log
		values = span{lo: math.Log10(values.lo), hi: math.Log10(values.hi)}
	}
	x.cover(values, 0.06)
	return at, x
}

// categories is an axis of names.
func categories(x axis, runs []SweepRun) ([]float64, axis) {
	var at []float64
	for i, r := range runs {
		at = append(at, float64(i))
		x.Ticks = append(x.Ticks, tick{At: float64(i), Text: plain(r.Value)})
	}
	x.Lo, x.Hi = -0.5, float64(len(runs))-0.5
	return at, x
}
