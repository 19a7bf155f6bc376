package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"
)

// cycleCurve draws a column of the cycles with its error band, if it holds anything.
func (p *panel) cycleCurve(c *Curves, name, column string, y []float64, look draw.LineStyle) {
	if !anyFinite(y) {
		return
	}
	half := c.Column(column + "_se")
	for i := range half {
		half[i] *= cycleT(c)
	}
	p.curve(name, column, y, half, look)
}

// cycleNotes adds what the bands are, and what is missing.
func (p *panel) cycleNotes(run *Run, c *Curves, columns ...string) {
	switch {
	case p.values.empty():
	case hasErrors(c):
		p.note("Bands: 95%% intervals, Student's t over %d replicas.", cycleReplicas(c))
	default:
		p.note("One replica: errors are not known.")
	}
	p.noteAbsent(run, c, columns...)
}

// cyclePanel is a panel of curves over the training steps.
func cyclePanel(run *Run, c *Curves, title, ylabel string, curves ...cycleLine) *panel {
	p := newPanel(title, ylabel, linear{}, c.Column("step"))
	var columns []string
	for _, l := range curves {
		p.cycleCurve(c, l.name, l.column, c.Column(l.column), l.look)
		columns = append(columns, l.column)
	}
	p.cycleNotes(run, c, columns...)
	return p
}

func heatPanel(run *Run, c *Curves) *panel {
	return cyclePanel(run, c, "Heat absorbed", "summed over training (nats)",
		cycleLine{"Q in, at measurement", "sum_q_in", solid(vermillion, 1.6)},
		cycleLine{"Q out, at thermalisation", "sum_q_out", solid(blue, 1.6)})
}

func workPanel(run *Run, c *Curves) *panel {
	return cyclePanel(run, c, "Work", "summed over training (nats)",
		cycleLine{"work extracted beyond ΔF", "sum_extracted", solid(green, 1.8)},
		cycleLine{"work done W", "sum_work", solid(blue, 1.6)},
		cycleLine{"free energy ΔF", "sum_delta_f", dashed(orange, 1.6, 5, 3)})
}

func efficiencyPanel(run *Run, c *Curves) *panel {
	p := cyclePanel(run, c, "Efficiency of the demon", "η = work extracted / KL(q‖p)",
		cycleLine{"η of the window", "efficiency", solid(vermillion, 1.6)})
	total, bought := c.Column("sum_extracted"), c.Column("sum_bought")
	for i := range total {
		total[i] /= bought[i]
	}
	if anyFinite(total) {
		p.show(series{name: "since the start", columns: []string{"sum_extracted", "sum_bought"}, y: total, look: dashed(black, 1.3, 5, 3)})
	}
	return p
}

func entropiesPanel(run *Run, c *Curves) *panel {
	return cyclePanel(run, c, "Entropy and information", "nats per sample",
		cycleLine{"S(p)", "entropy_p", solid(blue, 1.6)},
		cycleLine{"S(q)", "entropy_q", solid(orange, 1.6)},
		cycleLine{"KL(q‖p), bought", "kl_before", solid(vermillion, 1.6)})
}

func extractedPanel(run *Run, c *Curves) *panel {
	return cyclePanel(run, c, "Work extracted", "summed over training (nats)",
		cycleLine{"work extracted beyond ΔF", "sum_extracted", solid(green, 1.8)})
}

// probePanel shows the accuracies; the random encoder's errors are those of the same curve at step 0.
func probePanel(run *Run, c *Curves) *panel {
	p := cyclePanel(run, c, "Accuracy of the frozen representation", "test accuracy",
		cycleLine{"linear probe", "probe", solid(blue, 1.6)},
		cycleLine{"nearest neighbours", "knn", solid(vermillion, 1.6)})
	for _, l := range []cycleLine{
		{"probe, random encoder", "probe_random", dashed(blue, 1.2, 5, 3)},
		{"neighbours, random encoder", "knn_random", dashed(vermillion, 1.2, 5, 3)},
	} {
		if y := c.Column(l.column); anyFinite(y) {
			p.show(series{name: l.name, columns: []string{l.column}, y: y, look: l.look})
		}
	}
	return p
}

