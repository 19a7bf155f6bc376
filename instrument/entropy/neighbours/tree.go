package neighbours

import (
	"math"
	"slices"
)

// leaf is the largest number of points that a leaf of the tree holds.
const leaf = 12

// tree is a k-d tree: every node halves its points at the median of its widest coordinate and knows the smallest
// box that holds them. Node i has the children 2i+1 and 2i+2; the points of a node are contiguous.
type tree struct {
	*cloud
	sorted []float64 // the points, leaf by leaf
	perm   []int     // perm[i] is the index in the cloud of sorted point i
	boxes  []float64 // of each node, lower corner and upper corner: 2*dim values
}

func newTree(c *cloud) *tree {
	t := &tree{cloud: c, perm: make([]int, c.n)}
	for i := range t.perm {
		t.perm[i] = i
	}
	nodes := 1
	for size := c.n; size > leaf; size = (size + 1) / 2 {
		nodes = 2*nodes + 1
	}
	t.boxes = make([]float64, nodes*2*c.dim)
	t.sorted = slices.Clone(c.points)
	t.build(0, 0, c.n)
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
	if hi-lo <= leaf {
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

// partition orders the points lo to hi so that those before mid are not larger in coordinate j than those from mid
// on (Hoare's selection).
func (t *tree) partition(lo, hi, mid, j int) {
	key := func(i int) float64 { return t.sorted[i*t.dim+j] }
	for lo < hi {
		a, b, c := key(lo), key(int(uint(lo+hi)>>1)), key(hi)
		pivot := max(min(a, b), min(max(a, b), c))
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

// toBox returns the reduced distance of q to the node's box.
func (t *tree) toBox(node int, q []float64) float64 {
	lower, upper := t.box(node)
	upper = upper[:len(lower)]
	q = q[:len(lower)]
	if t.norm == Chebyshev {
		var near int64
		for j, l := range lower {
			near = max(near, ordered(l-q[j]), ordered(q[j]-upper[j]))
		}
		return math.Float64frombits(uint64(near))
	}
	near := 0.0
	for j, l := range lower {
		d := math.Float64frombits(uint64(max(0, ordered(l-q[j]), ordered(q[j]-upper[j]))))
		near += float64(d * d)
	}
	return near
}

func (t *tree) nearest(q []float64, skip int, idx []int, dist []float64) int {
	b := newBest(idx, dist)
	t.visit(0, 0, t.n, q, skip, &b)
	return b.n
}

func (t *tree) nearestBlock(lo, hi, k int, idx []int, dist []float64) {
	for p := lo; p < hi; p++ {
		i := t.perm[p]
		t.nearest(t.sorted[p*t.dim:(p+1)*t.dim], i, idx[i*k:(i+1)*k], dist[i*k:(i+1)*k])
	}
}

// visit offers the points sorted[lo:hi] of the node to b, nearer child first.
func (t *tree) visit(node, lo, hi int, q []float64, skip int, b *best) {
	if hi-lo <= leaf {
		t.offer(lo, hi, q, skip, b)
		return
	}
	mid := (lo + hi) / 2
	left, right := t.toBox(2*node+1, q), t.toBox(2*node+2, q)
	if left <= right {
		if left <= b.bound {
			t.visit(2*node+1, lo, mid, q, skip, b)
		}
		if right <= b.bound {
			t.visit(2*node+2, mid, hi, q, skip, b)
		}
		return
	}
	if right <= b.bound {
		t.visit(2*node+2, mid, hi, q, skip, b)
	}
	if left <= b.bound {
		t.visit(2*node+1, lo, mid, q, skip, b)
	}
}

// offer offers the points sorted[lo:hi] to b. In few dimensions the loop over coordinates is worth having in place.
func (t *tree) offer(lo, hi int, q []float64, skip int, b *best) {
	points := t.sorted[lo*t.dim : hi*t.dim]
	perm := t.perm[lo:hi]
	if t.norm != Chebyshev || t.dim > 8 {
		for p, i := range perm {
			if d := t.distance(q, points[p*t.dim:(p+1)*t.dim], b.bound); d <= b.bound && i != skip {
				b.add(d, i)
			}
		}
		return
	}
	for _, i := range perm {
		var m int64
		for j, v := range points[:len(q)] {
			m = max(m, ordered(math.Abs(v-q[j])))
		}
		points = points[len(q):]
		if d := math.Float64frombits(uint64(m)); d <= b.bound && i != skip {
			b.add(d, i)
		}
	}
}

func (t *tree) countBlock(lo, hi int, radii []float64, closed bool, counts []int) {
	for p := lo; p < hi; p++ {
		i := t.perm[p]
		counts[i] = 0
		if r := t.norm.reduce(radii[i], closed); r >= 0 {
			counts[i] = t.count(t.sorted[p*t.dim:(p+1)*t.dim], r) - 1
		}
	}
}

func (t *tree) count(q []float64, r float64) int { return t.within(0, 0, t.n, q, r) }

// within counts the points sorted[lo:hi] of the node up to the reduced distance r.
func (t *tree) within(node, lo, hi int, q []float64, r float64) int {
	if t.toBox(node, q) > r {
		return 0
	}
	if t.farthest(node, q) <= r {
		return hi - lo
	}
	if hi-lo <= leaf {
		m := 0
		for p := lo; p < hi; p++ {
			if t.distance(q, t.sorted[p*t.dim:(p+1)*t.dim], r) <= r {
				m++
			}
		}
		return m
	}
	mid := (lo + hi) / 2
	return t.within(2*node+1, lo, mid, q, r) + t.within(2*node+2, mid, hi, q, r)
}

// farthest returns the reduced distance of q to the farthest corner of the node's box.
func (t *tree) farthest(node int, q []float64) float64 {
	lower, upper := t.box(node)
	upper = upper[:len(lower)]
	q = q[:len(lower)]
	if t.norm == Chebyshev {
		var far int64
		for j, l := range lower {
			far = max(far, ordered(q[j]-l), ordered(upper[j]-q[j]))
		}
		return math.Float64frombits(uint64(far))
	}
	far := 0.0
	for j, l := range lower {
		d := math.Float64frombits(uint64(max(ordered(q[j]-l), ordered(upper[j]-q[j]))))
		far += float64(d * d)
	}
	return far
}
