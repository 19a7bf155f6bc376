package model

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"calorimeter/instrument"
	"calorimeter/model/blas"

	gonum "gonum.org/v1/gonum/blas"
	G "gorgonia.org/gorgonia"
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

// A step of training, the gradient and its descent, beside its five products of matrices alone, with all that the masks
// hide, in turn: medians in microseconds, and their ratio. On an idle EPYC of 2024 with AVX-512:
//
//	          us a step   products   ratio   allocations
//	tile             76         55     1.4             0
//	openblas         79         66     1.2             0
func BenchmarkMADEStep(b *testing.B) {
	for _, name := range []string{"tile", "openblas"} {
		b.Run(name, func(b *testing.B) {
			if _, err := blas.Use(name); err != nil {
				b.Skip(err)
			}
			m, x, _ := benchmarkMADE(b, 50)
			params, descent := G.NodesToValueGrads(m.Params()), instrument.NewSGD(0.04)
			h, l := make([]float32, 50*128), make([]float32, 50*196)
			w, dw := make([]float32, 196*128), make([]float32, 196*128)
			product := func(tA, tB gonum.Transpose, rows, cols, k int, a []float32, lda int, b []float32, ldb int, c []float32) {
				G.WhichBLAS().Sgemm(tA, tB, rows, cols, k, 1, a, lda, b, ldb, 0, c, cols)
			}
			const n, t = gonum.NoTrans, gonum.Trans
			parts := [2]func() error{
				func() error {
					if _, err := m.Loss(x); err != nil {
						return err
					}
					return descent.Step(params)
				},
				func() error {
					product(n, n, 50, 128, 196, x, 196, w, 128, h)  // x W0
					product(n, n, 50, 196, 128, h, 128, w, 196, l)  // h W1
					product(t, n, 128, 196, 50, h, 128, l, 196, dw) // h' dl
					product(n, t, 50, 128, 196, l, 196, w, 196, h)  // dl W1'
					product(t, n, 196, 128, 50, x, 196, h, 128, dw) // x' dh
					return nil
				},
			}
			var times [2][]float64
			for b.Loop() {
				for i, part := range parts {
					start := time.Now()
					if err := part(); err != nil {
						b.Fatal(err)
					}
					times[i] = append(times[i], float64(time.Since(start))/1e3)
				}
			}
			for i := range times {
				slices.Sort(times[i])
			}
			step, products := times[0][len(times[0])/2], times[1][len(times[1])/2]
			b.ReportMetric(step, "us/step")
			b.ReportMetric(products, "us/products")
			b.ReportMetric(step/products, "step/products")
			b.ReportMetric(0, "ns/op")
		})
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
