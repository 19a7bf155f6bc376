package selfsupervised

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"calorimeter/instrument/ensemble"
	"calorimeter/model"
	"calorimeter/model/ssl"
)

// Runner is D x R replicas of one self-supervised training, R on each of D training sets: an [ensemble.Trainee], with
// the engine that trains it.
type Runner struct {
	*ensemble.Engine
	config     Config
	sets       []*Images
	number     []int // of each set, among all; nil where all are here
	classes    int   // of all training images
	test       *Images
	exam       *exam // nil for one training set
	settings   ssl.Settings
	parameters []ssl.Parameter
	build      Factory
	spare      *worker // built to look at the model; the first that NewWorker hands out
}

// New builds one model a worker and draws the replicas' initial states. The training sets must share no image. The
// images are not copied and must not change. It returns an error for a bad configuration, images that do not fit the
// model, fewer of them than a batch, and training sets of different sizes.
func New(c Config, factory Factory, sets []*Images, test *Images) (*Runner, error) {
	c.setDefaults()
	err := errors.Join(c.Validate(), test.check("test images"))
	for _, train := range sets {
		err = errors.Join(err, train.check("training images"))
	}
	if len(sets) == 0 {
		err = errors.Join(err, errors.New("selfsupervised: no training set"))
	}
	if err != nil {
		return nil, err
	}
	m, err := factory()
	if err != nil {
		return nil, err
	}
	r := &Runner{config: c, sets: sets, test: test, settings: m.Settings(), parameters: m.Parameters(), build: factory}
	r.spare = newWorker(r, m)
	if err := r.checkImages(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	for _, train := range sets {
		r.classes = max(r.classes, train.classes())
	}
	if len(sets) > 1 {
		r.exam = newExam(r)
	}
	if c.Compare != nil {
		if err := r.compare(c.Compare); err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	r.Engine, err = ensemble.NewEngine(r, c.Observe, c.Train, c.Workers)
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
	for _, im := range append(r.sets[:len(r.sets):len(r.sets)], r.test) {
		if im.Rows*im.Cols != r.settings.Pixels {
			return fmt.Errorf("selfsupervised: images have %d x %d pixels, the model was built for %d",
				im.Rows, im.Cols, r.settings.Pixels)
		}
	}
	for d, train := range r.sets {
		if n := r.size(); len(train.Labels) != n {
			return fmt.Errorf("selfsupervised: training set %d has %d images, training set 0 has %d; they must have as many",
				d, len(train.Labels), n)
		}
	}
	if b := r.settings.Batch; b > r.size() {
		return fmt.Errorf("selfsupervised: a batch of %d images is larger than the training set of %d", b, r.size())
	}
	return nil
}

// size is N, the images of a training set.
func (r *Runner) size() int { return len(r.sets[0].Labels) }

// Config returns the configuration with its defaults filled in.
func (r *Runner) Config() Config { return r.config }

// Settings returns the settings of the model.
func (r *Runner) Settings() ssl.Settings { return r.settings }

// Parameters lists the weights of a replica, in the order of its State.Theta.
func (r *Runner) Parameters() []ssl.Parameter { return r.parameters }

// Replicas returns the state of every replica that is trained here at the last completed observation, and of all once
// they were gathered, set-major. The values are the runner's own: copy before changing them.
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

// compare leaves some of the training sets alone, ascending, for observations of snapshots that were taken for all.
func (r *Runner) compare(numbers []int) error {
	var sets []*Images
	for i, d := range numbers {
		if d < 0 || d >= len(r.sets) || i > 0 && d <= numbers[i-1] {
			return fmt.Errorf("selfsupervised: the training sets to compare must ascend and be of %d, not %v", len(r.sets),
				numbers)
		}
		sets = append(sets, r.sets[d])
	}
	r.sets, r.number = sets, numbers
	return nil
}

// setNumber is the number of a training set among all, of which not all may be compared.
func (r *Runner) setNumber(d int) int {
	if r.number == nil {
		return d
	}
	return r.number[d]
}

// Count implements [ensemble.Trainee].
func (r *Runner) Count() int { return len(r.sets) * r.config.Replicas }

// Start implements [ensemble.Trainee]: replicas are set-major, s = d*R + r.
func (r *Runner) Start(s int) (ensemble.State, error) {
	d, i := s/r.config.Replicas, s%r.config.Replicas
	replica := newReplica(&r.config, r.spare.model, r.setNumber(d), i, r.size(), r.classes)
	return &replica, nil
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

// ObservationCost implements [ensemble.Trainee]: most of it is the fit of the probes, and the losses of single images.
func (r *Runner) ObservationCost() int {
	cost := 1 + min(r.config.ProbeRows, r.size())/(r.settings.Batch/2)
	if r.exam != nil {
		cost += r.exam.cost(r.config.ViewPairs, r.settings.Batch)
	}
	return cost
}

// Observe implements [ensemble.Trainee].
func (r *Runner) Observe(_ context.Context, _ []ensemble.Worker, step int, snapshots []any) (ensemble.Observed, error) {
	o := &Observation{
		Step: step, Sets: len(r.sets), PerSet: r.config.Replicas, TestImages: len(r.test.Labels), Labels: r.settings.Labels,
		Inferred: infersLabels(r.settings), Float64: r.settings.Precision == model.Float64,
	}
	all := r.asked(step)
	var asked []int // of each set that is compared
	for d := range r.sets {
		if all != nil {
			asked = append(asked, len(all[r.setNumber(d)]))
		}
	}
	told := ensemble.NewLosses(o.Sets, o.PerSet, r.size(), asked)
	for i, snapshot := range snapshots {
		s := snapshot.(*Snapshot)
		d := i / o.PerSet
		if s.Set != r.setNumber(d) || s.Index != i%o.PerSet {
			return nil, fmt.Errorf("selfsupervised: the snapshot in place %d is of training set %d, replica %d", i, s.Set,
				s.Index)
		}
		o.take(s, d, r.told(s.Examples, all), &told)
	}
	o.Memorization = ensemble.Memorize(&told)
	o.Told = &told
	return o, nil
}

// told are the losses of the images that are compared, of those of all training sets that a replica was asked.
func (r *Runner) told(losses []float64, asked [][]int) (kept []float64) {
	if r.number == nil {
		return losses
	}
	for d, rows := range asked {
		if slices.Contains(r.number, d) {
			kept = append(kept, losses[:len(rows)]...)
		}
		losses = losses[len(rows):]
	}
	return kept
}
