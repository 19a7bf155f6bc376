package ensemble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"calorimeter/instrument/record"
)

// Trainee is what differs between kinds of training: an ensemble of probabilistic models ([Ensemble]), self-supervised
// encoders, or a program of one's own. An [Engine] trains its replicas in lockstep and observes them.
type Trainee interface {
	// Count is the number of all replicas, wherever they are trained.
	Count() int
	// Start returns the s-th replica before its first step. It is called before the second worker is built.
	Start(s int) (State, error)
	// NewWorker builds what serves one replica at a time. It is called one call at a time, because Gorgonia's graphs must
	// not be built in parallel.
	NewWorker() (Worker, error)
	// Observe makes one observation of the snapshots that all replicas gave at a step. It may share work among the
	// workers.
	Observe(ctx context.Context, workers []Worker, step int, snapshots []any) (Observed, error)
	// ObservationCost is what it takes to observe one replica, in training steps.
	ObservationCost() int
	// CheckState returns an error where a state that was read from a file cannot be gone on with as that of the s-th
	// replica, which has made from so many to so many steps: all in it that has a size is held against what is trained.
	CheckState(s int, state State, from, to int) error
	// CheckSummary does so for a summary of the n-th observation.
	CheckSummary(n int, s Summary) error
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
}

// Worker owns one network with its graphs and machines, and serves one replica at a time.
type Worker interface {
	// Train brings a replica, in place, to the given step, and tells done of training steps as they are made. When ctx
	// ends it returns the error of ctx, within a step, and leaves the replica whole at the step that it has come to: Train
	// goes on from there to the same numbers, in this process or in another.
	Train(ctx context.Context, s State, step int, done func(steps int)) error
	// Measure returns the snapshot of a replica that stands at a step to be observed at: what an observation needs of it,
	// as a value that gob saves and restores, so that the observation can be made later and elsewhere. It may move what is
	// observed of the replica, such as chains and books. last is its state at the observation before.
	Measure(s, last State) (snapshot any, err error)
	Close() error
}

// Observed is an observation with all that it was made of, which may be large and is not kept.
type Observed interface {
	// Summarize estimates what there is to estimate, given the summaries of earlier observations.
	Summarize(earlier []Summary) Summary
	// Nulls reads the newest summary against chance, by so many permutations; nil where there is nothing to permute. Its
	// error is that of ctx.
	Nulls(ctx context.Context, permutations int, seed uint64) (map[string]record.Null, error)
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
	trained  []int // the replicas that are trained here
	workers  []Worker
	states   []State // of these at the last observation
	ahead    []State // on the way to the next; nil where a replica has not begun
	observed int     // observations done
	done     atomic.Int64
	total    int64  // work in all, as done counts it
	source   Shards // nil where the replicas are trained here

	keep  func() error // nil: nothing is kept
	every time.Duration
	due   time.Time // when it is to be called next
}

// Saved is an engine at rest, wherever it is in training, as a value that gob saves and restores.
type Saved struct {
	Observed int     // observations made
	States   []State // of the replicas at the last of them (before the first, at the start)
	Ahead    []Ahead // the same on the way to the next
	Done     int64   // work done, as [Engine.Progress] counts it
}

// Ahead is the state of a replica between two observations; nil where it has not left the first.
type Ahead struct{ State State }

// NewEngine draws the initial states of the replicas that are to be trained here, ascending, all where trained is nil,
// and builds up to so many workers. observe are the steps at which to observe, ascending; the last ends the run.
func NewEngine(t Trainee, observe, trained []int, workers int) (*Engine, error) {
	if err := ascending(observe); err != nil {
		return nil, err
	}
	e := &Engine{trainee: t, observe: observe, trained: trained}
	if trained == nil {
		e.trained = places(t.Count())
	}
	for i, s := range e.trained {
		if s < 0 || s >= t.Count() || i > 0 && s <= e.trained[i-1] {
			return nil, fmt.Errorf("ensemble: the replicas to train must ascend and be of %d, not %v", t.Count(), e.trained)
		}
		state, err := t.Start(s)
		if err != nil {
			return nil, err
		}
		e.states = append(e.states, state)
	}
	perReplica := observe[len(observe)-1] + len(observe)*t.ObservationCost()
	e.total = int64(perReplica * len(e.states))
	for len(e.workers) < min(workers, t.Count()) {
		w, err := t.NewWorker()
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.workers = append(e.workers, w)
	}
	return e, nil
}

