package ensemble

import (
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model"
)

// Replica is the [State] of one network in training: what it holds depends on (seed, training set, replica) alone.
type Replica struct {
	Set        int          // d
	Index      int          // r
	Step       int          // SGD steps done
	Theta      [][]float64  // weights, one slice a parameter, row-major (float32 weights are exact in float64)
	Order      []int32      // mini-batch order of the running epoch
	Cursor     int          // examples of Order already used
	Solver     solver.State // what the solver remembers
	Loss       float64      // training loss of the last step; NaN before the first
	Innovation [2]float64   // cumulated r |g - c|^2 / (4T) for the centres c = 0 and c = held-out gradient

	Training   *model.Training   // chains that train; nil for a model without
	thermo.Gas                   // the observer chains with their work and heat
	Free       FreeEnergy        // F(theta) at the last observation
	Origin     estimate.Estimate // F(theta_0)
	TwoSided   thermo.Successive // F(theta_0) and forward and reverse work since

	Batches, HeldOut, Noise *rand.PCG // the random streams of training
}

func init() { gob.Register(new(Replica)) }

// newReplica draws the initial state of replica (d, index), which is trained on the examples of set.
func newReplica(c *Config, m model.PPM, d, index int, set, test []float32) (Replica, error) {
	init := instrument.Stream(c.Seed, -1, -1, "init")
	if c.Independent {
		init = instrument.Stream(c.Seed, d, index, "init")
	}
	m.Init(rand.New(init))
	examples := len(set) / m.Dim()
	r := Replica{
		Set: d, Index: index,
		Order: make([]int32, examples), Cursor: examples,
		Loss:    math.NaN(),
		Gas:     thermo.NewGas(c.Chains, m.Dim(), instrument.Stream(c.Seed, d, index, "observers")),
		Batches: instrument.Stream(c.Seed, d, index, "batches"),
		HeldOut: instrument.Stream(c.Seed, d, index, "held-out"),
		Noise:   instrument.Stream(c.Seed, d, index, "noise"),
	}
	for i := range r.Order {
		r.Order[i] = int32(i)
	}
	r.Theta = weights(nil, m.Params())
	if t, ok := m.(model.ChainTrained); ok {
		var err error
		r.Training, err = t.NewTraining(set, instrument.Stream(c.Seed, d, index, "training chains"))
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
	c.Order, c.Gas = slices.Clone(r.Order), r.Gas.Clone()
	c.Training = cloneTraining(r.Training)
	for _, stream := range []**rand.PCG{&c.Batches, &c.HeldOut, &c.Noise} {
		*stream = copied(*stream)
	}
	return &c
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
	if p == nil { // a training of a program of one's own has streams of its own
		return nil
	}
	q := *p
	return &q
}

// load writes the replica's weights into the model and hands it the chains that train.
func (r *Replica) load(m observable) {
	if t, ok := m.(model.ChainTrained); ok {
		t.Use(r.Training)
	}
	setWeights(m.Params(), r.Theta)
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

// name tells one replica from another in an error.
func (r *Replica) name() string { return fmt.Sprintf("training set %d, replica %d", r.Set, r.Index) }
