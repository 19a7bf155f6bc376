package neighbours

import "math"

// scan compares every query with every point. In many dimensions nothing exact is faster: most comparisons end
// after a few coordinates, at the first partial distance beyond the bound.
type scan struct{ *cloud }

func newScan(c *cloud) *scan { return &scan{c} }

// scans reports whether a scan of n normal points is expected to beat the tree. Time of all queries by the tree over
// that by the scan, one core:
//
//	                   dim  6     8     10    12    15    18    21    25    30
//	Chebyshev n =   500     0.44  0.62  0.81  0.89  1.05  1.33  1.26  1.36  1.42
//	          n =  4000     0.09  0.16  0.26  0.26  0.65  0.76  0.93  1.37  1.22
//	          n = 16000     0.04  0.07  0.11  0.21  0.26  0.78
//	Euclidean n =   500     0.61  1.07  1.25  1.19  1.45  1.41  1.69  1.68  1.60
//	          n =  4000     0.14  0.31  0.63  0.90  1.17  1.43  1.53  1.54  1.53
//	          n = 16000           0.17  0.43  0.71  1.25  1.32
//
// The change-over moves up with every doubling of n, by about 2.3 dimensions in one norm and 1.3 in the other. Points that fill
// fewer dimensions than they have coordinates favour the tree, which a wrong guess costs little.
func scans(n, dim int, norm Norm) bool {
	doublings := math.Log2(float64(n))
	if norm == Chebyshev {
		return float64(dim) > 2.3*doublings-6
	}
	return float64(dim) > 1.3*doublings-4
}

func (s *scan) nearest(q []float64, skip int, idx []int, dist []float64) int {
	b := newBest(idx, dist)
	s.offer(0, s.n, q, skip, &b)
	return b.n
}

// offer offers the points lo to hi-1 to b.
func (s *scan) offer(lo, hi int, q []float64, skip int, b *best) {
	for p := lo; p < hi; p++ {
		if d := s.distance(q, s.row(p), b.bound); d <= b.bound && p != skip {
			b.add(d, p)
		}
	}
}

// tile is the number of coordinates, 16 kB of them, that stay in the first cache while a block of queries passes
// over them.
const tile = 2048

func (s *scan) nearestBlock(lo, hi, k int, idx []int, dist []float64) {
	var bests [block]best
	for i := lo; i < hi; i++ {
		bests[i-lo] = newBest(idx[i*k:(i+1)*k], dist[i*k:(i+1)*k])
	}
	step := max(1, tile/s.dim)
	for from := 0; from < s.n; from += step {
		for i := lo; i < hi; i++ {
			s.offer(from, min(from+step, s.n), s.row(i), i, &bests[i-lo])
		}
	}
}

func (s *scan) count(q []float64, r float64) int { return s.within(0, s.n, q, r) }

// within counts the points lo to hi-1 up to the reduced distance r from q.
func (s *scan) within(lo, hi int, q []float64, r float64) int {
	m := 0
	for p := lo; p < hi; p++ {
		if s.distance(q, s.row(p), r) <= r {
			m++
		}
	}
	return m
}

func (s *scan) countBlock(lo, hi int, radii []float64, closed bool, counts []int) {
	var reduced [block]float64
	for i := lo; i < hi; i++ {
		reduced[i-lo] = s.norm.reduce(radii[i], closed)
		counts[i] = 0
		if reduced[i-lo] >= 0 {
			counts[i] = -1 // itself
		}
	}
	step := max(1, tile/s.dim)
	for from := 0; from < s.n; from += step {
		for i := lo; i < hi; i++ {
			counts[i] += s.within(from, min(from+step, s.n), s.row(i), reduced[i-lo])
		}
	}
}
