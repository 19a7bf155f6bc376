package information

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
)

// driftScore is how many of its standard errors the drift with the number of points must be to count: 5 % on each side.
const driftScore = 1.645

// interval returns the value with the interval of [estimate.Subsamples], and why it was widened, if it was.
//
// Where the drift from the subsets to all points is within its own error, the bias is taken to fall as the square of
// the distance to the neighbours, in the plane as the distance. Where it is not, this is no longer known (at a scale
// finer than the neighbours' distance the dependence may be of any shape), and the bias is taken to fall no faster than
// that distance, n^-1/D.
func (k *ksg) interval(value float64) (e estimate.Estimate, warnings []string) {
	subsets, size := k.subsets(ksgStream(k.Seed, 2))
	lag, dim := 7*float64(k.K), float64(k.x.dim+k.y.dim)
	rate := min(0.5, 2/dim)
	e, bias, biasSE := estimate.Subsamples(value, k.n, subsets, size, lag, rate)
	fall := math.Pow(float64(k.n)/float64(size), rate) - 1
	if math.Abs(bias) > driftScore*math.Hypot(e.SE/fall, biasSE) {
		e, bias, _ = estimate.Subsamples(value, k.n, subsets, size, lag, 1/dim)
		warnings = append(warnings, fmt.Sprintf("the interval is widened: the estimate still drifts with the number of "+
			"points and may go on to change by %+.2g nats", bias))
	}
	return e, warnings
}

// view is another look at the same pairs: functions of x and of y, which cannot share more information than x and y do.
type view struct {
	what string // what is looked at
	x, y [][]float64
}

// views returns those worth the time: in more than two dimensions, or with long tails, the distances of x and of y from
// their medians, because nearest neighbours miss a scale that both share; with long tails, if they are not ranked, the
// ranks. Without them the intervals of long-tailed pairs cover in 0 to 60 % (TestKSGWidensWhereItIsBiased).
func (k *ksg) views(x, y [][]float64) []view {
	var out []view
	tailed := k.x.tailed || k.y.tailed
	if tailed || k.x.dim+k.y.dim > 2 {
		out = append(out, view{what: "the distances of x and of y from their medians", x: distances(x), y: distances(y)})
	}
	if tailed && k.Scaling != Ranked {
		out = append(out, view{what: "the ranks (Scaling: Ranked)", x: x, y: y})
	}
	return out
}

// raise lifts the upper end of the interval to that of each view, and says so where that is by more than a standard
// error.
func (k *ksg) raise(e estimate.Estimate, views []view) (raised estimate.Estimate, warnings []string) {
	for _, v := range views {
		bound, ok := k.look(v)
		if !ok || !(bound.Hi > e.Hi) {
			continue
		}
		if bound.Hi > e.Hi+e.SE {
			warnings = append(warnings, fmt.Sprintf("the interval is widened: %s alone share %.3g nats [%.3g, %.3g], and "+
				"x and y cannot share less", v.what, bound.Value, bound.Lo, bound.Hi))
		}
		e.Hi = bound.Hi
	}
	return e, warnings
}

// look estimates the information of a view from ranks; false if there is none.
func (k *ksg) look(v view) (e estimate.Estimate, ok bool) {
	set := k.KSGSettings
	set.Scaling = Ranked
	sides := [2]*side{}
	for i, rows := range [][][]float64{v.x, v.y} {
		s, err := newSide("view", rows)
		if err != nil {
			return e, false
		}
		if _, err := s.prepare(Ranked, ksgStream(set.Seed, uint64(i))); err != nil {
			return e, false
		}
		sides[i] = s
	}
	part := newKSG(set, sides[0], sides[1])
	value, _ := part.full()
	e, _ = part.interval(value)
	return e, e.HasInterval()
}

// distances returns the Euclidean distance [n][1] of each row from the medians of the columns, each column in units of
// its median absolute deviation.
func distances(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i := range out {
		out[i] = make([]float64, 1)
	}
	column, sorted := make([]float64, len(rows)), make([]float64, len(rows))
	median := func() float64 {
		copy(sorted, column)
		slices.Sort(sorted)
		return sorted[len(sorted)/2]
	}
	for j := range rows[0] {
		for i, row := range rows {
			column[i] = row[j]
		}
		centre := median()
		for i := range column {
			column[i] = math.Abs(column[i] - centre)
		}
		unit := median()
		if unit == 0 { // more than half of the values are equal
			unit = 1
		}
		for i := range column {
			out[i][0] = math.Hypot(out[i][0], column[i]/unit)
		}
	}
	return out
}
