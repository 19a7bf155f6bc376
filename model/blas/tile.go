package blas

import (
	"sync"

	"calorimeter/internal/tile"
	"gonum.org/v1/gonum/blas"
)

func newTile() *implementation {
	return &implementation{f32: new(tiled[float32]), f64: new(tiled[float64])}
}

// tiled multiplies row-major matrices by package tile, which takes the left one as it lies, transposed or not.
type tiled[T float32 | float64] struct {
	pool sync.Pool // of *copies[T]
}

// copies are matrices that were not as they are needed: A times alpha, and a transposed B.
type copies[T float32 | float64] struct{ a, b []T }

func (p *tiled[T]) gemm(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T,
	ldc int) bool {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		return false
	}
	rowA, colA := lda, 1
	if transposed(tA) {
		rowA, colA = 1, lda
	}
	s, ok := p.pool.Get().(*copies[T])
	if !ok {
		s = new(copies[T])
	}
	defer p.pool.Put(s)
	if alpha != 1 {
		s.a = append(s.a[:0], a...)
		scale(s.a, alpha)
		a = s.a
	}
	if transposed(tB) {
		s.b = grow(s.b, k*n)
		tile.Transpose(s.b, n, b, n, k, ldb)
		b, ldb = s.b, n
	}
	if beta != 0 && beta != 1 {
		for i := range m {
			scale(c[i*ldc:i*ldc+n], beta)
		}
	}
	tile.Multiply(m, n, k, a, rowA, colA, b, ldb, c, ldc, beta != 0)
	return true
}

// gemv is the product of the row xᵀ with op(A)ᵀ where that is A as it lies; for the other gonum is faster.
func (p *tiled[T]) gemv(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T,
	incY int) bool {
	if !transposed(tA) || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || incX != 1 || incY != 1 {
		return false
	}
	return p.gemm(blas.NoTrans, blas.NoTrans, 1, n, m, alpha, x, m, a, lda, beta, y, n)
}

func scale[T float32 | float64](x []T, by T) {
	for i := range x {
		x[i] *= by
	}
}

func grow[T any](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n)
	}
	return buf[:n]
}
