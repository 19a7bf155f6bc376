package blas

import (
	"sync"

	"github.com/viterin/vek"
	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/blas"
)

func vekAccelerated() bool { return vek.Info().Acceleration }

// newVek returns vek's products. Which kernel a product takes, if any, depends on op(B) alone, so that a row of the
// result is a function of the same row of op(A), of op(B), alpha and beta, and of nothing else.
func newVek() *implementation {
	return &implementation{
		f32: &product[float32]{mul: vek32.MatMul_Into, step: 32},
		f64: &product[float64]{mul: vek.MatMul_Into, step: 16},
	}
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

func (p *product[T]) gemm(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T,
	ldc int) bool {
	if alpha == 0 || !gemmFits(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) || p.small(n, k) {
		return false
	}
	p.multiply(transposed(tA), transposed(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	return true
}

// multiply computes C = alpha op(A) op(B) + beta C for alpha != 0.
func (p *product[T]) multiply(tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T,
	ldc int) {
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

// gemv is the product of the row xᵀ with op(A)ᵀ, where that needs no copy of the matrix, which would cost as much as
// the product.
func (p *product[T]) gemv(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T,
	incY int) bool {
	if alpha == 0 || !gemvFits(tA, m, n, len(a), lda, len(x), incX, len(y), incY) ||
		incX != 1 || incY != 1 || lda != n || n < 2*p.step || p.padded(n) != n {
		return false
	}
	if transposed(tA) {
		p.multiply(false, false, 1, n, m, alpha, x, m, a, lda, beta, y, n)
	} else {
		p.multiply(false, true, 1, m, n, alpha, x, n, a, lda, beta, y, m)
	}
	return true
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
