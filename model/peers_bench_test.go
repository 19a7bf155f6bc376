package model

import (
	"math/rand/v2"
	"testing"

	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// BenchmarkPeer is a step of training, a batch gathered from 60,000 examples, the loss, its gradient and the update of
// plain SGD, beside the same step in PyTorch (mlp, conv) and scikit-learn (rbm, PCD-1), testdata/peers/peers.py.
func BenchmarkPeer(b *testing.B) {
	const examples = 60_000
	for _, name := range []string{"mlp", "conv", "conv14", "rbm", "ebm"} {
		for _, products := range []string{"openblas", "vek"} {
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
						G.WhichBLAS().Saxpy(len(d), -0.01, d, 1, w, 1)
						clear(d)
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
