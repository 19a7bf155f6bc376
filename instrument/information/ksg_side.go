package information

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// side is one of the two variables: n points of dim columns, flat and row-major.
type side struct {
	name   string
	points []float64
	n, dim int
	tailed bool // a column has a long tail, as prepare found
}

// newSide copies the rows of a variable.
func newSide(name string, rows [][]float64) (*side, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("information: KSG: %s has no points (%d rows)", name, len(rows))
	}
	s := &side{name: name, n: len(rows), dim: len(rows[0])}
	s.points = make([]float64, 0, s.n*s.dim)
	for i, row := range rows {
		if len(row) != s.dim {
			return nil, fmt.Errorf("information: KSG: row %d of %s has %d columns, row 0 has %d", i, name, len(row), s.dim)
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("information: KSG: row %d, column %d of %s is %v: remove such pairs", i, j, name, v)
			}
		}
		s.points = append(s.points, row...)
	}
	return s, nil
}

func (s *side) row(i int) []float64 { return s.points[i*s.dim : (i+1)*s.dim] }

func (s *side) clone() *side {
	c := *s
	c.points = slices.Clone(s.points)
	return &c
}

// pick returns the points with the given indices.
func (s *side) pick(indices []int) *side {
	part := &side{name: s.name, n: len(indices), dim: s.dim, points: make([]float64, 0, len(indices)*s.dim)}
	for _, i := range indices {
		part.points = append(part.points, s.row(i)...)
	}
	return part
}

// longTail is the distance from the mean, in standard deviations, beyond which a value is taken for one of a long
// tail: of a million normal values 0.002 lie there.
const longTail = 6

// tieNoise is the noise that breaks ties, in standard deviations.
const tieNoise = 1e-10

// prepare scales the columns, breaks ties, and returns what to warn of.
func (s *side) prepare(scaling Scaling, rng *rand.Rand) (warnings []string, err error) {
	column, sorted := make([]float64, s.n), make([]float64, s.n)
	tied := make([]bool, s.n)
	integers := false
	for j := range s.dim {
		for i := range column {
			column[i] = s.points[i*s.dim+j]
		}
		copy(sorted, column)
		slices.Sort(sorted)
		lowest, highest := sorted[0], sorted[s.n-1]
		mean, sd := stat.MeanStdDev(column, nil)
		if lowest == highest {
			return nil, fmt.Errorf("information: KSG: column %d of %s is constant (%v): drop it, it holds no information",
				j, s.name, column[0])
		}
		if !(sd > 0) || math.IsInf(sd, 0) {
			return nil, fmt.Errorf("information: KSG: column %d of %s has the standard deviation %v: rescale it", j, s.name, sd)
		}
		ties := markTies(tied, column, sorted)
		integers = integers || ties && !slices.ContainsFunc(column, func(v float64) bool { return v != math.Trunc(v) })
		s.tailed = s.tailed || max(mean-lowest, highest-mean) > longTail*sd
		switch scaling {
		case Standardised:
			for i := range column {
				column[i] = (column[i] - mean) / sd
			}
			sd = 1
		case Ranked:
			toNormalScores(column, rng)
			ties = false
		}
		for i, v := range column {
			if ties {
				v += tieNoise * sd * rng.NormFloat64()
			}
			s.points[i*s.dim+j] = v
		}
	}
	ties := 0
	for _, in := range tied {
		if in {
			ties++
		}
	}
	if ties > 0 {
		kind, better := "repeated values", "pass rows that were drawn more than once only once"
		if integers {
			kind, better = "integers", "use Counts where the values are few"
		}
		warnings = append(warnings, fmt.Sprintf("%s holds %s: ties in %d of %d rows broken at random; the estimator is "+
			"made for continuous data: %s", s.name, kind, ties, s.n, better))
	}
	return warnings, nil
}

// markTies sets tied for the rows whose value occurs in other rows too, and reports whether there are any.
func markTies(tied []bool, column, sorted []float64) bool {
	repeated := map[float64]bool{}
	for p := 1; p < len(sorted); p++ {
		if sorted[p] == sorted[p-1] {
			repeated[sorted[p]] = true
		}
	}
	if len(repeated) == 0 {
		return false
	}
	for i, v := range column {
		tied[i] = tied[i] || repeated[v]
	}
	return true
}

// toNormalScores replaces each value by the standard normal quantile of (rank + 1/2)/n, rank = 0..n-1; equal values
// are ranked at random.
func toNormalScores(column []float64, rng *rand.Rand) {
	order := rng.Perm(len(column))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(column[a], column[b]) })
	for rank, i := range order {
		column[i] = distuv.UnitNormal.Quantile((float64(rank) + 0.5) / float64(len(order)))
	}
}
