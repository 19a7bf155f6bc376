package entropy

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// projectBlock is the number of columns that are projected at a time: of so many, all directions stay near.
const projectBlock = 256

// Project returns the rows (n x d) in k random directions, n x k: y = P x with P a k x d matrix of independent
// N(0, 1/k) numbers, so that E|y|^2 = |x|^2. P is drawn from rng and never held whole: the same seed gives the same
// P for the same d and k, so that several observations are seen in the same directions. It panics if k < 1.
//
// Source: Johnson & Lindenstrauss 1984, Contemp. Math. 26, 189.
func Project(rows [][]float64, k int, rng *rand.Rand) ([][]float64, error) {
	if k < 1 {
		panic("entropy: Project needs at least one direction")
	}
	n, d, err := shape(rows)
	if err != nil {
		return nil, err
	}
	out, directions := newRows(n, k), newRows(k, projectBlock)
	part := make([]float64, k)
	scale := 1 / math.Sqrt(float64(k))
	for j0 := 0; j0 < d; j0 += projectBlock {
		width := min(projectBlock, d-j0)
		for j := range width {
			for _, direction := range directions {
				direction[j] = scale * rng.NormFloat64()
			}
		}
		for i, row := range rows {
			clear(part)
			along(part, row[j0:j0+width], directions, 0)
			for q, y := range part {
				out[i][q] += y
			}
		}
	}
	return out, nil
}

// PCA holds the k leading principal directions of a set of rows: Mean (d) and Directions (k x d, orthonormal, by
// falling variance).
type PCA struct {
	Mean       []float64
	Directions [][]float64
}

// FitPCA returns the k leading principal directions of n rows of d columns, from the eigenvectors u of their n x n
// Gram matrix: direction = X^T u / |X^T u|, X the rows about their mean. O(n^2 d) time, O(k d) memory. The sign is
// fixed so that the component largest in size is positive. Fewer than k directions with any variance is an error.
//
// Source: the "snapshot" form of principal components, Sirovich 1987, Quart. Appl. Math. 45, 561.
func FitPCA(rows [][]float64, k int) (*PCA, error) {
	if k < 1 {
		panic("entropy: FitPCA needs at least one direction")
	}
	g, err := gramMatrix(rows, nil)
	if err != nil {
		return nil, err
	}
	n, d := len(rows), len(rows[0])
	var eig mat.EigenSym
	if !eig.Factorize(mat.NewSymDense(n, g), true) {
		return nil, fmt.Errorf("the eigenvalues of the Gram matrix of %d rows did not converge", n)
	}
	values := eig.Values(nil)
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	if k > n-1 || !(values[n-k] > 1e-12*values[n-1]) {
		return nil, fmt.Errorf("%d rows do not vary in %d directions: ask for fewer", n, k)
	}
	p := &PCA{Mean: make([]float64, d), Directions: newRows(k, d)}
	for _, row := range rows {
		for j, x := range row {
			p.Mean[j] += (x - rows[0][j]) / float64(n)
		}
	}
	for j := range d {
		p.Mean[j] += rows[0][j]
	}
	for q, direction := range p.Directions {
		for i, row := range rows {
			u := vectors.At(i, n-1-q)
			for j, x := range row {
				direction[j] += u * (x - p.Mean[j])
			}
		}
		normalise(direction)
	}
	return p, nil
}

// Apply returns the coordinates of the rows (n x d) along the directions, n x k, about the fitted mean.
func (p *PCA) Apply(rows [][]float64) ([][]float64, error) {
	n, d, err := shape(rows)
	if err != nil {
		return nil, err
	}
	if d != len(p.Mean) {
		return nil, fmt.Errorf("rows of %d columns for directions of %d", d, len(p.Mean))
	}
	out := newRows(n, len(p.Directions))
	centred := make([]float64, projectBlock)
	for j0 := 0; j0 < d; j0 += projectBlock {
		block := centred[:min(projectBlock, d-j0)]
		for i, row := range rows {
			for j := range block {
				block[j] = row[j0+j] - p.Mean[j0+j]
			}
			along(out[i], block, p.Directions, j0)
		}
	}
	return out, nil
}

// along adds to each y the products of x with a direction from its entry j0 on, one after the other; to four y at a
// time, whose sums do not wait for each other.
func along(y, x []float64, directions [][]float64, j0 int) {
	q := 0
	for ; q+4 <= len(y); q += 4 {
		a, b := directions[q][j0:][:len(x)], directions[q+1][j0:][:len(x)]
		c, d := directions[q+2][j0:][:len(x)], directions[q+3][j0:][:len(x)]
		ya, yb := y[q], y[q+1]
		yc, yd := y[q+2], y[q+3]
		for j, v := range x {
			ya += v * a[j]
			yb += v * b[j]
			yc += v * c[j]
			yd += v * d[j]
		}
		y[q], y[q+1] = ya, yb
		y[q+2], y[q+3] = yc, yd
	}
	for ; q < len(y); q++ {
		for j, v := range x {
			y[q] += v * directions[q][j0+j]
		}
	}
}

// normalise gives v unit length and a positive largest component.
func normalise(v []float64) {
	largest := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(largest) {
			largest = x
		}
	}
	scale := math.Copysign(1/math.Sqrt(dot(v, v)), largest)
	for j := range v {
		v[j] *= scale
	}
}

func dot(a, b []float64) float64 {
	var sum float64
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

func newRows(n, k int) [][]float64 {
	data := make([]float64, n*k)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = data[i*k : (i+1)*k : (i+1)*k]
	}
	return rows
}
