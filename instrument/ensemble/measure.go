package ensemble

import (
	"fmt"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
)

// measure takes the observation of replica s: it moves the observer chains of r at its present weights, enters work, heat
// and free energy in the books, and evaluates losses. before is the replica at the last observation.
func (w *worker) measure(o *Observation, s int, r, before *Replica, examples, test []float32) error {
	r.load(w.model)
	if r.Ledger.Energy == nil {
		if err := w.start(r); err != nil {
			return fmt.Errorf("%s at the start: %w", r.name(), err)
		}
		r.Free = w.freeEnergy(r, nil, nil)
		r.Origin = r.Free.Best
		if err := r.Ledger.Start(r.Energy, r.Free.Best.Value); err != nil {
			return fmt.Errorf("%s at the start: %w", r.name(), err)
		}
		o.Memory[s] = estimate.Unknown("nothing was recorded of the chains' burn-in")
	} else if err := w.interval(o, s, r, before); err != nil {
		return err
	}
	if r.Proposed > 0 {
		o.Acceptance[s] = float64(r.Accepted) / float64(r.Proposed)
		r.Accepted, r.Proposed = 0, 0
	}
	for _, part := range []struct {
		rows          []float32
		nll, accuracy *float64
	}{{examples, &o.TrainNLL[s], &o.TrainAccuracy[s]}, {test, &o.TestNLL[s], &o.TestAccuracy[s]}} {
		phi, err := w.energies(part.rows)
		if err != nil {
			return err
		}
		if part.nll == &o.TestNLL[s] {
			o.HeldOut[s] = slices.Clone(phi)
		}
		*part.nll = stat.Mean(phi, nil) - r.Free.Best.Value
		if c, ok := w.model.(model.Classifier); ok {
			if *part.accuracy, err = c.Accuracy(part.rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// interval enters the interval since the last observation in the books.
func (w *worker) interval(o *Observation, s int, r, before *Replica) error {
	var t *trace
	if !w.exact {
		t = newTrace(w.config.Chains)
	}
	absorbed := slices.Clone(r.Absorbed)
	if err := w.follow(r, w.config.Moves, t); err != nil {
		return err
	}
	moved := slices.Clone(w.moved)
	for k := range moved {
		moved[k] -= absorbed[k]
	}
	forward, reverse, err := w.switched(r, before)
	if err != nil {
		return err
	}
	o.Forward[s], o.Reverse[s] = forward, reverse
	r.Free = w.freeEnergy(r, forward, reverse)
	if err := r.Ledger.Record(moved, r.Energy, r.Free.Best.Value-r.Ledger.FreeEnergy); err != nil {
		return fmt.Errorf("%s at step %d: %w; try a smaller learning rate", r.name(), r.Step, err)
	}
	clear(r.Absorbed)
	if w.exact {
		o.Memory[s] = estimate.Exact(0)
		return nil
	}
	o.Memory[s] = t.memory()
	return nil
}

// switched returns the work of switching at once between the weights of before and those of r: forward on the chains
// that stood in equilibrium at the last observation, reverse on those that do now.
func (w *worker) switched(r, before *Replica) (forward, reverse []float64, err error) {
	forward, reverse = make([]float64, w.config.Chains), make([]float64, w.config.Chains)
	if err := w.model.Energies(forward, before.Chains); err != nil {
		return nil, nil, err
	}
	before.load(w.model)
	defer r.load(w.model)
	if err := w.model.Energies(reverse, r.Chains); err != nil {
		return nil, nil, err
	}
	for k := range forward {
		forward[k] -= before.Ledger.Energy[k]
		reverse[k] -= r.Energy[k]
	}
	return forward, reverse, nil
}

// energies evaluates phi of examples. The result holds until the next call.
func (w *worker) energies(x []float32) ([]float64, error) {
	rows := len(x) / w.model.Dim()
	if cap(w.energy) < rows {
		w.energy = make([]float64, rows)
	}
	phi := w.energy[:rows]
	return phi, w.model.Energies(phi, x)
}

// judge writes ln p(x|theta) of all given samples under the weights of r into dst, and phi_theta of its own chains
// into own: a call of its own, because a matrix product may round a row by where it stands in the batch.
func (w *worker) judge(dst, own []float64, r *Replica, samples []float32) error {
	r.load(w.model)
	if err := w.model.Energies(own, r.Chains); err != nil {
		return err
	}
	if err := w.model.Energies(dst, samples); err != nil {
		return err
	}
	for i, phi := range dst {
		dst[i] = -phi + r.Free.Best.Value
	}
	return nil
}
