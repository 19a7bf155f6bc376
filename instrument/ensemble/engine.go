package ensemble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

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

// Run trains from observation to observation and hands each to observe, which may keep it; while observe is under way
// the replicas are trained on. It returns when the last is done, when observe returns an error, when training breaks
// down (a *[DivergedError]), or when ctx is cancelled (its error, within a step). In observe, States holds the
// observation; after an error the last one that observe took, and what was trained up to the next is not lost: Saved
// holds it.
func (e *Engine) Run(ctx context.Context, observe func(Observed) error) error {
	if e.source != nil {
		return e.gather(ctx, observe)
	}
	return e.train(ctx, func(n int, snapshots []any) (func() error, error) {
		o, err := e.trainee.Observe(ctx, e.workers, e.observe[n], snapshots)
		return func() error { return observe(o) }, err
	})
}

// counted counts an observation of so many replicas as done while f takes it, and after if f does; if not, neither
// counts what is trained meanwhile.
func (e *Engine) counted(replicas int, f func() error) error {
	before := e.done.Load()
	e.done.Add(int64(e.trainee.ObservationCost() * replicas))
	err := f()
	if err != nil {
		e.done.Store(before)
	}
	return err
}

// Shard trains as Run does, and hands on the snapshots of the replicas that are trained here at the n-th observation,
// which is made elsewhere: by an engine that gathers; see [Engine.Gather].
func (e *Engine) Shard(ctx context.Context, hand func(n int, snapshots []any) error) error {
	return e.train(ctx, func(n int, snapshots []any) (func() error, error) {
		return func() error { return hand(n, snapshots) }, nil
	})
}

// leg is the training of all replicas from one observation to the next, and what came of it.
type leg struct {
	states    []State
	snapshots []any
	err       error
}

// train trains from observation to observation. What it reaches is first observed, by the workers, and then taken,
// while they train on.
func (e *Engine) train(ctx context.Context, observe func(n int, snapshots []any) (take func() error, err error)) error {
	if e.observed == len(e.observe) {
		return nil
	}
	reached := e.next(ctx, nil)
	for reached.err == nil {
		take, err := observe(e.observed, reached.snapshots)
		if err != nil {
			return err
		}
		before, ahead := e.states, e.ahead
		e.states, e.ahead = reached.states, nil
		e.observed++
		err = e.counted(len(reached.snapshots), func() (err error) {
			reached, err = e.meanwhile(ctx, take)
			return err
		})
		if err != nil {
			e.states, e.ahead = before, ahead
			e.observed--
			return err
		}
		if e.observed == len(e.observe) {
			return nil
		}
	}
	return reached.err
}

// meanwhile takes an observation, and trains to the next if there is one.
func (e *Engine) meanwhile(ctx context.Context, take func() error) (reached leg, err error) {
	if e.observed == len(e.observe) {
		return leg{}, take()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	taken, next := make(chan struct{}), make(chan leg, 1)
	go func() { next <- e.next(ctx, taken) }()
	counts := false
	defer func() { // also where take panics
		if !counts {
			stop()
		}
		close(taken)
		reached = <-next
	}()
	err = take()
	counts = err == nil
	return reached, err
}

// next trains all replicas to the next step to observe at. It is not saved before the last observation is taken, which
// the end of a channel says; nil where there is none.
func (e *Engine) next(ctx context.Context, taken <-chan struct{}) leg {
	step := e.observe[e.observed]
	if e.ahead == nil {
		e.ahead = make([]State, len(e.states))
	}
	l := leg{states: make([]State, len(e.states)), snapshots: make([]any, len(e.states))}
	for {
		part, end := e.part(ctx)
		l.err = Parallel(part, len(e.workers), len(l.states), func(ctx context.Context, worker, s int) (err error) {
			if l.snapshots[s] != nil {
				return nil
			}
			l.states[s], l.snapshots[s], err = e.advance(ctx, e.workers[worker], s, step)
			return err
		})
		rests := part.Err() != nil && ctx.Err() == nil && errors.Is(l.err, context.Canceled)
		end()
		if !rests {
			return l
		}
		if taken != nil {
			<-taken
		}
		l.err = ctx.Err()
		if l.err == nil {
			l.err = e.save()
		}
		if l.err != nil {
			return l
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
