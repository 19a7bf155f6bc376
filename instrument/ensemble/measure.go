package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"
)

// observable is what an observation asks of a network; every [model.PPM] is one.
type observable interface {
	thermo.System
	Params() G.Nodes
	LogZ() (lnZ float64, ok bool)
}

var _ observable = model.PPM(nil)

// guesser is an observable that guesses labels.
type guesser interface {
	Accuracy(x []float32) (float64, error)
}

// observer takes snapshots of replicas through one network, one at a time.
type observer struct {
	ensemble *Ensemble
	config   *Config
	net      observable
	bath     thermo.Bath
	energy   []float64
}

func newObserver(e *Ensemble, net observable) observer {
	c := &e.config
	return observer{ensemble: e, config: c, net: net, bath: thermo.Bath{
		System: net, Exact: e.kernel.Exact, BurnIn: c.BurnIn, Moves: c.Moves, FollowMoves: c.FollowMoves,
		Lag: c.Lag,
	}}
}

// measure takes the snapshot of a replica: it moves the observer chains of r at its present weights, enters work, heat
// and free energy in the books, and evaluates losses. before is the replica at the last observation.
func (o *observer) measure(r, before *Replica, examples, test []float32) (*Snapshot, error) {
	r.load(o.net)
	memory := estimate.Unknown("nothing was recorded of the chains' burn-in")
	var forward, reverse []float64
	var err error
	switch {
	case o.ensemble.roles.Silent:
		r.Free = o.freeEnergy(r, nil, nil)
	case !r.Opened():
		err = o.open(r)
	default:
		memory, forward, reverse, err = o.interval(r, before)
	}
	if err != nil {
		return nil, err
	}
	s := r.snapshot()
	acceptance, proposed := r.Acceptance()
	if !proposed {
		acceptance = math.NaN()
	}
	s.Memory, s.Acceptance = memory, acceptance
	s.Forward, s.Reverse = forward, reverse
	if o.config.Lag && forward != nil {
		s.Before = before.Chains
	}
	s.TrainNLL, s.TrainAccuracy, err = o.loss(r, examples)
	if err != nil {
		return nil, err
	}
	s.TestNLL, s.TestAccuracy, err = o.loss(r, test)
	if err != nil {
		return nil, err
	}
	s.HeldOut = slices.Clone(o.energy[:len(test)/o.net.Dim()])
	phi, err := o.energies(o.ensemble.questionsAt(r.Step).x)
	if err != nil {
		return nil, err
	}
	s.Examples = slices.Clone(phi)
	s.Ghosts = s.HeldOut
	if ghosts := o.config.Ghosts; ghosts != nil {
		phi, err := o.energies(ghosts)
		if err != nil {
			return nil, err
		}
		s.Ghosts = slices.Clone(phi)
	}
	return s, nil
}

// open burns the observer chains in and opens the books.
func (o *observer) open(r *Replica) error {
	if err := o.bath.Start(&r.Gas); err != nil {
		return fmt.Errorf("%s at the start: %w", r.name(), err)
	}
	r.Free = o.freeEnergy(r, nil, nil)
	r.Origin = r.Free.Best
	if err := r.Ledger.Start(r.Energy, r.Free.Best.Value); err != nil {
		return fmt.Errorf("%s at the start: %w", r.name(), err)
	}
	return nil
}

// loss returns the mean negative log-likelihood of examples, and the share of their labels that are the most probable,
// NaN where there are none. Their energies stay in o.energy.
func (o *observer) loss(r *Replica, examples []float32) (nll, accuracy float64, err error) {
	phi, err := o.energies(examples)
	if err != nil {
		return 0, 0, err
	}
	accuracy = math.NaN()
	if c, ok := o.net.(guesser); ok {
		accuracy, err = c.Accuracy(examples)
	}
	return stat.Mean(phi, nil) - r.Free.Best.Value, accuracy, err
}

// interval enters the interval since the last observation in the books, and returns the chains' autocorrelation time
// and the work of switching the weights at once, forward and back.
func (o *observer) interval(r, before *Replica) (memory estimate.Estimate, forward, reverse []float64, err error) {
	moved, memory, err := o.bath.Observe(&r.Gas)
	if err != nil {
		return memory, nil, nil, fmt.Errorf("%s at step %d: %w", r.name(), r.Step, err)
	}
	forward, reverse, err = o.switched(r, before)
	if err != nil {
		return memory, nil, nil, err
	}
	r.Free = o.freeEnergy(r, forward, reverse)
	if err := o.bath.Enter(&r.Gas, moved, r.Free.Best.Value); err != nil {
		return memory, nil, nil, fmt.Errorf("%s at step %d: %w; try a smaller learning rate", r.name(), r.Step, err)
	}
	return memory, forward, reverse, nil
}

// switched returns the work of switching at once between the weights of before and those of r: forward on the chains
// that stood in equilibrium at the last observation, reverse on those that do now.
func (o *observer) switched(r, before *Replica) (forward, reverse []float64, err error) {
	forward, reverse = make([]float64, o.config.Chains), make([]float64, o.config.Chains)
	if err := o.net.Energies(forward, before.Chains); err != nil {
		return nil, nil, err
	}
	before.load(o.net)
	defer r.load(o.net)
	if err := o.net.Energies(reverse, r.Chains); err != nil {
		return nil, nil, err
	}
	for k := range forward {
		forward[k] -= before.Ledger.Energy[k]
		reverse[k] -= r.Energy[k]
	}
	return forward, reverse, nil
}

// energies evaluates phi of examples. The result holds until the next call.
func (o *observer) energies(x []float32) ([]float64, error) {
	rows := len(x) / o.net.Dim()
	if cap(o.energy) < rows {
		o.energy = make([]float64, rows)
	}
	phi := o.energy[:rows]
	return phi, o.net.Energies(phi, x)
}

// judge writes ln p(x|theta) of all given samples under the weights of a snapshot into dst, and phi_theta of its own
// chains, evaluated anew, into own.
func (o *observer) judge(dst, own []float64, s *Snapshot, samples []float32) error {
	setWeights(o.net.Params(), s.Theta)
	if err := o.net.Energies(own, s.Samples); err != nil {
		return err
	}
	return o.likelihoods(dst, s, samples)
}

// likelihoods writes ln p(x|theta) of samples under the weights of a snapshot, which the network holds, into dst.
func (o *observer) likelihoods(dst []float64, s *Snapshot, samples []float32) error {
	if err := o.net.Energies(dst, samples); err != nil {
		return err
	}
	for i, phi := range dst {
		dst[i] = -phi + s.Free.Best.Value
	}
	return nil
}
