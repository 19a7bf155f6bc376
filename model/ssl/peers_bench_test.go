package ssl

import (
	"math/rand/v2"
	"testing"

	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"

	"calorimeter/instrument/solver"
)

// BenchmarkPeer is a step of training with the settings of `train --model`, from given views, beside the same step in
// PyTorch, ../testdata/peers/peers.py.
func BenchmarkPeer(b *testing.B) {
	for _, a := range []Algorithm{SimCLR, SwAV, DINO} {
		for _, products := range []string{"openblas", "vek"} {
			b.Run(string(a)+"/"+products, func(b *testing.B) {
				if _, err := blas.Use(products); err != nil {
					b.Skip(err)
				}
				m, err := New(Settings{
					Algorithm: a, Pixels: 196, Hidden: []int{256}, Representation: 64, Head: []int{64}, Projection: 32,
					Labels: 32, Batch: 128, Temperature: 0.2, Epsilon: 0.05,
					TeacherTau: 0.04, TeacherMomentum: 0.99, CentreMomentum: 0.9,
				})
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, m.Close()) })
				rng := rand.New(rand.NewPCG(1, 2))
				st, descent := m.NewState(rng), solver.New(solver.Settings{Algorithm: solver.Adam, Rate: 0.001})
				var memory solver.State
				descent.Use(&memory, nil)
				size := m.Samples() * 196
				views := make([]float32, 8*size)
				for i := range views {
					views[i] = rng.Float32()
				}
				rounds := 0
				b.ReportAllocs()
				for b.Loop() {
					step, err := m.Step(st, views[st.Steps%8*size:][:size], descent)
					if err != nil {
						b.Fatal(err)
					}
					if a == SwAV {
						rounds = step.Target.Balance.Iterations
					}
				}
				if rounds > 0 {
					b.ReportMetric(float64(rounds), "rounds")
				}
			})
		}
	}
}
