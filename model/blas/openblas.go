//go:build (linux || darwin) && (amd64 || arm64)

package blas

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Below these sizes gonum is faster than the call into C (BenchmarkSmall).
const (
	openblasMinGemm = 128  // multiply-adds m n k
	openblasMinGemv = 2048 // elements m n
)

// openBLAS calls the Fortran entry points of OpenBLAS. They take every argument by reference, so that a call is
// one of integers only whatever the platform's convention for floating point, and needs no reflection. Their
// matrices are column-major: a row-major matrix is the transpose of what they see, and C = A B is computed
// as Cᵀ = Bᵀ Aᵀ.
type openBLAS struct {
	gonum.Implementation
	sgemm, dgemm, sgemv, dgemv        uintptr
	getConfig, setThreads, getThreads uintptr
	f32                               sync.Pool // of *arguments[float32]
	f64                               sync.Pool // of *arguments[float64]
}

// arguments holds the scalars of one call: C reads them through pointers, so they live on the heap.
type arguments[T float32 | float64] struct {
	tA, tB        byte
	m, n, k       int32
	lda, ldb, ldc int32
	alpha, beta   T
}

// Sgemm computes C = alpha op(A) op(B) + beta C, where op(A) is m x k and op(B) is k x n. It panics as gonum's does.
func (im *openBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32,
	ldb int, beta float32, c []float32, ldc int) {
	if !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || m*n*k < openblasMinGemm {
		im.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	callGemm(im.sgemm, &im.f32, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm is [openBLAS.Sgemm] in double precision.
func (im *openBLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64,
	ldb int, beta float64, c []float64, ldc int) {
	if !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || m*n*k < openblasMinGemm {
		im.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	callGemm(im.dgemm, &im.f64, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Sgemv computes y = alpha op(A) x + beta y, where A is m x n. It panics as gonum's does.
func (im *openBLAS) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int,
	beta float32, y []float32, incY int) {
	if !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || m*n < openblasMinGemv {
		im.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	callGemv(im.sgemv, &im.f32, tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dgemv is [openBLAS.Sgemv] in double precision.
func (im *openBLAS) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int,
	beta float64, y []float64, incY int) {
	if !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || m*n < openblasMinGemv {
		im.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	callGemv(im.dgemv, &im.f64, tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

func callGemm[T float32 | float64](fn uintptr, pool *sync.Pool, tA, tB blas.Transpose, m, n, k int, alpha T, a []T,
	lda int, b []T, ldb int, beta T, c []T, ldc int) {
	p := take[T](pool)
	*p = arguments[T]{
		tA: letter(transposed(tA)), tB: letter(transposed(tB)),
		m: int32(m), n: int32(n), k: int32(k),
		lda: int32(lda), ldb: int32(ldb), ldc: int32(ldc),
		alpha: alpha, beta: beta,
	}
	purego.SyscallN(fn,
		uintptr(unsafe.Pointer(&p.tB)), uintptr(unsafe.Pointer(&p.tA)),
		uintptr(unsafe.Pointer(&p.n)), uintptr(unsafe.Pointer(&p.m)), uintptr(unsafe.Pointer(&p.k)),
		uintptr(unsafe.Pointer(&p.alpha)),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&p.ldb)),
		uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&p.lda)),
		uintptr(unsafe.Pointer(&p.beta)),
		uintptr(unsafe.Pointer(&c[0])), uintptr(unsafe.Pointer(&p.ldc)))
	pool.Put(p)
}

func callGemv[T float32 | float64](fn uintptr, pool *sync.Pool, tA blas.Transpose, m, n int, alpha T, a []T, lda int,
	x []T, incX int, beta T, y []T, incY int) {
	p := take[T](pool)
	*p = arguments[T]{
		tA: letter(!transposed(tA)), m: int32(n), n: int32(m),
		lda: int32(lda), ldb: int32(incX), ldc: int32(incY),
		alpha: alpha, beta: beta,
	}
	purego.SyscallN(fn,
		uintptr(unsafe.Pointer(&p.tA)),
		uintptr(unsafe.Pointer(&p.m)), uintptr(unsafe.Pointer(&p.n)),
		uintptr(unsafe.Pointer(&p.alpha)),
		uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&p.lda)),
		uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&p.ldb)),
		uintptr(unsafe.Pointer(&p.beta)),
		uintptr(unsafe.Pointer(&y[0])), uintptr(unsafe.Pointer(&p.ldc)))
	pool.Put(p)
}

func take[T float32 | float64](pool *sync.Pool) *arguments[T] {
	if p, ok := pool.Get().(*arguments[T]); ok {
		return p
	}
	return new(arguments[T])
}

func letter(t bool) byte {
	if t {
		return 'T'
	}
	return 'N'
}
