package ensemble

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// An observation needs nothing of the replicas but their snapshots: made of snapshots that were saved and read back, by
// an ensemble that never trained, it gives the same readings to the last bit.
func TestAnObservationIsMadeOfSavedSnapshots(t *testing.T) {
	sets := [][]float32{bits(1, 40, 9), bits(2, 40, 9), bits(3, 40, 9)}
	config := Config{Seed: 5, Replicas: 2, Chains: 8, Batch: 7, Rate: 0.1, Temperature: 1e-4, Observe: []int{0, 4, 30}}
	build := func() *Ensemble {
		e, err := New(config, madeFactory(9, 7), sets, bits(9, 30, 9))
		require.NoError(t, err)
		t.Cleanup(func() { e.Close() })
		return e
	}
	want := observe(t, build())

	trains, observes := build(), build()
	worker := trains.workers[0]
	states := trains.States()
	var earlier []*Row
	for i, step := range config.Observe {
		var saved bytes.Buffer
		enc := gob.NewEncoder(&saved)
		for s, last := range states {
			next := last.Copy()
			require.NoError(t, worker.Train(context.Background(), next, step, func(int) {}))
			snapshot, err := worker.Measure(next, last)
			require.NoError(t, err)
			require.NoError(t, enc.Encode(snapshot.(*Snapshot)))
			states[s] = next
		}
		dec := gob.NewDecoder(&saved)
		var snapshots []any
		for range states {
			var s Snapshot
			require.NoError(t, dec.Decode(&s))
			snapshots = append(snapshots, &s)
		}
		o, err := observes.Observe(context.Background(), observes.workers, step, snapshots)
		require.NoError(t, err)
		row := o.(*Observation).Row(earlier...)
		require.Equal(t, readings(t, want[i].Row(earlier...)), readings(t, row), "step %d", step)
		earlier = append(earlier, row)

		snapshots[0], snapshots[1] = snapshots[1], snapshots[0]
		_, err = observes.Observe(context.Background(), observes.workers, step, snapshots)
		require.ErrorContains(t, err, "place 0 is of training set 0, replica 1")
	}
}

// readings are those of a row as they are recorded.
func readings(t *testing.T, row *Row) string {
	text, err := json.Marshal(row.Readings)
	require.NoError(t, err)
	return string(text)
}
