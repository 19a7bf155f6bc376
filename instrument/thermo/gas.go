package thermo

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
)

// Gas is a sample of K independent observer chains of p(x|theta) = exp(-phi_theta(x))/Z(theta), with the books of their
// work and heat as the weights theta move. It is a plain value: encoding/gob saves and restores it whole, and going on
// from the copy gives the same numbers bit for bit. The chains take no part in training; a [Bath] moves them.
type Gas struct {
	Chains    []float32 // x, K rows
	Ledger    Ledger    // their work and heat, observation by observation
	Energy    []float64 // phi of the chains when they were last updated; nil before [Bath.Start]
	Absorbed  []float64 // heat that they absorbed since the last observation
	Switching Switching // their weights as a sample of p(.|theta)
	Proposed  int       // moves that the kernel proposed since the last observation
	Accepted  int       // those of them that it made
	Observers *rand.PCG // the random stream of the moves
}

// NewGas returns K chains of dim numbers, all 0, that move with the stream.
func NewGas(chains, dim int, stream *rand.PCG) Gas {
	return Gas{Chains: make([]float32, chains*dim), Observers: stream}
}

// Opened reports whether the books are open: they are from the first observation on.
func (g *Gas) Opened() bool { return g.Ledger.Energy != nil }

// Clone returns a copy that shares nothing with g.
func (g *Gas) Clone() Gas {
	c := *g
	l := &c.Ledger
	for _, p := range []*[]float64{
		&l.Energy0, &l.Energy, &l.Work, &l.Heat, &l.TotalWork, &l.TotalHeat, &c.Energy, &c.Absorbed, &c.Switching.LogWeight,
	} {
		*p = slices.Clone(*p)
	}
	c.Chains = slices.Clone(g.Chains)
	if g.Observers != nil {
		stream := *g.Observers
		c.Observers = &stream
	}
	return c
}

// System is p(x|theta) at the weights as they are: samples are rows of Dim numbers.
type System interface {
	Dim() int
	// Energies writes phi_theta of each row of x, in nats, into dst.
	Energies(dst []float64, x []float32) error
	// Move advances every row of x by one application of a kernel that leaves p(.|theta) invariant.
	Move(x []float32, rng *rand.Rand) error
}

// metropolis is a [System] whose kernel rejects a part of its proposals, which it counts from call to call.
type metropolis interface {
	Accepted() (accepted, proposed int)
}

// Bath brings a [Gas] to the weights of a system as they move. One serves any number of gases of one size, one at a
// time; it holds scratch, and nothing of theirs.
type Bath struct {
	System
	Exact       bool // one move is an independent draw from p(.|theta), whatever the state before it
	BurnIn      int  // moves at the start
	Moves       int  // moves at an observation
	FollowMoves int  // moves at an update between observations
	Lag         bool // chains are never resampled: what they are behind the weights is what their kernel leaves
	moved, work []float64
}

// DefaultMoves are the moves of a burn-in and of an observation where nothing is known of the kernel but whether it
// draws independently.
func DefaultMoves(exact bool) (burnIn, moves int) {
	if exact {
		return 1, 1
	}
	return 1000, 100
}

// Start burns the chains in at the present weights, in front of the first observation.
func (b *Bath) Start(g *Gas) error {
	if err := b.moves(g, b.BurnIn, nil); err != nil {
		return err
	}
	k := len(g.Chains) / b.Dim()
	g.Energy, g.Absorbed = make([]float64, k), make([]float64, k)
	g.Switching = NewSwitching(k)
	return b.Energies(g.Energy, g.Chains)
}

// Follow brings the chains to the present weights between two observations: training is followed in shorter steps than
// it is observed in, so that the work of each stays small.
func (b *Bath) Follow(g *Gas) error { return b.follow(g, b.FollowMoves, nil) }

