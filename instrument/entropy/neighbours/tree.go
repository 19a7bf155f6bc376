package neighbours

import (
	"math"
	"slices"
)

// tree is a k-d tree: every node halves its points at the median of its widest coordinate and knows the smallest box
// that holds them. Node i has the children 2i+1 and 2i+2; the points of a node are contiguous. Leaves hold the more
// points the more dimensions there are: a box is then seldom left closed, and costs as much as several points do.
type tree struct {
	n, dim int
	leaf   int       // the largest number of points that a leaf holds
	sorted []float64 // the points, leaf by leaf
	perm   []int     // perm[i] is the index in the cloud of sorted point i
	boxes  []float64 // of each node, lower corner and upper corner: 2*dim values
}

func newTree(points []float64, dim int) *tree {
	n := len(points) / dim
	t := &tree{n: n, dim: dim, leaf: max(12, 5*dim), sorted: slices.Clone(points), perm: make([]int, n)}
	for i := range t.perm {
		t.perm[i] = i
	}
	nodes := 1
	for size := n; size > t.leaf; size = (size + 1) / 2 {
		nodes = 2*nodes + 1
	}
	t.boxes = make([]float64, nodes*2*dim)
	t.build(0, 0, n)
	return t
}

func (t *tree) build(node, lo, hi int) {
	lower, upper := t.box(node)
	points := t.sorted[lo*t.dim : hi*t.dim]
	copy(lower, points)
	copy(upper, points)
	for ; len(points) > 0; points = points[t.dim:] {
		for j, v := range points[:t.dim] {
			lower[j] = min(lower[j], v)
			upper[j] = max(upper[j], v)
		}
	}
	if hi-lo <= t.leaf {
		return
	}
	widest := 0
	for j := range lower {
		if upper[j]-lower[j] > upper[widest]-lower[widest] {
			widest = j
		}
	}
	mid := (lo + hi) / 2
	t.partition(lo, hi-1, mid, widest)
	t.build(2*node+1, lo, mid)
	t.build(2*node+2, mid, hi)
}

// partition orders the points lo to hi so that those before mid are not larger in coordinate j than those from mid on
// (Hoare's selection).
func (t *tree) partition(lo, hi, mid, j int) {
	key := func(i int) float64 { return t.sorted[i*t.dim+j] }
	for lo < hi {
		first, middle := key(lo), key(int(uint(lo+hi)>>1))
		last := key(hi)
		pivot := max(min(first, middle), min(max(first, middle), last))
		l, r := lo, hi
		for l <= r {
			for key(l) < pivot {
				l++
			}
			for key(r) > pivot {
				r--
			}
			if l <= r {
				t.swap(l, r)
				l++
				r--
			}
		}
		switch {
		case mid <= r:
			hi = r
		case mid >= l:
			lo = l
		default:
			return
		}
	}
}

func (t *tree) swap(a, b int) {
	t.perm[a], t.perm[b] = t.perm[b], t.perm[a]
	p, q := t.sorted[a*t.dim:(a+1)*t.dim], t.sorted[b*t.dim:(b+1)*t.dim]
	for j, v := range p {
		p[j], q[j] = q[j], v
	}
}

func (t *tree) box(node int) (lower, upper []float64) {
	at := node * 2 * t.dim
	return t.boxes[at : at+t.dim], t.boxes[at+t.dim : at+2*t.dim]
}

func (t *tree) point(p int) []float64 { return t.sorted[p*t.dim : (p+1)*t.dim] }

// nearest writes what [Distances] returns.
func (t *tree) nearest(k int, dist []float64) {
	for p, i := range t.perm {
		best := dist[i*k : (i+1)*k]
		for j := range best {
			best[j] = math.Inf(1)
		}
		t.visit(0, 0, t.n, p, best)
	}
}

