package blas

import (
	"sync"

	"github.com/viterin/vek"
	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func vekAccelerated() bool { return vek.Info().Acceleration }

// vekBLAS replaces gonum's products by vek's. Which kernel a product takes, if any, depends on op(B) alone, so that a
// row of the result is a function of the same row of op(A), of op(B), alpha and beta, and of nothing else.
type vekBLAS struct {
	gonum.Implementation
	f32 product[float32]
	f64 product[float64]
}

func newVek() *vekBLAS {
	return &vekBLAS{
		f32: product[float32]{mul: vek32.MatMul_Into, step: 32},
		f64: product[float64]{mul: vek.MatMul_Into, step: 16},
	}
}

// Sgemm computes C = alpha op(A) op(B) + beta C, where op(A) is m x k and op(B) is k x n. It panics as gonum's does.
func (im *vekBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int,
	beta float32, c []float32, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || im.f32.small(n, k) {
		im.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	im.f32.gemm(transposed(tA), transposed(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm is [vekBLAS.Sgemm] in double precision.
func (im *vekBLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int,
	beta float64, c []float64, ldc int) {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || im.f64.small(n, k) {
		im.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	im.f64.gemm(transposed(tA), transposed(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Sgemv computes y = alpha op(A) x + beta y, where A is m x n. It panics as gonum's does.
func (im *vekBLAS) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int,
	beta float32, y []float32, incY int) {
	if alpha == 0 || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || !im.f32.direct(transposed(tA), m, n,
		lda, incX, incY) {
		im.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	im.f32.gemv(transposed(tA), m, n, alpha, a, lda, x, beta, y)
}

// Dgemv is [vekBLAS.Sgemv] in double precision.
func (im *vekBLAS) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int,
	beta float64, y []float64, incY int) {
	if alpha == 0 || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) || !im.f64.direct(transposed(tA), m, n,
		lda, incX, incY) {
		im.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	im.f64.gemv(transposed(tA), m, n, alpha, a, lda, x, beta, y)
}

// product multiplies row-major matrices through one function of vek, which has two kernels in assembly:
//
//	sweep  c_i = sum_l a_il b_l   adds multiples of the rows of B; runs along a row of C
//	dots   c_ij = a_i . b_j       takes B by columns; runs along k
//
// Both treat step elements in each turn of their loop and the remainder one by one. sweep suits B as it is
// stored, dots suits Bᵀ stored by rows; where the length they would run along is short, B is transposed for the
// other. Long remainders are padded with zeros.
type product[T float32 | float64] struct {
	mul  func(dst, x, y []T, n int) []T // dst = x y, with x of n columns
	step int
	pool sync.Pool // of *scratch[T]
}

type scratch[T float32 | float64] struct{ a, b, row []T }

const (
	// vekMinElements is the number of elements of op(B) below which gonum is faster, if k is short (BenchmarkSmall).
	vekMinElements = 320
	// vekColumns is how many columns of B the dots kernel takes at a time, so that they stay in the first cache.
	vekColumns = 32
	// vekSerial is the number of multiply-adds from which vek starts goroutines for a product of four rows or more.
	vekSerial = 100_000
)

// byDots chooses the kernel.
func (p *product[T]) byDots(tB bool, n, k int) bool { return k >= 2*p.step && (tB || n < p.step) }

func (p *product[T]) small(n, k int) bool { return k < 2*p.step && n*k < vekMinElements }

// padded is the length to which a loop over n elements is extended.
func (p *product[T]) padded(n int) int {
	if rest := n % p.step; 8*rest > n {
		return n - rest + p.step
	}
	return n
}

// gemm computes C = alpha op(A) op(B) + beta C for alpha != 0.
func (p *product[T]) gemm(tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	s, ok := p.pool.Get().(*scratch[T])
	if !ok {
		s = new(scratch[T])
	}
	defer p.pool.Put(s)

	dots := p.byDots(tB, n, k)
	length, block := k, n // of a row of op(A); columns at a time
	width := p.padded(n)  // the columns, padded
	if dots {
		length = p.padded(k)
		block = min(vekColumns, n, max(3, (vekSerial-1)/length))
		width = block
		b, _ = pack(&s.b, b, !tB, n, k, ldb, length, true)
	} else {
		b, _ = pack(&s.b, b, tB, k, n, ldb, width, true)
	}
	a, lda = pack(&s.a, a, tA, m, k, lda, length, false)
	s.row = grow(s.row, width)
	inPlace := alpha == 1 && beta == 0 && (dots || width == n)

	for j := 0; j < n; j += block {
		cols := min(block, n-j)
		for i := range m {
			x, out := a[i*lda:i*lda+length], c[i*ldc+j:i*ldc+j+cols]
			dst := s.row
			if inPlace {
				dst = out
			}
			if dots {
				p.mul(dst, b[j*length:(j+cols)*length], x, length)
			} else {
				p.mul(dst, x, b, length)
			}
			if !inPlace {
				combine(out, alpha, dst, beta)
			}
		}
	}
}

// direct reports whether a product with a vector needs no copy of the matrix, which would cost as much as the product.
func (p *product[T]) direct(tA bool, m, n, lda, incX, incY int) bool {
	return incX == 1 && incY == 1 && lda == n && n >= 2*p.step && p.padded(n) == n
}

// gemv computes y = alpha op(A) x + beta y as the product of the row xᵀ with op(A)ᵀ.
func (p *product[T]) gemv(tA bool, m, n int, alpha T, a []T, lda int, x []T, beta T, y []T) {
	if tA {
		p.gemm(false, false, 1, n, m, alpha, x, m, a, lda, beta, y, n)
		return
	}
	p.gemm(false, true, 1, m, n, alpha, x, n, a, lda, beta, y, m)
}

// combine computes out = alpha x + beta out; beta = 0 overwrites whatever out holds, a NaN too.
func combine[T float32 | float64](out []T, alpha T, x []T, beta T) {
	x = x[:len(out)]
	switch {
	case beta == 0 && alpha == 1:
		copy(out, x)
	case beta == 0:
		for i, v := range x {
			out[i] = alpha * v
		}
	default:
		for i, v := range x {
			out[i] = alpha*v + beta*out[i]
		}
	}
}

// pack returns the rows x cols matrix (the transpose of src if trans) with rows of at least stride elements, those
// beyond cols zero, and its leading dimension. It copies to buf only if src is not so already; tight asks for a leading
// dimension of exactly stride.
func pack[T float32 | float64](buf *[]T, src []T, trans bool, rows, cols, ld, stride int, tight bool) ([]T, int) {
	if !trans && cols == stride && (ld == stride || !tight) {
		return src[:(rows-1)*ld+cols], ld
	}
	*buf = grow(*buf, rows*stride)
	dst := *buf
	if trans {
		transpose(dst, stride, src, rows, cols, ld)
	} else {
		for i := range rows {
			copy(dst[i*stride:i*stride+cols], src[i*ld:])
		}
	}
	if cols < stride {
		for i := range rows {
			clear(dst[i*stride+cols : (i+1)*stride])
		}
	}
	return dst, stride
}

// transpose writes the rows x cols transpose of src, in squares that fit the first cache.
func transpose[T float32 | float64](dst []T, stride int, src []T, rows, cols, ld int) {
	const side = 16
	for i0 := 0; i0 < rows; i0 += side {
		i1 := min(i0+side, rows)
		for j := range cols {
			for i, v := range src[j*ld+i0 : j*ld+i1] {
				dst[(i0+i)*stride+j] = v
			}
		}
	}
}

func grow[T any](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n)
	}
	return buf[:n]
}
