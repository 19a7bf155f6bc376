package model

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// benchmarkRBM returns a machine with biases and a training state at rows of which a fifth of the bits are 1, as in
// digits.
func benchmarkRBM(b *testing.B, visible, hidden, rows int) (*RBM, []float32) {
	if choice, err := blas.Use("auto"); err == nil {
		b.Log(choice)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, rows*visible)
	for i := range x {
		if rng.IntN(5) == 0 {
			x[i] = 1
		}
	}
	bias, err := LogOdds(x, visible, 1)
	require.NoError(b, err)
	m, err := NewRBM(RBMSettings{Visible: visible, Hidden: hidden, VisibleBias: bias, Batch: rows})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, m.Close()) })
	m.Init(rng)
	training, err := m.NewTraining(x, rand.NewPCG(3, 4))
	require.NoError(b, err)
	m.Use(training)
	return m, x
}

// BenchmarkRBMStep is a step of PCD-1 with its update of the weights, 784 x 500 units, batch 100, against BernoulliRBM
// of scikit-learn 1.2.1 on the digits of MNIST, both in float32 with one thread of OpenBLAS 0.3.21 and its SkylakeX
// kernels, milliseconds of processor time a step, in three alternate runs on a busy machine of two cores:
//
//	calorimeter      8.5    9.7    9.2     5.5 s an epoch of 600 steps (median)
//	scikit-learn     9.0    9.7    9.9     5.8 s      (with its default, data of float64, twice that)
//
// Left alone, OpenBLAS 0.3.21 takes kernels of 2004 on that processor; OPENBLAS_CORETYPE gives scikit-learn those that
// package blas chooses. The script:
//
//	import os
//	os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", OPENBLAS_CORETYPE="SkylakeX")
//	import gzip, sys, time, numpy as np
//	from sklearn.neural_network import BernoulliRBM
//	raw = gzip.open(sys.argv[1]).read()  # train-images-idx3-ubyte.gz
//	x = (np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784) >= 128)[:5000].astype(np.float32)
//	rbm = BernoulliRBM(n_components=500, learning_rate=0.05, batch_size=100, n_iter=2, random_state=0)
//	t = time.process_time()
//	rbm.fit(x)
//	print((time.process_time() - t) / 100 * 1000, "ms a step")
func BenchmarkRBMStep(b *testing.B) {
	m, x := benchmarkRBM(b, 784, 500, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Loss(x); err != nil {
			b.Fatal(err)
		}
		for _, p := range m.Params() {
			g, err := p.Grad()
			if err != nil {
				b.Fatal(err)
			}
			w, d := p.Value().Data().([]float32), g.Data().([]float32)
			G.WhichBLAS().Saxpy(len(d), -0.05, d, 1, w, 1)
			clear(d)
		}
	}
}

// BenchmarkRBMMove: a sweep of 100 chains of 784 x 500 units takes a third of a step.
func BenchmarkRBMMove(b *testing.B) {
	m, x := benchmarkRBM(b, 784, 500, 100)
	rng := rand.New(rand.NewPCG(5, 6))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Move(x, rng); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRBMLogWeights: 64 chains along 1,000 distributions, 196 x 64 units, take 0.2 to 0.3 s of processor time.
func BenchmarkRBMLogWeights(b *testing.B) {
	m, _ := benchmarkRBM(b, 196, 64, 50)
	w := make([]float64, 64)
	rng := rand.New(rand.NewPCG(5, 6))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.LogWeights(w, 1000, rng); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRBMLogZ: 2 to 3 ns of processor time for a state of the smaller layer and a unit of the larger one, on a
// busy machine.
func BenchmarkRBMLogZ(b *testing.B) {
	for _, shape := range [][2]int{{12, 8}, {196, 12}, {64, 20}, {784, 20}} {
		b.Run(fmt.Sprintf("%dx%d", shape[0], shape[1]), func(b *testing.B) {
			m, _ := benchmarkRBM(b, shape[0], shape[1], 10)
			for b.Loop() {
				m.LogZ()
			}
		})
	}
}
