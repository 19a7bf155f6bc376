package report

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// WriteCycleSweep writes the files of [WriteSweep] for runs with cycles. Its figure shows the linear probe over training, and
// over the values of the setting, at the end of each run, the accuracies, the efficiency, and how labels are occupied.
func WriteCycleSweep(dir, setting string, runs []SweepRun) ([]string, error) {
	return writeSweep(dir, setting, runs, cycleSweepFigure)
}

func cycleSweepFigure(setting string, runs []SweepRun) *figure {
	const w, h = 6.6 * vg.Inch, 5.4 * vg.Inch
	return &figure{name: SweepFigure, title: "Accuracy, efficiency and occupation of labels for each value of " + setting,
		cells: [][][]*panel{
			{{sweepProbe(setting, runs)}, {sweepAccuracy(setting, runs)}},
			{{sweepEfficiency(setting, runs)}, {sweepOccupation(setting, runs)}},
		}, width: 2*w + 0.3*vg.Inch, height: 2 * h}
}

// sweepProbe draws the probe of each run over training.
func sweepProbe(setting string, runs []SweepRun) *panel {
	p := newPanel("Linear probe over training", "test accuracy", linear{}, sweepSteps(runs))
	for i, r := range runs {
		p.over(r.Curves.Column("step"))
		p.cycleCurve(r.Curves, setting+" "+r.Value, "probe", r.Curves.Column("probe"), comparedLook(i))
	}
	p.sweepNotes(runs)
	for _, r := range runs {
		if r.Run.Status != Done {
			last, _ := r.Curves.Last("step")
			p.note("%s %s: %s after step %s of %s.", setting, r.Value, r.Run.Status, count(int(last)), count(r.Run.Steps))
		}
	}
	return p
}

func sweepAccuracy(setting string, runs []SweepRun) *panel {
	p := newChoicePanel("Accuracy of the frozen representation", setting, "test accuracy at the end", runs)
	p.final(runs, "linear probe", "probe", solid(blue, 1.6))
	p.final(runs, "nearest neighbours", "knn", solid(vermillion, 1.6))
	for _, l := range []cycleLine{
		{"probe, random encoder", "probe_random", dashed(blue, 1.2, 5, 3)},
		{"neighbours, random encoder", "knn_random", dashed(vermillion, 1.2, 5, 3)},
	} {
		if y := lasts(runs, l.column); anyFinite(y) {
			p.show(series{name: l.name, columns: []string{l.column}, y: y, look: l.look})
		}
	}
	p.sweepNotes(runs)
	return p
}

func sweepEfficiency(setting string, runs []SweepRun) *panel {
	p := newChoicePanel("Efficiency of the demon", setting, "η = work extracted / KL(q‖p)", runs)
	p.final(runs, "η of the last window", "efficiency", solid(vermillion, 1.6))
	total := lasts(runs, "sum_extracted")
	for i, bought := range lasts(runs, "sum_bought") {
		total[i] /= bought
	}
	if anyFinite(total) {
		p.show(series{name: "since the start", columns: []string{"sum_extracted", "sum_bought"}, y: total, look: dashed(black, 1.3, 5, 3)})
	}
	p.sweepNotes(runs)
	return p
}

// sweepOccupation draws both entropies whose difference is what a label tells of its sample.
func sweepOccupation(setting string, runs []SweepRun) *panel {
	p := newChoicePanel("Labels at the end", setting, "nats", runs)
	p.final(runs, "entropy of the occupations", "occupation_entropy", solid(orange, 1.6))
	p.final(runs, "entropy of a sample's labels", "label_entropy", solid(green, 1.6))
	p.final(runs, "I(self-label; class)", "mi", solid(blue, 1.6))
	p.sweepNotes(runs)
	if !p.values.empty() {
		p.note("What lies between the entropies a label tells of its sample; labels have collapsed where they meet.")
	}
	var collapsed []string
	for _, r := range runs {
		if share, _ := r.Curves.Last("collapsed"); share > 0 {
			collapsed = append(collapsed, fmt.Sprintf("%s (%.0f %% of the replicas)", r.Value, 100*share))
		}
	}
	if collapsed != nil {
		p.note("Collapsed at %s %s.", setting, strings.Join(collapsed, ", "))
	}
	return p
}

// lasts returns the last row's value of a column in each run.
func lasts(runs []SweepRun, column string) []float64 {
	out := make([]float64, len(runs))
	for i, r := range runs {
		out[i] = math.NaN()
		if n := len(r.Curves.Rows); n > 0 {
			out[i] = r.Curves.Column(column)[n-1]
		}
	}
	return out
}

// newChoicePanel returns an empty panel over the values of a setting.
func newChoicePanel(title, setting, ylabel string, runs []SweepRun) *panel {
	var x choices
	var at []float64
	for i, r := range runs {
		x, at = append(x, r.Value), append(at, float64(i))
	}
	p := newAxes(title, setting, ylabel, x, linear{}, at)
	p.plot.X.Min, p.plot.X.Max = -0.4, float64(len(runs))-0.6
	return p
}

// final draws the last value of a column in each run with its interval over replicas.
func (p *panel) final(runs []SweepRun, name, column string, look draw.LineStyle) {
	y := lasts(runs, column)
	if !anyFinite(y) {
		return
	}
	half := lasts(runs, column+"_se")
	for i, r := range runs {
		half[i] *= cycleT(r.Curves)
	}
	lo, hi := around(y, half)
	p.show(series{name: name, columns: []string{column}, y: y, lo: lo, hi: hi, look: look, bars: true})
}

// sweepNotes says what the intervals are.
func (p *panel) sweepNotes(runs []SweepRun) {
	if p.values.empty() {
		p.note("Not recorded.")
		return
	}
	for _, r := range runs {
		if hasErrors(r.Curves) {
			p.note("95%% intervals, Student's t over the replicas.")
			return
		}
	}
	p.note("One replica: errors are not known.")
}

// choices is the axis of the values of a setting, evenly spaced in the order of the runs.
type choices []string

func (choices) position(v float64) float64 { return v }

// Ticks implements plot.Ticker: a label at each value, or at some where there are many.
func (c choices) Ticks(lo, hi float64) []plot.Tick {
	const most = 12
	every := (len(c) + most - 1) / most
	var ticks []plot.Tick
	for i := 0; i < len(c); i++ {
		t := plot.Tick{Value: float64(i)}
		if i%every == 0 {
			t.Label = plain(c[i])
		}
		ticks = append(ticks, t)
	}
	return ticks
}
