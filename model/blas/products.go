package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// implementation is gonum's BLAS with the products of matrices in other hands, where they take them.
type implementation struct {
	gonum.Implementation
	f32 products[float32]
	f64 products[float64]
}

// products are those of one precision. They return false, with nothing done, for a call that is better left to gonum.
type products[T float32 | float64] interface {
	gemm(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool
	gemv(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) bool
}

// Sgemm computes C = alpha op(A) op(B) + beta C, where op(A) is m x k and op(B) is k x n. It panics as gonum's does.
func (im *implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32,
	ldb int, beta float32, c []float32, ldc int) {
	if !im.f32.gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		im.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dgemm is [implementation.Sgemm] in double precision.
func (im *implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64,
	ldb int, beta float64, c []float64, ldc int) {
	if !im.f64.gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		im.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Sgemv computes y = alpha op(A) x + beta y, where A is m x n. It panics as gonum's does.
func (im *implementation) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32,
	incX int, beta float32, y []float32, incY int) {
	if !im.f32.gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		im.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dgemv is [implementation.Sgemv] in double precision.
func (im *implementation) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64,
	incX int, beta float64, y []float64, incY int) {
	if !im.f64.gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		im.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}
