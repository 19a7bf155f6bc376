package ensemble

import (
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"gorgonia.org/tensor"
)

// Replica is the [State] of one network in training: what it holds depends on (seed, training set, replica) alone.
type Replica struct {
	Set        int           // d
	Index      int           // r
	Step       int           // SGD steps done
	Theta      [][]float64   // weights, one slice a parameter, row-major (float32 weights are exact in float64)
	Order      []int32       // mini-batch order of the running epoch
	Cursor     int           // examples of Order already used
	Solver     solver.State  // what the solver remembers
	Chains     []float32     // observer chains, K rows
	Ledger     thermo.Ledger // work and heat of the observer chains, observation by observation
	Loss       float64       // training loss of the last step; NaN before the first
	Innovation [2]float64    // cumulated r |g - c|^2 / (4T) for the centres c = 0 and c = held-out gradient

	Training *model.Training   // chains that train; nil for a model without
	Follower                   // the observer chains between observations
	Free     FreeEnergy        // F(theta) at the last observation
	Origin   estimate.Estimate // F(theta_0)
	TwoSided thermo.Successive // F(theta_0) and forward and reverse work since

	Batches, HeldOut, Noise, Observers *rand.PCG // the random streams
}

func init() { gob.Register(new(Replica)) }

// newReplica draws the initial state of replica (d, index), which is trained on the examples of set.
func newReplica(c *Config, m model.PPM, d, index int, set, test []float32) (Replica, error) {
	init := Stream(c.Seed, -1, -1, "init")
	if c.Independent {
		init = Stream(c.Seed, d, index, "init")
	}
	m.Init(rand.New(init))
	examples := len(set) / m.Dim()
	r := Replica{
		Set: d, Index: index,
		Order: make([]int32, examples), Cursor: examples,
		Loss:      math.NaN(),
		Chains:    make([]float32, c.Chains*m.Dim()),
		Batches:   Stream(c.Seed, d, index, "batches"),
		HeldOut:   Stream(c.Seed, d, index, "held-out"),
		Noise:     Stream(c.Seed, d, index, "noise"),
		Observers: Stream(c.Seed, d, index, "observers"),
	}
	for i := range r.Order {
		r.Order[i] = int32(i)
	}
	r.store(m)
	if t, ok := m.(model.ChainTrained); ok {
		var err error
		r.Training, err = t.NewTraining(set, Stream(c.Seed, d, index, "training chains"))
		if err != nil {
			return r, fmt.Errorf("%s: %w", r.name(), err)
		}
	}
	if starter, ok := m.(model.Starter); ok {
		if err := starter.Start(r.Chains, test, rand.New(r.Observers)); err != nil {
			return r, fmt.Errorf("observer chains of %s: %w", r.name(), err)
		}
	}
	return r, nil
}

// Copy implements [State].
func (r *Replica) Copy() State {
	c := *r
	c.Solver = r.Solver.Clone()
	c.Theta = make([][]float64, len(r.Theta))
	for i, t := range r.Theta {
		c.Theta[i] = slices.Clone(t)
	}
	c.Order, c.Chains = slices.Clone(r.Order), slices.Clone(r.Chains)
	c.Ledger = cloneLedger(r.Ledger)
	c.Follower = r.Follower.clone()
	c.Training = cloneTraining(r.Training)
	for _, stream := range []**rand.PCG{&c.Batches, &c.HeldOut, &c.Noise, &c.Observers} {
		*stream = copied(*stream)
	}
	return &c
}

// Fits implements [State].
func (r *Replica) Fits(other State) error {
	o, ok := other.(*Replica)
	if !ok || r.Set != o.Set || r.Index != o.Index || len(r.Theta) != len(o.Theta) || len(r.Chains) != len(o.Chains) {
		return fmt.Errorf("%s: another model, or other sizes", r.name())
	}
	return nil
}

func cloneTraining(t *model.Training) *model.Training {
	if t == nil {
		return nil
	}
	return &model.Training{
		Chains: slices.Clone(t.Chains), Hidden: slices.Clone(t.Hidden), Step: t.Step, Stream: copied(t.Stream),
	}
}

func copied(p *rand.PCG) *rand.PCG {
	q := *p
	return &q
}

// load writes the replica's weights into the model and hands it the chains that train.
func (r *Replica) load(m model.PPM) {
	if t, ok := m.(model.ChainTrained); ok {
		t.Use(r.Training)
	}
	setWeights(m, r.Theta)
}

// setWeights writes weights into the model.
func setWeights(m model.PPM, theta [][]float64) {
	for i, p := range m.Params() {
		switch w := p.Value().(*tensor.Dense).Data().(type) {
		case []float32:
			for j, v := range theta[i] {
				w[j] = float32(v)
			}
		case []float64:
			copy(w, theta[i])
		}
	}
}

// store reads the replica's weights out of the model.
func (r *Replica) store(m model.PPM) {
	if r.Theta == nil {
		r.Theta = make([][]float64, len(m.Params()))
	}
	for i, p := range m.Params() {
		dense := p.Value().(*tensor.Dense)
		if r.Theta[i] == nil {
			r.Theta[i] = make([]float64, dense.Size())
		}
		switch w := dense.Data().(type) {
		case []float32:
			for j, v := range w {
				r.Theta[i][j] = float64(v)
			}
		case []float64:
			copy(r.Theta[i], w)
		}
	}
}

// nextBatch gathers the next mini-batch: the training set in random order without replacement, reshuffled each
// epoch; a batch may straddle two epochs. A batch of the whole set is the set itself, in its own order.
func (r *Replica) nextBatch(dst, examples []float32, dim int) {
	rows := len(dst) / dim
	if rows == len(r.Order) {
		copy(dst, examples)
		return
	}
	for i := range rows {
		if r.Cursor == len(r.Order) {
			rng := rand.New(r.Batches)
			rng.Shuffle(len(r.Order), func(a, b int) { r.Order[a], r.Order[b] = r.Order[b], r.Order[a] })
			r.Cursor = 0
		}
		e := int(r.Order[r.Cursor])
		copy(dst[i*dim:(i+1)*dim], examples[e*dim:(e+1)*dim])
		r.Cursor++
	}
}

// opened reports whether the books of the replica's observer chains are open: they are from its first observation on.
func (r *Replica) opened() bool { return r.Ledger.Energy != nil }

// name tells one replica from another in an error.
func (r *Replica) name() string { return fmt.Sprintf("training set %d, replica %d", r.Set, r.Index) }

func cloneLedger(l thermo.Ledger) thermo.Ledger {
	for _, p := range []*[]float64{&l.Energy0, &l.Energy, &l.Work, &l.Heat, &l.TotalWork, &l.TotalHeat} {
		*p = slices.Clone(*p)
	}
	return l
}
