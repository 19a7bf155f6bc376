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

// BenchmarkGemm measures the products of the networks in float32. An idle EPYC of 2024 (AVX-512, 2 cores), GFLOP/s, and
// in brackets the ratio to gonum, which alone may use both cores:
//
//	op(A) op(B)            gonum    tile         openblas 0.3.21, Cooperlake kernels
//	(50x196)(196x128)       21     253  (12)     180  (8.5)
//	(50x128)(128x196)       22     226  (10)     185  (8.5)
//	(196x50)ᵀ(50x128)        6     243  (39)     202  (33)
//	(128x50)ᵀ(50x196)       16     215  (14)     189  (12)
//	(50x196)(196x128)ᵀ      27     214  (8.1)    160  (6.0)
//	(100x784)(784x300)      31     240  (7.8)    202  (6.5)
//	(100x300)(300x10)      5.3     104  (20)      98  (18)
//	(784x100)ᵀ(100x300)     18     248  (14)     217  (12)
//	(300x100)ᵀ(100x10)     8.1     106  (13)     147  (18)
//	(100x10)(10x300)ᵀ      4.4     152  (35)     128  (29)
//	(64x196)(196x128)       22     246  (11)     195  (9.0)
//	(256x196)(196x128)      25     253  (10)     221  (8.8)
//	(256x128)(128x196)      28     228  (8.1)    225  (8.0)
//
// With the AVX2 kernels, first shape: tile 117, openblas (Haswell) 106.
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

// BenchmarkGemmFloat64: as BenchmarkGemm in float64. tile is 6 to 11 times as fast as gonum, OpenBLAS 5 to 8 times.
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
// skips the zeros, the others do not. Microseconds:
//
//	op(A) op(B)          gonum   tile   openblas
//	(50x196)(196x128)     20      11       13
//	(196x50)ᵀ(50x128)     33      10       12
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

// BenchmarkSmall shows where a product is too small to leave gonum: with OpenBLAS that is set by openblasMinGemm and
// openblasMinGemv, which were found with both set to 1; with tile it never is. Nanoseconds:
//
//	size           gonum   tile   openblas
//	gemm 4            68     48       75  (gonum's, below the threshold)
//	gemm 6           167     50      102
//	gemm 8           249     72      131
//	gemm 16         1015    114      150
//	gemm 20         1633    186      269
//	gemm 32         5426    393      391
//	gemv 32          160   as gonum  169
//	gemv 48          268             203
//	gemv 64          408             269
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
