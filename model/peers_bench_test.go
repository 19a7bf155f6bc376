package model

import (
	"math/rand/v2"
	"testing"

	"calorimeter/internal/vector"
	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
)

// BenchmarkPeer is a step of training, a batch gathered from 60,000 examples, the loss, its gradient and the update of
// plain SGD, beside the same step in PyTorch 1.13 (mlp, conv; conv14 is the network of `train --model conv`) and
// scikit-learn 1.2.1 (rbm, PCD-1); ebm has no peer. Milliseconds a step, medians of 5 runs in turn on an idle EPYC of
// 2024, one thread, OpenBLAS 0.3.21 with its Cooperlake kernels where it is used, as the peers do; and the ratio to the
// peer:
//
//	          peer   tile          openblas
//	mlp       0.86   0.62  (0.73)   0.73  (0.85)
//	conv      3.37   2.77  (0.82)   2.93  (0.87)
//	conv14    0.98   0.58  (0.59)   0.59  (0.60)
//	rbm       3.37   2.33  (0.69)   2.30  (0.68)
//	ebm              1.85           1.92
//
// In turn:
//
//	go test -c -o model.test ./model
//	for i in 1 2 3 4 5; do
//	  python3 model/testdata/peers/peers.py mlp
//	  ./model.test -test.run - -test.bench Peer/mlp -test.benchtime 300x
//	done
func BenchmarkPeer(b *testing.B) {
	const examples = 60_000
	for _, name := range []string{"mlp", "conv", "conv14", "rbm", "ebm"} {
		for _, products := range []string{"tile", "openblas"} {
			b.Run(name+"/"+products, func(b *testing.B) {
				if _, err := blas.Use(products); err != nil {
					b.Skip(err)
				}
				m, batch, err := peer(name)
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, m.Close()) })
				rng := rand.New(rand.NewPCG(1, 2))
				m.Init(rng)
				x, y := make([]float32, examples*m.Dim()), make([]float32, batch*m.Dim())
				for i := range x {
					x[i] = float32(rng.IntN(5) / 4) // a fifth of the pixels are 1, and a fifth of the labels
				}
				if c, ok := m.(ChainTrained); ok {
					training, err := c.NewTraining(x, rand.NewPCG(3, 4))
					require.NoError(b, err)
					c.Use(training)
				}
				b.ReportAllocs()
				for b.Loop() {
					for i := 0; i < len(y); i += m.Dim() {
						copy(y[i:i+m.Dim()], x[rng.IntN(examples)*m.Dim():])
					}
					if _, err := m.Loss(y); err != nil {
						b.Fatal(err)
					}
					for _, p := range m.Params() {
						g, err := p.Grad()
						if err != nil {
							b.Fatal(err)
						}
						w, d := p.Value().Data().([]float32), g.Data().([]float32)
						vector.Descend(w, d, 0.01)
					}
				}
			})
		}
	}
}

func peer(name string) (m PPM, batch int, err error) {
	switch name {
	case "mlp":
		m, err = NewMLP(MLPSettings{Batch: 50})
	case "conv":
		m, err = NewConv(ConvSettings{Batch: 50})
	case "conv14":
		m, err = NewConv(ConvSettings{Side: 14, Batch: 50})
	case "rbm":
		m, err = NewRBM(RBMSettings{Visible: 784, Hidden: 500, Batch: 100})
		return m, 100, err
	case "ebm":
		m, err = NewEBM(EBMSettings{Dim: 196, Hidden: []int{256}, Sigma: 0.4, Batch: 50, EvalBatch: 50, Buffer: 500})
	}
	return m, 50, err
}
