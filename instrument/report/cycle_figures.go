package report

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// cycleFigures are the figures of a run with cycles, with what to see in each.
var cycleFigures = []Setting{
	{"cycle_energy", "One training step as a cycle, averaged over a window of steps early, midway and late in training: mean energy against entropy. The self-label q takes the softmax p out of equilibrium (measure, absorb heat), the step moves the energies under it (expand, do work), and the softmax relaxes to p′ (thermalise). Below, the expansion magnified: what the step extracts beyond the change of free energy ΔF is the distance between the square and the line."},
	{"cycle_temperature", "The same cycles in temperature and entropy. The softmax has τ = 1 by definition; τ of the self-label is the temperature at which the same energies have its entropy. The entropy of the self-label is held while the energies move: the expansion is adiabatic."},
	{"cycle_books", "Heat and work summed over training, the efficiency at which bought information became work, and the entropies. The work extracted beyond the free energy is the decrease of the loss on the batches, step by step."},
	{"cycle_fields", "The fields λ conjugate to the occupation of each label in the generalized Gibbs ensemble ln q = −E/ε + λ + ν: what keeping the labels balanced costs. For a momentum teacher they are minus its centre over its temperature."},
	{"cycle_learning", "What was learned: accuracy of the frozen representation against that of the random encoder it began as, beside the work extracted, and the information of the self-label about the true class."},
}

// CycleFigures draws the figures of the cycles of a run into the folder dir, each as NAME.svg and NAME.png, and returns the
// names of the files it wrote:
//
//	cycle_energy       cycles in energy and entropy, early, midway and late, and the work stroke magnified
//	cycle_temperature  the same cycles in temperature and entropy
//	cycle_books        heat and work summed over training, efficiency, entropies
//	cycle_fields       lambda_k over training
//	cycle_learning     accuracy of the representation beside the extracted work, information of the self-labels
//
// Bars and bands are 95% intervals, Student's t over the replicas (column replicas); two replicas have no bars. A
// quantity that is not recorded is named in the picture. The same record gives the same bytes.
func CycleFigures(dir string, run *Run, cycles *Curves) ([]string, error) {
	if err := cycles.check(); err != nil {
		return nil, fmt.Errorf("report: cycles that cannot be drawn: %w", err)
	}
	var files []string
	for _, figure := range cycleFigures {
		for _, ext := range []string{".svg", ".png"} {
			f := newCycleFigure(figure.Name, run, cycles)
			encode := f.png
			if ext == ".svg" {
				encode = f.svg
			}
			if err := WriteAtomic(filepath.Join(dir, figure.Name+ext), encode); err != nil {
				return files, err
			}
			files = append(files, figure.Name+ext)
		}
	}
	return files, nil
}

// newCycleFigure lays out the named figure.
func newCycleFigure(name string, run *Run, c *Curves) *figure {
	const w, h = 6.6 * vg.Inch, 4.5 * vg.Inch
	one := func(p *panel) [][]*panel { return [][]*panel{{p}} }
	switch name {
	case "cycle_energy":
		cells := energyDiagrams(run, c)
		return &figure{name: name, title: "Cycles of training steps in energy and entropy",
			cells: cells, width: 1.45 * w, height: 0.95 * h * vg.Length(len(cells))}
	case "cycle_temperature":
		return &figure{name: name, title: "Cycles of training steps in temperature and entropy",
			cells: temperatureDiagrams(run, c), width: 1.45 * w, height: 0.95 * h}
	case "cycle_fields":
		return &figure{name: name, title: "Fields of the generalized Gibbs ensemble against the training step",
			cells: [][][]*panel{one(fieldPanel(run, c))}, width: w, height: h}
	case "cycle_learning":
		return &figure{name: name, title: "Accuracy of the representation beside the extracted work",
			cells: [][][]*panel{{{probePanel(run, c)}, {againstWorkPanel(run, c)}}, {{extractedPanel(run, c)}, {labelPanel(run, c)}}}, width: 2 * w * 0.85, height: 1.75 * h}
	}
	return &figure{name: name, title: "Heat, work, efficiency and entropy of the cycles against the training step",
		cells: [][][]*panel{{{heatPanel(run, c)}, {workPanel(run, c)}}, {{efficiencyPanel(run, c)}, {entropiesPanel(run, c)}}}, width: 2 * w * 0.85, height: 1.75 * h}
}

// energyDiagrams are the cycles of the windows side by side, and below each its expansion magnified.
func energyDiagrams(run *Run, c *Curves) [][][]*panel {
	rows := windows(c, slices.Concat(entropyCorners[:], energyCorners[:])...)
	if len(rows) == 0 {
		return [][][]*panel{{emptyDiagram(run, c, "Energy and entropy", "energy_p", "entropy_p")}}
	}
	var diagrams []diagram
	for _, i := range rows {
		diagrams = append(diagrams, newDiagram(c, i, entropyCorners, energyCorners))
	}
	width, height := widest(diagrams)
	var whole, magnified [][]*panel
	for n, d := range diagrams {
		x, _ := d.extent()
		p := newDiagramPanel(d.title(windowNames[len(rows)][n]), "entropy S (nats)", "mean energy E (nats)", x.about(width))
		d.draw(p, height)
		p.note("%s", cornerNote(c))
		whole, magnified = append(whole, []*panel{p}), append(magnified, []*panel{expansionPanel(c, rows[n], d, width, height)})
	}
	return [][][]*panel{whole, magnified}
}

// cornerNote says what the marks are.
func cornerNote(c *Curves) string {
	s := "Circle: softmax p; square: self-label q; hollow: after the step."
	if !hasErrors(c) {
		return s + " One replica: errors are not known."
	}
	if cycleReplicas(c) < 3 {
		return s + " No bars: 95% intervals over two replicas are wider than the cycle."
	}
	return fmt.Sprintf("%s Bars: 95%% over %d replicas.", s, cycleReplicas(c))
}

