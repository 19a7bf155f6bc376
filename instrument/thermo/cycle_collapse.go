package thermo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// The verdicts of [Occupations]: why a label tells nothing of its sample.
const (
	notCollapsed = "not collapsed"
	oneLabel     = "one label" // all samples have one and the same label
	uniform      = "uniform"   // every sample has all labels alike
	alike        = "all alike" // every sample has the same distribution, neither sharp nor uniform
)

// Occupations tell how a batch of N samples occupies K labels, given the distribution r_i of each sample: p of the
// network, or its self-labels q. With o_k = mean_i r_ik,
//
//	Entropy      S(o) = -sum_k o_k ln o_k          ln K if all labels are used alike, 0 if one is
//	Conditional  mean_i S(r_i)                     0 if each sample is sure of its label, ln K if it has no preference
//	Information  Entropy - Conditional             what a label tells of its sample, in [0, min(ln K, ln N)]
//
// in nats. A representation has collapsed where labels tell nothing of samples; the other two say how.
type Occupations struct {
	Samples, Labels int
	Occupation      []float64 // o_k
	Entropy         float64
	Conditional     float64
	Information     float64
	Ceiling         float64 // min(ln K, ln N)
	Verdict         string  // "not collapsed", "one label", "uniform" or "all alike"
}

// collapse is the share of the ceiling under which the information counts as none.
const collapse = 0.05

// Occupy counts occupations and judges whether the representation has collapsed: it has, defined here as, where
// Information is under 5 % of its ceiling. The verdict is then "one label" if Entropy is under half its range and
// "uniform" if Conditional is over nine tenths of ln K, "all alike" else. distribution[i*labels+k] = r_ik, rows summing
// to 1 (to 1e-4).
//
// An error names the row that is no distribution. One sample tells nothing, and is an error too. It panics unless the
// length is a multiple of labels > 1.
func Occupy(distribution []float64, labels int) (Occupations, error) {
	if labels < 2 || len(distribution) == 0 || len(distribution)%labels != 0 {
		panic(fmt.Sprintf("thermo: %d probabilities are no rows of %d labels", len(distribution), labels))
	}
	n := len(distribution) / labels
	o := Occupations{
		Samples: n, Labels: labels, Occupation: make([]float64, labels), Ceiling: math.Log(float64(min(n, labels))),
	}
	if n < 2 {
		return o, fmt.Errorf("thermo: occupations of one sample: two or more are needed")
	}
	for i := range n {
		row, sum := distribution[i*labels:(i+1)*labels], 0.0
		for k, r := range row {
			if !(r >= 0) {
				return o, fmt.Errorf("thermo: probability of sample %d, label %d is %v", i, k, r)
			}
			sum += r
			o.Occupation[k] += r / float64(n)
		}
		if !(math.Abs(sum-1) <= 1e-4) {
			return o, fmt.Errorf("thermo: the probabilities of sample %d sum to %v, not to 1", i, sum)
		}
		o.Conditional += stat.Entropy(row) / float64(n)
	}
	o.Entropy = stat.Entropy(o.Occupation)
	o.Information = max(0, o.Entropy-o.Conditional)
	all := math.Log(float64(labels))
	switch {
	case o.Information >= collapse*o.Ceiling:
		o.Verdict = notCollapsed
	case o.Conditional > 0.9*all:
		o.Verdict = uniform
	case o.Entropy < 0.5*all:
		o.Verdict = oneLabel
	default:
		o.Verdict = alike
	}
	return o, nil
}

// Collapsed reports whether the verdict is any but "not collapsed".
func (o Occupations) Collapsed() bool { return o.Verdict != notCollapsed }

// String says the verdict in a sentence, with its numbers.
func (o Occupations) String() string {
	most, at := 0.0, 0
	for k, v := range o.Occupation {
		if v > most {
			most, at = v, k
		}
	}
	figures := fmt.Sprintf("a label tells %.3g of at most %.3g nats of its sample; occupation entropy %.3g of ln %d = "+
		"%.3g, entropy of a sample's labels %.3g nats",
		o.Information, o.Ceiling, o.Entropy, o.Labels, math.Log(float64(o.Labels)), o.Conditional)
	switch o.Verdict {
	case oneLabel:
		return fmt.Sprintf("collapsed to one label: label %d holds %.3g %% of all samples (%s)", at, 100*most, figures)
	case uniform:
		return "collapsed to uniform labels: no sample prefers any (" + figures + ")"
	case alike:
		return "collapsed: all samples have the same distribution of labels (" + figures + ")"
	}
	return fmt.Sprintf("not collapsed: %.3g labels in use (%s)", math.Exp(o.Entropy), figures)
}
