package ensemble

import (
	"bytes"
	"encoding/gob"
	"errors"
	"runtime"
	"testing"
	"weak"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	the first replicas trained in place of those asked for    TestShardsAreGathered
//	an observation that was made already made once more       TestShardsAreGathered
//	losses of the first sets in place of those compared       TestSomeTrainingSetsAreCompared
//	an observation held until the next is made                TestGatherHoldsOneObservation

// left is what shards leave behind, as gob takes it: [Shards].
type left struct {
	t         *testing.T
	snapshots [][][]byte // of each observation and replica
	states    [][]byte
	observed  map[int][]byte
}

type value struct{ V any }

func coded(t *testing.T, v any) []byte {
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(value{v}))
	return b.Bytes()
}

func decoded(t *testing.T, b []byte) any {
	var v value
	require.NoError(t, gob.NewDecoder(bytes.NewReader(b)).Decode(&v))
	return v.V
}

func (l *left) Snapshots(n int) (all []any, err error) {
	for _, b := range l.snapshots[n] {
		all = append(all, decoded(l.t, b))
	}
	return all, nil
}

func (l *left) Observed(n int) (Observed, error) {
	if b, ok := l.observed[n]; ok {
		return decoded(l.t, b).(Observed), nil
	}
	return nil, nil
}

func (l *left) States() (all []State, err error) {
	for _, b := range l.states {
		all = append(all, decoded(l.t, b).(State))
	}
	return all, nil
}

// trainShards trains replicas in shards of so many, each by an ensemble of its own.
func trainShards(t *testing.T, build func(c func(*Config)) *Ensemble, replicas, each int) *left {
	l := &left{t: t, observed: map[int][]byte{}}
	for from := 0; from < replicas; from += each {
		e := build(func(c *Config) {
			for s := from; s < min(from+each, replicas); s++ {
				c.Train = append(c.Train, s)
			}
		})
		require.NoError(t, e.Shard(t.Context(), func(n int, snapshots []any) error {
			if n == len(l.snapshots) {
				l.snapshots = append(l.snapshots, nil)
			}
			for _, s := range snapshots {
				l.snapshots[n] = append(l.snapshots[n], coded(t, s))
			}
			return nil
		}))
		for _, s := range e.States() {
			l.states = append(l.states, coded(t, s))
		}
	}
	return l
}

func shardable(t *testing.T) func(change func(*Config)) *Ensemble {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9), bits(3, 40, 9), bits(4, 40, 9)}
	return func(change func(*Config)) *Ensemble {
		c := Config{
			Seed: 5, Replicas: 2, Chains: 8, Batch: 7, Rate: 0.1, Temperature: 1e-4, Examples: 11, Observe: []int{0, 4, 30},
		}
		change(&c)
		e, err := New(c, madeFactory(9, 7), sets, bits(9, 30, 9))
		require.NoError(t, err)
		t.Cleanup(func() { e.Close() })
		return e
	}
}

// Shards of any size are gathered to the observations of one engine, bit for bit, whether they are made at once, by
// several, or in two sittings.
func TestShardsAreGathered(t *testing.T) {
	build := shardable(t)
	whole := build(func(*Config) {})
	want := observe(t, whole)
	none := func(c *Config) { c.Train = []int{0} }
	for _, each := range []int{1, 3, 8} {
		l := trainShards(t, build, 8, each)
		e := build(none)
		e.Gather(l)
		require.Equal(t, encoded(t, want), encoded(t, observe(t, e)), "%d in a shard", each)
		require.Equal(t, gobOf(t, whole.Replicas()), gobOf(t, e.Replicas()))
		done, total := e.Progress()
		require.Equal(t, total, done)

		other := build(none)
		other.Gather(l)
		o, err := other.Observation(t.Context(), 1)
		require.NoError(t, err)
		l.observed[1] = coded(t, o)
		l.snapshots[1] = nil // not needed any more
		first, stop := build(none), errors.New("stop")
		first.Gather(l)
		require.ErrorIs(t, first.Run(t.Context(), func(o *Observation) error {
			if o.Step == 30 {
				return stop
			}
			return nil
		}), stop)
		on := build(none)
		on.Gather(l)
		require.NoError(t, on.Restore(saved(t, first.Saved())))
		require.Equal(t, encoded(t, want[2:]), encoded(t, observe(t, on)))
		again := build(none)
		again.Gather(l)
		require.Equal(t, encoded(t, want), encoded(t, observe(t, again)))
	}
}

