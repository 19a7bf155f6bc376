package ensemble

import (
	"context"
	"fmt"
	"time"
)

// Shards holds what replicas that were trained elsewhere, each by an [Engine.Shard], have left behind.
type Shards interface {
	// Snapshots returns those of all replicas at the n-th observation, in their order.
	Snapshots(n int) ([]any, error)
	// Observed returns the n-th observation where it was made already, see [Engine.Observation]; else nil.
	Observed(n int) (Observed, error)
	// States returns those of all replicas at the last observation.
	States() ([]State, error)
}

// Gather makes the engine one that trains nothing: Run makes the observations of what a source holds, to the same
// numbers as if all replicas had been trained here.
//
// It holds the snapshots of one observation at a time (with a journal, where that lets the one before go, see
// [Journal.LetGo]), and at the end the states of all replicas. For E replicas of d weights, with K chains of m numbers,
// which judged L examples at the last observation, that is at most
//
//	E (16 d + 8 K m + 24 L + 200 K) + 24 E² K bytes
//
// and what the workers take. The time of an observation grows as E² K: as many forward passes of a sample, and as many
// log-likelihoods that the bounds go through. Six observations of MADE with d = 6,484, K = 32 and m = 196 took 165 MB
// and 9 s for E = 192, 372 MB and 62 s for E = 384, on two cores; one and a half times the formula, for what the
// garbage collector leaves, and 60 MB are 167 and 394. On paper, with K = 32 and m = 784:
//
//	    E     d        weights   chains   judgements   an observation on disk   forward passes of a sample
//	  384   50,500      310 MB    77 MB       113 MB                   0.1 GB   4.7e6, of 1e5 operations
//	1,536   50,500      1.2 GB   308 MB       1.8 GB                   0.4 GB   7.5e7, of 1e5 operations
//	1,536   1e8         2.5 TB   308 MB       1.8 GB                   0.8 TB   7.5e7, of 2e8 operations
//
// What breaks first are the weights of one observation, which float32 would halve, then the disk, and then time: 42
// hours an observation on one core of 1e11 operations a second, shared among programs by [Engine.Observation].
func (e *Engine) Gather(s Shards) {
	e.source = s
	e.total = int64(len(e.observe) * e.trainee.ObservationCost() * e.trainee.Count())
}

// gather is Run from a source.
func (e *Engine) gather(ctx context.Context, observe func(Observed) error) error {
	for e.observed < len(e.observe) {
		o, err := e.Observation(ctx, e.observed)
		if err != nil {
			return err
		}
		e.observed++
		if err := e.counted(e.trainee.Count(), func() error { return observe(o) }); err != nil {
			e.observed--
			return err
		}
		if e.keep != nil && time.Now().After(e.due) {
			if err := e.save(); err != nil {
				return err
			}
		}
	}
	states, err := e.source.States()
	if err != nil {
		return err
	}
	last := e.observe[len(e.observe)-1]
	for s, state := range states {
		if err := e.trainee.CheckState(s, state, last, last); err != nil {
			return fmt.Errorf("ensemble: the state of replica %d does not fit: %w", s, err)
		}
	}
	e.states = states
	return nil
}

// Observation makes the n-th observation of what the source holds. It is a value that gob saves and restores, so that
// several programs can share the observations among them, and [Shards].Observed give them to the one that gathers.
func (e *Engine) Observation(ctx context.Context, n int) (Observed, error) {
	made, err := e.source.Observed(n)
	if made != nil || err != nil {
		return made, err
	}
	snapshots, err := e.source.Snapshots(n)
	if err != nil {
		return nil, err
	}
	return e.trainee.Observe(ctx, e.workers, e.observe[n], snapshots)
}
