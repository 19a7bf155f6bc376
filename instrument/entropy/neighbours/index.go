package neighbours

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// Index is a cloud of points ready to be searched. It is safe for concurrent use as long as Workers is left
// alone.
type Index struct {
	// Workers is the number of goroutines that NearestAll and CountAll use; 0 and 1 both mean the caller's own.
	Workers int

	cloud  *cloud
	search search
}

// search is one way to answer queries about a cloud. Distances and radii are reduced ones (see cloud).
type search interface {
	// nearest writes the len(idx) points nearest to q but skip and returns how many there were.
	nearest(q []float64, skip int, idx []int, dist []float64) int
	// count returns how many points lie within the reduced distance r of q, r included.
	count(q []float64, r float64) int
	// nearestBlock and countBlock answer for a block of the cloud's own points, each of which leaves itself out.
	// Blocks lo to hi-1 are ranges of whatever sequence of the points touches the least memory.
	nearestBlock(lo, hi, k int, idx []int, dist []float64)
	countBlock(lo, hi int, radii []float64, closed bool, counts []int)
}

// New returns an index over the points, a flat row-major n x dim slice that it reads but neither keeps nor
// changes. The error names the first coordinate that is not finite. New panics if dim is not positive or does not
// divide len(points).
func New(points []float64, dim int, norm Norm) (*Index, error) {
	c, err := newCloud(points, dim, norm)
	if err != nil {
		return nil, err
	}
	ix := &Index{cloud: c}
	switch {
	case dim == 1:
		ix.search = newLine(c)
	case scans(c.n, dim, norm):
		ix.search = newScan(c)
	default:
		ix.search = newTree(c)
	}
	return ix, nil
}

// Len returns the number of points.
func (ix *Index) Len() int { return ix.cloud.n }

// Dim returns the number of coordinates of a point.
func (ix *Index) Dim() int { return ix.cloud.dim }

// Nearest writes the len(idx) points nearest to q, nearest first, into idx and their distances into dist, and
// returns how many there were: fewer than asked for only if the cloud has no more. Point skip is left out; -1
// skips none. Nearest panics if idx and dist differ in length or q has not Dim coordinates.
func (ix *Index) Nearest(q []float64, skip int, idx []int, dist []float64) int {
	if len(idx) != len(dist) {
		panic(fmt.Sprintf("neighbours: room for %d indices but %d distances", len(idx), len(dist)))
	}
	ix.checkQuery(q)
	if len(idx) == 0 {
		return 0
	}
	m := ix.search.nearest(q, skip, idx, dist)
	ix.cloud.norm.expand(dist[:m])
	return m
}

// Count returns how many points are nearer to q than radius, or, if closed, at most radius away. Point skip is
// left out; -1 skips none. It panics if q has not Dim coordinates.
func (ix *Index) Count(q []float64, skip int, radius float64, closed bool) int {
	ix.checkQuery(q)
	r := ix.cloud.norm.reduce(radius, closed)
	if r < 0 {
		return 0
	}
	m := ix.search.count(q, r)
	if skip >= 0 && ix.cloud.distance(q, ix.cloud.row(skip), r) <= r {
		m--
	}
	return m
}

// NearestAll writes, for every point i, its k nearest other points into idx[i*k:(i+1)*k], nearest first, and
// their distances into the same places of dist. It panics unless 1 <= k < Len() and both slices hold Len()*k
// values.
func (ix *Index) NearestAll(k int, idx []int, dist []float64) {
	n := ix.cloud.n
	if k < 1 || k >= n {
		panic(fmt.Sprintf("neighbours: %d neighbours asked for among %d points", k, n))
	}
	if len(idx) != n*k || len(dist) != n*k {
		panic(fmt.Sprintf("neighbours: %d points with %d neighbours need %d places, got %d and %d", n, k, n*k, len(idx), len(dist)))
	}
	ix.inBlocks(func(lo, hi int) {
		ix.search.nearestBlock(lo, hi, k, idx, dist)
	})
	ix.cloud.norm.expand(dist)
}

// CountAll writes into counts[i] how many other points are nearer to point i than radii[i], or, if closed, at
// most radii[i] away. It panics unless both slices hold Len() values.
func (ix *Index) CountAll(radii []float64, closed bool, counts []int) {
	n := ix.cloud.n
	if len(radii) != n || len(counts) != n {
		panic(fmt.Sprintf("neighbours: %d points, but %d radii and %d counts", n, len(radii), len(counts)))
	}
	ix.inBlocks(func(lo, hi int) {
		ix.search.countBlock(lo, hi, radii, closed, counts)
	})
}

// block is the number of queries that a worker takes at a time.
const block = 128

// inBlocks calls f for consecutive ranges that cover all queries, on the workers of the index.
func (ix *Index) inBlocks(f func(lo, hi int)) {
	n := ix.cloud.n
	blocks := (n + block - 1) / block
	workers := min(ix.Workers, blocks)
	if workers <= 1 {
		for b := range blocks {
			f(b*block, min((b+1)*block, n))
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b < blocks; b = int(next.Add(1)) - 1 {
				f(b*block, min((b+1)*block, n))
			}
		})
	}
	wg.Wait()
}

func (ix *Index) checkQuery(q []float64) {
	if len(q) != ix.cloud.dim {
		panic(fmt.Sprintf("neighbours: query with %d coordinates in %d dimensions", len(q), ix.cloud.dim))
	}
}

// best keeps the nearest candidates seen so far in the caller's slices, ordered by distance, then by index.
type best struct {
	idx   []int
	dist  []float64
	n     int
	bound float64 // a candidate farther than this cannot enter
}

func newBest(idx []int, dist []float64) best {
	return best{idx: idx, dist: dist, bound: math.Inf(1)}
}

// add enters candidate i at distance d <= b.bound, if it belongs among the best.
func (b *best) add(d float64, i int) {
	last := len(b.dist) - 1
	at := b.n
	if b.n > last {
		if d == b.dist[last] && i > b.idx[last] {
			return
		}
		at = last
	} else {
		b.n++
	}
	for at > 0 && (b.dist[at-1] > d || b.dist[at-1] == d && b.idx[at-1] > i) {
		b.dist[at], b.idx[at] = b.dist[at-1], b.idx[at-1]
		at--
	}
	b.dist[at], b.idx[at] = d, i
	if b.n > last {
		b.bound = b.dist[last]
	}
}
