package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

// densities returns the densities of groups of values over common bins, which hold every value; nil where all values
// are the same. Bins are by Scott's rule for the narrowest group, an edge at 0.
func densities(groups ...[]float64) (edges []float64, density [][]float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	width := math.Inf(1)
	for _, values := range groups {
		lo, hi = min(lo, slices.Min(values)), max(hi, slices.Max(values))
		width = min(width, 3.5*spread(values)/math.Cbrt(float64(len(values))))
	}
	if !(hi > lo) {
		return nil, nil
	}
	width = max(width, (hi-lo)/200)
	first, last := math.Floor(lo/width), math.Ceil(hi/width)
	bins := int(last - first)
	for i := range bins + 1 {
		edges = append(edges, (first+float64(i))*width)
	}
	for _, values := range groups {
		d := make([]float64, bins)
		for _, x := range values {
			bin := min(bins-1, max(0, int(math.Floor(x/width)-first)))
			d[bin] += 1 / (width * float64(len(values)))
		}
		density = append(density, d)
	}
	return edges, density
}

// spread is the distance between the quartiles over that of a standard normal, which a few far values do not move.
func spread(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[3*n/4] - sorted[n/4]) / 1.349
}

// stairs returns the x of a staircase over bins.
func stairs(edges []float64) (x []float64) {
	for i := range len(edges) - 1 {
		x = append(x, edges[i], edges[i+1])
	}
	return x
}

// twice returns each value twice: the heights of a staircase.
func twice(values []float64) (y []float64) {
	for _, v := range values {
		y = append(y, v, v)
	}
	return y
}

// Group is a group of training examples and how far each of them is memorized, in nats; NaN where that is not known.
type Group struct {
	Name string
	Mem  []float64
}

// MemoryHistogram shows how far training examples are memorized, each group as a density of its own; false where there
// is nothing to see, because a group is empty or all examples are memorized alike.
func MemoryHistogram(title string, groups ...Group) (d record.Diagram, ok bool) {
	d = record.Diagram{
		Figure: "memorization", Title: title,
		X: "mem: loss without training on the example − with (nats)", Y: "probability density (1/nat)",
	}
	if len(groups) > 1 { // to a scale of its own
		d.Y = "probability density of each group (1/nat)"
	}
	var known [][]float64
	for _, g := range groups {
		mem := slices.DeleteFunc(slices.Clone(g.Mem), math.IsNaN)
		if len(mem) == 0 {
			return d, false
		}
		known = append(known, mem)
		note := fmt.Sprintf("%s: %d, mean %s nats", g.Name, len(g.Mem), record.Brief(stat.Mean(mem, nil)))
		if without := len(g.Mem) - len(mem); without > 0 {
			note += fmt.Sprintf("; of %d it is not known", without)
		}
		d.Notes = append(d.Notes, note+".")
	}
	edges, density := densities(known...)
	top := 0.
	for i, heights := range density {
		d.Lines = append(d.Lines, record.Line{Name: groups[i].Name, X: stairs(edges), Y: twice(heights), Filled: true})
		top = max(top, slices.Max(heights))
	}
	d.Lines = append(d.Lines, record.Line{Name: "not memorized", X: []float64{0, 0}, Y: []float64{0, top}, Dashed: true})
	return d, edges != nil
}

// memoryDiagram shows all training examples, where the last observation judged all.
func memoryDiagram(rows []*Row) []record.Diagram {
	all := Group{Name: "training examples"}
	for _, memories := range rows[len(rows)-1].Memories {
		for _, m := range memories {
			all.Mem = append(all.Mem, m.Mem.Value)
		}
	}
	if d, ok := MemoryHistogram("How far training examples are memorized", all); ok {
		return []record.Diagram{d}
	}
	return nil
}
