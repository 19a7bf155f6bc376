package model

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
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
