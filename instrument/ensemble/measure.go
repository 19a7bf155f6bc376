package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
)

// measure takes the snapshot of a replica: it moves the observer chains of r at its present weights, enters work, heat
// and free energy in the books, and evaluates losses. before is the replica at the last observation.
func (w *worker) measure(r, before *Replica, examples, test []float32) (*Snapshot, error) {
	r.load(w.model)
	memory := estimate.Unknown("nothing was recorded of the chains' burn-in")
	var forward, reverse []float64
	var err error
	if !r.opened() {
		err = w.open(r)
	} else {
		memory, forward, reverse, err = w.interval(r, before)
	}
	if err != nil {
		return nil, err
	}
	acceptance := math.NaN()
	if r.Proposed > 0 {
		acceptance = float64(r.Accepted) / float64(r.Proposed)
		r.Accepted, r.Proposed = 0, 0
	}
	s := r.snapshot()
	s.Memory, s.Acceptance = memory, acceptance
	s.Forward, s.Reverse = forward, reverse
	s.TrainNLL, s.TrainAccuracy, err = w.loss(r, examples)
	if err != nil {
		return nil, err
	}
	s.TestNLL, s.TestAccuracy, err = w.loss(r, test)
	if err != nil {
		return nil, err
	}
	s.HeldOut = slices.Clone(w.energy[:len(test)/w.model.Dim()])
	phi, err := w.energies(w.ensemble.questionsAt(r.Step).x)
	if err != nil {
		return nil, err
	}
	s.Examples = slices.Clone(phi)
	s.Ghosts = s.HeldOut
	if ghosts := w.config.Ghosts; ghosts != nil {
		phi, err := w.energies(ghosts)
		if err != nil {
			return nil, err
		}
		s.Ghosts = slices.Clone(phi)
	}
	return s, nil
}

// open burns the observer chains in and opens the books.
func (w *worker) open(r *Replica) error {
	if err := w.start(r); err != nil {
		return fmt.Errorf("%s at the start: %w", r.name(), err)
	}
	r.Free = w.freeEnergy(r, nil, nil)
	r.Origin = r.Free.Best
	if err := r.Ledger.Start(r.Energy, r.Free.Best.Value); err != nil {
		return fmt.Errorf("%s at the start: %w", r.name(), err)
	}
	return nil
}

// loss returns the mean negative log-likelihood of examples, and the share of their labels that are the most probable,
// NaN where there are none. Their energies stay in w.energy.
func (w *worker) loss(r *Replica, examples []float32) (nll, accuracy float64, err error) {
	phi, err := w.energies(examples)
	if err != nil {
		return 0, 0, err
	}
	accuracy = math.NaN()
	if c, ok := w.model.(model.Classifier); ok {
		accuracy, err = c.Accuracy(examples)
	}
	return stat.Mean(phi, nil) - r.Free.Best.Value, accuracy, err
}

// interval enters the interval since the last observation in the books, and returns the chains' autocorrelation time
// and the work of switching the weights at once, forward and back.
func (w *worker) interval(r, before *Replica) (memory estimate.Estimate, forward, reverse []float64, err error) {
	var t *trace
	if !w.exact {
		t = newTrace(w.config.Chains)
	}
	absorbed := slices.Clone(r.Absorbed)
	if err := w.follow(r, w.config.Moves, t); err != nil {
		return memory, nil, nil, err
	}
	moved := slices.Clone(w.moved)
	for k := range moved {
		moved[k] -= absorbed[k]
	}
	forward, reverse, err = w.switched(r, before)
	if err != nil {
		return memory, nil, nil, err
	}
	r.Free = w.freeEnergy(r, forward, reverse)
	if err := r.Ledger.Record(moved, r.Energy, r.Free.Best.Value-r.Ledger.FreeEnergy); err != nil {
		return memory, nil, nil, fmt.Errorf("%s at step %d: %w; try a smaller learning rate", r.name(), r.Step, err)
	}
	clear(r.Absorbed)
	if w.exact {
		return estimate.Exact(0), forward, reverse, nil
	}
	return t.memory(), forward, reverse, nil
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

// judge writes ln p(x|theta) of all given samples under the weights of a snapshot into dst, and phi_theta of its own
// chains, evaluated anew, into own.
func (w *worker) judge(dst, own []float64, s *Snapshot, samples []float32) error {
	setWeights(w.model, s.Theta)
	if err := w.model.Energies(own, s.Samples); err != nil {
		return err
	}
	if err := w.model.Energies(dst, samples); err != nil {
		return err
	}
	for i, phi := range dst {
		dst[i] = -phi + s.Free.Best.Value
	}
	return nil
}
