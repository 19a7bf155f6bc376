package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// family is a list of runs that differ in one setting.
type family []*Run

// familyOf returns the runs whose names begin and end so, by the free weights for each of their training examples.
func familyOf(runs []*Run, begin, end string) (f family) {
	for _, r := range runs {
		if strings.HasPrefix(r.Name, begin+"-") && strings.HasSuffix(r.Name, end) {
			f = append(f, r)
		}
	}
	slices.SortFunc(f, func(a, b *Run) int { return cmp.Compare(a.capacity(), b.capacity()) })
	return f
}

// capacity is how many free weights there are for each training example.
func (r *Run) capacity() float64 { return float64(r.FreeWeights) / float64(r.Subset) }

func (f family) first() *Run { return f[0] }
func (f family) last() *Run  { return f[len(f)-1] }

// measure is a number that a run came to.
type measure func(r *Run) estimate.Estimate

// final is the last reading of a quantity.
func final(name string) measure { return func(r *Run) estimate.Estimate { return r.Last(name) } }

// dissipated is the heat that the samples of a run gave off.
func dissipated(r *Run) estimate.Estimate { return r.Last("heat").Scale(-1) }

// stored is M-info for each training example.
func stored(r *Run) estimate.Estimate { return r.Last("m_info").Scale(1 / float64(r.Subset)) }

// less is a measure of one run less that of another, paired where both are of the same training sets.
func (of measure) less(a, b *Run) estimate.Estimate {
	if d, ok := estimate.Paired(of(a), of(b)); ok && a.Units.Shared(b.Units) {
		return d
	}
	return estimate.Difference(of(a), of(b))
}

// rises states that a measure grows from run to run: it holds where it does at every step, fails where it falls at one,
// and shows the step that is least sure to rise.
func (f family) rises(text, unit string, of measure) record.Statement {
	var steps []record.Statement
	for i := range f[1:] {
		s := atLeast(text, unit, of.less(f[i+1], f[i]), 0)
		s.Because = fmt.Sprintf("the least of the steps, from %s to %s", f[i].Name, f[i+1].Name)
		steps = append(steps, s)
	}
	return slices.MinFunc(steps, func(a, b record.Statement) int { return cmp.Compare(a.Figure.Lo, b.Figure.Lo) })
}

// grows states that a measure is larger in the last run than in the first.
func (f family) grows(text, unit string, of measure) record.Statement {
	text = fmt.Sprintf("%s at %.3g weights an example, less that at %.2g", text, f.last().capacity(),
		f.first().capacity())
	return atLeast(text, unit, of.less(f.last(), f.first()), 0)
}
