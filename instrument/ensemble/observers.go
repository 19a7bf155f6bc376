package ensemble

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/thermo"
	"calorimeter/model"
)

// Follower is the state of a replica's observer chains between observations. Training is followed in shorter steps than
// it is observed in, so that the work of each stays small.
type Follower struct {
	Energy    []float64        // phi of the chains when they were last updated
	Absorbed  []float64        // heat that they absorbed since the last observation
	Switching thermo.Switching // their weights as a sample of p(.|theta)
	Proposed  int              // moves that the kernel proposed since the last observation
	Accepted  int              // those of them that it made
}

func (f Follower) clone() Follower {
	f.Energy, f.Absorbed = slices.Clone(f.Energy), slices.Clone(f.Absorbed)
	f.Switching.LogWeight = slices.Clone(f.Switching.LogWeight)
	return f
}

// start burns the observer chains in at the initial weights and opens their books.
func (w *worker) start(r *Replica) error {
	if err := w.moves(r, w.config.BurnIn, nil); err != nil {
		return err
	}
	r.Energy, r.Absorbed = make([]float64, w.config.Chains), make([]float64, w.config.Chains)
	r.Switching = thermo.NewSwitching(w.config.Chains)
	return w.model.Energies(r.Energy, r.Chains)
}

// follow brings the observer chains of r to the model's present weights, which are those of r: the work of the weights'
// motion since the last update is entered, the chains are resampled if few of them carry the weight, and the kernel
// moves them. w.moved then holds their energies before the move. A trace, where there is one, takes their energies in
// between.
func (w *worker) follow(r *Replica, moves int, t *trace) error {
	k := w.config.Chains
	if w.moved == nil {
		w.moved, w.work = make([]float64, k), make([]float64, k)
	}
	if err := w.model.Energies(w.moved, r.Chains); err != nil {
		return err
	}
	for i, phi := range w.moved {
		w.work[i] = phi - r.Energy[i]
	}
	if err := r.Switching.Add(w.work); err != nil {
		return fmt.Errorf("%s at step %d: %w; try a smaller learning rate", r.name(), r.Step, err)
	}
	if w.exact {
		r.Switching.Restart()
	} else if parents := r.Switching.Next(rand.New(r.Observers)); parents != nil {
		dim := w.model.Dim()
		old := slices.Clone(r.Chains)
		for i, parent := range parents {
			copy(r.Chains[i*dim:(i+1)*dim], old[parent*dim:(parent+1)*dim])
		}
		moves = max(moves, w.config.Moves) // copies must part: until then they count as one
	}
	if err := w.moves(r, moves, t); err != nil {
		return fmt.Errorf("%s at step %d: %w", r.name(), r.Step, err)
	}
	if err := w.model.Energies(r.Energy, r.Chains); err != nil {
		return err
	}
	for i, phi := range w.moved {
		r.Absorbed[i] += r.Energy[i] - phi
	}
	return nil
}

// moves applies the kernel n times and enters the chains' energies in the trace, where there is one.
func (w *worker) moves(r *Replica, n int, t *trace) error {
	rng := rand.New(r.Observers)
	if t != nil {
		t.begin(n)
	}
	var phi []float64
	for i := range n {
		if err := w.model.Move(r.Chains, rng); err != nil {
			return err
		}
		if !t.wants(i) {
			continue
		}
		if phi == nil {
			phi = make([]float64, w.config.Chains)
		}
		if err := w.model.Energies(phi, r.Chains); err != nil {
			return err
		}
		t.enter(i, phi)
	}
	if m, ok := w.model.(model.Metropolis); ok {
		accepted, proposed := m.Accepted()
		r.Accepted, r.Proposed = r.Accepted+accepted, r.Proposed+proposed
	}
	return nil
}
