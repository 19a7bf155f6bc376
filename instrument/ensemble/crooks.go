package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument"
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
	edges, density := densities(forward, reverse)
	if edges == nil {
		return nil
	}
	return &WorkHistogram{Step: o.Step, Edges: edges, Forward: density[0], Reverse: density[1]}
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
		Figure: instrument.SamplesInfo("ift").Panel.Figure, Title: "Crooks: forward and reverse work",
		X: "dissipated work w − ΔF (nats)", Y: "probability density (1/nat)",
		Lines: []record.Line{
			{Name: "forward, P(w − ΔF)", X: stairs(best.Edges), Y: twice(best.Forward), Filled: true},
			{Name: "reverse, P(−w' − ΔF)", X: stairs(best.Edges), Y: twice(best.Reverse), Filled: true},
			{Name: "they must cross at 0", X: []float64{0, 0}, Y: []float64{0, top}, Dashed: true},
		},
		Notes: []string{fmt.Sprintf("Switching the weights at once over the interval that ends at step %d; overlap %.2f.",
			best.Step, most)},
	}}
}
