package report

import (
	"fmt"
	"math"
	"strings"
)

// Null is what a column of the last observation comes out as where there is nothing to find, by permutation: for L-info
// and M-info (m_info, m_info_d_lo, m_info_d_hi) the replicas are dealt to the training sets at random, for X-info the
// samples to the replicas.
type Null struct {
	Mean         float64 `json:"mean"`         // over the permutations, in the column's unit
	Hi           float64 `json:"hi"`           // 95 % of them lie below
	Permutations int     `json:"permutations"` // how many were drawn
}

// NullWords says in a sentence what the informations of the last observation come out as where there are none; empty
// where no null was recorded.
func (r *Run) NullWords() string {
	at := func(column string) string {
		if n, ok := r.Nulls[column]; ok {
			return fmt.Sprintf("%.3g", n.Hi)
		}
		return "unknown"
	}
	permutations := 0
	for _, n := range r.Nulls {
		permutations = max(permutations, n.Permutations)
	}
	if permutations == 0 {
		return ""
	}
	s := fmt.Sprintf("Null: with labels dealt at random, L-info's bounds stay below %s and %s, X-info's below %s and %s, M-info below %s",
		at("l_info_lo"), at("l_info_hi"), at("x_info_lo"), at("x_info_hi"), at("m_info"))
	if _, ok := r.Nulls["m_info_d_lo"]; ok {
		s += fmt.Sprintf(" (its bounds on %d sets below %s and %s)", r.Datasets, at("m_info_d_lo"), at("m_info_d_hi"))
	}
	s += fmt.Sprintf(" in 95 %% of cases (%s of the last observation)", plural(permutations, "permutation"))
	if n := groupings(r.Datasets, r.Replicas); n < 100 {
		s += fmt.Sprintf("; there are only %.0f ways to deal %d replicas to %d sets, the true one among them, so that this null says little",
			n, r.Datasets*r.Replicas, r.Datasets)
	}
	return s
}

// fewGroupings says that a null cannot tell at the 5 % level, where there are fewer than 20 ways to deal the replicas.
func fewGroupings(run *Run) string {
	n := groupings(run.Datasets, run.Replicas)
	if n >= 20 {
		return ""
	}
	return fmt.Sprintf(" With only %.0f ways to deal %d replicas to %d sets nothing can be told at that level.", n, run.Datasets*run.Replicas, run.Datasets)
}

// groupings is the number of ways to deal D*R replicas into D sets of R.
func groupings(sets, replicas int) float64 {
	ways := 1.0
	for d := sets; d > 1; d-- { // the first replica left and any R-1 of the others make a set
		for i := 1; i < replicas; i++ {
			ways *= float64(d*replicas-i) / float64(i)
		}
	}
	return math.Round(ways)
}

// chance is where a value stands to its null.
type chance int

const (
	untested chance = iota // there is no null
	within                 // no larger than its null's 95 % point
	beyond                 // larger
)

// against holds a value of the last observation against its null.
func (r *Run) against(column string, value float64) chance {
	n, ok := r.Nulls[column]
	switch {
	case !ok || math.IsNaN(value):
		return untested
	case value > n.Hi:
		return beyond
	}
	return within
}

// chanceLevels lists the 95 % points of the nulls of the columns that have one, lower bound first; NaN for one that has
// none.
func (r *Run) chanceLevels(columns []string) []float64 {
	var levels []float64
	known := false
	for _, column := range columns {
		n, ok := r.Nulls[column]
		if !ok {
			n.Hi = math.NaN()
		}
		known = known || ok
		levels = append(levels, n.Hi)
	}
	if !known {
		return nil
	}
	return levels
}

// levelWords names 95 % points: "0.797", or "−1.9 and 1.38" for a pair of bounds.
func levelWords(levels []float64) string {
	var words []string
	for _, v := range levels {
		words = append(words, minus(brief(v)))
	}
	return strings.Join(words, " and ")
}
