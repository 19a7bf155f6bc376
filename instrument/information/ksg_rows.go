package information

import (
	"cmp"
	"math"
	"slices"

	"calorimeter/instrument/entropy/neighbours"
)

// pairs are rows of standardised x and y side by side, with the distances of each to its nearest others.
type pairs struct {
	n, dim int
	points []float64 // n x dim
	k      int
	dist   []float64 // n x k
	tied   bool      // both sides hold values more than once
}

// newPairs finds that many neighbours of each pair.
func newPairs(x, y *side, k int) (*pairs, error) {
	p := &pairs{n: x.n, dim: x.dim + y.dim, k: min(k, x.n-1), tied: true}
	var scaled [2]*side
	for i, s := range []*side{x, y} {
		s = s.clone()
		ties, err := s.prepare(Standardised, ksgStream(0, uint64(i)))
		if err != nil {
			return nil, err
		}
		p.tied = p.tied && len(ties) > 0
		scaled[i] = s
	}
	p.points = make([]float64, p.n*p.dim)
	join(p.points, scaled[0], scaled[1], nil)
	p.dist = neighbours.Distances(p.points, p.dim, p.k)
	return p, nil
}

// apart is the distance of two pairs.
func (p *pairs) apart(i, j int) (d float64) {
	for c, v := range p.points[i*p.dim : (i+1)*p.dim] {
		d = max(d, math.Abs(v-p.points[j*p.dim+c]))
	}
	return d
}

// repeats marks the pairs that repeat another but for a little noise: that are nearer to it than a thousandth of the
// distance to their last neighbour. nil where they are no more than a fiftieth, which may be chance, or where both
// sides hold values more than once, as counts do.
func (p *pairs) repeats() []bool {
	if p.tied {
		return nil
	}
	order := make([]int, p.n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p.points[i*p.dim], p.points[j*p.dim]) })
	repeated, found := make([]bool, p.n), 0
	for at, i := range order {
		near := p.dist[(i+1)*p.k-1] / 1000
		for _, j := range order[at+1:] {
			if p.points[j*p.dim]-p.points[i*p.dim] > near {
				break
			}
			if !repeated[j] && p.apart(i, j) <= near {
				repeated[j] = true
				found++
			}
		}
	}
	if 50*found <= p.n {
		return nil
	}
	return repeated
}

// series tells whether rows that follow each other are so often among each other's k nearest that they are no
// independent draws: in more than 3 of 100 places, and more often than 2k, which independent rows give, by eight
// standard errors. Rows sorted by a column are alike for that reason, and tell nothing.
func (p *pairs) series(k int) bool {
	for c := range p.dim {
		column := make([]float64, p.n)
		for i := range column {
			column[i] = p.points[i*p.dim+c]
		}
		if slices.IsSorted(column) || slices.IsSortedFunc(column, func(a, b float64) int { return cmp.Compare(b, a) }) {
			return false
		}
	}
	found := 0
	for i := 1; i < p.n; i++ {
		d := p.apart(i-1, i)
		for _, of := range []int{i - 1, i} {
			if d <= p.dist[of*p.k+k-1] {
				found++
			}
		}
	}
	expected := 2 * float64(k)
	return float64(found) > max(expected+8*math.Sqrt(expected), 0.03*float64(k*p.n))
}

// unmarked returns the rows that are not marked.
func unmarked(rows [][]float64, marked []bool) (rest [][]float64) {
	for i, row := range rows {
		if !marked[i] {
			rest = append(rest, row)
		}
	}
	return rest
}