// visit enters the distances of the points sorted[lo:hi] of the node from point p into best, nearer child first.
func (t *tree) visit(node, lo, hi, p int, best []float64) {
	q := t.point(p)
	last := len(best) - 1
	if hi-lo <= t.leaf {
		points := t.sorted[lo*t.dim : hi*t.dim]
		for ; len(points) > 0; points = points[len(q):] {
			d := distance(q, points[:len(q)], best[last])
			if d < best[last] && lo != p {
				enter(best, d)
			}
			lo++
		}
		return
	}
	mid := (lo + hi) / 2
	left, right := t.toBox(2*node+1, q), t.toBox(2*node+2, q)
	if left <= right {
		if left < best[last] {
			t.visit(2*node+1, lo, mid, p, best)
		}
		if right < best[last] {
			t.visit(2*node+2, mid, hi, p, best)
		}
		return
	}
	if right < best[last] {
		t.visit(2*node+2, mid, hi, p, best)
	}
	if left < best[last] {
		t.visit(2*node+1, lo, mid, p, best)
	}
}

// enter puts d in its place among the ascending distances, and drops the last of them.
func enter(best []float64, d float64) {
	at := len(best) - 1
	for ; at > 0 && best[at-1] > d; at-- {
		best[at] = best[at-1]
	}
	best[at] = d
}

// count writes what [Counter.Count] does.
func (t *tree) count(radii []float64, counts []int) {
	for p, i := range t.perm {
		counts[i] = 0
		if radii[i] > 0 {
			counts[i] = t.within(0, 0, t.n, t.point(p), radii[i]) - 1
		}
	}
}

// within counts the points sorted[lo:hi] of the node that are nearer to q than r.
func (t *tree) within(node, lo, hi int, q []float64, r float64) (count int) {
	if t.toBox(node, q) >= r {
		return 0
	}
	if t.farthest(node, q) < r {
		return hi - lo
	}
	if hi-lo <= t.leaf {
		for points := t.sorted[lo*t.dim : hi*t.dim]; len(points) > 0; points = points[len(q):] {
			if distance(q, points[:len(q)], r) < r {
				count++
			}
		}
		return count
	}
	mid := (lo + hi) / 2
	return t.within(2*node+1, lo, mid, q, r) + t.within(2*node+2, mid, hi, q, r)
}

// distance returns the max-norm of p - q or, once it is known to reach limit, any number from limit on. It takes maxima
// of bit patterns: those of floats that are not negative are ordered as the floats are, and an integer maximum needs no
// branch, which would be mispredicted about ln(dim) times a pair.
func distance(p, q []float64, limit float64) float64 {
	q = q[:len(p)]
	var m int64
	for len(p) > 8 {
		a, b := p[:8], q[:8]
		for j, v := range a {
			m = max(m, ordered(math.Abs(v-b[j])))
		}
		if d := math.Float64frombits(uint64(m)); d >= limit {
			return d
		}
		p, q = p[8:], q[8:]
	}
	for j, v := range p {
		m = max(m, ordered(math.Abs(v-q[j])))
	}
	return math.Float64frombits(uint64(m))
}

// ordered returns the bits of v as an integer that is negative where v is, and ordered as v where it is not.
func ordered(v float64) int64 { return int64(math.Float64bits(v)) }

// toBox returns the distance of q to the node's box.
func (t *tree) toBox(node int, q []float64) float64 {
	lower, upper := t.box(node)
	upper, q = upper[:len(lower)], q[:len(lower)]
	var near int64
	for j, l := range lower {
		near = max(near, ordered(l-q[j]), ordered(q[j]-upper[j]))
	}
	return math.Float64frombits(uint64(near))
}

// farthest returns the distance of q to the farthest corner of the node's box.
func (t *tree) farthest(node int, q []float64) float64 {
	lower, upper := t.box(node)
	upper, q = upper[:len(lower)], q[:len(lower)]
	var far int64
	for j, l := range lower {
		far = max(far, ordered(q[j]-l), ordered(upper[j]-q[j]))
	}
	return math.Float64frombits(uint64(far))
}
