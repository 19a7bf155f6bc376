package neighbours

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Distances returns the distances of each point to its k nearest others, those of point i in ascending order in
// [i*k:(i+1)*k]. points is a flat row-major n x dim slice; it is not kept. It panics unless 1 <= k < n, or on points
// that are no points (see [NewCounter]).
func Distances(points []float64, dim, k int) []float64 {
	mustBePoints(points, dim)
	n := len(points) / dim
	if k < 1 || k >= n {
		panic(fmt.Sprintf("neighbours: %d neighbours asked for among %d points", k, n))
	}
	dist := make([]float64, n*k)
	newTree(points, dim).nearest(k, dist)
	return dist
}

// Counter counts the neighbours of each of its points. It is safe for concurrent use.
type Counter struct {
	n      int
	search interface {
		count(radii []float64, counts []int)
	}
}

// NewCounter returns a counter for the points, a flat row-major n x dim slice that it reads but neither keeps nor
// changes. It panics if dim is not positive or does not divide len(points), or if a value is NaN or infinite.
func NewCounter(points []float64, dim int) *Counter {
	mustBePoints(points, dim)
	c := &Counter{n: len(points) / dim}
	if dim == 1 {
		c.search = newLine(points)
	} else {
		c.search = newTree(points, dim)
	}
	return c
}

// Count writes into counts[i] how many other points are strictly nearer to point i than radii[i]. It panics unless both
// slices hold n values. It allocates nothing.
func (c *Counter) Count(radii []float64, counts []int) {
	if len(radii) != c.n || len(counts) != c.n {
		panic(fmt.Sprintf("neighbours: %d points, but %d radii and %d counts", c.n, len(radii), len(counts)))
	}
	c.search.count(radii, counts)
}

func mustBePoints(points []float64, dim int) {
	if dim < 1 || len(points)%dim != 0 {
		panic(fmt.Sprintf("neighbours: %d values are no points of %d dimensions", len(points), dim))
	}
	for i, v := range points {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			panic(fmt.Sprintf("neighbours: coordinate %d of point %d is %v", i%dim, i/dim, v))
		}
	}
}

// line counts points of one dimension by bisection among the sorted values, which halves the time of the tree.
type line struct{ points, sorted []float64 }

func newLine(points []float64) *line {
	l := &line{points: slices.Clone(points), sorted: slices.Clone(points)}
	slices.Sort(l.sorted)
	return l
}

// count bisects by the difference itself, which rounds monotonically, not by x +- r, which would round differently from
// a distance.
func (l *line) count(radii []float64, counts []int) {
	for i, x := range l.points {
		r := radii[i]
		from := sort.Search(len(l.sorted), func(j int) bool { return x-l.sorted[j] < r })
		to := sort.Search(len(l.sorted), func(j int) bool { return l.sorted[j]-x >= r })
		counts[i] = max(0, to-from-1)
	}
}
