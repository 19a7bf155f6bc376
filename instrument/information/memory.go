package information

import (
	"math"
	"slices"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Memory is what training on an example did to its loss, in the unit of the losses.
type Memory struct {
	In, Out float64           // mean loss under replicas of training sets that hold it, and of those that do not
	Mem     estimate.Estimate // Out - In, less the same of the ghosts
	Share   float64           // what it adds to M-info, nats; NaN where that was not estimated
}

// Memories returns how far each of the given examples is memorized (Feldman & Zhang 2020, arXiv:2008.03703),
//
//	mem(z) = E[ loss(z) | z not in B ] - E[ loss(z) | z in B ],
//
// [d][i] as [ExampleLosses.Own], of a pool [0][i]; shares are those of [MemorizedExamples], nil for none. Every loss is
// taken relative to the mean loss of the ghosts under the same replicas: an unknown free energy cancels, and so does
// what makes one replica better than another at all examples. The error is that of the difference between the means
// over m training sets that hold the example and n that do not, the spread over either pooled, times sqrt(1/m + 1/n); a
// single one of a kind gives no spread. Assumption: the loss varies from one training set with the example to another
// as it does among those without it; without a pool, no other set holds it. Fewer than 3 training sets give no error;
// an example that all training sets hold, or none, has no value.
func Memories(l *ExampleLosses, shares [][]float64) [][]Memory {
	common := l.common()
	if l.Pool != nil {
		out := make([]Memory, len(l.Pool.Losses))
		for i, losses := range l.Pool.Losses {
			out[i] = l.memory(losses, common, func(set int) bool { return l.Pool.Held[i][set] })
			if shares != nil {
				out[i].Share = shares[0][i]
			}
		}
		return [][]Memory{out}
	}
	out := make([][]Memory, len(l.Own))
	for d, examples := range l.Own {
		for i, losses := range examples {
			m := l.memory(losses, common, func(set int) bool { return set == d })
			if shares != nil {
				m.Share = shares[d][i]
			}
			out[d] = append(out[d], m)
		}
	}
	return out
}

// memory compares the losses of an example under replicas of training sets that hold it and of those that do not.
func (l *ExampleLosses) memory(losses, common []float64, held func(set int) bool) Memory {
	var within, without, in, out []float64 // in and out relative to ghosts
	for set, v := range l.bySet(losses) {
		if held(set) {
			within, in = append(within, v), append(in, v-common[set])
		} else {
			without, out = append(without, v), append(out, v-common[set])
		}
	}
	m := Memory{In: stat.Mean(within, nil), Out: stat.Mean(without, nil), Share: math.NaN()}
	switch {
	case len(in) == 0:
		m.Mem = estimate.Unknown("no training set holds the example")
	case len(out) == 0:
		m.Mem = estimate.Unknown("all training sets hold the example")
	case l.Sets < 3:
		m.Mem = estimate.Point(stat.Mean(out, nil)-stat.Mean(in, nil),
			"fewer than 3 training sets have no spread without an example")
	default:
		se := pooledSpread(in, out) * math.Sqrt(1/float64(len(in))+1/float64(len(out)))
		m.Mem = estimate.FromSE(stat.Mean(out, nil)-stat.Mean(in, nil), se, float64(l.Sets-2))
	}
	return m
}

// pooledSpread is the standard deviation within two groups, of which one may be a single value.
func pooledSpread(a, b []float64) float64 {
	if len(a) == 1 {
		return stat.StdDev(b, nil)
	}
	if len(b) == 1 {
		return stat.StdDev(a, nil)
	}
	n, m := float64(len(a)-1), float64(len(b)-1)
	return math.Sqrt((n*stat.Variance(a, nil) + m*stat.Variance(b, nil)) / (n + m))
}

// common is the mean loss of the ghosts under the replicas of each training set.
func (l *ExampleLosses) common() []float64 {
	common := make([]float64, l.Sets)
	for _, losses := range l.Ghosts {
		for set, mean := range l.bySet(losses) {
			common[set] += mean / float64(len(l.Ghosts))
		}
	}
	return common
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
	if l.Pool != nil {
		return l.meanOfPool()
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

// meanOfPool averages over the examples of each training set that another does not hold.
func (l *ExampleLosses) meanOfPool() estimate.Estimate {
	common := l.common()
	sum, n := make([]float64, l.Sets), make([]float64, l.Sets)
	for i, losses := range l.Pool.Losses {
		relative, held := floats.SubTo(make([]float64, l.Sets), l.bySet(losses), common), l.Pool.Held[i]
		var without moments
		for d, v := range relative {
			if !held[d] {
				without.add(v)
			}
		}
		for d, v := range relative {
			if held[d] && without.n > 0 {
				sum[d], n[d] = sum[d]+without.sum/without.n-v, n[d]+1
			}
		}
	}
	if slices.Contains(n, 0) {
		return estimate.Unknown("a training set holds no example that another does not, of those that were judged")
	}
	return overUnits(floats.DivTo(sum, sum, n))
}
