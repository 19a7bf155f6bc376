package selfsupervised

import (
	"fmt"
	"math"

	"calorimeter/instrument/record"
)

// What passes as rounding in the books, relative to max(1, |energies|) or max(1, |loss|).
const (
	roundingFirstLaw = 1e-9 // the ledger works in float64 whatever the precision of the graph
	roundingLoss32   = 1e-4
	roundingLoss64   = 1e-9
	roundingGGE      = 1e-6
)

// Books checks what every cycle of a run must obey, from its observations in order: the first law; work beyond the
// change of free energy against the graph's own losses; efficiency at most 1; and, for labels that are inferred, the
// identity of the generalised Gibbs ensemble. These are identities where the self-labels are held during a step: they
// are checks of the arithmetic.
func Books(observations []*Observation) []record.Check {
	if len(observations) == 0 {
		return nil
	}
	last := observations[len(observations)-1]
	var worst Worst
	for _, w := range last.Worst {
		worst.merge(w)
	}
	over := fmt.Sprintf("over %d cycles of %d replicas", worst.Steps, len(last.Worst))
	books := []record.Check{firstLaw(worst, over), lossChange(worst, over, last.Float64), efficiency(worst, over)}
	if last.Table != nil {
		books = append(books, gibbsEnsemble(worst, over))
	}
	return append(books, learning(last))
}

// firstLaw demands that energy be conserved in every cycle, to rounding: a violation is an error of the bookkeeping.
func firstLaw(w Worst, over string) record.Check {
	c := record.Check{
		Verdict: record.CannotTell,
		Name:    "first law", Arithmetic: true, Columns: []string{"sum_q_in", "sum_q_out", "sum_work"},
		Detail: "for every sample of every cycle, <E'>_p' - <E>_p against heat in + work + heat out, relative to max(1, " +
			"|energies|); rounding passes up to 1e-9",
		Figure: fmt.Sprintf("largest relative |dU - Q_in - W - Q_out| = %.2g %s", w.FirstLaw, over),
	}
	return judged(c, w.Steps, w.FirstLaw, roundingFirstLaw)
}

// lossChange holds W - dF against what else gives it: the graph's own losses, and the divergences of the labels.
func lossChange(w Worst, over string, double bool) record.Check {
	tolerance, name := roundingLoss32, "float32"
	if double {
		tolerance, name = roundingLoss64, "float64"
	}
	c := record.Check{
		Verdict: record.CannotTell,
		Name:    "W - dF = loss change", Arithmetic: true, Columns: []string{"sum_extracted", "sum_efficiency"},
		Detail: fmt.Sprintf("the ledger's W - dF of every cycle against the change of the loss on that batch that the %s "+
			"graph computed itself, and against KL(q||p') - KL(q||p) for every sample, relative to max(1, |loss|); up to %.0e "+
			"passes", name, tolerance),
		Figure: fmt.Sprintf("largest relative residual %.2g against the graph, %.2g against the divergences, %s",
			w.Loss, w.Demon, over),
	}
	return judged(c, w.Steps, max(w.Loss, w.Demon), tolerance)
}

// efficiency demands that no step extract more than its measurement bought: the second law with feedback, an identity
// where the self-labels are held during the step.
func efficiency(w Worst, over string) record.Check {
	c := record.Check{
		Verdict: record.CannotTell,
		Name:    "efficiency <= 1", Arithmetic: true, Columns: []string{"sum_efficiency", "cycle_efficiency"},
		Detail: "-(W - dF)/KL(q||p), the work that a step extracted over what the measurement bought; the self-labels are " +
			"held during the step",
		Figure: fmt.Sprintf("largest efficiency of a cycle %.3g %s", w.Efficiency, over),
	}
	return judged(c, w.Steps, w.Efficiency, 1+roundingFirstLaw)
}

// gibbsEnsemble demands of inferred self-labels that they be a generalised Gibbs ensemble, see [thermo.GGE]. Steps that
// ended before their labels were balanced leave the verdict open.
func gibbsEnsemble(w Worst, over string) record.Check {
	c := record.Check{
		Verdict: record.CannotTell,
		Name:    "generalised Gibbs ensemble", Arithmetic: true, Columns: []string{"gge_residual"},
		Detail: "|ln q_ik + E_ik/T - lambda_k - nu_i| of every self-label, the fields fitted (SwAV; 0 without balance) or " +
			"minus the centre over the teacher's temperature (DINO); up to 1e-6 passes",
		Figure: fmt.Sprintf("largest residual %.2g %s", w.Residual, over),
	}
	c = judged(c, w.Steps, w.Residual, roundingGGE)
	if w.Iterations > 0 {
		c.Figure += fmt.Sprintf("; labels balanced to %.2g in up to %d rounds", w.MarginalError, w.Iterations)
	}
	if c.Verdict == record.Pass && w.Unconverged > 0 {
		c.Verdict = record.CannotTell
		c.Figure += fmt.Sprintf("; %d steps ended before they were balanced", w.Unconverged)
	}
	return c
}

// learning holds the trained encoder's linear probe against the random encoder's, replica by replica.
func learning(last *Observation) record.Check {
	a := last.Accuracies()
	_, unit := last.units()
	c := record.Check{
		Verdict: record.CannotTell,
		Name:    "learning", Columns: []string{"probe", "probe_gain"},
		Detail: fmt.Sprintf("linear probe of the trained encoder less that of the encoder it began as, replica by replica; "+
			"passes where the 95 %% interval (over %ss, with the most that the test images can err) lies above 0, fails "+
			"where it lies below", unit),
		Figure: fmt.Sprintf("%.1f %% after %d steps, %.1f %% at random",
			100*a.Probe.Value, last.Step, 100*a.RandomProbe.Value),
	}
	if a.Gain.HasInterval() {
		c.Figure += fmt.Sprintf(": gain %.1f [%.1f, %.1f] points", 100*a.Gain.Value, 100*a.Gain.Lo, 100*a.Gain.Hi)
	} else {
		c.Figure += "; one replica has no error"
	}
	if n, _ := last.Collapsed(); n > 0 {
		c.Figure += fmt.Sprintf("; labels collapsed in %d of %d replicas", n, len(last.Mean))
	}
	switch {
	case a.Gain.Lo > 0:
		c.Verdict = record.Pass
	case a.Gain.Hi < 0:
		c.Verdict = record.Fail
	}
	return c
}

// judged passes what is at most the tolerance, fails what is beyond or not a number, and leaves open what was not
// tried.
func judged(c record.Check, steps int, figure, tolerance float64) record.Check {
	switch {
	case steps == 0:
		c.Figure = "no cycle was recorded"
	case figure <= tolerance && !math.IsNaN(figure):
		c.Verdict = record.Pass
	default:
		c.Verdict = record.Fail
	}
	return c
}
