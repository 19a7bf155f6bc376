package ssl

import (
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/solver"
	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
)

// BenchmarkPeer is a step with the settings of `train --model`, from given views, beside the same step in PyTorch 1.13,
// ../testdata/peers/peers.py: energies before, self-labels, the update of Adam, energies after. dino has no peer. As
// there, milliseconds a step, medians of 5 runs in turn, and the ratio to the peer:
//
//	          peer   tile          openblas
//	simclr    1.21   1.12  (0.92)   1.19  (0.99)
//	swav      2.94   1.76  (0.60)   1.82  (0.62)   (100 rounds of Sinkhorn's iteration)
//	dino             1.20           1.28
func BenchmarkPeer(b *testing.B) {
	for _, a := range []Algorithm{SimCLR, SwAV, DINO} {
		for _, products := range []string{"tile", "openblas"} {
			b.Run(string(a)+"/"+products, func(b *testing.B) {
				if _, err := blas.Use(products); err != nil {
					b.Skip(err)
				}
				m, err := New(Settings{
					Algorithm: a, Pixels: 196, Hidden: []int{256}, Representation: 64, Head: []int{64}, Projection: 32,
					Labels: 32, Batch: 128, Temperature: 0.2, Epsilon: 0.05, SinkhornRounds: 100,
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
					if i%size < size/2 {
						views[i] = rng.Float32()
					} else {
						views[i] = views[i-size/2] + 0.1*float32(rng.NormFloat64())
					}
				}
				b.ReportAllocs()
				for b.Loop() {
					_, err := m.Step(st, views[st.Steps%8*size:][:size], descent)
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
