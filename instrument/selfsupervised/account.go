package selfsupervised

import (
	"fmt"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
)

// Account implements [ensemble.Trainee].
func (r *Runner) Account(summaries []ensemble.Summary, nulls map[string]record.Null) ensemble.Account {
	observations := make([]*Observation, len(summaries))
	for i, s := range summaries {
		observations[i] = s.(*Observation)
	}
	return newAccount(observations, nulls)
}

func newAccount(observations []*Observation, nulls map[string]record.Null) ensemble.Account {
	if len(observations) == 0 {
		return ensemble.Account{}
	}
	last := observations[len(observations)-1]
	var held []*ensemble.Memorization
	for _, o := range observations {
		held = append(held, &o.Memorization)
	}
	accuracies := last.Accuracies()
	a := ensemble.Account{
		Books:     Books(observations),
		Findings:  []record.Finding{learns(last), spent(last), ensemble.Memorizes(held, nulls)},
		Diagrams:  diagrams(observations),
		Sentences: sentences(observations),
		Headline: fmt.Sprintf("step %d: probe %.1f %% (random %.1f %%), neighbours %.1f %%", last.Step,
			100*accuracies.Probe.Value, 100*accuracies.RandomProbe.Value, 100*accuracies.Neighbours.Value),
	}
	collapsed, words := last.Collapsed()
	if collapsed > 0 {
		from, since := stretch(observations)
		a.Headline += fmt.Sprintf(", %d collapsed", collapsed)
		a.Warnings = append(a.Warnings, record.Warning{
			Columns: []string{"collapsed", "probe", "mi"}, First: observations[from].Step, Last: last.Step,
			Observations: len(observations) - from,
			Text:         fmt.Sprintf("%d of %d replicas: %s; %s", collapsed, len(last.Mean), words, since),
		})
	}
	if words != "" {
		a.Remark = "Labels of the last step: " + words
	}
	return a
}

// stretch returns the observation from which on the labels, collapsed at the last, have been so, and says since when.
func stretch(observations []*Observation) (from int, since string) {
	for from = len(observations) - 1; from > 0 && observations[from-1].Cycles > 0; from-- {
		if n, _ := observations[from-1].Collapsed(); n == 0 {
			return from, fmt.Sprintf("at step %d none had", observations[from-1].Step)
		}
	}
	return from, fmt.Sprintf("so since the first look at it, after %d steps: collapsed from the start, or not yet "+
		"learning", observations[from].Step)
}

// learns says yes where the linear probe gains on the random encoder, by the verdict of the check "learning". Labels
// that have collapsed qualify it, for a probe may gain from what the encoder learned before.
func learns(last *Observation) record.Finding {
	a := last.Accuracies()
	f := record.Finding{
		Question: "Did it learn?", Answer: "Not seen", Class: record.CannotTell,
		Columns: []string{"probe", "probe_random", "probe_gain", "collapsed"},
		Because: fmt.Sprintf("A linear probe is right on %s of the test images, on %s with the random encoder.",
			percent(a.Probe.Value), percent(a.RandomProbe.Value)),
	}
	if !a.Gain.HasInterval() {
		f.Answer = "Cannot tell"
		f.Because += " The error of the difference is not known."
	}
	switch learning(last).Verdict {
	case record.Pass:
		f.Answer, f.Class = "Yes", record.Pass
	case record.Fail:
		f.Answer, f.Class = "No, it lost", record.Fail
	}
	if n, _ := last.Collapsed(); n > 0 {
		if f.Class == record.Pass {
			f.Answer, f.Class = "Yes, but collapsed", record.CannotTell
		}
		f.Because += fmt.Sprintf(" At this step the labels have collapsed in %s of the replicas.",
			percent(float64(n)/float64(len(last.Mean))))
	}
	return f
}

// spent says what became of the information that the self-labels bought.
func spent(last *Observation) record.Finding {
	f := record.Finding{
		Question: "What became of the information bought?", Answer: "Cannot tell", Class: record.CannotTell,
		Because: "No step was measured.", Columns: []string{"sum_extracted", "sum_bought", "sum_efficiency"},
	}
	if extracted, bought := last.totals(); bought > 0 {
		f.Answer, f.Class = percent(extracted/bought)+" became work", ""
		f.Because = fmt.Sprintf("%s; %s nats of it became work beyond the free energy, the rest was dissipated.",
			last.boughtWords(), record.Brief(extracted))
	}
	return f
}

// totals are the work extracted and the information bought over all steps, means.
func (o *Observation) totals() (extracted, bought float64) {
	extracted = o.over(func(i int) float64 { return o.Total[i].Extracted() }).Value
	bought = o.over(func(i int) float64 { return o.Total[i].KLBefore }).Value
	return extracted, bought
}

// boughtWords says what the information is that was bought, in all and in one step.
func (o *Observation) boughtWords() string {
	_, bought := o.totals()
	return fmt.Sprintf("The information bought, KL(q‖p), is %s nats a sample summed over all %d steps, %s in a step on "+
		"average", record.Brief(bought), o.Step, record.Brief(bought/float64(o.Step)))
}

// sentences say what the cycles of a run show: the work extracted and at which efficiency, what the representation is
// worth beside a random one, and what the self-labels know of the classes.
func sentences(observations []*Observation) (say []string) {
	last := observations[len(observations)-1]
	if extracted, bought := last.totals(); bought > 0 {
		say = append(say, fmt.Sprintf("%s. The steps turned %s nats of it into work beyond the free energy, an efficiency "+
			"of %s.", last.boughtWords(), record.Brief(extracted), percent(extracted/bought)))
	}
	a := last.Accuracies()
	more, points := "more", a.Gain.Value
	if points < 0 {
		more, points = "fewer", -points
	}
	say = append(say, fmt.Sprintf("A linear probe of the frozen representation is right on %s of the test images, %s %s "+
		"points than on the random encoder (%s).",
		percent(a.Probe.Value), record.Fixed(100*points, 1), more, percent(a.RandomProbe.Value)))
	if mi, ceiling := last.ClassInformation(); mi.Known() {
		say = append(say, fmt.Sprintf("The self-label holds %s nats about the true class, of at most %s.",
			record.Brief(mi.Value), record.Brief(ceiling)))
	}
	return say
}

func percent(share float64) string { return record.Brief(100*share) + "%" }
