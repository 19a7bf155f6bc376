package ssl

import (
	"calorimeter/model/op"

	"gonum.org/v1/gonum/blas"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// pairs is the node, 2n x n, of the products of each row of one half of z, 2n x d, with all rows of the other:
//
//	s_ij = z_i . z_n+j,   s_n+i,j = z_n+i . z_j,   i, j = 1 .. n.
func pairs(z *G.Node) *G.Node {
	o := &op.Operation{
		Name: "Pairs", Ranks: []int{2, 2}, Of32: multiplyHalves(gemm32), Of64: multiplyHalves(gemm64),
		Shape: func(in []tensor.Shape) (tensor.Shape, error) { return tensor.Shape{in[0][0], in[0][0] / 2}, nil },
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{op.Like("PairsGrad", halvesGrad(gemm32), halvesGrad(gemm64), in[0], grad)}
		},
	}
	return o.Apply(z)
}

// gemm fills c, m x n, with op(a) op(b).
type gemm[T float32 | float64] func(tA, tB blas.Transpose, m, n, k int, a []T, lda int, b []T, ldb int, c []T)

func gemm32(tA, tB blas.Transpose, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32) {
	G.WhichBLAS().Sgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
}

func gemm64(tA, tB blas.Transpose, m, n, k int, a []float64, lda int, b []float64, ldb int, c []float64) {
	G.WhichBLAS().Dgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
}

func multiplyHalves[T float32 | float64](product gemm[T]) func(s []T, in [][]T, shape tensor.Shape) {
	var columns []T // a half, transposed
	return func(s []T, in [][]T, shape tensor.Shape) {
		n, d := shape[0]/2, shape[1]
		first, second := in[0][:n*d], in[0][n*d:]
		columns = transposed(columns, second, d)
		product(blas.NoTrans, blas.NoTrans, n, n, d, first, d, columns, n, s[:n*n])
		columns = transposed(columns, first, d)
		product(blas.NoTrans, blas.NoTrans, n, n, d, second, d, columns, n, s[n*n:])
	}
}

func halvesGrad[T float32 | float64](product gemm[T]) func(dz []T, in [][]T, shape tensor.Shape) {
	var columns, across []T // a half, and what it is given as the other factor, transposed
	return func(dz []T, in [][]T, shape tensor.Shape) {
		n, d := shape[0]/2, shape[1]
		z, ds := [2][]T{in[0][:n*d], in[0][n*d:]}, [2][]T{in[1][:n*n], in[1][n*n:]}
		for i, other := range []int{1, 0} {
			columns = transposed(columns, z[other], d)
			to := dz[i*n*d : (i+1)*n*d]
			product(blas.NoTrans, blas.Trans, n, d, n, ds[i], n, columns, n, to)
			product(blas.Trans, blas.NoTrans, d, n, n, z[other], d, ds[other], n, columns)
			across = transposed(across, columns, n)
			for j, v := range across {
				to[j] += v
			}
		}
	}
}

// transposed returns the transpose of rows of so many columns, in dst where it has room.
func transposed[T float32 | float64](dst, rows []T, columns int) []T {
	if len(dst) != len(rows) {
		dst = make([]T, len(rows))
	}
	n := len(rows) / columns
	for i := range n {
		for j, v := range rows[i*columns : (i+1)*columns] {
			dst[j*n+i] = v
		}
	}
	return dst
}
