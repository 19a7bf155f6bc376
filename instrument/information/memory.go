package information

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// Memory is what training on an example did to its loss, in the unit of the losses.
type Memory struct {
	In, Out float64           // mean loss under the replicas of its own training set, and under those of the others
	Mem     estimate.Estimate // Out - In, less the same of the ghosts
	Share   float64           // what it adds to M-info, nats; NaN where that was not estimated
}

// Memories returns how far each of the given examples is memorized (Feldman & Zhang 2020, arXiv:2008.03703),
//
//	mem(z) = E[ loss(z) | z not in B ] - E[ loss(z) | z in B ],
//
// [d][i] as [ExampleLosses.Own]; shares are those of [MemorizedExamples], nil for none. Every loss is taken relative to
// the mean loss of the ghosts under the same replicas: an unknown free energy cancels, and so does what makes one
// replica better than another at all examples. An example is in one training set and out of D - 1: the error is the
// spread over the latter, times sqrt(1 + 1/(D-1)), as for the difference between one draw and the mean of the others.
// Assumption: the loss varies from one training set with the example to another as it does among those without it, and
// no other set holds the example. Fewer than 3 training sets give no error, and one none of it all.
func Memories(l *ExampleLosses, shares [][]float64) [][]Memory {
	common := make([]float64, l.Sets)
	for _, losses := range l.Ghosts {
		for set, mean := range l.bySet(losses) {
			common[set] += mean / float64(len(l.Ghosts))
		}
	}
	out := make([][]Memory, len(l.Own))
	for d, examples := range l.Own {
		for i, losses := range examples {
			m := Memory{Share: math.NaN()}
			if shares != nil {
				m.Share = shares[d][i]
			}
			var others, relative []float64
			mean := l.bySet(losses)
			for set, v := range mean {
				if set != d {
					others, relative = append(others, v), append(relative, v-common[set])
				}
			}
			m.In, m.Out = mean[d], stat.Mean(others, nil)
			mem, n := stat.Mean(relative, nil)-(m.In-common[d]), float64(len(others))
			if n < 2 {
				m.Mem = estimate.Point(mem, "fewer than 3 training sets have no spread without an example")
			} else {
				m.Mem = estimate.FromSE(mem, stat.StdDev(relative, nil)*math.Sqrt(1+1/n), n-1)
			}
			out[d] = append(out[d], m)
		}
	}
	return out
}

// bySet averages losses over the replicas of each training set.
func (l *ExampleLosses) bySet(losses []float64) []float64 {
	mean := make([]float64, l.Sets)
	for s, v := range losses {
		mean[s/l.Replicas] += v / float64(l.Replicas)
	}
	return mean
}

// MeanMemory averages mem(z) over examples: what training on an example takes off its loss, which is in expectation the
// generalization gap, seen on the same examples. The interval is over training sets, each with the mean of its own, and
// leans to the right, as mem does. One training set, or no ghosts, give no value.
func MeanMemory(l *ExampleLosses) estimate.Estimate {
	if l.Sets < 2 || len(l.Ghosts) == 0 {
		return estimate.Unknown("the loss of an example without training on it needs another training set, and ghosts")
	}
	var sets []float64
	for _, memories := range Memories(l, nil) {
		var sum float64
		for _, m := range memories {
			sum += m.Mem.Value
		}
		sets = append(sets, sum/float64(len(memories)))
	}
	return overUnits(sets)
}
