package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/record"
)

// WorkHistogram holds the densities of dissipated work at one observation, for the fluctuation theorem of Crooks (Phys.
// Rev. E 60, 2721 (1999)): of forward work less the free energy difference, P_F(w - dF), and of minus the reverse work
// less the same, P_R(-w_R - dF). Where chains are in equilibrium at both ends ln(P_F/P_R) = w - dF, so that the two
// cross at 0.
type WorkHistogram struct {
	Step             int
	Edges            []float64 // of the bins, nats
	Forward, Reverse []float64 // densities, 1/nats
}

// WorkHistogram returns the histogram of all chains of all replicas for switching the weights at once from the last
// observation to this one, and back; nil where there was none or the free energy is unknown. The bins hold every value.
func (o *Observation) WorkHistogram() *WorkHistogram {
	var forward, reverse []float64
	for s, l := range o.Ledgers {
		if len(o.Forward) == 0 || o.Forward[s] == nil || math.IsNaN(l.DeltaF) {
			return nil
		}
		for k := range o.Forward[s] {
			forward = append(forward, o.Forward[s][k]-l.DeltaF)
			reverse = append(reverse, -o.Reverse[s][k]-l.DeltaF)
		}
	}
	lo, hi := min(slices.Min(forward), slices.Min(reverse)), max(slices.Max(forward), slices.Max(reverse))
	if !(hi > lo) {
		return nil
	}
	// Scott's rule for the narrower of the two, an even number of bins on either side of 0.
	width := 3.5 * min(spread(forward), spread(reverse)) / math.Cbrt(float64(len(forward)))
	width = max(width, (hi-lo)/200)
	first, last := math.Floor(lo/width), math.Ceil(hi/width)
	bins := int(last - first)
	h := &WorkHistogram{Step: o.Step, Forward: make([]float64, bins), Reverse: make([]float64, bins)}
	for i := range bins + 1 {
		h.Edges = append(h.Edges, (first+float64(i))*width)
	}
	for _, side := range []struct{ values, density []float64 }{{forward, h.Forward}, {reverse, h.Reverse}} {
		for _, x := range side.values {
			bin := min(bins-1, max(0, int(math.Floor(x/width)-first)))
			side.density[bin] += 1 / (width * float64(len(side.values)))
		}
	}
	return h
}

// spread is the distance between the quartiles over that of a standard normal, which a few far values do not move.
func spread(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[3*n/4] - sorted[n/4]) / 1.349
}

// overlap is the area that the two densities share, 0 to 1.
func (h *WorkHistogram) overlap() (shared float64) {
	for i := range h.Forward {
		shared += min(h.Forward[i], h.Reverse[i]) * (h.Edges[i+1] - h.Edges[i])
	}
	return shared
}

// crooksDiagram shows the crossing at the newest observation whose two sides overlap enough to see it, else at the one
// where they overlap most; nil where they never do.
func crooksDiagram(rows []*Row) []record.Diagram {
	const enough = 0.25
	var best *WorkHistogram
	most := 0.0
	for _, r := range slices.Backward(rows) {
		if r.Densities == nil {
			continue
		}
		if o := r.Densities.overlap(); o > most {
			best, most = r.Densities, o
			if most > enough && len(best.Forward) > 5 {
				break
			}
		}
	}
	if best == nil {
		return nil
	}
	top := max(slices.Max(best.Forward), slices.Max(best.Reverse))
	return []record.Diagram{{
		Figure: fluctuationPanel.Figure, Title: "Crooks: forward and reverse work",
		X: "dissipated work w − ΔF (nats)", Y: "probability density (1/nat)",
		Lines: []record.Line{
			{Name: "forward, P(w − ΔF)", X: best.stairs(), Y: twice(best.Forward), Filled: true},
			{Name: "reverse, P(−w' − ΔF)", X: best.stairs(), Y: twice(best.Reverse), Filled: true},
			{Name: "they must cross at 0", X: []float64{0, 0}, Y: []float64{0, top}, Dashed: true},
		},
		Notes: []string{fmt.Sprintf("Switching the weights at once over the interval that ends at step %d; overlap %.2f.",
			best.Step, most)},
	}}
}

// stairs returns the x of a staircase over the bins.
func (h *WorkHistogram) stairs() (x []float64) {
	for i := range h.Forward {
		x = append(x, h.Edges[i], h.Edges[i+1])
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
