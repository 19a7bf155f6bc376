package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat"
)

// switching is the work, in nats, of switching the weights at once over an interval between two observations: forward
// on the chains of its beginning, and back on those of its end. A replica is a row, set-major.
type switching struct {
	step             int // at the end of the interval
	forward, reverse [][]float64
	deltaF           float64
}

// switchings returns the intervals of a run whose free energy is the same for all replicas, as that of a normalised
// model is.
func switchings(r *Run) (all works, err error) {
	chains, err := r.Chains()
	if err != nil {
		return works{}, err
	}
	all.perSet = r.Replicas
	observed := r.Observed()
	for n, t := range observed {
		if n == 0 {
			continue
		}
		before, now := r.At("delta_f", observed[n-1]), r.At("delta_f", t)
		if before.SE != 0 || now.SE != 0 {
			return works{}, fmt.Errorf("experiment: the free energy of the model in %s is not known exactly", r.Dir)
		}
		s := switching{step: t, deltaF: now.Value - before.Value}
		for i := range chains.Forward {
			s.forward, s.reverse = append(s.forward, chains.Forward[i][n]), append(s.reverse, chains.Reverse[i][n])
		}
		all.of = append(all.of, s)
	}
	return all, nil
}

// works are intervals whose errors are taken over training sets.
type works struct {
	of     []switching
	perSet int // replicas of a training set
}

// alone is one of the intervals.
func (w works) alone(n int) works { return works{of: w.of[n : n+1], perSet: w.perSet} }

// where returns the intervals that are so.
func (w works) where(so func(n int) bool) works {
	kept := works{perSet: w.perSet}
	for n, s := range w.of {
		if so(n) {
			kept.of = append(kept.of, s)
		}
	}
	return kept
}

func (w works) sets() int {
	if len(w.of) == 0 {
		return 0
	}
	return len(w.of[0].forward) / w.perSet
}

// dissipated returns w − ΔF and its variance given the weights, means over the replicas of each set, summed over the
// intervals.
func (w works) dissipated() (sigma, variance []float64) {
	sigma, variance = make([]float64, w.sets()), make([]float64, w.sets())
	for _, s := range w.of {
		for i, work := range s.forward {
			mean, v := stat.MeanVariance(work, nil)
			sigma[i/w.perSet] += (mean - s.deltaF) / float64(w.perSet)
			variance[i/w.perSet] += v / float64(w.perSet)
		}
	}
	return sigma, variance
}

// production is Σ = <w> − ΔF, summed over the intervals.
func (w works) production() estimate.Estimate {
	sigma, _ := w.dissipated()
	return estimate.SkewedMean(sigma, 0)
}

// response is Var(w)/2Σ, each summed over the intervals.
func (w works) response() estimate.Estimate {
	sigma, variance := w.dissipated()
	return estimate.SkewedJackknife(len(sigma), 0, func(skip int) float64 {
		var v, s float64
		for d := range sigma {
			if d != skip {
				v, s = v+variance[d], s+sigma[d]
			}
		}
		return v / (2 * s)
	})
}

// crooks fits ln P/P′ as a line of w − ΔF, of all intervals together: its slope, and where it crosses 0. The chains of
// an interval's end begin the next, and those of a set share its examples: errors are those of a jackknife over sets.
func (w works) crooks() (slope, crossing estimate.Estimate) {
	sets := w.sets()
	fits := make([]thermo.CrooksFit, sets+1)
	for skip := range fits { // the last leaves none out
		forward, reverse := w.pooled(skip)
		fits[skip] = thermo.Crooks(forward, reverse, nil)
	}
	if whole := fits[sets].Slope; !whole.Known() {
		return whole, whole
	}
	over := func(f func(fit thermo.CrooksFit) float64) estimate.Estimate {
		return estimate.Jackknife(sets, func(skip int) float64 {
			if skip < 0 {
				skip = sets
			}
			return f(fits[skip])
		})
	}
	return over(func(fit thermo.CrooksFit) float64 { return fit.Slope.Value }),
		over(func(fit thermo.CrooksFit) float64 { return fit.DeltaF.Value })
}

// pooled returns w − ΔF forward, and w + ΔF back, of all chains but those of one set.
func (w works) pooled(skip int) (forward, reverse []float64) {
	for _, s := range w.of {
		for i := range s.forward {
			if i/w.perSet == skip {
				continue
			}
			for k := range s.forward[i] {
				forward = append(forward, s.forward[i][k]-s.deltaF)
				reverse = append(reverse, s.reverse[i][k]+s.deltaF)
			}
		}
	}
	return forward, reverse
}

// The bins of w − ΔF in which densities are counted, and the least count on either side of which a ratio is formed.
const (
	binWidth   = 0.5
	binsAside  = 12
	leastCount = 20
)

// bin holds what fell into it of each set: counts and sums, forward and of minus the reverse work.
type bin struct{ counts, sums [2][]float64 }

// detailed draws ln P(w)/P′(−w) against w − ΔF, of all intervals together. A point stands midway between the means
// of the two sides in its bin: there a line of slope 1 has the ratio of the whole bin, up to third order in its width.
func (w works) detailed(l record.Line) record.Line {
	sets := w.sets()
	bins := make([]bin, 2*binsAside)
	for b := range bins {
		for side := range 2 {
			bins[b].counts[side], bins[b].sums[side] = make([]float64, sets), make([]float64, sets)
		}
	}
	for _, s := range w.of {
		for side, rows := range [2][][]float64{s.forward, s.reverse} {
			for i, row := range rows {
				for _, x := range row {
					if side == 1 {
						x = -x
					}
					x -= s.deltaF
					b := int(math.Floor(x/binWidth)) + binsAside
					if b < 0 || b >= len(bins) {
						continue
					}
					bins[b].counts[side][i/w.perSet]++
					bins[b].sums[side][i/w.perSet] += x
				}
			}
		}
	}
	for _, b := range bins {
		b.enter(&l)
	}
	l.Loose = true
	return l
}

// enter adds the point of the bin to a line, if it holds enough.
func (b *bin) enter(l *record.Line) {
	total := func(x []float64, skip int) (sum float64) {
		for d, v := range x {
			if d != skip {
				sum += v
			}
		}
		return sum
	}
	var at [2]float64
	for side := range at {
		n := total(b.counts[side], -1)
		if n < leastCount {
			return
		}
		at[side] = total(b.sums[side], -1) / n
	}
	l.Add(stat.Mean(at[:], nil), estimate.Jackknife(len(b.counts[0]), func(skip int) float64 {
		ratio := math.Log(total(b.counts[0], skip) / total(b.counts[1], skip))
		if math.IsInf(ratio, 0) {
			return math.NaN()
		}
		return ratio
	}))
}

// responses are Var(w)/2Σ of each interval against its Σ, as points.
func (w works) responses(l record.Line) record.Line {
	for n := range w.of {
		if one := w.alone(n).response(); tells(one) {
			l.Add(w.alone(n).production().Value, one)
		}
	}
	l.Loose = true
	return l
}

// slopes are those of ln P/P′ of the intervals, and the same over training.
func (w works) slopes() (each []estimate.Estimate, over record.Line) {
	over = line("Σ", "", 0)
	for n, s := range w.of {
		if slope, _ := w.alone(n).crooks(); tells(slope) {
			each = append(each, slope)
			over.Add(float64(s.step), slope)
		}
	}
	return each, over
}

// tells reports whether a number is known well enough to be told from half of it.
func tells(e estimate.Estimate) bool { return standardErrors*e.StatedSE() <= e.Value/2 }
