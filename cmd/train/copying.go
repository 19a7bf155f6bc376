package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"calorimeter/instrument/copying"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

const (
	samplesTable  = "samples.csv"
	nearestFile   = "nearest.png"
	revealingFile = "revealing.png"

	neighbourColumns = 12
)

// placedSample is a sample at the last observation, beside what it is nearest to.
type placedSample struct {
	set, replica, chain int
	x                   []float32
	infoLo, infoHi      float64           // what it adds to L-info's bounds, nats; NaN where they are unknown
	own, heldOut        copying.Neighbour // among the examples of its own training set, and among the held-out ones
}

// writeCopying writes what the samples of a generative model are nearest to: samples.csv and, where they are pictures,
// those nearest to their training set and those that reveal most of it beside their nearest examples.
func (f *ensembleFiles) writeCopying(dir string, run *record.Run, rows []*ensemble.Row) error {
	if f.ensemble.Roles().Labels > 0 {
		return nil
	}
	samples := f.placeSamples(rows[len(rows)-1])
	slices.SortStableFunc(samples, func(a, b placedSample) int { return cmp.Compare(a.own.Distance, b.own.Distance) })
	if err := f.drawNeighbours(dir, nearestFile, "Samples nearest to their training set", run, samples); err != nil {
		return err
	}
	if !math.IsNaN(samples[0].infoLo) {
		slices.SortStableFunc(samples, func(a, b placedSample) int { return cmp.Compare(b.infoLo, a.infoLo) })
		var lo, hi []float64
		for _, p := range samples[:min(neighbourColumns, len(samples))] {
			lo, hi = append(lo, p.infoLo), append(hi, p.infoHi)
		}
		most := fmt.Sprintf("Samples that reveal most of their training set (L-info's bounds are means over samples; over "+
			"these they are %s and %s nats)", record.Brief(stat.Mean(lo, nil)), record.Brief(stat.Mean(hi, nil)))
		if err := f.drawNeighbours(dir, revealingFile, most, run, samples); err != nil {
			return err
		}
	}
	return f.writeSamplesTable(dir, samples)
}

// placeSamples finds the nearest examples of the samples of all replicas.
func (f *ensembleFiles) placeSamples(row *ensemble.Row) (samples []placedSample) {
	ex := f.examples
	heldOut := copying.NewExamples(ex.test, ex.dim)
	for s, r := range f.ensemble.Replicas() {
		own, fresh := copying.NewExamples(ex.sets[r.Set], ex.dim).Nearest(r.Chains), heldOut.Nearest(r.Chains)
		for k := range own {
			p := placedSample{
				set: r.Set, replica: r.Index, chain: k, x: r.Chains[k*ex.dim : (k+1)*ex.dim],
				infoLo: math.NaN(), infoHi: math.NaN(), own: own[k], heldOut: fresh[k],
			}
			if row.SampleInfoLo != nil {
				p.infoLo, p.infoHi = row.SampleInfoLo[s*len(own)+k], row.SampleInfoHi[s*len(own)+k]
			}
			samples = append(samples, p)
		}
	}
	return samples
}

// drawNeighbours draws the first samples above the nearest example of their own training set and the nearest held-out
// one, where samples are pictures.
func (f *ensembleFiles) drawNeighbours(dir, file, what string, run *record.Run, samples []placedSample) error {
	if !f.pictures() {
		return nil
	}
	ex, columns := f.examples, min(neighbourColumns, len(samples))
	var above, middle, below []float32
	var own, heldOut []float64
	for _, p := range samples[:columns] {
		above = append(above, p.x...)
		middle = append(middle, ex.sets[p.set][p.own.Index*ex.dim:(p.own.Index+1)*ex.dim]...)
		below = append(below, ex.test[p.heldOut.Index*ex.dim:(p.heldOut.Index+1)*ex.dim]...)
		own, heldOut = append(own, p.own.Distance), append(heldOut, p.heldOut.Distance)
	}
	show(run, record.Picture{File: file, Title: fmt.Sprintf(
		"%s; below each the nearest example of its own training set, at a distance of %s, and the nearest held-out "+
			"example, at %s", what, between(own), between(heldOut))})
	return f.draw(filepath.Join(dir, file), slices.Concat(above, middle, below), 3, columns)
}

// between prints a range of numbers.
func between(values []float64) string {
	return record.Brief(slices.Min(values)) + " to " + record.Brief(slices.Max(values))
}

// writeSamplesTable writes samples.csv: a row a sample, the one that reveals most first; where that is unknown, the one
// nearest to its training set. l_info_lo and l_info_hi are what it adds to L-info's bounds, in nats; pool is the row of
// the pool that the nearest training example was drawn from; distances are Euclidean.
func (f *ensembleFiles) writeSamplesTable(dir string, samples []placedSample) error {
	return record.WriteAtomic(filepath.Join(dir, samplesTable), func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"set", "replica", "chain", "l_info_lo", "l_info_hi", "distance", "pool", "distance_held_out"}
		out.Write(header)
		for _, p := range samples {
			out.Write([]string{ // the writer keeps its first error
				strconv.Itoa(p.set), strconv.Itoa(p.replica), strconv.Itoa(p.chain), number(p.infoLo), number(p.infoHi),
				number(p.own.Distance), strconv.Itoa(f.examples.indices[p.set][p.own.Index]), number(p.heldOut.Distance),
			})
		}
		out.Flush()
		return out.Error()
	})
}