// Observe brings the chains to the present weights, and returns their energies after the weights moved and before the
// chains did, less the heat that they absorbed since the last observation, as [Ledger.Record] takes them, and the
// autocorrelation time of their energy in moves, 0 where the kernel is exact. [Bath.Enter] closes the interval.
func (b *Bath) Observe(g *Gas) (moved []float64, memory estimate.Estimate, err error) {
	memory = estimate.Exact(0)
	var t *trace
	if !b.Exact {
		t = newTrace(len(g.Energy))
	}
	absorbed := slices.Clone(g.Absorbed)
	if err := b.follow(g, b.Moves, t); err != nil {
		return nil, memory, err
	}
	moved = slices.Clone(b.moved)
	for k := range moved {
		moved[k] -= absorbed[k]
	}
	if t != nil {
		memory = t.memory()
	}
	return moved, memory, nil
}

// Enter enters the interval that ends with an observation in the ledger: the energies that [Bath.Observe] returned, and
// F(theta_n), NaN where it is unknown.
func (b *Bath) Enter(g *Gas, moved []float64, freeEnergy float64) error {
	clear(g.Absorbed)
	return g.Ledger.Record(moved, g.Energy, freeEnergy-g.Ledger.FreeEnergy)
}

// follow enters the work of the weights' motion since the last update, resamples the chains if few of them carry the
// weight, and moves them. b.moved then holds their energies before the move. A trace, where there is one, takes their
// energies in between.
func (b *Bath) follow(g *Gas, moves int, t *trace) error {
	if len(b.moved) != len(g.Energy) {
		b.moved, b.work = make([]float64, len(g.Energy)), make([]float64, len(g.Energy))
	}
	if err := b.Energies(b.moved, g.Chains); err != nil {
		return err
	}
	for i, phi := range b.moved {
		b.work[i] = phi - g.Energy[i]
	}
	if err := g.Switching.Add(b.work); err != nil {
		return fmt.Errorf("%w; try a smaller learning rate", err)
	}
	switch {
	case b.Exact:
		g.Switching.Restart()
	case !b.Lag && b.resample(g):
		moves = max(moves, b.Moves) // copies must part: until then they count as one
	}
	if err := b.moves(g, moves, t); err != nil {
		return err
	}
	if err := b.Energies(g.Energy, g.Chains); err != nil {
		return err
	}
	for i, phi := range b.moved {
		g.Absorbed[i] += g.Energy[i] - phi
	}
	return nil
}

// resample lets chains go on from others if few carry the weight, and reports whether it did.
func (b *Bath) resample(g *Gas) bool {
	parents := g.Switching.Next(rand.New(g.Observers))
	if parents == nil {
		return false
	}
	dim := b.Dim()
	old := slices.Clone(g.Chains)
	for i, parent := range parents {
		copy(g.Chains[i*dim:(i+1)*dim], old[parent*dim:(parent+1)*dim])
	}
	return true
}

// moves applies the kernel n times and enters the chains' energies in the trace, where there is one.
func (b *Bath) moves(g *Gas, n int, t *trace) error {
	rng := rand.New(g.Observers)
	if t != nil {
		t.begin(n)
	}
	var phi []float64
	for i := range n {
		if err := b.Move(g.Chains, rng); err != nil {
			return err
		}
		if !t.wants(i) {
			continue
		}
		if phi == nil {
			phi = make([]float64, len(g.Energy))
		}
		if err := b.Energies(phi, g.Chains); err != nil {
			return err
		}
		t.enter(i, phi)
	}
	if m, ok := b.System.(metropolis); ok {
		accepted, proposed := m.Accepted()
		g.Accepted, g.Proposed = g.Accepted+accepted, g.Proposed+proposed
	}
	return nil
}

// Acceptance returns the share of the kernel's proposals that were accepted since it was last asked for; ok is false
// where there were none.
func (g *Gas) Acceptance() (share float64, ok bool) {
	if g.Proposed == 0 {
		return 0, false
	}
	share = float64(g.Accepted) / float64(g.Proposed)
	g.Accepted, g.Proposed = 0, 0
	return share, true
}
