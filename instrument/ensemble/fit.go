package ensemble

import (
	"errors"
	"fmt"
)

// Fit holds what was read from a file against what is trained, before it is used: gob knows types, and no sizes. The
// zero value is ready; it keeps the first misfit.
type Fit struct{ err error }

// Err returns the first misfit, nil if all fits.
func (f *Fit) Err() error { return f.err }

// Must demands that something holds; else what says what is wrong.
func (f *Fit) Must(holds bool, what string, args ...any) {
	if !holds && f.err == nil {
		f.err = fmt.Errorf(what, args...)
	}
}

// Size demands that there are so many of what.
func (f *Fit) Size(what string, have, want int) {
	f.Must(have == want, "%d %s in place of %d", have, what, want)
}

// Steps demands that from so many to so many training steps were made.
func (f *Fit) Steps(have, from, to int) {
	f.Must(from <= have && have <= to, "%d steps in place of %d to %d", have, from, to)
}

// Rows demands so many rows of so many numbers of what; where none may be missing, a row may be empty too.
func (f *Fit) Rows(what string, rows [][]float64, want, each int, orNone bool) {
	f.Size("rows of "+what, len(rows), want)
	for _, row := range rows {
		if len(row) > 0 || !orNone {
			f.Size(what, len(row), each)
		}
	}
}

// Order demands an order of so many examples, of which the first were used.
func (f *Fit) Order(order []int32, used, examples int) {
	f.Size("examples of an epoch", len(order), examples)
	f.Must(used >= 0 && used <= len(order), "%d examples of an epoch of %d are used", used, len(order))
	seen := make([]bool, len(order))
	for _, i := range order {
		fresh := i >= 0 && int(i) < len(seen) && !seen[i]
		f.Must(fresh, "example %d is twice in an epoch, or there is none such", i)
		if fresh {
			seen[i] = true
		}
	}
}

// Memorization demands that of training sets of so many examples, which share a pool of so many or none (0).
func (f *Fit) Memorization(m *Memorization, sets, examples, pool int) {
	f.Size("examples of a training set", m.Examples, examples)
	f.Size("examples of the pool", m.Pool, pool)
	if pool > 0 {
		sets, examples = 1, pool
	}
	if m.Memories != nil {
		f.Size("training sets", len(m.Memories), sets)
	}
	for _, memories := range m.Memories {
		f.Size("examples of a training set", len(memories), examples)
	}
}

// CheckState implements [Trainee].
func (e *Ensemble) CheckState(s int, state State, from, to int) error {
	r, ok := state.(*Replica)
	if !ok || r == nil {
		return errors.New("it is of another kind of training")
	}
	var f Fit
	d, chains := s/e.config.Replicas, e.config.Chains
	f.Must(r.Set == e.setNumber(d) && r.Index == s%e.config.Replicas, "it is of %s", r.name())
	f.Steps(r.Step, from, to)
	f.Must(r.Batches != nil && r.HeldOut != nil && r.Noise != nil, "random streams are missing")
	f.Size("parameters", len(r.Theta), len(e.params))
	for i := range min(len(r.Theta), len(e.params)) {
		f.Size("weights of "+e.params[i].Name, len(r.Theta[i]), e.params[i].size())
	}
	f.Order(r.Order, r.Cursor, len(e.sets[d])/e.dim)
	if n := len(r.TwoSided.Open); n > 0 {
		f.Size("states of the free energy", n, chains)
	}
	have, want := r.Training, e.States()[0].(*Replica).Training
	f.Must((have == nil) == (want == nil), "chains that train are missing, or too many")
	if have != nil && want != nil {
		f.Must(have.Stream != nil, "the random stream of the chains that train is missing")
		f.Size("numbers of the chains that train", len(have.Chains), len(want.Chains))
	}
	return errors.Join(f.Err(), r.Gas.Check(chains, e.dim))
}

// CheckSummary implements [Trainee].
func (e *Ensemble) CheckSummary(n int, s Summary) error {
	r, ok := s.(*Row)
	if !ok || r == nil {
		return errors.New("it is of another kind of training")
	}
	var f Fit
	replicas, chains := len(e.sets)*e.config.Replicas, e.config.Chains
	f.Must(n < len(e.observe) && r.Step == e.observe[n], "it is of step %d", r.Step)
	f.Must(r.Roles == e.roles, "it is of another kind of model")
	f.Size("training sets", r.Sets, len(e.sets))
	f.Size("replicas of a training set", r.PerSet, e.config.Replicas)
	f.Size("chains", r.Chains, replicas*chains)
	f.Size("training losses", len(r.TrainLosses), replicas)
	f.Size("held-out losses", len(r.TestLosses), replicas)
	f.Size("readings", len(r.Readings), len(e.Declarations()))
	f.Size("numbers of samples", len(r.Gallery), min(chains, galleryColumns)*e.dim)
	f.Rows("work", r.ChainWork, replicas, chains, false)
	f.Rows("heat", r.ChainHeat, replicas, chains, false)
	f.Rows("forward work", r.Forward, replicas, chains, true) // nothing was switched before the first
	f.Rows("reverse work", r.Reverse, replicas, chains, true)
	samples := [][]float64{r.SampleInfoLo, r.SampleInfoHi}
	f.Rows("samples' informations", samples, 2, replicas*chains, r.SampleInfoLo == nil && r.SampleInfoHi == nil)
	if h := r.Densities; h != nil {
		f.Must(len(h.Edges) > 1, "a histogram without bins")
		f.Rows("bins", [][]float64{h.Forward, h.Reverse}, 2, len(h.Edges)-1, false)
	}
	e.fitEntropies(&f, r)
	f.Memorization(&r.Memorization, len(e.sets), len(e.sets[0])/e.dim, len(e.config.Pool)/e.dim)
	return f.Err()
}

// fitEntropies demands those of the weights of all parameters together and of each.
func (e *Ensemble) fitEntropies(f *Fit, r *Row) {
	parts := e.Parts()
	_, free := e.Weights()
	sizes := []int{free}
	if len(parts) > 1 {
		f.Size("entropies of parameters", len(r.PartEntropies), len(parts))
		for _, p := range parts {
			sizes = append(sizes, p.To-p.From)
		}
	}
	f.Size("counts of weights", len(r.Counted), len(sizes))
	f.Size("counts of weights", len(r.Moving), len(sizes))
	for i := range min(len(sizes), len(r.Moving)) {
		if moving := r.Moving[i]; len(moving) > 0 {
			f.Size("weights that move", len(moving), sizes[i])
		}
	}
}
