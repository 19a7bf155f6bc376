package model

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkMADEStep(b *testing.B) {
	m, err := NewMADE(MADESettings{Dim: 196, Hidden: []int{128}, Batch: 50})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	x := make([]float32, 50*196)
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Loss(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMADESample(b *testing.B) {
	m, err := NewMADE(MADESettings{Dim: 196, Hidden: []int{128}, Batch: 50})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	x := make([]float32, 32*196)
	b.ReportAllocs()
	for b.Loop() {
		m.Move(x, rng)
	}
}

func BenchmarkMADEEnergies(b *testing.B) {
	m, err := NewMADE(MADESettings{Dim: 196, Hidden: []int{128}, Batch: 50, EvalBatch: 64})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	x := make([]float32, 1024*196)
	dst := make([]float64, 1024)
	b.ReportAllocs()
	for b.Loop() {
		m.Energies(dst, x)
	}
}
