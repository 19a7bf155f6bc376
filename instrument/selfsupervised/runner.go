package selfsupervised

import (
	"context"
	"errors"
	"fmt"

	"calorimeter/instrument/ensemble"
	"calorimeter/model"
	"calorimeter/model/ssl"
)

// Runner is R replicas of one self-supervised training: an [ensemble.Trainee], with the engine that trains it.
type Runner struct {
	*ensemble.Engine
	config      Config
	train, test *Images
	settings    ssl.Settings
	parameters  []ssl.Parameter
	build       Factory
	spare       *worker // built to look at the model; the first that NewWorker hands out
}

// New builds one model a worker and draws the replicas' initial states. The images are not copied and must not change.
// It returns an error for a bad configuration, images that do not fit the model, and fewer of them than a batch.
func New(c Config, factory Factory, train, test *Images) (*Runner, error) {
	c.setDefaults()
	if err := errors.Join(c.Validate(), train.check("training images"), test.check("test images")); err != nil {
		return nil, err
	}
	m, err := factory()
	if err != nil {
		return nil, err
	}
	r := &Runner{config: c, train: train, test: test, settings: m.Settings(), parameters: m.Parameters(), build: factory}
	r.spare = newWorker(r, m)
	if err := r.checkImages(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	r.Engine, err = ensemble.NewEngine(r, c.Observe, c.Workers)
	if err != nil && r.spare != nil { // no worker was made of it, which the engine would have closed
		err = errors.Join(err, m.Close())
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// checkImages rejects images that do not fit the model.
func (r *Runner) checkImages() error {
	for _, im := range []*Images{r.train, r.test} {
		if im.Rows*im.Cols != r.settings.Pixels {
			return fmt.Errorf("selfsupervised: images have %d x %d pixels, the model was built for %d",
				im.Rows, im.Cols, r.settings.Pixels)
		}
	}
	if b := r.settings.Batch; b > len(r.train.Labels) {
		return fmt.Errorf("selfsupervised: a batch of %d images is larger than the training set of %d",
			b, len(r.train.Labels))
	}
	return nil
}

// Config returns the configuration with its defaults filled in.
func (r *Runner) Config() Config { return r.config }

// Settings returns the settings of the model.
func (r *Runner) Settings() ssl.Settings { return r.settings }

// Parameters lists the weights of a replica, in the order of its State.Theta.
func (r *Runner) Parameters() []ssl.Parameter { return r.parameters }

// Replicas returns the state of every replica at the last completed observation. The values are the runner's own: copy
// before changing them.
func (r *Runner) Replicas() []*Replica {
	replicas := make([]*Replica, len(r.States()))
	for i, state := range r.States() {
		replicas[i] = state.(*Replica)
	}
	return replicas
}

// Run trains from observation to observation and hands each to observe; see [ensemble.Engine.Run].
func (r *Runner) Run(ctx context.Context, observe func(*Observation) error) error {
	return r.Engine.Run(ctx, func(o ensemble.Observed) error { return observe(o.(*Observation)) })
}

// Start implements [ensemble.Trainee].
func (r *Runner) Start() (states []ensemble.State, err error) {
	for i := range r.config.Replicas {
		replica := newReplica(&r.config, r.spare.model, i, len(r.train.Labels), r.train.classes())
		states = append(states, &replica)
	}
	return states, nil
}

// NewWorker implements [ensemble.Trainee].
func (r *Runner) NewWorker() (ensemble.Worker, error) {
	if w := r.spare; w != nil {
		r.spare = nil
		return w, nil
	}
	m, err := r.build()
	if err != nil {
		return nil, err
	}
	return newWorker(r, m), nil
}

// ObservationCost implements [ensemble.Trainee]: most of it is the fit of the probes.
func (r *Runner) ObservationCost() int {
	return 1 + min(r.config.ProbeRows, len(r.train.Labels))/(r.settings.Batch/2)
}

// Observe implements [ensemble.Trainee].
func (r *Runner) Observe(_ context.Context, _ []ensemble.Worker, step int, snapshots []any) (ensemble.Observed, error) {
	o := &Observation{
		Step: step, TestImages: len(r.test.Labels), Labels: r.settings.Labels, Inferred: infersLabels(r.settings),
		Float64: r.settings.Precision == model.Float64,
	}
	for _, snapshot := range snapshots {
		o.take(snapshot.(*Snapshot))
	}
	return o, nil
}
