package ensemble

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/copying"
)

// Nearness is where samples and held-out examples lie to the training sets.
type Nearness struct {
	Samples [][]copying.Placed // [s][k], to the training set of replica s
	Other   [][]float64        // [s][k], distance to the next training set; nil where there is none
	Common  []float64          // [d], share of the examples of training set d that are in the next one too
	HeldOut [][]copying.Placed // [d][i]
}

// yardstick is what samples are held against. It does not change over a run.
type yardstick struct {
	sets    []*copying.Examples
	cells   []*copying.Cells
	common  []float64
	heldOut [][]copying.Placed
}

// Cells of a training set, for the data-copying test.
const (
	meanInCell = 32 // samples of a training set for each of its cells
	mostCells  = 10
)

func (e *Ensemble) newYardstick(ctx context.Context, workers int) (*yardstick, error) {
	y := &yardstick{
		sets: make([]*copying.Examples, len(e.sets)), cells: make([]*copying.Cells, len(e.sets)),
		common: make([]float64, len(e.sets)), heldOut: make([][]copying.Placed, len(e.sets)),
	}
	cells := min(max(e.config.Replicas*e.config.Chains/meanInCell, 1), mostCells)
	return y, Parallel(ctx, workers, len(e.sets), func(_ context.Context, _, d int) error {
		y.sets[d] = copying.NewExamples(e.sets[d], e.dim)
		stream := instrument.Stream(e.config.Seed, e.setNumber(d), -1, "cells")
		y.cells[d] = copying.NewCells(e.sets[d], e.dim, cells, rand.New(stream))
		y.common[d] = common(e.sets[d], e.sets[(d+1)%len(e.sets)], e.dim)
		y.heldOut[d] = y.place(d, e.test)
		return nil
	})
}

// measureNear enters in an observation where its samples lie.
func (e *Ensemble) measureNear(ctx context.Context, workers int, o *Observation) error {
	if !generative(e.roles) {
		return nil
	}
	if e.near == nil {
		y, err := e.newYardstick(ctx, workers)
		if err != nil {
			return err
		}
		e.near = y
	}
	n := len(o.TrainNLL)
	o.Near = &Nearness{Samples: make([][]copying.Placed, n), Common: e.near.common, HeldOut: e.near.heldOut}
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
	cells := y.cells[d].Of(x)
	placed := make([]copying.Placed, 0, len(cells))
	for i, n := range y.sets[d].Nearest(x) {
		placed = append(placed, copying.Placed{Cell: cells[i], Distance: n.Distance})
	}
	return placed
}

// common returns the share of the rows of x that y holds too.
func common(x, y []float32, dim int) float64 {
	key := func(row []float32) string {
		bytes, _ := binary.Append(nil, binary.NativeEndian, row) // numbers of fixed size never fail
		return string(bytes)
	}
	held := map[string]bool{}
	for row := range slices.Chunk(y, dim) {
		held[key(row)] = true
	}
	var n float64
	for row := range slices.Chunk(x, dim) {
		if held[key(row)] {
			n++
		}
	}
	return n * float64(dim) / float64(len(x))
}
