package ensemble

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/information"
	"calorimeter/model"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Ensemble is D x R replicas of one network, trained in lockstep between observations: the [Trainee] of probabilistic
// models, with the [Engine] that trains it.
type Ensemble struct {
	*Engine
	config Config
	kernel model.Kernel
	roles  Roles
	params []Param
	free   [][]bool // of each parameter, the weights that belong to theta; nil where all do
	sets   [][]float32
	number []int // of each set, among all; nil where all are here
	test   []float32
	some   questions // at an observation
	all    questions // at the last
	last   int       // step of the last
	dim    int
	near   *yardstick // from the first observation on; nil for a model of labels
	build  Factory
	spare  *worker // built to look at the model; the first that NewWorker hands out
}

// New builds the workers and draws the replicas' initial states. sets[d] holds the examples of training set B_d and
// test held-out examples, rows of the model's dimension; they are not copied and must not change. It returns an
// error for a bad configuration, an empty or ragged set, or a batch larger than a training set.
func New(c Config, factory Factory, sets [][]float32, test []float32) (*Ensemble, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(sets) == 0 || len(test) == 0 {
		return nil, fmt.Errorf("ensemble: %d training sets and %d values of test data; there must be some of each",
			len(sets), len(test))
	}
	m, err := factory()
	if err != nil {
		return nil, err
	}
	e := &Ensemble{config: c, sets: sets, test: test, dim: m.Dim(), last: c.Observe[len(c.Observe)-1], build: factory}
	if err := e.checkSets(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	e.meet(m.Kernel(), rolesOf(m), m.Params(), m.Free)
	if c.Compare != nil {
		e, err = e.of(c.Compare)
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	e.spare = newWorker(e, m)
	e.Engine, err = NewEngine(e, c.Observe, c.Train, e.config.Workers)
	if err != nil && e.spare != nil { // no worker was made of it, which the engine would have closed
		err = errors.Join(err, e.spare.Close())
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// meet takes in what a network says of itself, and chooses what to ask it.
func (e *Ensemble) meet(k model.Kernel, roles Roles, params G.Nodes, free func(i int) []bool) {
	e.config.setDefaults(k)
	e.kernel, e.roles = k, roles
	e.params, e.free = nil, nil
	for i, p := range params {
		e.params = append(e.params, Param{
			Name: p.Name(), Shape: []int(p.Shape().Clone()), Float64: p.Dtype() == tensor.Float64,
		})
		e.free = append(e.free, free(i))
	}
	_, n := e.Weights()
	e.roles.LabelEntropy, e.roles.Lag = e.config.LabelEntropy, e.config.Lag
	e.roles.Projected = e.config.Projected || n <= information.MostCoordinates(len(e.sets), e.config.Replicas)
	e.some, e.all = e.ask(e.config.Examples), e.ask(math.MaxInt/len(e.sets))
}

// checkSets rejects sets that are not whole rows, or are smaller than a batch.
func (e *Ensemble) checkSets() error {
	all := append(e.sets[:len(e.sets):len(e.sets)], e.test)
	if e.config.Ghosts != nil {
		all = append(all, e.config.Ghosts)
	}
	if e.config.Pool != nil {
		if err := e.checkPool(); err != nil {
			return err
		}
	}
	for d, set := range all {
		what := fmt.Sprintf("training set %d", d)
		switch d - len(e.sets) {
		case 0:
			what = "the test set"
		case 1:
			what = "the set of ghosts"
		}
		if len(set) == 0 || len(set)%e.dim != 0 {
			return fmt.Errorf("ensemble: %s holds %d values; it must be 1 or more rows of %d", what, len(set), e.dim)
		}
		if rows := len(set) / e.dim; d < len(e.sets) && rows < e.config.Batch {
			return fmt.Errorf("ensemble: a batch of %d is larger than %s with %d examples", e.config.Batch, what, rows)
		}
	}
	return nil
}

// checkPool rejects training sets that are not parts of the pool, of one size.
func (e *Ensemble) checkPool() error {
	if len(e.config.Held) != len(e.sets) || len(e.config.Pool)%e.dim != 0 {
		return fmt.Errorf("ensemble: the pool holds %d values, and the examples of %d training sets; it must be rows of %d, "+
			"and of %d sets", len(e.config.Pool), len(e.config.Held), e.dim, len(e.sets))
	}
	for d, set := range e.sets {
		if len(set) != len(e.sets[0]) || len(set) != len(e.config.Held[d])*e.dim {
			return fmt.Errorf("ensemble: training set %d holds %d values, and %d rows of the pool; they must be the same "+
				"examples, as many as of set 0", d, len(set), len(e.config.Held[d]))
		}
		for k, i := range e.config.Held[d] {
			row := set[k*e.dim : (k+1)*e.dim]
			if i < 0 || (i+1)*e.dim > len(e.config.Pool) || !slices.Equal(row, e.config.Pool[i*e.dim:(i+1)*e.dim]) {
				return fmt.Errorf("ensemble: example %d of training set %d is not row %d of the pool", k, d, i)
			}
		}
	}
	return nil
}

// questions are examples that every replica judges: of all training sets, set by set in one piece, or of the pool.
type questions struct {
	x    []float32
	rows []int    // of each set
	held [][]bool // of each example of the pool, whether a set holds it
	// among all that replicas were asked, those that are compared; nil where they are all.
	among []int
}

// ask draws as many examples of every training set at random, or takes all in their order.
func (e *Ensemble) ask(most int) (q questions) {
	if e.config.Pool != nil {
		return e.askPool(most * len(e.sets))
	}
	for d, set := range e.sets {
		asked := Asked(e.config.Seed, d, len(set)/e.dim, most)
		for _, i := range asked {
			q.x = append(q.x, set[i*e.dim:(i+1)*e.dim]...)
		}
		q.rows = append(q.rows, len(asked))
	}
	return q
}

// askPool draws as many examples of the pool at random, or takes all in their order.
func (e *Ensemble) askPool(most int) (q questions) {
	n := len(e.config.Pool) / e.dim
	held := make([][]bool, n)
	for i := range held {
		held[i] = make([]bool, len(e.sets))
	}
	for d, rows := range e.config.Held {
		for _, i := range rows {
			held[i][d] = true
		}
	}
	if n <= most {
		return questions{x: e.config.Pool, held: held}
	}
	for _, i := range rand.New(instrument.Stream(e.config.Seed, -1, -1, "examples")).Perm(n)[:most] {
		q.x, q.held = append(q.x, e.config.Pool[i*e.dim:(i+1)*e.dim]...), append(q.held, held[i])
	}
	return q
}

// questionsAt are the examples that every replica judges at a step: all of them at the last.
func (e *Ensemble) questionsAt(step int) questions {
	if step == e.last {
		return e.all
	}
	return e.some
}

// Count implements [Trainee].
func (e *Ensemble) Count() int { return len(e.sets) * e.config.Replicas }

// Start implements [Trainee]: replicas are set-major, s = d*R + r.
func (e *Ensemble) Start(s int) (State, error) {
	d, i := s/e.config.Replicas, s%e.config.Replicas
	r, err := newReplica(&e.config, e.spare.model, e.setNumber(d), i, e.sets[d], e.test)
	if err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	return &r, nil
}

// NewWorker implements [Trainee].
func (e *Ensemble) NewWorker() (Worker, error) {
	if w := e.spare; w != nil {
		e.spare = nil
		return w, nil
	}
	m, err := e.build()
	if err != nil {
		return nil, err
	}
	return newWorker(e, m), nil
}

// ObservationCost implements [Trainee]: a forward pass of a row costs a third of its forward and backward pass.
func (e *Ensemble) ObservationCost() int {
	replicas := len(e.sets) * e.config.Replicas
	rows := (len(e.sets[0])+len(e.test)+len(e.config.Ghosts)+len(e.some.x))/e.dim +
		(replicas+3)*e.config.Chains
	return 1 + rows/(3*e.config.Batch)
}

// Observe implements [Trainee]: every replica judges the samples of all, which takes the weights of each in turn.
func (e *Ensemble) Observe(ctx context.Context, workers []Worker, step int, snapshots []any) (Observed, error) {
	judges := make([]*observer, len(workers))
	for i, w := range workers {
		judges[i] = &w.(*worker).observer
	}
	kept := make([]*Snapshot, len(snapshots))
	for i, s := range snapshots {
		kept[i] = s.(*Snapshot)
	}
	return e.compare(ctx, judges, step, kept)
}

// compare makes an observation of the snapshots of all replicas, which judges share among them.
func (e *Ensemble) compare(
	ctx context.Context, judges []*observer, step int, snapshots []*Snapshot,
) (*Observation, error) {
	o := e.newObservation(step)
	for i, s := range snapshots {
		if d := i / e.config.Replicas; s.Set != e.setNumber(d) || s.Index != i%e.config.Replicas || s.Step != step {
			return nil, fmt.Errorf("ensemble: the snapshot in place %d is of training set %d, replica %d at step %d; "+
				"the observation is of step %d", i, s.Set, s.Index, s.Step, step)
		}
		o.take(s, e.questionsAt(step).told(s.Examples), e.config.Temperature)
	}
	n := len(snapshots)
	if o.Before != nil {
		o.Unmoved = make([]float64, n*n*o.Chains)
	}
	o.LogLikelihood, o.Energies = make([]float64, n*n*o.Chains), make([]float64, n*o.Chains)
	o.Theta = make([][]float64, n)
	err := Parallel(ctx, len(judges), n, func(_ context.Context, _, s int) error {
		o.Theta[s] = freeWeights(snapshots[s].Theta, e.free)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := e.measureNear(ctx, len(judges), o); err != nil {
		return nil, err
	}
	if e.roles.Silent {
		return o, nil
	}
	err = Parallel(ctx, len(judges), n, func(_ context.Context, w, s int) error {
		own := o.Energies[s*o.Chains : (s+1)*o.Chains]
		if err := judges[w].judge(o.judged(s), own, snapshots[s], o.Samples); err != nil || o.Before == nil {
			return err
		}
		return judges[w].likelihoods(o.Unmoved[s*len(own)*n:(s+1)*len(own)*n], snapshots[s], o.Before)
	})
	if err != nil {
		return nil, err
	}
	o.check()
	return o, nil
}

// Run trains from observation to observation and hands each to observe; see [Engine.Run].
func (e *Ensemble) Run(ctx context.Context, observe func(*Observation) error) error {
	return e.Engine.Run(ctx, func(o Observed) error { return observe(o.(*Observation)) })
}

// Weights returns how many numbers the parameters of one replica hold, and how many of them belong to theta (the
// others are behind a mask).
func (e *Ensemble) Weights() (all, free int) {
	for i, p := range e.params {
		all += p.size()
		free += countFree(e.free[i], p.size())
	}
	return all, free
}

func countFree(mask []bool, n int) int {
	if mask == nil {
		return n
	}
	n = 0
	for _, ok := range mask {
		if ok {
			n++
		}
	}
	return n
}

// Kernel describes the moves of the observer chains.
func (e *Ensemble) Kernel() model.Kernel { return e.kernel }

// Roles says what kind of model is trained.
func (e *Ensemble) Roles() Roles { return e.roles }

// Config returns the configuration with its defaults filled in.
func (e *Ensemble) Config() Config { return e.config }

// Replicas returns the state of every replica that is trained here at the last completed observation (before the first,
// at the start), and of all once they were gathered, set-major. The values are the ensemble's own: copy before changing
// them.
func (e *Ensemble) Replicas() []*Replica {
	replicas := make([]*Replica, len(e.States()))
	for s, state := range e.States() {
		replicas[s] = state.(*Replica)
	}
	return replicas
}

// Param describes one parameter of the network.
type Param struct {
	Name    string
	Shape   []int
	Float64 bool // precision of the weights; else float32
}

// Params describes the parameters in the order of Replica.Theta.
func (e *Ensemble) Params() []Param { return e.params }

// size is the number of weights of a parameter.
func (p Param) size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}
