package experiment

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// The strokes of a cycle with the things that they do.
var strokes = [3]struct{ thing, name string }{
	{"bought", "measure"}, {"extracted", "expand"}, {"dissipated", "thermalise"},
}

// corners is where a cycle stands in the plane of entropy S and energy less free energy, <E> − F: the softmax p on the
// diagonal, the label q above it by KL(q‖p), q after the step by KL(q‖p′), and p′ on the diagonal.
type corners struct{ s, e [4]estimate.Estimate }

// strokesOf draws cycles, each in the dash of its number.
func strokesOf(cycles []corners) record.Diagram {
	d := record.Diagram{X: "entropy S (nats)", Y: "mean energy E − F (nats)"}
	for k, stroke := range strokes {
		for i, c := range cycles {
			l := line(stroke.thing, stroke.name, i)
			if i > 0 {
				l.Name = ""
			}
			l.Arrow = true
			for _, at := range []int{k, k + 1} {
				l.X, l.Y = append(l.X, c.s[at].Value), append(l.Y, c.e[at].Value)
			}
			d.Lines = append(d.Lines, l)
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range cycles {
		for k := range c.s {
			low, high = min(low, c.s[k].Value), max(high, c.s[k].Value)
			d.Marks = append(d.Marks, record.Mark{X: c.s[k], Y: c.e[k], Square: k == 1 || k == 2, Hollow: k >= 2})
		}
	}
	d.Lines = append(d.Lines, guide("equilibrium", []float64{low, high}, []float64{low, high}))
	return d
}

// strokesOfStudents draws a cycle as a ledger has it.
func strokesOfStudents(c thermo.Cycle) record.Diagram {
	f, f2 := c.EnergyP-c.EntropyP, c.EnergyP2-c.EntropyP2
	energies := []float64{c.EnergyP - f, c.EnergyQ - f, c.EnergyQ2 - f2, c.EnergyP2 - f2}
	var at corners
	for k, s := range []float64{c.EntropyP, c.EntropyQ, c.EntropyQ, c.EntropyP2} {
		at.s[k], at.e[k] = estimate.Exact(s), estimate.Exact(energies[k])
	}
	return strokesOf([]corners{at})
}

// magnified is how many times as long the expansion of a network is drawn, which takes a hundredth of what was bought.
const magnified = 20

// lastCorners are those of the mean cycle since the observation before the last, with the expansion magnified.
func lastCorners(r *Run) (c corners) {
	p, p2 := r.Last("cycle_entropy_p"), r.Last("cycle_entropy_p2")
	q := r.Last("cycle_entropy_q")
	top := plus(q, r.Last("cycle_kl_before"))
	bottom := difference(top, r.Last("cycle_extracted").Scale(magnified))
	c.s = [4]estimate.Estimate{p, q, q, p2}
	c.e = [4]estimate.Estimate{p, top, bottom, p2}
	return c
}

// plus is a + b over the same training sets.
func plus(a, b estimate.Estimate) estimate.Estimate { return difference(a, b.Scale(-1)) }

// demonDiagrams show what cycles buy and extract, what labels tell, the strokes, and the fields.
func demonDiagrams(runs []*Run, labels int) []record.Diagram {
	var last []corners
	for _, r := range runs[:3] {
		last = append(last, lastCorners(r))
	}
	plane := strokesOf(last)
	cycle := record.Diagram{X: "training step", Y: "of a cycle (nats)", XScale: record.Steps, YScale: record.Log}
	told := record.Diagram{X: "training step", Y: "information of a label / ln K", XScale: record.Steps}
	for i, r := range runs[:3] {
		ceiling := 1 / labelCeiling(r)
		cycle.Lines = append(cycle.Lines, over(r, "bought", "bought", "cycle_kl_before", i, 1),
			over(r, "extracted", "extracted", "cycle_extracted", i, 1))
		told.Lines = append(told.Lines, over(r, "sample", "of its sample", "sample_information", i, ceiling))
		if i > 0 {
			told.Lines = append(told.Lines, over(r, "class", "of the class", "mi", i, ceiling))
		}
	}
	for i, r := range runs[:3] {
		key := line("λ", r.Name, i)
		for _, d := range []*record.Diagram{&cycle, &told, &plane} {
			d.Lines = append(d.Lines, key)
		}
	}
	balanced, bare := runs[1], runs[3]
	end := balanced.Observed()
	ends := []float64{float64(end[1]), float64(end[len(end)-1])}
	fields := record.Diagram{X: "training step", Y: "field λ", XScale: record.Steps}
	for _, k := range []int{0, labels / 4, labels / 2, 3 * labels / 4, labels - 1} {
		fields.Lines = append(fields.Lines, over(balanced, "λ", "swav, sorted", field(k), 0, 1))
	}
	fields.Lines = append(fields.Lines, guide("without balance", ends, []float64{0, 0}))
	use := record.Diagram{X: "training step", Y: "entropy, information (nats)", XScale: record.Steps}
	for i, r := range []*Run{balanced, bare} {
		use.Lines = append(use.Lines, over(r, "S", "entropy of occupations", "occupation_entropy", i, 1),
			over(r, "sample", "told of the sample", "sample_information", i, 1))
	}
	use.Lines = append(use.Lines, line("λ", "balanced", 0), line("λ", "without balance", 1))
	return []record.Diagram{cycle, told, plane, fields, use}
}

// over is the line of a quantity over training, by a factor; the first of a thing has its name in the legend.
func over(r *Run, thing, name, quantity string, dash int, factor float64) record.Line {
	l := line(thing, name, dash)
	for _, t := range r.Observed() {
		l.Add(float64(t), r.At(quantity, t).Scale(factor))
	}
	return l
}
