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
//	          peer   openblas          vek
//	simclr    2.76   3.51  (1.27)     6.75  (2.4)
//	swav      8.11   6.00  (0.74)    10.61  (1.3)     (100 rounds of Sinkhorn's iteration; on a busier machine)
//	dino             3.64             7.94
//
// Of simclr's 3.5 ms with OpenBLAS, products take 30 %, the exponentials of 2 x 32,768 logits in double precision 20 %,
// Adam of 73,000 weights in double precision 16 %.
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
