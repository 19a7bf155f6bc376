package copying

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Examples are points to search for the nearest of, such as a training set.
type Examples struct {
	dim   int
	order []int     // of the coordinates, the widest first
	x     []float32 // row-major, coordinates in that order
	bits  []uint64  // of x as bits; nil where it holds other values than 0 and 1
}

// NewExamples prepares examples, row-major with dim numbers each; they are copied. It panics on none, or on a part of
// a row.
func NewExamples(x []float32, dim int) *Examples {
	mustBeRows(x, dim)
	if len(x) == 0 {
		panic("copying: no examples to search")
	}
	e := &Examples{dim: dim, order: make([]int, dim), x: make([]float32, len(x))}
	variance := make([]float64, dim)
	for j := range dim {
		e.order[j] = j
		var sum, squares float64
		for i := j; i < len(x); i += dim {
			v := float64(x[i])
			sum, squares = sum+v, squares+v*v
		}
		n := float64(len(x) / dim)
		variance[j] = squares/n - sum/n*(sum/n)
	}
	slices.SortStableFunc(e.order, func(a, b int) int { return cmp.Compare(variance[b], variance[a]) })
	for first := 0; first < len(x); first += dim {
		e.arrange(e.x[first:first+dim], x[first:first+dim])
	}
	e.bits = packed(e.x, dim)
	return e
}

func mustBeRows(x []float32, dim int) {
	if dim < 1 || len(x)%dim != 0 {
		panic(fmt.Sprintf("copying: %d numbers are no rows of %d", len(x), dim))
	}
}

// arrange writes the coordinates of a row in the order of the search.
func (e *Examples) arrange(dst, row []float32) {
	for j, from := range e.order {
		dst[j] = row[from]
	}
}

// Neighbour is the nearest example of a point.
type Neighbour struct {
	Distance float64 // Euclidean
	Index    int     // row of the examples; the first of several at the same distance
}

// Nearest returns the nearest example of each row of x, which must be finite. Time O(rows x examples x dim) at most: an
// example is left as soon as it is farther than the nearest so far, which the widest coordinates, taken first, often
// show; bits are compared 64 at a time. Trees are no quicker in hundreds of dimensions.
func (e *Examples) Nearest(x []float32) []Neighbour {
	mustBeRows(x, e.dim)
	nearest := make([]Neighbour, len(x)/e.dim)
	point := make([]float32, e.dim)
	for i := range nearest {
		e.arrange(point, x[i*e.dim:(i+1)*e.dim])
		var squared float64
		if bits := packed(point, e.dim); e.bits != nil && bits != nil {
			nearest[i].Index, squared = nearestBits(bits, e.bits)
		} else {
			nearest[i].Index, squared = nearestRow(point, e.x)
		}
		nearest[i].Distance = math.Sqrt(squared)
	}
	return nearest
}

// Distances returns the distances alone.
func Distances(n []Neighbour) []float64 {
	d := make([]float64, len(n))
	for i := range n {
		d[i] = n[i].Distance
	}
	return d
}

// nearestRow returns the row of x nearest to a point, and the squared distance.
func nearestRow(point, x []float32) (row int, squared float64) {
	least := float32(math.Inf(1))
	for i := 0; i < len(x); i += len(point) {
		if d := squaredDistance(point, x[i:i+len(point)], least); d < least {
			row, least = i/len(point), d
		}
	}
	return row, float64(least)
}

// squaredDistance returns |a-b|^2, or a part of it that is no less than limit.
func squaredDistance(a, b []float32, limit float32) float32 {
	b = b[:len(a)]
	var sum float32
	j := 0
	for ; j+8 <= len(a); j += 8 {
		p, q := a[j:j+8:j+8], b[j:j+8:j+8]
		d0, d1 := p[0]-q[0], p[1]-q[1]
		d2, d3 := p[2]-q[2], p[3]-q[3]
		d4, d5 := p[4]-q[4], p[5]-q[5]
		d6, d7 := p[6]-q[6], p[7]-q[7]
		sum += ((d0*d0 + d1*d1) + (d2*d2 + d3*d3)) + ((d4*d4 + d5*d5) + (d6*d6 + d7*d7))
		if sum >= limit {
			return sum
		}
	}
	for ; j < len(a); j++ {
		d := a[j] - b[j]
		sum += d * d
	}
	return sum
}
