package blas

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// The functions of this file say whether a call is well formed and not empty: every matrix and vector lies inside its
// slice, in the row-major convention of gonum, and every size fits the 32-bit integers of C. A call that is not goes to
// gonum, which returns at once or panics with its own message; no such call reaches C or assembly.

func gemmFits(tA, tB blas.Transpose, m, n, k, lenA, lda, lenB, ldb, lenC, ldc int) bool {
	rowsA, colsA := m, k
	rowsB, colsB := k, n
	if transposed(tA) {
		rowsA, colsA = k, m
	}
	if transposed(tB) {
		rowsB, colsB = n, k
	}
	return known(tA) && known(tB) &&
		matrixFits(rowsA, colsA, lenA, lda) && matrixFits(rowsB, colsB, lenB, ldb) && matrixFits(m, n, lenC, ldc)
}

func gemvFits(tA blas.Transpose, m, n, lenA, lda, lenX, incX, lenY, incY int) bool {
	nx, ny := n, m
	if transposed(tA) {
		nx, ny = m, n
	}
	return known(tA) && matrixFits(m, n, lenA, lda) && vectorFits(nx, lenX, incX) && vectorFits(ny, lenY, incY)
}

// matrixFits reports whether rows x cols elements with row stride ld lie in a slice of that length. The test by
// division cannot overflow.
func matrixFits(rows, cols, length, ld int) bool {
	return rows > 0 && cols > 0 && ld >= cols && length >= cols && (length-cols)/ld >= rows-1 &&
		rows <= math.MaxInt32 && ld <= math.MaxInt32
}

// vectorFits refuses the negative increments that BLAS allows: Gorgonia has none.
func vectorFits(n, length, inc int) bool {
	return inc > 0 && length > 0 && (length-1)/inc >= n-1 && inc <= math.MaxInt32
}

func known(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

func transposed(t blas.Transpose) bool { return t != blas.NoTrans }
