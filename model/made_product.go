package model

import (
	"fmt"

	"calorimeter/model/op"

	"gonum.org/v1/gonum/blas"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// staircase is a K x n matrix W of which column j has numbers in its first sees[j] rows alone, ascending in j. Its
// products leave out what is 0, in blocks: a third of the work remains for each two.
type staircase struct {
	name string
	rows int
	sees []int
}

// stair is how many columns, or rows, a block has: whole turns of the loops of every BLAS.
const stair = 64

// times is the node of h W, for h of shape (b, K). Its derivatives are dy W^T and h^T dy, the latter where W has
// numbers.
func (s *staircase) times(h, w *G.Node) *G.Node {
	o := &op.Operation{
		Name: s.name, Ranks: []int{2, 2, 2},
		Shape: func(in []tensor.Shape) (tensor.Shape, error) { return tensor.Shape{in[0][0], in[1][1]}, nil },
		Of32:  func(out []float32, in [][]float32, _ tensor.Shape) { product(s, out, in[0], in[1], sgemm) },
		Of64:  func(out []float64, in [][]float64, _ tensor.Shape) { product(s, out, in[0], in[1], dgemm) },
		Diff: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dh := op.Like(s.name+"dh",
				func(out []float32, in [][]float32, _ tensor.Shape) { productBack(s, out, in[1], in[2], sgemm) },
				func(out []float64, in [][]float64, _ tensor.Shape) { productBack(s, out, in[1], in[2], dgemm) },
				in[0], in[1], dy)
			dw := op.Like(s.name+"dW",
				func(out []float32, in [][]float32, _ tensor.Shape) { outer(s, out, in[1], in[2], sgemm) },
				func(out []float64, in [][]float64, _ tensor.Shape) { outer(s, out, in[1], in[2], dgemm) },
				in[1], in[0], dy)
			return G.Nodes{dh, dw}
		},
	}
	return o.Apply(h, w)
}

// blocks calls f with ranges of columns and how many rows of W they reach down to.
func (s *staircase) blocks(f func(from, to, depth int)) {
	for from := 0; from < len(s.sees); from += stair {
		to := min(from+stair, len(s.sees))
		f(from, to, s.sees[to-1])
	}
}

// gemm is C = op(A) op(B) of a BLAS.
type gemm[T float32 | float64] func(tA, tB blas.Transpose, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int)

func sgemm(tA, tB blas.Transpose, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	G.WhichBLAS().Sgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
}

func dgemm(tA, tB blas.Transpose, m, n, k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	G.WhichBLAS().Dgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
}

// product fills y with h W, a block of columns after the other.
func product[T float32 | float64](s *staircase, y, h, w []T, mul gemm[T]) {
	n := len(s.sees)
	rows := len(y) / n
	s.blocks(func(from, to, depth int) {
		if depth == 0 {
			clearColumns(y, n, 0, rows, from, to)
			return
		}
		mul(blas.NoTrans, blas.NoTrans, rows, to-from, depth, h, s.rows, w[from:], n, y[from:], n)
	})
}

// outer fills dW with h^T dy, and with 0 below the stairs.
func outer[T float32 | float64](s *staircase, dw, h, dy []T, mul gemm[T]) {
	n := len(s.sees)
	s.blocks(func(from, to, depth int) {
		clearColumns(dw, n, depth, s.rows, from, to)
		if depth > 0 {
			mul(blas.Trans, blas.NoTrans, depth, to-from, len(dy)/n, h, s.rows, dy[from:], n, dw[from:], n)
		}
	})
}

// productBack fills dh with dy W^T, a block of rows of W after the other, from the first column that reaches them.
func productBack[T float32 | float64](s *staircase, dh, w, dy []T, mul gemm[T]) {
	n := len(s.sees)
	rows, first := len(dy)/n, 0
	for from := 0; from < s.rows; from += stair {
		to := min(from+stair, s.rows)
		for first < n && s.sees[min(first+stair, n)-1] <= from {
			first += stair
		}
		if first >= n {
			clearColumns(dh, s.rows, 0, rows, from, s.rows)
			return
		}
		mul(blas.NoTrans, blas.Trans, rows, to-from, n-first, dy[first:], n, w[from*n+first:], n, dh[from:], s.rows)
	}
}

// clearColumns sets a part of a matrix of so many columns to 0.
func clearColumns[T float32 | float64](x []T, columns, top, bottom, from, to int) {
	for i := top; i < bottom; i++ {
		clear(x[i*columns+from : i*columns+to])
	}
}

// stairs are those of the layers.
func (m *MADE) stairs(layer int) *staircase {
	return &staircase{name: fmt.Sprintf("Stairs%d", layer), rows: m.widths[layer], sees: m.sees[layer]}
}
