package ensemble

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"calorimeter/model"

	"gorgonia.org/tensor"
)

// Ensemble is D x R replicas of one network, trained in lockstep between observations.
type Ensemble struct {
	config   Config
	kernel   model.Kernel
	free     [][]bool
	sets     [][]float32
	test     []float32
	workers  []*worker
	replicas []Replica // set-major: replica s = d*R + r
	roles    Roles
	observed int // observations done
	done     atomic.Int64
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
	first, err := factory()
	if err != nil {
		return nil, err
	}
	c.setDefaults(first.Kernel())
	e := &Ensemble{config: c, kernel: first.Kernel(), roles: rolesOf(first), sets: sets, test: test}
	e.workers = append(e.workers, newWorker(&e.config, first))
	dim := first.Dim()
	for d, set := range append(append([][]float32{}, sets...), test) {
		what := fmt.Sprintf("training set %d", d)
		if d == len(sets) {
			what = "the test set"
		}
		if len(set) == 0 || len(set)%dim != 0 {
			return nil, errors.Join(fmt.Errorf("ensemble: %s holds %d values; it must be 1 or more rows of %d", what, len(set), dim), e.Close())
		}
		if d < len(sets) && len(set)/dim < c.Batch {
			return nil, errors.Join(fmt.Errorf("ensemble: a batch of %d is larger than %s with %d examples", c.Batch, what, len(set)/dim), e.Close())
		}
	}
	for range first.Params() {
		e.free = append(e.free, first.Free(len(e.free)))
	}
	for d := range sets {
		for i := range c.Replicas {
			r, err := newReplica(&e.config, first, d, i, sets[d], test)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("ensemble: %w", err), e.Close())
			}
			e.replicas = append(e.replicas, r)
		}
	}
	for len(e.workers) < min(c.Workers, len(e.replicas)) {
		m, err := factory()
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.workers = append(e.workers, newWorker(&e.config, m))
	}
	return e, nil
}

// Close releases the workers' machines.
func (e *Ensemble) Close() error {
	var errs []error
	for _, w := range e.workers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// Weights returns how many numbers the parameters of one replica hold, and how many of them belong to theta (the
// others are behind a mask).
func (e *Ensemble) Weights() (all, free int) {
	for i, theta := range e.replicas[0].Theta {
		all += len(theta)
		free += countFree(e.free[i], len(theta))
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

// Replicas returns the state of every replica at the last completed observation (before the first, at the start),
// set-major. The values are the ensemble's own: copy before changing them.
func (e *Ensemble) Replicas() []Replica { return e.replicas }

// Restore puts the ensemble in the state that Replicas returned after so many observations: Run goes on from there as
// if it had never stopped. It returns an error where the state does not fit the configuration.
func (e *Ensemble) Restore(replicas []Replica, observed int) error {
	if len(replicas) != len(e.replicas) || observed < 0 || observed > len(e.config.Observe) {
		return fmt.Errorf("ensemble: cannot restore %d replicas after %d observations into an ensemble of %d with %d observations",
			len(replicas), observed, len(e.replicas), len(e.config.Observe))
	}
	for s := range replicas {
		r, have := &replicas[s], &e.replicas[s]
		if r.Set != have.Set || r.Index != have.Index || len(r.Theta) != len(have.Theta) || len(r.Chains) != len(have.Chains) {
			return fmt.Errorf("ensemble: the saved state of %s does not fit %s: another model, or other sizes", r.name(), have.name())
		}
		e.replicas[s] = r.clone()
	}
	e.observed = observed
	steps := observed * e.observationCost()
	if observed > 0 {
		steps += e.config.Observe[observed-1]
	}
	e.done.Store(int64(steps * len(e.replicas)))
	return nil
}

// Progress returns the work done and the work in all, in steps of one replica; observations count for as many steps
// as they cost. It is safe to call while Run runs.
func (e *Ensemble) Progress() (done, total int64) {
	perReplica := e.config.Observe[len(e.config.Observe)-1] + len(e.config.Observe)*e.observationCost()
	return e.done.Load(), int64(perReplica * len(e.replicas))
}

// observationCost estimates the cost of observing one replica, in SGD steps: a forward pass of a row costs a third of
// its forward and backward pass.
func (e *Ensemble) observationCost() int {
	dim := e.workers[0].model.Dim()
	rows := len(e.sets[0])/dim + len(e.test)/dim + (len(e.replicas)+3)*e.config.Chains
	return 1 + rows/(3*e.config.Batch)
}

// Run trains from observation to observation and hands each to observe, which may keep it. It returns when the last
// is done, when observe returns an error, when training breaks down (a *[DivergedError]), or when ctx is cancelled
// (its error, within a step). After an error, Replicas holds the last completed observation.
func (e *Ensemble) Run(ctx context.Context, observe func(*Observation) error) error {
	for e.observed < len(e.config.Observe) {
		step := e.config.Observe[e.observed]
		next := make([]Replica, len(e.replicas))
		o := newObservation(e, step)
		err := Parallel(ctx, len(e.workers), len(e.replicas), func(ctx context.Context, worker, s int) error {
			w := e.workers[worker]
			next[s] = e.replicas[s].clone()
			r := &next[s]
			set := e.sets[r.Set]
			if err := w.advance(ctx, r, set, e.test, step, func(n int) { e.done.Add(int64(n)) }); err != nil {
				return err
			}
			return w.measure(o, s, r, &e.replicas[s], set, e.test)
		})
		if err != nil {
			return err
		}
		o.take(next, e.free, e.config.Temperature)
		err = Parallel(ctx, len(e.workers), len(e.replicas), func(_ context.Context, worker, s int) error {
			defer e.done.Add(int64(e.observationCost()))
			own := o.Energies[s*o.Chains : (s+1)*o.Chains]
			return e.workers[worker].judge(o.judged(s), own, &next[s], o.Samples)
		})
		if err != nil {
			return err
		}
		e.replicas = next
		e.observed++
		o.check()
		if err := observe(o); err != nil {
			return err
		}
	}
	return nil
}

// Param describes one parameter of the network.
type Param struct {
	Name    string
	Shape   []int
	Float64 bool // precision of the weights; else float32
}

// Params describes the parameters in the order of Replica.Theta.
func (e *Ensemble) Params() []Param {
	var out []Param
	for _, p := range e.workers[0].model.Params() {
		out = append(out, Param{Name: p.Name(), Shape: []int(p.Shape().Clone()), Float64: p.Dtype() == tensor.Float64})
	}
	return out
}
