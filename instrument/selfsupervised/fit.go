package selfsupervised

import (
	"errors"
	"slices"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/information"
	"calorimeter/instrument/thermo"
	"calorimeter/model/ssl"
)

// CheckState implements [ensemble.Trainee].
func (r *Runner) CheckState(s int, state ensemble.State, from, to int) error {
	have, ok := state.(*Replica)
	if !ok || have == nil || have.State == nil {
		return errors.New("it is of another kind of training")
	}
	var f ensemble.Fit
	want := r.States()[0].(*Replica)
	f.Must(have.Set == r.setNumber(s/r.config.Replicas) && have.Index == s%r.config.Replicas, "it is of %s", have.name())
	f.Steps(have.State.Steps, from, to)
	f.Must(have.Batches != nil && have.Views != nil, "random streams are missing")
	f.Order(have.Order, have.Cursor, r.size())
	r.fitWeights(&f, have.State.Theta)
	f.Size("teacher's parameters", len(have.State.Teacher), len(want.State.Teacher))
	if r.settings.Algorithm == ssl.DINO {
		r.fitWeights(&f, have.State.Teacher)
	}
	f.Size("numbers of the centre", len(have.State.Centre), len(want.State.Centre))
	f.Size("labels", have.Ledger.Labels, want.Ledger.Labels)
	r.fitTable(&f, have.Table)
	if infersLabels(r.settings) && have.State.Steps > 0 {
		r.fitEnsemble(&f, have.Ensemble)
	}
	return f.Err()
}

func (r *Runner) fitWeights(f *ensemble.Fit, theta [][]float64) {
	f.Size("parameters", len(theta), len(r.parameters))
	for i := range min(len(theta), len(r.parameters)) {
		f.Size("weights of "+r.parameters[i].Name, len(theta[i]), r.parameters[i].Rows*r.parameters[i].Cols)
	}
}

// fitEnsemble demands the ensemble of the self-labels of a step.
func (r *Runner) fitEnsemble(f *ensemble.Fit, g *thermo.GGE) {
	f.Must(g != nil, "an ensemble of self-labels is missing")
	if g != nil {
		fields := [][]float64{g.Lambda, g.Occupation}
		f.Rows("labels", fields, len(fields), r.settings.Labels, false)
	}
}

// fitTable demands a table of self-labels and classes, where labels are inferred.
func (r *Runner) fitTable(f *ensemble.Fit, t *information.Counts) {
	f.Must((t != nil) == infersLabels(r.settings), "a table of self-labels is missing, or too many")
	if t != nil {
		f.Size("classes", t.Columns, r.classes)
		f.Size("entries of a table of self-labels", len(t.N), r.settings.Labels*r.classes)
		f.Must(len(t.N) == 0 || slices.Min(t.N) >= 0, "a table of self-labels counts backwards")
	}
}

// CheckSummary implements [ensemble.Trainee].
func (r *Runner) CheckSummary(n int, s ensemble.Summary) error {
	o, ok := s.(*Observation)
	if !ok || o == nil {
		return errors.New("it is of another kind of training")
	}
	var f ensemble.Fit
	replicas, steps := len(r.sets)*r.config.Replicas, r.config.Observe
	f.Must(n < len(steps) && o.Step == steps[n], "it is of step %d", o.Step)
	f.Must(o.Inferred == infersLabels(r.settings), "it is of another kind of labels")
	f.Size("labels", o.Labels, r.settings.Labels)
	f.Size("training sets", o.Sets, len(r.sets))
	f.Size("replicas of a training set", o.PerSet, r.config.Replicas)
	f.Size("held-out images", o.TestImages, len(r.test.Labels))
	for _, have := range []int{
		len(o.Mean), len(o.Total), len(o.Window), len(o.Worst), len(o.Occupations), len(o.Probe), len(o.Neighbours),
		len(o.RandomProbe), len(o.RandomNeighbours),
	} {
		f.Size("replicas", have, replicas)
	}
	var ensembles, tables, judged int
	if o.Inferred {
		tables = replicas
		if o.Step > 0 {
			ensembles = replicas
		}
	}
	if r.exam != nil {
		judged = replicas
		f.Memorization(&o.Memorization, len(r.sets), r.size(), 0)
	}
	f.Size("ensembles of self-labels", len(o.Ensemble), ensembles)
	f.Size("tables of self-labels", len(o.Table), tables)
	f.Size("training losses", len(o.TrainLoss), judged)
	f.Size("held-out losses", len(o.TestLoss), judged)
	for _, g := range o.Ensemble {
		r.fitEnsemble(&f, g)
	}
	for _, t := range o.Table {
		r.fitTable(&f, t)
	}
	return f.Err()
}
