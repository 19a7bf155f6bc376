package neighbours

import (
	"fmt"
	"math"
	"slices"
)

// Norm is the norm in which distances are measured.
type Norm int

const (
	Chebyshev Norm = iota // max_j |x_j - y_j|, the max-norm
	Euclidean             // sqrt(sum_j (x_j - y_j)^2)
)

// String returns the name of the norm.
func (n Norm) String() string {
	switch n {
	case Chebyshev:
		return "Chebyshev"
	case Euclidean:
		return "Euclidean"
	}
	return fmt.Sprintf("Norm(%d)", int(n))
}

// LogUnitBall returns ln of the volume of {x : |x| <= 1} in dim dimensions: dim ln 2 in the Chebyshev norm,
// (dim/2) ln pi - ln Gamma(1 + dim/2) in the Euclidean one.
func (n Norm) LogUnitBall(dim int) float64 {
	d := float64(dim)
	if n == Chebyshev {
		return d * math.Ln2
	}
	lg, _ := math.Lgamma(1 + d/2)
	return d/2*math.Log(math.Pi) - lg
}

// reduce returns the largest reduced distance that lies within the radius; negative if none does.
func (n Norm) reduce(radius float64, closed bool) float64 {
	if !closed {
		radius = math.Nextafter(radius, math.Inf(-1))
	}
	if !(radius >= 0) {
		return -1
	}
	if n == Chebyshev || math.IsInf(radius, 1) {
		return radius
	}
	// The square root rounds: look for the last square whose root, as computed, is still within.
	r := radius * radius
	for math.Sqrt(r) > radius {
		r = math.Nextafter(r, 0)
	}
	for up := math.Nextafter(r, math.Inf(1)); math.Sqrt(up) <= radius; up = math.Nextafter(r, math.Inf(1)) {
		r = up
	}
	return r
}

// expand turns reduced distances into distances, in place.
func (n Norm) expand(dist []float64) {
	if n == Euclidean {
		for i, d := range dist {
			dist[i] = math.Sqrt(d)
		}
	}
}

// cloud holds the points and knows their distances, in reduced form: the distance itself in the Chebyshev norm,
// its square in the Euclidean one.
type cloud struct {
	points []float64
	n, dim int
	norm   Norm
}

func newCloud(points []float64, dim int, norm Norm) (*cloud, error) {
	if dim < 1 || len(points)%dim != 0 {
		panic(fmt.Sprintf("neighbours: %d values are no points of %d dimensions", len(points), dim))
	}
	if norm != Chebyshev && norm != Euclidean {
		panic(fmt.Sprintf("neighbours: no norm %v", norm))
	}
	for i, v := range points {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("neighbours: coordinate %d of point %d is %v: remove such points", i%dim, i/dim, v)
		}
	}
	return &cloud{points: slices.Clone(points), n: len(points) / dim, dim: dim, norm: norm}, nil
}

func (c *cloud) row(i int) []float64 { return c.points[i*c.dim : (i+1)*c.dim] }

// distance returns the reduced distance of p and q, or, once it is known to exceed limit, any number above limit.
func (c *cloud) distance(p, q []float64, limit float64) float64 {
	if c.norm == Chebyshev {
		return chebyshev(p, q, limit)
	}
	return euclidean(p, q, limit)
}

// chebyshev takes maxima of bit patterns: those of floats that are not negative are ordered as the floats are, and
// an integer maximum needs no branch, which would be mispredicted about ln(dim) times a pair.
func chebyshev(p, q []float64, limit float64) float64 {
	q = q[:len(p)]
	var m int64
	for len(p) > 8 {
		a, b := p[:8], q[:8]
		for j, v := range a {
			m = max(m, ordered(math.Abs(v-b[j])))
		}
		if d := math.Float64frombits(uint64(m)); d > limit {
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

// euclidean sums from the first coordinate to the last, as the boxes of the tree do: sums of smaller terms in the
// same order then round to smaller sums, so that no box is wrongly left closed. The conversions forbid a fused
// multiply-add, which would round one of the two differently.
func euclidean(p, q []float64, limit float64) float64 {
	q = q[:len(p)]
	s := 0.0
	for len(p) > 8 {
		a, b := p[:8], q[:8]
		for j, v := range a {
			d := v - b[j]
			s += float64(d * d)
		}
		if s > limit {
			return s
		}
		p, q = p[8:], q[8:]
	}
	for j, v := range p {
		d := v - q[j]
		s += float64(d * d)
	}
	return s
}
