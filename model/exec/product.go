package exec

import (
	"gonum.org/v1/gonum/blas"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// products tells whether the factors of Gorgonia's products of matrices are transposed, by the names of these.
var products = map[string][2]blas.Transpose{
	"A × B":  {blas.NoTrans, blas.NoTrans},
	"Aᵀ × B": {blas.Trans, blas.NoTrans},
	"A × Bᵀ": {blas.NoTrans, blas.Trans},
}

// productOf returns the kernel of a product of matrices, the call of the BLAS that Gorgonia makes, and nil for other
// operations. Gorgonia's own transposes headers there and back, and makes new ones.
func productOf(n *G.Node) kernel {
	transposed, ok := products[n.Op().String()]
	if !ok {
		return nil
	}
	own := n.Op().(G.UsePreallocDoer).UsePreallocDo
	tA, tB := transposed[0], transposed[1]
	return func(out G.Value, in ...G.Value) (G.Value, error) {
		a, b := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
		if !rowMajor(a) || !rowMajor(b) {
			return own(out, in...)
		}
		c := out.(*tensor.Dense)
		m, n := c.Shape()[0], c.Shape()[1]
		k := a.Shape()[1]
		if tA == blas.Trans {
			k = a.Shape()[0]
		}
		lda, ldb := a.Shape()[1], b.Shape()[1]
		if c.Dtype() == tensor.Float32 {
			G.WhichBLAS().Sgemm(tA, tB, m, n, k, 1, a.Float32s(), lda, b.Float32s(), ldb, 0, c.Float32s(), n)
		} else {
			G.WhichBLAS().Dgemm(tA, tB, m, n, k, 1, a.Float64s(), lda, b.Float64s(), ldb, 0, c.Float64s(), n)
		}
		return out, nil
	}
}

// rowMajor says whether the numbers of t stand one after the other, row by row, as those of a transposed view do not.
func rowMajor(t *tensor.Dense) bool { return !t.RequiresIterator() && t.DataOrder().IsRowMajor() }
