package ensemble

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"testing"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/instrument/solver"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	weights not written back when training rests     TestTrainingRestsAtAnyStep
//	an observation counted that was not taken        TestAnObservationThatIsNotTakenIsMadeAgain
//	replicas ahead left out of what is saved         TestTrainingRestsToBeSaved
//	saved before the last observation is taken       TestTrainingRestsToBeSaved
//	what was trained while one was not taken counts  TestAnObservationThatIsNotTakenIsMadeAgain

// resting are trainings of all that a replica may remember.
func resting(t *testing.T) map[string]func() *Ensemble {
	build := func(c Config, f Factory, sets [][]float32, test []float32) func() *Ensemble {
		return func() *Ensemble {
			e, err := New(c, f, sets, test)
			require.NoError(t, err)
			t.Cleanup(func() { e.Close() })
			return e
		}
	}
	return map[string]func() *Ensemble{
		"made": build(Config{
			Seed: 5, Replicas: 2, Chains: 4, Batch: 7, Rate: 0.1, Temperature: 1e-4, Observe: []int{0, 3, 20}, Follow: 2,
			Workers: 2,
		}, madeFactory(9, 7), [][]float32{bits(1, 40, 9), bits(2, 40, 9)}, bits(9, 30, 9)),
		"rbm": build(Config{
			Seed: 5, Replicas: 2, Chains: 4, Batch: smallBatch, Rate: 0.1, Observe: []int{0, 3, 20}, Follow: 3, FollowMoves: 2,
			BurnIn: 3, Moves: 2, Annealing: Annealing{Chains: 3, Distributions: 4},
			Solver: solver.Settings{Algorithm: solver.Adam}, Workers: 2,
		}, smallRBM, [][]float32{barsAndStripes(1, 60), barsAndStripes(2, 60)}, barsAndStripes(3, 20)),
	}
}

// saved returns a copy by way of gob.
func saved[T any](t *testing.T, v T) (back T) {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, gob.NewEncoder(&file).Encode(&v))
	require.NoError(t, gob.NewDecoder(&file).Decode(&back))
	return back
}

func gobOf(t *testing.T, v any) string {
	var file bytes.Buffer
	require.NoError(t, gob.NewEncoder(&file).Encode(v))
	return file.String()
}

// Training that was stopped after any step, saved and gone on with, by a worker that has done other things since, is
// training that was never stopped, bit for bit.
func TestTrainingRestsAtAnyStep(t *testing.T) {
	const end = 20
	for name, build := range resting(t) {
		e := build()
		w := e.workers[0]
		opened := e.States()[1].Copy()
		require.NoError(t, w.Train(t.Context(), opened, 0, func(int) {}))
		_, err := w.Measure(opened, e.States()[1])
		require.NoError(t, err)
		whole := opened.Copy()
		require.NoError(t, w.Train(t.Context(), whole, end, func(int) {}))
		for k := range end {
			part := opened.Copy()
			ctx, rest := context.WithCancel(t.Context())
			if k == 0 {
				rest()
			}
			made := 0
			err := w.Train(ctx, part, end, func(n int) {
				made += n
				if made == k {
					rest()
				}
			})
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, k, part.(*Replica).Step)
			other := e.States()[3].Copy()
			require.NoError(t, w.Train(t.Context(), other, 2, func(int) {}))
			part = saved(t, struct{ State State }{part}).State
			require.NoError(t, e.CheckState(1, part, k, k))
			require.Error(t, e.CheckState(1, part, k+1, end))
			require.NoError(t, w.Train(t.Context(), part, end, func(int) {}))
			require.True(t, gobOf(t, whole) == gobOf(t, part), "%s, stopped after %d steps", name, k)
		}
	}
}

// An engine that rests to be saved as often as it may gives the same observations, and so does one that goes on from
// any of what was saved.
func TestTrainingRestsToBeSaved(t *testing.T) {
	defer func(share float64) { savingShare = share }(savingShare)
	savingShare = 1
	for name, build := range resting(t) {
		want := observe(t, build())
		e := build()
		var all []Saved
		between, taken := 0, 0
		e.Keep(time.Nanosecond, func() error {
			at := e.Saved()
			assert.Equal(t, taken, at.Observed)
			for _, a := range at.Ahead {
				if a.State != nil {
					between++
				}
			}
			all = append(all, saved(t, at))
			return nil
		})
		var got []*Observation
		require.NoError(t, e.Run(t.Context(), func(o *Observation) error {
			time.Sleep(time.Millisecond) // training goes on, and rests
			got = append(got, o)
			taken++
			return nil
		}))
		require.Equal(t, encoded(t, want), encoded(t, got), name)
		require.Positive(t, between, "saved between two observations")
		for i := range 4 {
			at := all[i*(len(all)-1)/3]
			on := build()
			require.NoError(t, on.Restore(at))
			require.Equal(t, encoded(t, want[at.Observed:]), encoded(t, observe(t, on)), name)
			done, total := on.Progress()
			require.Equal(t, total, done)
		}
	}
}

// An observation that was not taken does not count: it is made again, without a step of training.
func TestAnObservationThatIsNotTakenIsMadeAgain(t *testing.T) {
	build := resting(t)["made"]
	want := observe(t, build())
	e, full := build(), errors.New("the disk is full")
	steps := []int{}
	err := e.Run(t.Context(), func(o *Observation) error {
		require.Equal(t, o.Step, e.Replicas()[3].Step)
		steps = append(steps, o.Step)
		if o.Step == 3 {
			time.Sleep(10 * time.Millisecond) // training goes on
			return full
		}
		return nil
	})
	require.ErrorIs(t, err, full)
	require.Equal(t, []int{0, 3}, steps)
	at := saved(t, e.Saved())
	require.Equal(t, 1, at.Observed)
	on := build()
	require.NoError(t, on.Restore(at))
	for _, a := range at.Ahead {
		require.Equal(t, 3, a.State.(*Replica).Step)
	}
	require.Equal(t, encoded(t, want[1:]), encoded(t, observe(t, on)))
	require.Equal(t, encoded(t, want[1:]), encoded(t, observe(t, e)), "and so does the engine itself")
	done, total := e.Progress()
	require.Equal(t, total, done)
}

// Nothing is concluded of an observation whose nulls were interrupted.
func TestNullsEndWithTheirContext(t *testing.T) {
	e := resting(t)["made"]()
	journal := NewJournal(e, new(record.Run))
	require.NoError(t, e.Engine.Run(t.Context(), func(o Observed) error {
		journal.Enter(o)
		return nil
	}))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	began := time.Now()
	require.ErrorIs(t, journal.Conclude(ctx, 1<<40, 1), context.Canceled)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Empty(t, journal.Run.Nulls)
	require.NoError(t, journal.Conclude(t.Context(), 3, 1))
	require.NotEmpty(t, journal.Run.Nulls)
}
