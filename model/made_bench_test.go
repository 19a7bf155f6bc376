package model

import (
	"math/rand/v2"
	"testing"
)

// benchmarkMADE returns a network of the size that the defaults train, and so many rows of random bits.
func benchmarkMADE(b *testing.B, rows int) (*MADE, []float32, *rand.Rand) {
	m, err := NewMADE(MADESettings{Dim: 196, Hidden: []int{128}, Batch: 50, EvalBatch: 64})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	x := make([]float32, rows*196)
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
	b.ReportAllocs()
	return m, x, rng
}

func BenchmarkMADEStep(b *testing.B) {
	m, x, _ := benchmarkMADE(b, 50)
	for b.Loop() {
		if _, err := m.Loss(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMADESample(b *testing.B) {
	m, x, rng := benchmarkMADE(b, 32)
	for b.Loop() {
		m.Move(x, rng)
	}
}

func BenchmarkMADEEnergies(b *testing.B) {
	m, x, _ := benchmarkMADE(b, 1024)
	dst := make([]float64, 1024)
	for b.Loop() {
		m.Energies(dst, x)
	}
}
