package selfsupervised

import (
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/information"
	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model/ssl"
)

// Replica is the [ensemble.State] of one run: it depends on (seed, training set, replica) alone.
type Replica struct {
	Set    int // d
	Index  int // r, among those of its training set
	State  *ssl.State
	Solver solver.State // what the solver remembers
	Order  []int32      // order of the images in the running epoch
	Cursor int          // images of Order already used

	Ledger thermo.CycleLedger  // the cycle of every step
	Worst  Worst               // the worst that any step of the run showed
	Window Worst               // the same since the last observation
	Table  *information.Counts // self-label x class over the last steps; nil for SimCLR

	Ensemble    *thermo.GGE        // of the last step's self-labels; nil for SimCLR and before the first step
	Occupations thermo.Occupations // of the last step
	// Accuracies of the random encoder that the replica began with.
	RandomProbe, RandomNeighbours float64

	Batches, Views *rand.PCG // the random streams
}

// Worst collects what each step must obey, at its worst. Zero before the first step.
type Worst struct {
	Steps         int
	FirstLaw      float64 // largest violation of the first law over samples, relative
	Demon         float64 // largest |(W - dF) - (KL(q||p') - KL(q||p))| over samples, relative
	Loss          float64 // largest |(W - dF) - (loss after - before)| with the graph's own losses, relative
	Efficiency    float64 // largest -(W - dF)/KL(q||p) of a step
	Residual      float64 // largest residual of the generalised Gibbs ensemble, of the steps whose labels have converged
	MarginalError float64 // largest deviation of an occupation from equal shares, relative (SwAV)
	Unconverged   int     // steps whose Sinkhorn iteration ended before it had converged
	Iterations    int     // most rounds of Sinkhorn's iteration
}

// merge takes the worse of both.
func (w *Worst) merge(v Worst) {
	w.FirstLaw = max(w.FirstLaw, v.FirstLaw)
	w.Demon = max(w.Demon, v.Demon)
	w.Loss = max(w.Loss, v.Loss)
	w.Residual = max(w.Residual, v.Residual)
	w.MarginalError = max(w.MarginalError, v.MarginalError)
	if w.Steps == 0 || v.Steps > 0 && v.Efficiency > w.Efficiency {
		w.Efficiency = v.Efficiency
	}
	w.Steps += v.Steps
	w.Unconverged += v.Unconverged
	w.Iterations = max(w.Iterations, v.Iterations)
}

func newReplica(c *Config, m *ssl.Model, set, index, images, classes int) Replica {
	r := Replica{
		Set: set, Index: index, State: m.NewState(rand.New(instrument.Stream(c.Seed, set, index, "init"))),
		Order: make([]int32, images), Cursor: images,
		Ledger:      *thermo.NewCycleLedger(m.Labels()),
		RandomProbe: math.NaN(), RandomNeighbours: math.NaN(),
		Batches: instrument.Stream(c.Seed, set, index, "batches"),
		Views:   instrument.Stream(c.Seed, set, index, "views"),
	}
	r.Ledger.Temperatures = !c.NoTemperature
	for i := range r.Order {
		r.Order[i] = int32(i)
	}
	if infersLabels(m.Settings()) {
		r.Table = &information.Counts{Columns: classes, N: make([]int, m.Labels()*classes)}
	}
	return r
}

// infersLabels reports whether a model's labels are inferred (SwAV, DINO), not given (SimCLR).
func infersLabels(s ssl.Settings) bool { return s.Algorithm != ssl.SimCLR }

// name says which replica it is.
func (r *Replica) name() string { return fmt.Sprintf("replica %d of training set %d", r.Index, r.Set) }

// Copy implements [ensemble.State].
func (r *Replica) Copy() ensemble.State {
	c := *r
	c.State, c.Order = r.State.Clone(), slices.Clone(r.Order)
	c.Solver = r.Solver.Clone()
	c.Ledger.Samples = nil // scratch of the ledger, besides the last cycle
	if r.Table != nil {
		c.Table = &information.Counts{Columns: r.Table.Columns, N: slices.Clone(r.Table.N)}
	}
	batches, views := *r.Batches, *r.Views
	c.Batches, c.Views = &batches, &views
	return &c
}

func init() { gob.Register(new(Replica)) }

// next returns the index of the next image: all in random order without replacement, reshuffled each epoch.
func (r *Replica) next() int {
	if r.Cursor == len(r.Order) {
		rng := rand.New(r.Batches)
		rng.Shuffle(len(r.Order), func(a, b int) { r.Order[a], r.Order[b] = r.Order[b], r.Order[a] })
		r.Cursor = 0
	}
	r.Cursor++
	return int(r.Order[r.Cursor-1])
}
