package ensemble

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/copying"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

var (
	copyingPanel = record.Panel{Figure: "copying", Title: "Are samples nearer to the training set?", Axis: "share of samples"}
	copyingTest  = record.Panel{Figure: "copying", Title: "Data-copying test", Axis: "z (below 0: nearer)"}
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

func generative(r Roles) bool { return r.Labels == 0 }

// Copying is what an observation shows of samples that copy their training set.
type Copying struct {
	Nearer estimate.Estimate // chance that a sample lies nearer to its training set than a held-out example does
	Own    estimate.Estimate // chance that it lies nearer to its own training set than to another
	Z      estimate.Estimate // of the data-copying test in cells, mean over training sets
}

// Nearness is where samples and held-out examples lie to the training sets.
type Nearness struct {
	Samples [][]copying.Placed // [s][k], to the training set of replica s
	Other   [][]float64        // [s][k], distance to the next training set; nil where there is none
	HeldOut [][]copying.Placed // [d][i]
}

// yardstick is what samples are held against. It does not change over a run.
type yardstick struct {
	sets    []*copying.Examples
	cells   []*copying.Cells
	heldOut [][]copying.Placed
}

const (
	leastInCell   = 20 // samples and held-out examples of a cell
	meanInCell    = 32 // samples of a training set for each of its cells
	mostCells     = 10
	tooFewForTest = "no cell of a training set holds %d samples and as many held-out examples"
)

func (e *Ensemble) newYardstick(ctx context.Context, workers int) (*yardstick, error) {
	y := &yardstick{
		sets: make([]*copying.Examples, len(e.sets)), cells: make([]*copying.Cells, len(e.sets)),
		heldOut: make([][]copying.Placed, len(e.sets)),
	}
	cells := min(max(e.config.Replicas*e.config.Chains/meanInCell, 1), mostCells)
	return y, Parallel(ctx, workers, len(e.sets), func(_ context.Context, _, d int) error {
		y.sets[d] = copying.NewExamples(e.sets[d], e.dim)
		y.cells[d] = copying.NewCells(e.sets[d], e.dim, cells, rand.New(Stream(e.config.Seed, d, -1, "cells")))
		y.heldOut[d] = y.place(d, e.test)
		return nil
	})
}

// measureNear enters in an observation where its samples lie.
func (e *Ensemble) measureNear(ctx context.Context, workers int, o *Observation) (err error) {
	if !generative(e.roles) {
		return nil
	}
	if e.near == nil {
		if e.near, err = e.newYardstick(ctx, workers); err != nil {
			return err
		}
	}
	n := len(o.TrainNLL)
	o.Near = &Nearness{Samples: make([][]copying.Placed, n), HeldOut: e.near.heldOut}
	if o.Sets > 1 {
		o.Near.Other = make([][]float64, n)
	}
	return Parallel(ctx, workers, n, func(_ context.Context, _, s int) error {
		x, d := o.Samples[s*o.Chains*o.Width:(s+1)*o.Chains*o.Width], s/o.PerSet
		o.Near.Samples[s] = e.near.place(d, x)
		if o.Sets > 1 {
			o.Near.Other[s] = copying.Distances(e.near.sets[(d+1)%o.Sets].Nearest(x))
		}
		return nil
	})
}

// place finds the cell of training set d and the nearest of its examples for each row of x.
func (y *yardstick) place(d int, x []float32) []copying.Placed {
	placed := make([]copying.Placed, 0, len(x))
	cells := y.cells[d].Of(x)
	for i, n := range y.sets[d].Nearest(x) {
		placed = append(placed, copying.Placed{Cell: cells[i], Distance: n.Distance})
	}
	return placed
}

// copying compares the samples of all replicas of a set with the held-out examples, which all sets share: their error
// is added to that over sets. Of z it is that of the null, at most the share m/(m+n) of its variance.
func (o *Observation) copying() Copying {
	if o.Near == nil {
		none := estimate.Unknown("the samples of a model of labels are labels")
		return Copying{Nearer: none, Own: none, Z: none}
	}
	var nearer, own, z []float64
	m, n := o.PerSet*o.Chains, len(o.Near.HeldOut[0])
	place := make([]float64, n)
	for d, heldOut := range o.Near.HeldOut {
		var samples []copying.Placed
		var other []float64
		for s := d * o.PerSet; s < (d+1)*o.PerSet; s++ {
			samples = append(samples, o.Near.Samples[s]...)
			if o.Near.Other != nil {
				other = append(other, o.Near.Other[s]...)
			}
		}
		placements := copying.Placements(distances(samples), distances(heldOut))
		nearer = append(nearer, stat.Mean(placements, nil))
		for i, p := range placements {
			place[i] += p / float64(o.Sets)
		}
		if other != nil {
			own = append(own, copying.Own(distances(samples), other))
		}
		z = append(z, copying.InCells(samples, heldOut, leastInCell).Z)
	}
	c := Copying{
		Nearer: share(estimate.Mean(nearer).Widened(stat.StdDev(place, nil)/math.Sqrt(float64(n)), n)),
		Own:    estimate.Unknown("there is no other training set to be nearer to"),
		Z:      estimate.Mean(z).Widened(math.Sqrt(float64(m)/float64(m+n)), n),
	}
	if own != nil {
		c.Own = share(estimate.Mean(own))
	}
	if !c.Z.Known() {
		c.Z = estimate.Unknown(tooFewForTest, leastInCell)
	}
	return c
}

// share keeps the interval of a share between 0 and 1.
func share(e estimate.Estimate) estimate.Estimate {
	if e.HasInterval() {
		e.Lo, e.Hi = max(e.Lo, 0), min(e.Hi, 1)
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
