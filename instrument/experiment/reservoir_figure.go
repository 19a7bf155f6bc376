package experiment

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

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

// reservoirDiagrams show heat and what is stored over training, the entropy of a weight against the heat, and what was
// gained for each nat of heat in the runs of ratios. Dashes tell runs apart, and the legend of the second panel says
// which they are; the first panel has the closed forms of the first run alone. What cannot be told from 0 is left out.
func reservoirDiagrams(runs, ratios []*Run) []record.Diagram {
	nats := record.Diagram{X: "training step", Y: "heat, information (nats)", XScale: record.Steps, YScale: record.Log}
	entropy := record.Diagram{X: "heat dissipated so far −Q (nats)", Y: "ΔS(Θ) (nats per weight)", XScale: record.Log}
	gained := record.Diagram{X: nats.X, Y: "gained per nat of heat", XScale: record.Steps, YScale: record.Log}
	for dash, r := range runs {
		heat, weight := line("Q", once("−Q", dash), dash), line("S", warmth(r), dash)
		stored, expresses := line("M", once("M-info", dash), dash), line("L", once("L-info", dash), dash)
		for _, t := range r.Observed() {
			dissipated := told(r.At("heat", t).Scale(-1))
			heat.Add(float64(t), dissipated)
			stored.Add(float64(t), told(r.At("m_info", t)))
			expresses.Add(float64(t), told(Between(r.At("l_info_lo", t), r.At("l_info_hi", t))))
			weight.Add(dissipated.Value, r.At("delta_s_theta_per_weight", t))
		}
		nats.Lines = append(nats.Lines, heat, stored, expresses)
		entropy.Lines = append(entropy.Lines, weight)
	}
	for dash, r := range ratios {
		s, m := line("S", once("ΔS(Θ)/−Q", dash), dash), line("M", once("M-info/−Q", dash), dash)
		for _, t := range r.Observed() {
			s.Add(float64(t), told(r.At("reservoir_entropy", t)))
			m.Add(float64(t), told(r.At("reservoir_information", t)))
		}
		gained.Lines = append(gained.Lines, s, m)
	}
	nats.Lines = append(nats.Lines, closedForms(runs[0], func(t reservoirTruth) []float64 {
		return []float64{t.heat, t.stored, t.expressed}
	})...)
	for _, r := range runs {
		var x, y []float64
		for _, t := range reservoirTruths(r) {
			x, y = append(x, t.heat), append(y, t.entropy/float64(r.Weights))
		}
		if x != nil {
			entropy.Lines = append(entropy.Lines, guide("closed form", x, y))
		}
	}
	for _, r := range ratios {
		gained.Lines = append(gained.Lines, closedForms(r, func(t reservoirTruth) []float64 {
			return []float64{t.entropy / t.heat, t.stored / t.heat}
		})...)
	}
	return []record.Diagram{nats, entropy, gained}
}

// once is the name of a line in the legend, that of the first run.
func once(name string, run int) string {
	if run > 0 {
		return ""
	}
	return name
}

// told is a number that is told from 0, and not known otherwise.
func told(e estimate.Estimate) estimate.Estimate {
	if e.HasInterval() && e.Lo <= 0 {
		return estimate.Unknown("not told from 0")
	}
	return e
}

// closedForms are guides over training, of the numbers that are picked; none of a network.
func closedForms(r *Run, of func(t reservoirTruth) []float64) (guides []record.Line) {
	for n, t := range reservoirTruths(r) {
		for i, y := range of(t) {
			if n == 0 {
				guides = append(guides, guide("closed form", nil, nil))
			}
			guides[i].X, guides[i].Y = append(guides[i].X, float64(r.Observed()[n+1])), append(guides[i].Y, y)
		}
	}
	return guides
}