// expansionPanel shows the corner of the self-label in row i, relative to it, in thousandths of a nat and in the
// proportions of the whole diagram, which is as wide and high as given.
func expansionPanel(c *Curves, i int, d diagram, width, height float64) *panel {
	const milli = 1e3
	at := func(column string) float64 { return c.Column(column)[i] }
	work, dF, half := d.corners[2].y-d.corners[1].y, at("delta_f"), diagramT(c)*at("work_se")
	if finite(at("work")) {
		work = at("work")
	}
	if !finite(half) {
		half = 0
	}
	tall := nothing
	tall.include(0, work-half, work+half, dF)
	factor := min(max(1, height/max(1.5*(tall.hi-tall.lo), 1e-300)), 1e6) // of magnification
	room := milli * width / factor / 2
	m := diagram{corners: [4]state{d.corners[0], {}, {y: milli * work, dy: milli * half}, d.corners[3]}}
	for _, k := range []int{0, 3} {
		m.corners[k].x = milli * (d.corners[k].x - d.corners[1].x)
		m.corners[k].y = milli * (d.corners[k].y - d.corners[1].y)
	}
	p := newDiagramPanel(fmt.Sprintf("Expansion, × %s", magnification(factor)), "S − S(q) (mnat)", "E − E(q) (mnat)", span{-room, room})
	for k, stroke := range strokes {
		p.plot.Add(arrowMark{from: m.corners[k], to: m.corners[k+1], look: stroke.look, head: nearHead(m, k, room)})
	}
	p.plot.Add(cornerMark{square: true})
	p.plot.Add(cornerMark{state: m.corners[2], square: true, after: true})
	tall = tall.about(height / factor)
	p.values.include(milli*tall.lo, milli*tall.hi)
	if finite(dF) {
		look := dashed(green, 1.4, 6, 3)
		p.plot.Add(levelMark{y: milli * dF, name: "ΔF", look: look})
		p.keys = append(p.keys, key{text: "ΔF, reversible work", line: look})
	}
	p.note("W %s, ΔF %s, extracted %s of %s bought (mnat, 0.001 nats): η = %s.", signed(milli*work, milli*at("work_se")), minus(brief(milli*dF)),
		signed(milli*at("extracted"), milli*at("extracted_se")), brief(milli*at("kl_before")), minus(brief(at("efficiency"))))
	return p
}

// magnification prints a factor with two significant digits.
func magnification(factor float64) string {
	if factor < 10 {
		return fixed(factor, 1)
	}
	unit := math.Pow(10, math.Floor(math.Log10(factor))-1)
	return count(int(math.Round(factor/unit) * unit))
}

// signed prints v ±se, with a proper minus.
func signed(v, se float64) string { return minus(plusMinus(v, se)) }

// minus sets the sign of a number as a minus.
func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// nearHead places the head of an arrow within the magnified corner.
func nearHead(m diagram, k int, room float64) float64 {
	a, b := m.corners[k], m.corners[k+1]
	long := math.Abs(b.x - a.x)
	if k == 1 || long == 0 {
		return strokes[k].head
	}
	near := min(0.5, 0.55*room/long)
	if k == 0 {
		return 1 - near
	}
	return near
}

// temperatureDiagrams are the cycles of the windows side by side.
func temperatureDiagrams(run *Run, c *Curves) [][][]*panel {
	rows := windows(c, slices.Concat(entropyCorners[:], temperatureCorners[1:3])...)
	if len(rows) == 0 {
		if slices.ContainsFunc(c.Column("tau_q"), func(v float64) bool { return math.IsInf(v, 1) }) {
			p := newDiagramPanel("Temperature and entropy", "", "", span{0, 1})
			p.note("The temperature of the self-labels is infinite: they are uniform.")
			return [][][]*panel{{{p}}}
		}
		return [][][]*panel{{emptyDiagram(run, c, "Temperature and entropy", "tau_q", "entropy_p")}}
	}
	var diagrams []diagram
	for _, i := range rows {
		diagrams = append(diagrams, newDiagram(c, i, entropyCorners, temperatureCorners))
	}
	width, _ := widest(diagrams)
	axis := span{0, 1}
	for _, d := range diagrams {
		_, y := d.extent()
		axis.include(y.hi)
	}
	var cells [][]*panel
	for n, d := range diagrams {
		x, _ := d.extent()
		p := newDiagramPanel(d.title(windowNames[len(rows)][n]), "entropy S (nats)", "temperature τ", x.about(width))
		d.draw(p, 0)
		p.values.include(axis.lo, axis.hi)
		p.note("%s", cornerNote(c))
		if q := d.corners[1]; q.x == 0 && q.y == 0 {
			p.note("The self-label is certain: S(q) = 0 and τ(q) = 0, before and after the expansion.")
		} else {
			p.note("Expansion at S(q) = %s nats: τ from %s to %s.", brief(q.x), digits(q.y, d.corners[2].y), digits(d.corners[2].y, q.y))
		}
		cells = append(cells, []*panel{p})
	}
	return [][][]*panel{cells}
}

// digits prints v with as many decimals as tell it from other.
func digits(v, other float64) string {
	decimals := 3
	for decimals < 8 && v != other && fixed(v, decimals-1) == fixed(other, decimals-1) {
		decimals++
	}
	return fixed(v, decimals)
}

// emptyDiagram says why there is no diagram.
func emptyDiagram(run *Run, c *Curves, title string, columns ...string) []*panel {
	p := newDiagramPanel(title, "", "", span{0, 1})
	p.noteAbsent(run, c, columns...)
	return []*panel{p}
}