func labelPanel(run *Run, c *Curves) *panel {
	p := cyclePanel(run, c, "Information of the self-label about the class", "nats",
		cycleLine{"I(self-label; class)", "mi", solid(blue, 1.6)})
	if ceiling, row := c.Last("mi_ceiling"); row >= 0 && !p.values.empty() {
		p.level(ceiling, "", fmt.Sprintf("ceiling, %s nats", number(ceiling)), dashed(black, 0.9, 5, 3))
	}
	return p
}

// againstWorkPanel shows the accuracy over the extracted work.
func againstWorkPanel(run *Run, c *Curves) *panel {
	work, probe := c.Column("sum_extracted"), c.Column("probe")
	for i, step := range c.Column("step") {
		if step == 0 && !finite(work[i]) {
			work[i] = 0 // nothing was extracted before the first step
		}
	}
	extent := nothing
	for i := range work {
		if finite(probe[i]) {
			extent.include(work[i])
		}
	}
	if extent.empty() {
		extent = span{0, 1}
	}
	p := newDiagramPanel("Accuracy against work", "work extracted beyond ΔF, summed (nats)", "linear probe, test accuracy", extent)
	p.over(work)
	var known []float64
	for i := range probe {
		if !finite(work[i]) {
			probe[i] = math.NaN()
		}
		known = append(known, probe[i])
	}
	p.cycleCurve(c, "linear probe", "probe", known, solid(blue, 1.6))
	if v, row := c.Last("probe_random"); row >= 0 && !p.values.empty() {
		p.level(v, "", "random encoder", dashed(blue, 1.2, 5, 3))
	}
	p.cycleNotes(run, c, "probe", "sum_extracted")
	return p
}

// fieldPanel draws the lowest and the highest field with their errors, and those between them faintly.
func fieldPanel(run *Run, c *Curves) *panel {
	p := newPanel("Fields of the generalized Gibbs ensemble", "field λ", linear{}, c.Column("step"))
	columns := slices.DeleteFunc(lambdaColumns(c), func(name string) bool { return !c.Known(name) })
	n := len(columns)
	if n < 2 {
		p.note("This algorithm has no fields: its labels are not balanced, or they were not recorded.")
		return p
	}
	for _, name := range columns[1 : n-1] {
		p.faintLine(c.Column(name))
	}
	p.cycleCurve(c, "highest", columns[n-1], c.Column(columns[n-1]), solid(vermillion, 1.6))
	p.cycleCurve(c, "lowest", columns[0], c.Column(columns[0]), solid(blue, 1.6))
	if n > 2 {
		p.keys = append(p.keys, key{text: fmt.Sprintf("the %s between", plural(n-2, "field")), line: solid(faint(grey, 0.5), 0.8)})
	}
	p.cycleNotes(run, c)
	if worst := largest(c.Column("gge_residual")); finite(worst) {
		p.note("Largest residual of ln q = −E/ε + λ + ν: %s.", number(worst))
	}
	if worst := largest(c.Column("marginal_error")); finite(worst) {
		p.note("Largest imbalance of the occupations: %s.", number(worst))
	}
	return p
}

// largest returns the largest finite value, NaN if there is none.
func largest(x []float64) float64 {
	s := nothing
	s.include(x...)
	if s.empty() {
		return math.NaN()
	}
	return s.hi
}

// cycleLine is one curve of a panel.
type cycleLine struct {
	name, column string
	look         draw.LineStyle
}

// faintLine draws one of many curves, without a dot or an entry in the legend.
func (p *panel) faintLine(values []float64) {
	look := solid(faint(grey, 0.5), 0.8)
	m := lineMark{x: p.steps, y: positions(p.y, values), look: look}
	p.values.include(m.y...)
	p.plot.Add(m)
	p.series = append(p.series, series{at: p.at, y: values, look: look})
}
