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

// BenchmarkGemm measures the products of the networks in float32. Best of 25 on one Xeon of 2023 (AVX-512, 2 cores,
// shared with other work), GFLOP/s, and in brackets the ratio to gonum, which alone may use both cores:
//
//	op(A) op(B)            gonum    vek          openblas 0.3.21, SkylakeX kernels
//	(50x196)(196x128)        8.6    31  (3.7)    104  (12)
//	(50x128)(128x196)        9.4    23  (2.4)    105  (11)
//	(196x50)ᵀ(50x128)        6.9    31  (4.4)    113  (16)
//	(128x50)ᵀ(50x196)        6.8    26  (3.8)    108  (16)
//	(50x196)(196x128)ᵀ      16.6    33  (2.0)     91  (5.5)
//	(100x784)(784x300)       6.7    21  (3.1)    114  (17)
//	(100x300)(300x10)        1.6    23  (15)      62  (38)
//	(784x100)ᵀ(100x300)      7.0    13  (1.8)    137  (20)
//	(300x100)ᵀ(100x10)       1.5    10  (6.8)     83  (56)
//	(100x10)(10x300)ᵀ        1.8    21  (12)      57  (32)
//	(64x196)(196x128)        9.1    32  (3.4)    113  (12)
//	(256x196)(196x128)       8.9    31  (3.5)    131  (15)
//	(256x128)(128x196)       6.9    23  (3.3)    132  (19)
//
// The same library on other kernels, first shape: Haswell (AVX2) 56, Prescott (SSE3, its choice on this processor
// if left alone) 26.
func BenchmarkGemm(b *testing.B) {
	for _, s := range workload {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im := available(b, name)
				rng := rand.New(rand.NewPCG(1, 1))
				x, y := single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n))
				c := make([]float32, s.m*s.n)
				for b.Loop() {
					s.run(im, x, y, c)
				}
				gflops(b, s.m*s.n*s.k)
			})
		}
	}
}

// BenchmarkGemmFloat64: as BenchmarkGemm in float64. vek is 1.8 to 2.3 times as fast as gonum, OpenBLAS 5.3 to 7.6
// times.
func BenchmarkGemmFloat64(b *testing.B) {
	for _, s := range workload[:6] {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im := available(b, name)
				rng := rand.New(rand.NewPCG(1, 1))
				x, y := normals(rng, s.m*s.k), normals(rng, s.k*s.n)
				c := make([]float64, s.m*s.n)
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
// skips the zeros, the others do not. Microseconds, best of 25:
//
//	op(A) op(B)          gonum   vek   openblas
//	(50x196)(196x128)     54     80    24
//	(196x50)ᵀ(50x128)     87     92    20
func BenchmarkBinary(b *testing.B) {
	for _, s := range []gemmShape{{tA: no, tB: no, m: 50, n: 128, k: 196}, {tA: yes, tB: no, m: 196, n: 128, k: 50}} {
		for _, name := range Names()[1:] {
			b.Run(fmt.Sprint(s, "/", name), func(b *testing.B) {
				im := available(b, name)
				rng := rand.New(rand.NewPCG(1, 1))
				x, y := make([]float32, s.m*s.k), single(normals(rng, s.k*s.n))
				c := make([]float32, s.m*s.n)
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

// BenchmarkSmall shows where a product is too small to leave gonum. To find the thresholds, openblasMinGemm,
// openblasMinGemv and vekMinElements were set to 1; nanoseconds, best of 40:
//
//	size           gonum   vek    openblas
//	gemm 4           157    201      214
//	gemm 6           564    615      184
//	gemm 8           602    460      235
//	gemm 16         1873   2025      287
//	gemm 20         4705   2521      493
//	gemm 32        11659   4336     1238
//	gemv 32          203    337      289
//	gemv 48          353    589      359
//	gemv 64          852    353      776
//	gemv 96         1584    980      850
//
// Rank-one updates (Sger) gain nothing from either at any size: 64, 433 and 1039; 192, 4607 and 4558 (gonum, openblas).
func BenchmarkSmall(b *testing.B) {
	for _, edge := range []int{4, 6, 8, 12, 16, 20, 24, 32} {
		for _, name := range Names()[1:] {
			im, _, err := open(name)
			if err != nil {
				continue
			}
			n := edge * edge
			x, y := make([]float32, 4*n), make([]float32, 4*n)
			c := make([]float32, 4*n)
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
