package entropy

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// gramBlock is the number of columns centred and multiplied at a time: 64 rows of it fit a second-level cache.
const gramBlock = 512

// gramMatrix returns the n x n matrix of inner products of the rows after removal of their column means (row-major,
// both triangles), in O(n^2 d) time. Each block of centred columns is first shown to scale, unless it is nil, which may
// change it.
func gramMatrix(rows [][]float64, scale func(block blas64.General)) (g []float64, err error) {
	n := len(rows)
	g = make([]float64, n*n)
	sym := blas64.Symmetric{N: n, Stride: n, Data: g, Uplo: blas.Upper}
	err = centredBlocks(rows, func(block blas64.General) {
		if scale != nil {
			scale(block)
		}
		blas64.Syrk(blas.NoTrans, 1, block, 1, sym)
	})
	if err != nil {
		return nil, err
	}
	for i := range n {
		for j := range i {
			g[i*n+j] = g[j*n+i]
		}
	}
	return g, nil
}

// centredBlocks calls f with the columns of the rows less their means, gramBlock of them at a time and in order: beside
// the rows it needs memory for one block. Values that are not finite are an error.
func centredBlocks(rows [][]float64, f func(block blas64.General)) error {
	n, d, err := shape(rows)
	if err != nil {
		return err
	}
	buf := make([]float64, n*gramBlock)
	mean := make([]float64, gramBlock)
	for j0 := 0; j0 < d; j0 += gramBlock {
		width := min(gramBlock, d-j0)
		if bad := centreBlock(buf, mean[:width], rows, j0); bad >= 0 {
			return nonFinite(rows, bad)
		}
		f(blas64.General{Rows: n, Cols: width, Stride: width, Data: buf[:n*width]})
	}
	return nil
}

// centreBlock writes columns j0 .. j0+len(mean)-1 of the rows, less their means, into buf. The first row is
// subtracted before the mean, so that columns that do not vary become exactly 0 and weights close to a common start
// keep their digits. bad is a column that holds a value that is not finite, or -1.
func centreBlock(buf, mean []float64, rows [][]float64, j0 int) (bad int) {
	n, width := len(rows), len(mean)
	first := rows[0][j0 : j0+width]
	clear(mean)
	for i, row := range rows {
		out := buf[i*width : (i+1)*width]
		for j, x := range row[j0 : j0+width] {
			out[j] = x - first[j]
			mean[j] += out[j]
		}
	}
	for j := range mean {
		if math.IsNaN(mean[j]) || math.IsInf(mean[j], 0) {
			return j0 + j
		}
		mean[j] /= float64(n)
	}
	for i := range n {
		out := buf[i*width : (i+1)*width]
		for j := range out {
			out[j] -= mean[j]
		}
	}
	return -1
}

// shape returns the numbers of rows and columns, or an error that names the row that is out of line.
func shape(rows [][]float64) (n, d int, err error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return 0, 0, fmt.Errorf("there are no points (%d rows)", len(rows))
	}
	d = len(rows[0])
	for i, row := range rows {
		if len(row) != d {
			return 0, 0, fmt.Errorf("row %d has %d columns, row 0 has %d", i, len(row), d)
		}
	}
	return len(rows), d, nil
}

// nonFinite says which value of column j is not a number, for a column known to hold one (or to overflow).
func nonFinite(rows [][]float64, j int) error {
	for i, row := range rows {
		if math.IsNaN(row[j]) || math.IsInf(row[j], 0) {
			return fmt.Errorf("row %d, column %d is %v: did the run diverge?", i, j, row[j])
		}
	}
	return fmt.Errorf("column %d overflows: did the run diverge?", j)
}
