package experiment

import "calorimeter/instrument/record"

// reservoirTruth is what is known of the Gaussian model at an observation.
type reservoirTruth struct{ heat, stored, expressed, entropy float64 }

// reservoirTruths are those of the observations of a run after its start; none of a network.
func reservoirTruths(r *Run) (truths []reservoirTruth) {
	g, err := r.Gaussian()
	if err != nil {
		return nil
	}
	observed := r.Observed()
	work := g.CumulativeWork(observed)
	for n, t := range observed[1:] {
		truths = append(truths, reservoirTruth{
			heat: work[n+1], stored: g.ExampleInfo(t), expressed: g.LInfo(t), entropy: g.EntropyTheta(t) - g.EntropyTheta(0),
		})
	}
	return truths
}

// reservoirDiagrams show what is stored and the entropy of a weight against the heat that was dissipated, and what was
// gained for each nat of heat over training in the runs of ratios. Dashes tell runs apart.
func reservoirDiagrams(runs, ratios []*Run) []record.Diagram {
	const heat = "heat dissipated so far −Q (nats)"
	information := record.Diagram{X: heat, Y: "information (nats)", XScale: record.Log, YScale: record.Log}
	entropy := record.Diagram{X: heat, Y: "ΔS(Θ) (nats per weight)", XScale: record.Log}
	gained := record.Diagram{
		X: "training step", Y: "gained per nat of heat", XScale: record.Steps, YScale: record.Log,
	}
	for dash, r := range runs {
		stored, expresses := line("M", "M-info, "+warmth(r), dash), line("L", "L-info, "+warmth(r), dash)
		weight := line("S", warmth(r), dash)
		for _, t := range r.Observed() {
			if x := r.At("heat", t); x.Hi < 0 {
				stored.Add(-x.Value, r.At("m_info", t))
				expresses.Add(-x.Value, Between(r.At("l_info_lo", t), r.At("l_info_hi", t)))
				weight.Add(-x.Value, r.At("delta_s_theta_per_weight", t))
			}
		}
		var known [3]record.Line
		for i := range known {
			known[i] = guide("closed form", nil, nil)
		}
		for _, truth := range reservoirTruths(r) {
			for i, y := range []float64{truth.stored, truth.expressed, truth.entropy / float64(r.Weights)} {
				known[i].X, known[i].Y = append(known[i].X, truth.heat), append(known[i].Y, y)
			}
		}
		information.Lines = append(information.Lines, stored, expresses)
		entropy.Lines = append(entropy.Lines, weight)
		if known[0].X != nil {
			information.Lines = append(information.Lines, known[:2]...)
			entropy.Lines = append(entropy.Lines, known[2])
		}
	}
	for dash, r := range ratios {
		s, m := line("S", "ΔS(Θ)/−Q, "+warmth(r), dash), line("M", "M-info/−Q, "+warmth(r), dash)
		for _, t := range r.Observed() {
			s.Add(float64(t), r.At("reservoir_entropy", t))
			m.Add(float64(t), r.At("reservoir_information", t))
		}
		entropies, stored := guide("closed form", nil, nil), guide("closed form", nil, nil)
		for n, truth := range reservoirTruths(r) {
			t := float64(r.Observed()[n+1])
			entropies.X, entropies.Y = append(entropies.X, t), append(entropies.Y, truth.entropy/truth.heat)
			stored.X, stored.Y = append(stored.X, t), append(stored.Y, truth.stored/truth.heat)
		}
		gained.Lines = append(gained.Lines, s, m)
		if entropies.X != nil {
			gained.Lines = append(gained.Lines, entropies, stored)
		}
	}
	return []record.Diagram{information, entropy, gained}
}
