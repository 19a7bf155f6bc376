package selfsupervised

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"calorimeter/instrument/ensemble"
	"calorimeter/model/ssl"
)

// Runner is R replicas of one self-supervised training.
type Runner struct {
	config      Config
	train, test *Images
	workers     []*worker
	replicas    []Replica
	observed    int
	done        atomic.Int64
}

// New builds one model a worker and draws the replicas' initial states. The images are not copied and must not change.
// It returns an error for a bad configuration, for images that do not fit the model, and for fewer of them than a batch.
func New(c Config, factory Factory, train, test *Images) (*Runner, error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := errors.Join(train.check("training images"), test.check("test images")); err != nil {
		return nil, err
	}
	r := &Runner{config: c, train: train, test: test}
	for len(r.workers) < min(c.Workers, c.Replicas) {
		m, err := factory()
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		r.workers = append(r.workers, newWorker(&r.config, m))
	}
	m := r.workers[0].model
	for _, im := range []*Images{train, test} {
		if im.Rows*im.Cols != m.Settings().Pixels {
			return nil, errors.Join(fmt.Errorf("selfsupervised: images have %d x %d pixels, the model was built for %d", im.Rows, im.Cols, m.Settings().Pixels), r.Close())
		}
	}
	if b := m.Settings().Batch; b > len(train.Labels) {
		return nil, errors.Join(fmt.Errorf("selfsupervised: a batch of %d images is larger than the training set of %d", b, len(train.Labels)), r.Close())
	}
	classes := 1 + int(largest(train.Labels))
	for i := range c.Replicas {
		r.replicas = append(r.replicas, newReplica(&r.config, m, i, len(train.Labels), classes))
	}
	return r, nil
}

// Close releases the workers' machines.
func (r *Runner) Close() error {
	var errs []error
	for _, w := range r.workers {
		errs = append(errs, w.model.Close())
	}
	return errors.Join(errs...)
}

// Config returns the configuration with its defaults filled in.
func (r *Runner) Config() Config { return r.config }

// Settings returns the settings of the model.
func (r *Runner) Settings() ssl.Settings { return r.workers[0].model.Settings() }

// Parameters lists the weights of a replica, in the order of its State.Theta.
func (r *Runner) Parameters() []ssl.Parameter { return r.workers[0].model.Parameters() }

// Replicas returns the state of every replica at the last completed observation. The values are the runner's own: copy
// before changing them.
func (r *Runner) Replicas() []Replica { return r.replicas }

// Restore puts the runner in the state that Replicas returned after so many observations: Run goes on from there as if it
// had never stopped. It returns an error where the state does not fit the configuration.
func (r *Runner) Restore(replicas []Replica, observed int) error {
	if len(replicas) != len(r.replicas) || observed < 0 || observed > len(r.config.Observe) {
		return fmt.Errorf("selfsupervised: cannot restore %d replicas after %d observations into %d with %d observations",
			len(replicas), observed, len(r.replicas), len(r.config.Observe))
	}
	for i := range replicas {
		if len(replicas[i].Order) != len(r.replicas[i].Order) || len(replicas[i].State.Theta) != len(r.replicas[i].State.Theta) {
			return fmt.Errorf("selfsupervised: the saved state of replica %d is of another model or of other data", i)
		}
		r.replicas[i] = replicas[i].clone()
	}
	r.observed = observed
	work := observed * r.observationCost()
	if observed > 0 {
		work += r.config.Observe[observed-1]
	}
	r.done.Store(int64(work * len(r.replicas)))
	return nil
}

// Progress returns the work done and the work in all, in steps of one replica; observations count for as many steps as they
// cost. It is safe to call while Run runs.
func (r *Runner) Progress() (done, total int64) {
	last := r.config.Observe[len(r.config.Observe)-1]
	return r.done.Load(), int64((last + len(r.config.Observe)*r.observationCost()) * len(r.replicas))
}

// observationCost estimates the cost of fitting the probes, in training steps.
func (r *Runner) observationCost() int {
	return 1 + min(r.config.ProbeRows, len(r.train.Labels))/(r.Settings().Batch/2)
}

// Run trains from observation to observation and hands each to observe, which may keep it. It returns when the last is
// done, when observe returns an error, when training breaks down, or when ctx is cancelled (its error, within a step or
// the fit of a probe). After an error, Replicas holds the last completed observation.
func (r *Runner) Run(ctx context.Context, observe func(*Observation) error) error {
	for r.observed < len(r.config.Observe) {
		step := r.config.Observe[r.observed]
		next := make([]Replica, len(r.replicas))
		o := newObservation(r, step)
		err := ensemble.Parallel(ctx, len(r.workers), len(r.replicas), func(ctx context.Context, worker, i int) error {
			w := r.workers[worker]
			next[i] = r.replicas[i].clone()
			replica := &next[i]
			if err := w.advance(ctx, replica, r.train, step, func(n int) { r.done.Add(int64(n)) }); err != nil {
				return err
			}
			probe, neighbours, err := w.probe(replica, r.train, r.test)
			if err != nil {
				return fmt.Errorf("replica %d: %w", i, err)
			}
			if step == 0 {
				replica.RandomProbe, replica.RandomNeighbours = probe, neighbours
			}
			o.take(i, replica, probe, neighbours)
			r.done.Add(int64(r.observationCost()))
			return nil
		})
		if err != nil {
			return err
		}
		r.replicas = next
		r.observed++
		if err := observe(o); err != nil {
			return err
		}
	}
	return nil
}

// softmax fills p with exp(-energies), normalised.
func softmax(p, energies []float64) {
	lowest := math.Inf(1)
	for _, e := range energies {
		lowest = min(lowest, e)
	}
	var z float64
	for k, e := range energies {
		p[k] = math.Exp(lowest - e)
		z += p[k]
	}
	for k := range p {
		p[k] /= z
	}
}
