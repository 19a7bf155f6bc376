package selfsupervised

import (
	"fmt"

	"calorimeter/instrument/ensemble"
)

// Remarks returns what a reader of the observations has to know before trusting them, each warning after the columns and
// steps that it concerns, and a sentence on how the labels are occupied at the last.
func Remarks(observations []*Observation) (warnings []string, occupation string) {
	if len(observations) == 0 {
		return nil, ""
	}
	var all ensemble.Warnings
	last := observations[len(observations)-1]
	collapsed, occupation := last.Collapsed()
	if collapsed > 0 {
		from, since := stretch(observations)
		for _, o := range observations[from:] {
			all.Add("collapsed", o.Step, fmt.Sprintf("%d of %d replicas: %s; %s", collapsed, len(last.Mean), occupation, since))
		}
	}
	for _, o := range observations {
		var window Worst
		for _, w := range o.Window {
			window.merge(w)
		}
		if window.Unconverged > 0 {
			text := fmt.Sprintf("Sinkhorn had not converged in %d of %d steps after %d rounds (largest imbalance %.2g): raise epsilon (--epsilon), or allow more rounds (--sinkhorn-rounds)",
				window.Unconverged, window.Steps, window.Iterations, window.MarginalError)
			all.Add("marginal_error", o.Step, text)
			all.Add("sinkhorn_rounds", o.Step, text)
		}
		if o.Table == nil || o.Cycles == 0 {
			continue
		}
		mi, _ := o.ClassInformation()
		for _, w := range mi.Warnings {
			all.Add("mi", o.Step, w)
		}
	}
	warnings = all.Lines()
	if len(last.Mean) == 1 {
		warnings = append(warnings, "all numbers: one replica; errors over replicas are not known")
	}
	return warnings, occupation
}

// stretch returns the observation from which on the labels, collapsed at the last, have been so, and says since when that is.
func stretch(observations []*Observation) (from int, since string) {
	for from = len(observations) - 1; from > 0 && observations[from-1].Cycles > 0; from-- {
		if n, _ := observations[from-1].Collapsed(); n == 0 {
			return from, fmt.Sprintf("at step %d none had", observations[from-1].Step)
		}
	}
	return from, fmt.Sprintf("so since the first look at it, after %d steps: collapsed from the start, or not yet learning", observations[from].Step)
}
