package ensemble

import (
	"math"
	"slices"

	"calorimeter/instrument/copying"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

var (
	copyingPanel = record.Panel{
		Figure: "copying", Title: "Are samples nearer to their training set?", Axis: "share of samples",
	}
	copyingTest = record.Panel{Figure: "copying", Title: "Data-copying test", Axis: "z (below 0: nearer)"}
)

const meehan = "Meehan, Chaudhuri & Dasgupta 2020, arXiv:2004.05675"

var _ = declare(
	quantity{Info: record.Info{
		Name: "copying", Title: "samples nearer than held-out examples", Unit: "1", Panel: copyingPanel, Expected: 0.5,
		Doc: "chance that a sample lies nearer to the nearest example of its training set than a held-out example does: " +
			"above 1/2 where samples copy, or are smoother than examples; below it where they underfit",
		Assumption: "held-out examples of the population of the training set; distances are Euclidean", Ref: meehan,
	}, only: generative, of: ofRow(func(r *Row) estimate.Estimate { return r.Copying.Nearer })},
	quantity{Info: record.Info{
		Name: "copying_own", Title: "samples nearer to their own training set", Unit: "1", Panel: copyingPanel,
		Doc: "chance that a sample lies nearer to its own training set than to another: exactly 1/2 where it owes nothing " +
			"to the particular examples of its own, however well or badly the model fits",
		Assumption: "training sets drawn alike; distances are Euclidean", Ref: "defined here",
	}, only: generative, of: ofRow(func(r *Row) estimate.Estimate { return r.Copying.Own })},
	quantity{Info: record.Info{
		Name: "copying_z", Title: "data-copying test", Symbol: "C_T", Unit: "1", Panel: copyingTest,
		Doc: "Mann-Whitney z of the distances of a training set's samples against those of held-out examples, by cells of " +
			"similar examples, mean over training sets: of one set it is standard normal where samples are as good as new " +
			"examples, far below 0 where they are copies, far above where they underfit; it grows with the samples",
		Assumption: "as of copying", Ref: meehan,
	}, only: generative, of: ofRow(func(r *Row) estimate.Estimate { return r.Copying.Z })},
)

func generative(r Roles) bool { return r.Labels == 0 && !r.Silent }

// Copying is what an observation shows of samples that copy their training set.
type Copying struct {
	Nearer estimate.Estimate // chance that a sample lies nearer to its training set than a held-out example does
	Own    estimate.Estimate // chance that it lies nearer to its own training set than to another
	// Most is the largest share of samples that can be copies: these lie nearer to their own training set, but for the
	// examples that the other has too, and the others no less often than not. It is negative by chance alone.
	Most estimate.Estimate
	Z    estimate.Estimate // of the data-copying test in cells, mean over training sets
}

// leastInCell is how many samples, and held-out examples, a cell needs to be tested.
const leastInCell = 20

// copying compares the samples of all replicas of a set with the held-out examples, which all sets share: their error
// is added to that over sets. Of z it is that of the null, at most the share m/(m+n) of its variance, m the samples and
// n the held-out examples.
func (o *Observation) copying() Copying {
	if o.Near == nil {
		none := estimate.Unknown("the samples of a model of labels are labels")
		return Copying{Nearer: none, Own: none, Most: none, Z: none}
	}
	var nearer, own, most, z []float64
	m, n := o.PerSet*o.Chains, len(o.Near.HeldOut[0])
	place := make([]float64, n)
	for d, heldOut := range o.Near.HeldOut {
		samples := slices.Concat(o.Near.Samples[d*o.PerSet : (d+1)*o.PerSet]...)
		placements := copying.Placements(distances(samples), distances(heldOut))
		floats.AddScaled(place, 1/float64(o.Sets), placements)
		nearer = append(nearer, stat.Mean(placements, nil))
		z = append(z, copying.InCells(samples, heldOut, leastInCell).Z)
		if o.Near.Other != nil {
			share := copying.Own(distances(samples), slices.Concat(o.Near.Other[d*o.PerSet:(d+1)*o.PerSet]...))
			own, most = append(own, share), append(most, (2*share-1)/(1-o.Near.Common[d]))
		}
	}
	c := Copying{
		Nearer: share(estimate.Mean(nearer).Widened(stat.StdDev(place, nil)/math.Sqrt(float64(n)), n)),
		Own:    estimate.Unknown("one training set: there is no other to be nearer to"),
		Z:      estimate.Mean(z).Widened(math.Sqrt(float64(m)/float64(m+n)), n),
	}
	c.Most = c.Own
	if own != nil {
		c.Own, c.Most = share(estimate.Mean(own)), share(estimate.Mean(most))
	}
	if !c.Z.Known() {
		c.Z = estimate.Unknown("a training set without a cell of %d samples and as many held-out examples", leastInCell)
	}
	return c
}

// share keeps the interval of a share between 0 and 1.
func share(e estimate.Estimate) estimate.Estimate {
	if e.HasInterval() {
		e.Lo, e.Hi = min(max(e.Lo, 0), 1), max(min(e.Hi, 1), 0)
	}
	return e
}

func distances(placed []copying.Placed) []float64 {
	d := make([]float64, len(placed))
	for i, p := range placed {
		d[i] = p.Distance
	}
	return d
}
