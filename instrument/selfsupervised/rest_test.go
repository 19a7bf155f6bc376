package selfsupervised

import (
	"bytes"
	"context"
	"encoding/gob"
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
)

// Training that was stopped after any step, saved and gone on with, is training that was never stopped, bit for bit, in
// what it shows too.
func TestTrainingRestsAtAnyStep(t *testing.T) {
	const end = 9
	for _, a := range algorithms {
		r := newRunner(t, Config{Seed: 3, Replicas: 2, Observe: []int{0, end}}, settings(a, model.Float32))
		w, err := r.NewWorker()
		require.NoError(t, err)
		defer w.Close()
		opened := r.States()[1].Copy()
		_, err = w.Measure(opened, r.States()[1])
		require.NoError(t, err)
		shown := func(s ensemble.State) string {
			require.NoError(t, w.Train(t.Context(), s, end, func(int) {}))
			snapshot, err := w.Measure(s, opened)
			require.NoError(t, err)
			var file bytes.Buffer
			enc := gob.NewEncoder(&file)
			require.NoError(t, enc.Encode(s))
			require.NoError(t, enc.Encode(snapshot))
			return file.String()
		}
		want := shown(opened.Copy())
		for k := 1; k < end; k++ {
			part := opened.Copy()
			ctx, rest := context.WithCancel(t.Context())
			made := 0
			err := w.Train(ctx, part, end, func(n int) {
				made += n
				if made == k {
					rest()
				}
			})
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, r.CheckState(1, part, k, k))
			require.Error(t, r.CheckState(1, part, k+1, end))
			var back ensemble.Ahead
			reload(t, ensemble.Ahead{State: part}, &back)
			require.True(t, want == shown(back.State), "%s, stopped after %d steps", a, k)
		}
	}
}
