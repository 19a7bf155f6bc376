package ensemble

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"calorimeter/instrument/record"
)

// Trainee is what differs between kinds of training: an ensemble of probabilistic models ([Ensemble]), self-supervised
// encoders, or a program of one's own. An [Engine] trains its replicas in lockstep and observes them.
type Trainee interface {
	// Start returns replicas before their first step, in their order.
	Start() ([]State, error)
	// NewWorker builds what serves one replica at a time. It is called one call at a time, because Gorgonia's graphs must
	// not be built in parallel.
	NewWorker() (Worker, error)
	// Observe makes one observation of the snapshots that all replicas gave at a step. It may share work among the
	// workers.
	Observe(ctx context.Context, workers []Worker, step int, snapshots []any) (Observed, error)
	// ObservationCost is what it takes to observe one replica, in training steps.
	ObservationCost() int
	// Declarations are the quantities that an observation measures, in their order.
	Declarations() []record.Info
	// Account says what a run as a whole shows, from the summaries of its observations in order and what the last is
	// read against.
	Account(summaries []Summary, nulls map[string]record.Null) Account
}

// State is the whole state of one replica in training, as a value: what it holds depends on the seed and the place of
// the replica alone, and gob-encoding it and going on from the copy gives the same numbers bit for bit.
type State interface {
	// Copy returns a copy that shares nothing with the state that either may change.
	Copy() State
	// Fits returns an error where the state does not have the sizes of another.
	Fits(other State) error
}

// Worker owns one network with its graphs and machines, and serves one replica at a time.
type Worker interface {
	// Advance trains a replica, in place, to the given step and returns its snapshot there: what an observation needs of
	// the replica, as a value that gob saves and restores, so that the observation can be made later and elsewhere. last
	// is its state at the observation before. done is told of training steps as they are made.
	Advance(ctx context.Context, s, last State, step int, done func(steps int)) (snapshot any, err error)
	Close() error
}

// Observed is an observation with all that it was made of, which may be large and is not kept.
type Observed interface {
	// Summarize estimates what there is to estimate, given the summaries of earlier observations.
	Summarize(earlier []Summary) Summary
	// Nulls reads the newest summary against chance, by so many permutations; nil where there is nothing to permute.
	Nulls(permutations int, seed uint64) map[string]record.Null
}

// Summary is what is kept of an observation: a value that gob saves and restores.
type Summary interface {
	// Event returns its readings of the declared quantities.
	Event(declared []record.Info) record.Event
}

// Account is what a run as a whole shows, beside its readings.
type Account struct {
	Books     []record.Check
	Warnings  []record.Warning // beside those of the readings
	Notes     []string         // what else a reader should know
	Diagrams  []record.Diagram // figures that are not against the training step
	Findings  []record.Finding
	Sentences []string // what the record shows, in words
	Headline  string   // the newest observation in a line, for progress
	Remark    string   // what to say below the table; may be empty
}

// Engine trains the replicas of a [Trainee] in lockstep from observation to observation.
type Engine struct {
	trainee  Trainee
	observe  []int
	workers  []Worker
	states   []State
	observed int // observations done
	done     atomic.Int64
	total    int64 // work in all, as done counts it
}

// NewEngine draws the replicas' initial states and builds up to so many workers. observe are the steps at which to
// observe, ascending; the last ends the run.
func NewEngine(t Trainee, observe []int, workers int) (*Engine, error) {
	if err := ascending(observe); err != nil {
		return nil, err
	}
	states, err := t.Start()
	if err != nil {
		return nil, err
	}
	perReplica := observe[len(observe)-1] + len(observe)*t.ObservationCost()
	e := &Engine{trainee: t, observe: observe, states: states, total: int64(perReplica * len(states))}
	for len(e.workers) < min(workers, len(e.states)) {
		w, err := t.NewWorker()
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.workers = append(e.workers, w)
	}
	return e, nil
}

// ascending rejects steps that cannot be observed at.
func ascending(observe []int) error {
	switch {
	case len(observe) == 0:
		return errors.New("ensemble: no step to observe at")
	case observe[0] < 0:
		return fmt.Errorf("ensemble: cannot observe at step %d", observe[0])
	}
	for i, step := range observe[1:] {
		if step <= observe[i] {
			return fmt.Errorf("ensemble: observation steps must ascend, not %d after %d", step, observe[i])
		}
	}
	return nil
}

// Close releases the workers' machines.
func (e *Engine) Close() error {
	var errs []error
	for _, w := range e.workers {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// Trainee returns what the engine trains.
func (e *Engine) Trainee() Trainee { return e.trainee }

// Workers returns how many replicas are trained at the same time.
func (e *Engine) Workers() int { return len(e.workers) }

// Steps returns the steps at which the replicas are observed.
func (e *Engine) Steps() []int { return e.observe }

// States returns the state of every replica at the last completed observation (before the first, at the start). The
// values are the engine's own: copy before changing them.
func (e *Engine) States() []State { return e.states }

// Restore puts the engine in the state that States returned after so many observations: Run goes on from there as if it
// had never stopped. It returns an error where the states do not fit what is trained.
func (e *Engine) Restore(states []State, observed int) error {
	if len(states) != len(e.states) || observed < 0 || observed > len(e.observe) {
		return fmt.Errorf("ensemble: cannot restore %d replicas after %d observations into %d with %d observations",
			len(states), observed, len(e.states), len(e.observe))
	}
	for s, state := range states {
		if err := state.Fits(e.states[s]); err != nil {
			return fmt.Errorf("ensemble: the saved state of replica %d does not fit: %w", s, err)
		}
	}
	for s, state := range states {
		e.states[s] = state.Copy()
	}
	e.observed = observed
	steps := observed * e.trainee.ObservationCost()
	if observed > 0 {
		steps += e.observe[observed-1]
	}
	e.done.Store(int64(steps * len(e.states)))
	return nil
}

// Progress returns the work done and the work in all, in steps of one replica; observations count for as many steps
// as they cost. It is safe to call while Run runs.
func (e *Engine) Progress() (done, total int64) {
	return e.done.Load(), e.total
}

// Run trains from observation to observation and hands each to observe, which may keep it. It returns when the last
// is done, when observe returns an error, when training breaks down (a *[DivergedError]), or when ctx is cancelled
// (its error, within a step). After an error, States holds the last completed observation.
func (e *Engine) Run(ctx context.Context, observe func(Observed) error) error {
	for e.observed < len(e.observe) {
		o, err := e.next(ctx, e.observe[e.observed])
		if err != nil {
			return err
		}
		if err := observe(o); err != nil {
			return err
		}
	}
	return nil
}

// next trains all replicas to the given step and observes them. States change only once all is done.
func (e *Engine) next(ctx context.Context, step int) (Observed, error) {
	states, snapshots := make([]State, len(e.states)), make([]any, len(e.states))
	err := Parallel(ctx, len(e.workers), len(states), func(ctx context.Context, worker, s int) (err error) {
		states[s] = e.states[s].Copy()
		snapshots[s], err = e.workers[worker].Advance(ctx, states[s], e.states[s], step, func(n int) { e.done.Add(int64(n)) })
		return err
	})
	if err != nil {
		return nil, err
	}
	o, err := e.trainee.Observe(ctx, e.workers, step, snapshots)
	if err != nil {
		return nil, err
	}
	e.done.Add(int64(e.trainee.ObservationCost() * len(states)))
	e.states = states
	e.observed++
	return o, nil
}