// places are 0 to n-1.
func places(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
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

// States returns the state of every replica that is trained here at the last completed observation (before the first,
// at the start). The values are the engine's own: copy before changing them.
func (e *Engine) States() []State { return e.states }

// Saved returns where the engine is. The states are its own: they must be written down before it runs again. It must
// not be called while Run runs, but in what Keep was given.
func (e *Engine) Saved() Saved {
	s := Saved{Observed: e.observed, Done: e.done.Load()}
	if e.source != nil { // which holds the states
		return s
	}
	s.States, s.Ahead = e.states, make([]Ahead, len(e.states))
	for i, state := range e.ahead {
		s.Ahead[i].State = state
	}
	return s
}

// Restore puts the engine where Saved found another: Run goes on from there as if it had never stopped. It returns an
// error where what was saved does not fit what is trained, and then changes nothing.
func (e *Engine) Restore(saved Saved) error {
	trained := e.trained
	if e.source != nil {
		trained = nil
	}
	n := len(trained)
	if len(saved.States) != n || len(saved.Ahead) != n || saved.Observed < 0 || saved.Observed > len(e.observe) {
		return fmt.Errorf("ensemble: cannot restore %d replicas after %d observations into %d with %d observations",
			len(saved.States), saved.Observed, n, len(e.observe))
	}
	last, next := 0, e.observe[min(saved.Observed, len(e.observe)-1)] // steps of the last observation and of the next
	if saved.Observed > 0 {
		last = e.observe[saved.Observed-1]
	}
	states, ahead := slices.Clone(e.states), make([]State, len(e.states))
	for i, s := range trained {
		if err := e.trainee.CheckState(s, saved.States[i], last, last); err != nil {
			return fmt.Errorf("ensemble: the saved state of replica %d does not fit: %w", s, err)
		}
		states[i] = saved.States[i].Copy()
		on := saved.Ahead[i].State
		if on == nil {
			continue
		}
		if err := e.trainee.CheckState(s, on, last, next); err != nil {
			return fmt.Errorf("ensemble: the saved state of replica %d does not fit: %w", s, err)
		}
		ahead[i] = on.Copy()
	}
	e.states, e.ahead = states, ahead
	e.observed = saved.Observed
	e.done.Store(min(max(saved.Done, 0), e.total))
	return nil
}

// savingShare is the share of the time of Run that saving may take, at most. Tests save more often.
var savingShare = 0.05

// Keep has Run call save whenever that was not done for so long: training rests meanwhile, wherever it is between two
// observations, and Saved says where. Where saving takes long it is done less often.
func (e *Engine) Keep(every time.Duration, save func() error) {
	e.keep, e.every = save, every
	e.due = time.Now().Add(every)
}

// Progress returns the work done and the work in all, in steps of one replica; observations count for as many steps
// as they cost. It is safe to call while Run runs.
func (e *Engine) Progress() (done, total int64) {
	return e.done.Load(), e.total
}

// Run trains from observation to observation and hands each to observe, which may keep it. It returns when the last
// is done, when observe returns an error, when training breaks down (a *[DivergedError]), or when ctx is cancelled
// (its error, within a step). In observe, States holds the observation; after an error the last one that observe took,
// and what was trained since is not lost: Saved holds it.
func (e *Engine) Run(ctx context.Context, observe func(Observed) error) error {
	if e.source != nil {
		return e.gather(ctx, observe)
	}
	return e.train(ctx, func(n int, snapshots []any) error {
		o, err := e.trainee.Observe(ctx, e.workers, e.observe[n], snapshots)
		if err != nil {
			return err
		}
		return e.counted(len(snapshots), func() error { return observe(o) })
	})
}

// counted counts an observation of so many replicas as done while f takes it, and after if f does.
func (e *Engine) counted(replicas int, f func() error) error {
	cost := int64(e.trainee.ObservationCost() * replicas)
	e.done.Add(cost)
	err := f()
	if err != nil {
		e.done.Add(-cost)
	}
	return err
}

// Shard trains as Run does, and hands on the snapshots of the replicas that are trained here at the n-th observation,
// which is made elsewhere: by an engine that gathers; see [Engine.Gather].
func (e *Engine) Shard(ctx context.Context, hand func(n int, snapshots []any) error) error {
	return e.train(ctx, func(n int, snapshots []any) error {
		return e.counted(len(snapshots), func() error { return hand(n, snapshots) })
	})
}

// train trains from observation to observation and hands on the snapshots at each.
func (e *Engine) train(ctx context.Context, hand func(n int, snapshots []any) error) error {
	for e.observed < len(e.observe) {
		states, snapshots, err := e.next(ctx)
		if err != nil {
			return err
		}
		before, ahead := e.states, e.ahead
		e.states, e.ahead = states, nil
		e.observed++
		if err := hand(e.observed-1, snapshots); err != nil {
			e.states, e.ahead = before, ahead
			e.observed--
			return err
		}
	}
	return nil
}

// next trains all replicas to the next step to observe at; it returns their states and their snapshots there.
func (e *Engine) next(ctx context.Context) ([]State, []any, error) {
	step := e.observe[e.observed]
	if e.ahead == nil {
		e.ahead = make([]State, len(e.states))
	}
	states, snapshots := make([]State, len(e.states)), make([]any, len(e.states))
	for {
		part, end := e.part(ctx)
		err := Parallel(part, len(e.workers), len(states), func(ctx context.Context, worker, s int) (err error) {
			if snapshots[s] != nil {
				return nil
			}
			states[s], snapshots[s], err = e.advance(ctx, e.workers[worker], s, step)
			return err
		})
		rests := part.Err() != nil && ctx.Err() == nil && errors.Is(err, context.Canceled)
		end()
		if !rests {
			return states, snapshots, err
		}
		if err := e.save(); err != nil {
			return nil, nil, err
		}
	}
}

// part is the context of the training until it is to be saved.
func (e *Engine) part(ctx context.Context) (context.Context, context.CancelFunc) {
	part, end := context.WithCancel(ctx)
	if e.keep != nil {
		timer := time.AfterFunc(time.Until(e.due), end)
		return part, func() { timer.Stop(); end() }
	}
	return part, end
}

func (e *Engine) save() error {
	from := time.Now()
	err := e.keep()
	now := time.Now()
	e.due = now.Add(max(e.every, time.Duration(float64(now.Sub(from))/savingShare)))
	return err
}

// advance brings a replica to the given step and takes its snapshot there. What it was before the snapshot stays, in
// case that the observation is not made.
func (e *Engine) advance(ctx context.Context, w Worker, s, step int) (state State, snapshot any, err error) {
	if e.ahead[s] == nil {
		e.ahead[s] = e.states[s].Copy()
	}
	if err := w.Train(ctx, e.ahead[s], step, func(n int) { e.done.Add(int64(n)) }); err != nil {
		return nil, nil, err
	}
	state = e.ahead[s].Copy()
	snapshot, err = w.Measure(state, e.states[s])
	return state, snapshot, err
}