// watching is a source that counts, whenever it is asked for snapshots, those of before that are still held.
type watching struct {
	*left
	weak []weak.Pointer[Snapshot]
	held int
}

func (w *watching) Snapshots(n int) ([]any, error) {
	runtime.GC()
	for _, p := range w.weak {
		if p.Value() != nil {
			w.held++
		}
	}
	all, err := w.left.Snapshots(n)
	for _, s := range all {
		w.weak = append(w.weak, weak.Make(s.(*Snapshot)))
	}
	return all, err
}

// An engine that gathers, and its journal, hold the snapshots of one observation at a time.
func TestGatherHoldsOneObservation(t *testing.T) {
	build := shardable(t)
	w := &watching{left: trainShards(t, build, 8, 4)}
	e := build(func(c *Config) { c.Train = []int{0} })
	e.Gather(w)
	journal := NewJournal(e, new(record.Run))
	require.NoError(t, e.Engine.Run(t.Context(), func(o Observed) error {
		journal.Enter(o)
		journal.LetGo()
		return nil
	}))
	require.Len(t, w.weak, 3*8)
	require.Zero(t, w.held)
}

// Where training sets are missing the others are compared, by the losses of their own examples and under their own
// numbers.
func TestSomeTrainingSetsAreCompared(t *testing.T) {
	build := shardable(t)
	want := observe(t, build(func(*Config) {}))
	l := trainShards(t, build, 8, 2)
	for n := range l.snapshots {
		l.snapshots[n] = append(l.snapshots[n][:2:2], l.snapshots[n][4:]...)
	}
	l.states = append(l.states[:2:2], l.states[4:]...)
	e := build(func(c *Config) { c.Train, c.Compare = []int{0}, []int{0, 2, 3} })
	e.Gather(l)
	have := observe(t, e)
	require.Equal(t, 2, e.Replicas()[2].Set)
	for n, o := range have {
		all := want[n]
		pick := []int{0, 1, 4, 5, 6, 7}
		require.Equal(t, 3, o.Sets)
		for i, s := range pick {
			require.Equal(t, all.TrainNLL[s], o.TrainNLL[i])
			for j, r := range pick {
				require.Equal(t, all.LogLikelihood[(r*8+s)*8:][:8], o.LogLikelihood[(j*6+i)*8:][:8])
			}
			for d, original := range []int{0, 2, 3} {
				require.Len(t, o.Told.Own[d], len(all.Told.Own[original]))
				for k := range o.Told.Own[d] {
					require.Equal(t, all.Told.Own[original][k][s], o.Told.Own[d][k][i])
				}
			}
		}
	}
	_, err := New(Config{Replicas: 1, Chains: 1, Batch: 1, Rate: 1, Observe: []int{0}, Compare: []int{1, 0}},
		madeFactory(9, 1), [][]float32{bits(1, 4, 9), bits(2, 4, 9)}, bits(3, 4, 9))
	require.ErrorContains(t, err, "must ascend and be of 2, not [1 0]")
	_, err = New(Config{Replicas: 1, Chains: 1, Batch: 1, Rate: 1, Observe: []int{0}, Train: []int{2}},
		madeFactory(9, 1), [][]float32{bits(1, 4, 9), bits(2, 4, 9)}, bits(3, 4, 9))
	require.ErrorContains(t, err, "must ascend and be of 2, not [2]")
}
