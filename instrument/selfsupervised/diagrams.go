package selfsupervised

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// strokes are the names of the three strokes of a cycle.
var strokes = [3]string{"measure + heat", "expand", "thermalise"}

// corner is where a cycle stands in a diagram: p, q, q after the step, p after the step.
type corner struct{ x, y func(c *thermo.Cycle) float64 }

func entropyP(c *thermo.Cycle) float64  { return c.EntropyP }
func entropyQ(c *thermo.Cycle) float64  { return c.EntropyQ }
func entropyP2(c *thermo.Cycle) float64 { return c.EntropyP2 }
func one(*thermo.Cycle) float64         { return 1 }

var energyCorners = [4]corner{
	{x: entropyP, y: func(c *thermo.Cycle) float64 { return c.EnergyP }},
	{x: entropyQ, y: func(c *thermo.Cycle) float64 { return c.EnergyQ }},
	{x: entropyQ, y: func(c *thermo.Cycle) float64 { return c.EnergyQ2 }},
	{x: entropyP2, y: func(c *thermo.Cycle) float64 { return c.EnergyP2 }},
}

// The softmax has the temperature 1 by definition.
var temperatureCorners = [4]corner{
	{x: entropyP, y: one},
	{x: entropyQ, y: func(c *thermo.Cycle) float64 { return c.TauQ }},
	{x: entropyQ, y: func(c *thermo.Cycle) float64 { return c.TauQ2 }},
	{x: entropyP2, y: one},
}

// diagrams show the mean cycles of the first, the middle and the last window, in energy and in temperature against
// entropy, with the expansion magnified, and what was learned against the work extracted.
func diagrams(observations []*Observation) (all []record.Diagram) {
	shown := windows(observations)
	for n, o := range shown {
		title := fmt.Sprintf("%s: %s to step %d", windowNames[len(shown)][n], record.Plural(o.Cycles, "step"), o.Step)
		all = append(all, o.cycle(record.Diagram{
			Figure: "cycle_energy", Title: title, X: "entropy S (nats)", Y: "mean energy E (nats)",
		}, energyCorners))
	}
	for n, o := range shown {
		all = append(all, o.expansion(windowNames[len(shown)][n]))
	}
	for n, o := range shown {
		d := o.cycle(record.Diagram{
			Figure: "cycle_temperature", Title: fmt.Sprintf("%s: to step %d", windowNames[len(shown)][n], o.Step),
			X: "entropy S (nats)", Y: "temperature τ",
		}, temperatureCorners)
		if len(d.Marks) > 0 {
			all = append(all, d)
		}
	}
	if d := againstWork(observations); len(d.Marks) > 1 {
		all = append(all, d)
	}
	return all
}

// windows picks the first, the middle and the last observation that has cycles.
func windows(observations []*Observation) (shown []*Observation) {
	var all []*Observation
	for _, o := range observations {
		if o.Cycles > 0 {
			all = append(all, o)
		}
	}
	if len(all) <= 3 {
		return all
	}
	return []*Observation{all[0], all[len(all)/2], all[len(all)-1]}
}

// windowNames are what the windows are called, by how many there are.
var windowNames = map[int][]string{1: {"Whole run"}, 2: {"Early", "Late"}, 3: {"Early", "Midway", "Late"}}

// corner returns the means at a corner. Two replicas, or training sets, have no bars: Student's t of 12.7 would stretch
// the axes until the cycle is a dot.
func (o *Observation) corner(c corner) (x, y estimate.Estimate) {
	mean := func(f func(c *thermo.Cycle) float64) estimate.Estimate {
		e := o.over(func(i int) float64 { return f(&o.Mean[i]) })
		if n, _ := o.units(); n < 3 {
			return estimate.Exact(e.Value)
		}
		return e
	}
	return mean(c.x), mean(c.y)
}

// cycle draws the mean cycle of the window; without marks where a corner is not known.
func (o *Observation) cycle(d record.Diagram, corners [4]corner) record.Diagram {
	var xs, ys [4]estimate.Estimate
	for k, c := range corners {
		xs[k], ys[k] = o.corner(c)
		if bad := xs[k].Value + ys[k].Value; math.IsNaN(bad) || math.IsInf(bad, 0) {
			return d
		}
	}
	for k, name := range strokes {
		d.Lines = append(d.Lines, record.Line{
			Name: name, Arrow: true, X: []float64{xs[k].Value, xs[k+1].Value}, Y: []float64{ys[k].Value, ys[k+1].Value},
		})
	}
	for k := range corners {
		d.Marks = append(d.Marks, record.Mark{X: xs[k], Y: ys[k], Square: k == 1 || k == 2, Hollow: k >= 2})
	}
	_, unit := o.units()
	d.Notes = []string{
		fmt.Sprintf("Circle: softmax p; square: self-label q; hollow: after the step. Bars: 95 %% intervals over %ss.", unit),
	}
	return d
}

// expansion magnifies the stroke that does work: the change of the energy of q beside that of the free energy, in
// thousandths of a nat.
func (o *Observation) expansion(window string) record.Diagram {
	const milli = 1e3
	mean := func(f func(c *thermo.Cycle) float64) estimate.Estimate {
		return o.over(func(i int) float64 { return f(&o.Mean[i]) }).Scale(milli)
	}
	work := mean(func(c *thermo.Cycle) float64 { return c.Work })
	dF := mean(func(c *thermo.Cycle) float64 { return c.DeltaF })
	extracted := mean(func(c *thermo.Cycle) float64 { return c.Extracted() })
	bought := mean(func(c *thermo.Cycle) float64 { return c.KLBefore })
	if n, _ := o.units(); n < 3 {
		work, dF = estimate.Exact(work.Value), estimate.Exact(dF.Value)
	}
	zero := estimate.Exact(0)
	return record.Diagram{
		Figure: "cycle_energy", Title: window + ": the expansion, magnified", X: "S − S(q) (nats)", Y: "E − E(q) (mnat)",
		Lines: []record.Line{
			{Name: strokes[1], Arrow: true, X: []float64{0, 0}, Y: []float64{0, work.Value}},
			{Name: "ΔF, reversible work", Dashed: true, X: []float64{-1, 1}, Y: []float64{dF.Value, dF.Value}},
		},
		Marks: []record.Mark{{X: zero, Y: zero, Square: true}, {X: zero, Y: work, Square: true, Hollow: true}},
		Notes: []string{fmt.Sprintf("W %s, ΔF %s, extracted %s of %s bought (mnat, 0.001 nats): η = %s.",
			record.Brief(work.Value), record.Brief(dF.Value), record.Brief(extracted.Value), record.Brief(bought.Value),
			percent(extracted.Value/bought.Value))},
	}
}

// againstWork shows the accuracy of the linear probe over the work that was extracted.
func againstWork(observations []*Observation) record.Diagram {
	d := record.Diagram{
		Figure: "cycle_learning", Title: "Accuracy against work", X: "work extracted beyond ΔF, summed (nats)",
		Y: "linear probe, test accuracy",
	}
	line := record.Line{Name: "linear probe"}
	for _, o := range observations {
		work := o.over(func(i int) float64 { return o.Total[i].Extracted() })
		probe := o.Accuracies().Probe
		if n, _ := o.units(); n < 3 {
			work, probe = estimate.Exact(work.Value), estimate.Exact(probe.Value)
		}
		line.X, line.Y = append(line.X, work.Value), append(line.Y, probe.Value)
		d.Marks = append(d.Marks, record.Mark{X: work, Y: probe})
	}
	d.Lines = []record.Line{line}
	return d
}
