//go:build (linux || darwin) && (amd64 || arm64)

package blas

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"gonum.org/v1/gonum/blas"
)

// Below these sizes gonum is faster than the call into C (BenchmarkSmall).
const (
	openblasMinGemm = 128  // multiply-adds m n k
	openblasMinGemv = 2048 // elements m n
)

// fortran calls the Fortran entry points of OpenBLAS. They take every argument by reference, so that a call is
// one of integers only whatever the platform's convention for floating point, and needs no reflection. Their
// matrices are column-major: a row-major matrix is the transpose of what they see, and C = A B is computed
// as Cᵀ = Bᵀ Aᵀ.
type fortran[T float32 | float64] struct {
	gemmEntry, gemvEntry uintptr
	pool                 sync.Pool // of *arguments[T]
}

// arguments holds the scalars of one call, which C reads through pointers, and the list of all pointers.
type arguments[T float32 | float64] struct {
	tA, tB        byte
	m, n, k       int32
	lda, ldb, ldc int32
	alpha, beta   T
	held          [3]*T // the matrices: they are on the heap and stay there while C reads them by number
	list          [13]uintptr
}

func (f *fortran[T]) gemm(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T,
	ldc int) bool {
	if !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || m*n*k < openblasMinGemm {
		return false
	}
	p := f.take()
	*p = arguments[T]{
		tA: letter(transposed(tA)), tB: letter(transposed(tB)),
		m: int32(m), n: int32(n), k: int32(k),
		lda: int32(lda), ldb: int32(ldb), ldc: int32(ldc),
		alpha: alpha, beta: beta, held: [3]*T{&a[0], &b[0], &c[0]},
	}
	p.list = [13]uintptr{
		uintptr(unsafe.Pointer(&p.tB)), uintptr(unsafe.Pointer(&p.tA)),
		uintptr(unsafe.Pointer(&p.n)), uintptr(unsafe.Pointer(&p.m)), uintptr(unsafe.Pointer(&p.k)),
		uintptr(unsafe.Pointer(&p.alpha)),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&p.ldb)),
		uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&p.lda)),
		uintptr(unsafe.Pointer(&p.beta)),
		uintptr(unsafe.Pointer(&c[0])), uintptr(unsafe.Pointer(&p.ldc)),
	}
	f.call(f.gemmEntry, p, 13)
	return true
}

func (f *fortran[T]) gemv(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T,
	incY int) bool {
	if !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || m*n < openblasMinGemv {
		return false
	}
	p := f.take()
	*p = arguments[T]{
		tA: letter(!transposed(tA)), m: int32(n), n: int32(m),
		lda: int32(lda), ldb: int32(incX), ldc: int32(incY),
		alpha: alpha, beta: beta, held: [3]*T{&a[0], &x[0], &y[0]},
	}
	p.list = [13]uintptr{
		uintptr(unsafe.Pointer(&p.tA)),
		uintptr(unsafe.Pointer(&p.m)), uintptr(unsafe.Pointer(&p.n)),
		uintptr(unsafe.Pointer(&p.alpha)),
		uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&p.lda)),
		uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&p.ldb)),
		uintptr(unsafe.Pointer(&p.beta)),
		uintptr(unsafe.Pointer(&y[0])), uintptr(unsafe.Pointer(&p.ldc)),
	}
	f.call(f.gemvEntry, p, 11)
	return true
}

// call calls a function with the first n pointers of the list, and gives the arguments back. A list that is there
// already need not be allocated.
func (f *fortran[T]) call(entry uintptr, p *arguments[T], n int) {
	purego.SyscallN(entry, p.list[:n]...)
	p.held = [3]*T{}
	f.pool.Put(p)
}

func (f *fortran[T]) take() *arguments[T] {
	if p, ok := f.pool.Get().(*arguments[T]); ok {
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
