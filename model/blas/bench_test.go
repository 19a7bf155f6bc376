package blas

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
)

func gflops(b *testing.B, multiplyAdds int) {
	b.ReportMetric(2*float64(multiplyAdds)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range workload {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im, _, err := open(name)
				if err != nil {
					b.Skip(err)
				}
				rng := rand.New(rand.NewPCG(1, 1))
				x, y, c := single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n)), make([]float32, s.m*s.n)
				for b.Loop() {
					s.run(im, x, y, c)
				}
				gflops(b, s.m*s.n*s.k)
			})
		}
	}
}

func BenchmarkGemmFloat64(b *testing.B) {
	for _, s := range workload[:6] {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im, _, err := open(name)
				if err != nil {
					b.Skip(err)
				}
				rng := rand.New(rand.NewPCG(1, 1))
				x, y, c := normals(rng, s.m*s.k), normals(rng, s.k*s.n), make([]float64, s.m*s.n)
				lda, ldb := s.ld()
				for b.Loop() {
					im.Dgemm(s.tA, s.tB, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, c, s.n)
				}
				gflops(b, s.m*s.n*s.k)
			})
		}
	}
}

// BenchmarkBinary multiplies a matrix of zeros and ones, 15 % ones, as the pixels of a binarised digit are: gonum
// skips the zeros, the others do not.
func BenchmarkBinary(b *testing.B) {
	for _, s := range []gemmShape{{no, no, 50, 128, 196}, {yes, no, 196, 128, 50}} {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im, _, err := open(name)
				if err != nil {
					b.Skip(err)
				}
				rng := rand.New(rand.NewPCG(1, 1))
				x, y, c := make([]float32, s.m*s.k), single(normals(rng, s.k*s.n)), make([]float32, s.m*s.n)
				for i := range x {
					if rng.Float64() < 0.15 {
						x[i] = 1
					}
				}
				for b.Loop() {
					s.run(im, x, y, c)
				}
			})
		}
	}
}

// BenchmarkSmall finds where a product is too small to leave gonum.
func BenchmarkSmall(b *testing.B) {
	for _, edge := range []int{4, 6, 8, 12, 16, 20, 24, 32} {
		for _, name := range Names()[1:] {
			im, _, err := open(name)
			if err != nil {
				continue
			}
			n := edge * edge
			x, y, c := make([]float32, 4*n), make([]float32, 4*n), make([]float32, 4*n)
			for i := range x {
				x[i], y[i] = 1, 1
			}
			b.Run(fmt.Sprintf("gemm%d/%s", edge, name), func(b *testing.B) {
				for b.Loop() {
					im.Sgemm(blas.NoTrans, blas.NoTrans, edge, edge, edge, 1, x, edge, y, edge, 0, c, edge)
				}
			})
			b.Run(fmt.Sprintf("gemv%d/%s", 2*edge, name), func(b *testing.B) {
				for b.Loop() {
					im.Sgemv(blas.NoTrans, 2*edge, 2*edge, 1, x, 2*edge, y, 1, 0, c, 1)
				}
			})
		}
	}
}
