package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// right is the share of training labels that are right where interpolation begins.
const right = 0.99

// lowestLoss is the lowest held-out loss of any run: an upper bound on the entropy of the data, apart from its error.
func lowestLoss(f family) float64 {
	lowest := math.Inf(1)
	for _, r := range f {
		lowest = min(lowest, r.Last("test_nll").Value)
	}
	return lowest
}

// crossing is where the last reading of a quantity first crosses a level: between the capacities of the two runs around
// it, with the geometric mean for a value.
func (f family) crossing(name string, level float64) estimate.Estimate {
	for i := range f[1:] {
		before, after := f[i], f[i+1]
		if (before.Last(name).Value < level) != (after.Last(name).Value < level) {
			return estimate.Estimate{
				Value: math.Sqrt(before.capacity() * after.capacity()), SE: math.NaN(), Lo: before.capacity(),
				Hi: after.capacity(), Confidence: estimate.Confidence,
			}
		}
	}
	return estimate.Unknown("%s crosses %.3g at none of these sizes", name, level)
}

// along is a line of a measure over the weights an example.
func (f family) along(l record.Line, of measure) record.Line {
	for _, r := range f {
		l.Add(r.capacity(), of(r))
	}
	return l
}

// expressed is L-info between its bounds.
func expressed(r *Run) estimate.Estimate { return Between(r.Last("l_info_lo"), r.Last("l_info_hi")) }

// capacityDiagram is a panel over the weights an example.
func capacityDiagram(y string, lines ...record.Line) record.Diagram {
	return record.Diagram{
		X: "free weights per training example", Y: y, XScale: record.Log, YScale: record.Log, Lines: lines,
	}
}

// marked adds a vertical line where interpolation begins.
func marked(d record.Diagram, at float64) record.Diagram {
	low, high := math.Inf(1), 0.0
	for _, l := range d.Lines {
		for _, y := range l.Y {
			if y > 0 {
				low, high = min(low, y), max(high, y)
			}
		}
	}
	d.Lines = append(d.Lines, guide("interpolation begins", []float64{at, at}, []float64{low, high}))
	return d
}

// What is stored, and what is dissipated, in nats.
const (
	storedAxis     = "information (nats)"
	dissipatedAxis = "per sample (nats)"
)

// exactCapacityDiagrams show Gaussian models with their closed forms.
func exactCapacityDiagrams(f family) []record.Diagram {
	var truths [4]record.Line
	for i := range truths {
		truths[i] = guide("closed form", nil, nil)
	}
	for _, r := range f {
		g, err := r.Gaussian()
		if err != nil {
			continue
		}
		work := g.CumulativeWork(r.Observed())
		values := []float64{g.ExampleInfo(r.Steps), g.LInfo(r.Steps), g.GeneralizationGap(r.Steps), work[len(work)-1]}
		for i, v := range values {
			truths[i].X, truths[i].Y = append(truths[i].X, r.capacity()), append(truths[i].Y, v)
		}
	}
	return []record.Diagram{
		capacityDiagram(storedAxis, f.along(line("M", "M-info", 0), final("m_info")),
			f.along(line("L", "L-info", 0), expressed), truths[0], truths[1]),
		capacityDiagram(dissipatedAxis, f.along(line("gap", "generalization gap", 0), final("mem")),
			f.along(line("Σ", "Σ = W − ΔF", 0), final("entropy_production")),
			f.along(line("Q", "dissipated heat −Q", 0), dissipated), truths[2], truths[3]),
	}
}

// networkCapacityDiagrams show MADE by training set, and classifiers by labels.
func networkCapacityDiagrams(runs []*Run, passed, fitted float64) []record.Diagram {
	information, labels := capacityDiagram(storedAxis), capacityDiagram(storedAxis)
	thermodynamics := func(f family, suffix string, dash int) []record.Line {
		return []record.Line{
			f.along(line("gap", "gap"+suffix, dash), final("mem")),
			f.along(line("Σ", "Σ"+suffix, dash), final("entropy_production")),
			f.along(line("Q", "−Q"+suffix, dash), dissipated),
		}
	}
	for dash, examples := range []int{250, 750, 62} {
		f := familyOf(runs, "made", fmt.Sprintf("-%d", examples))
		information.Lines = append(information.Lines,
			f.along(line("M", fmt.Sprintf("M-info, N = %d", examples), dash), final("m_info")),
			f.along(line("L", fmt.Sprintf("L-info, N = %d", examples), dash), expressed))
	}
	var classifier []record.Line
	for dash, name := range []string{"shuffled", "true"} {
		f, suffix := familyOf(runs, name, ""), ", "+name+" labels"
		labels.Lines = append(labels.Lines, f.along(line("M", "M-info"+suffix, dash), final("m_info")),
			f.along(line("L", "L-info"+suffix, dash), expressed))
		classifier = append(classifier, thermodynamics(f, suffix, dash)...)
	}
	return []record.Diagram{
		marked(information, passed),
		marked(capacityDiagram(dissipatedAxis, thermodynamics(familyOf(runs, "made", "-250"), "", 0)...), passed),
		marked(labels, fitted),
		marked(capacityDiagram(dissipatedAxis, classifier...), fitted),
	}
}
