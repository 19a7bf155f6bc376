package ensemble

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
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

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

// WriteSamples writes what the samples of a generative model at an observation are nearest to into the run folder dir:
// samples.csv and, where they are pictures, those nearest to their training set and those that reveal most of it beside
// their nearest examples. chains[s] are the samples of replica s, set-major.
func (a *Audit) WriteSamples(dir string, run *record.Run, row *Row, chains [][]float32) error {
	if !generative(row.Roles) {
		return nil
	}
	samples := a.placeSamples(row, chains)
	slices.SortStableFunc(samples, func(x, y placedSample) int { return cmp.Compare(x.own.Distance, y.own.Distance) })
	if err := a.drawNeighbours(dir, nearestFile, "Samples nearest to their training set", run, samples); err != nil {
		return err
	}
	if !math.IsNaN(samples[0].infoLo) {
		slices.SortStableFunc(samples, func(x, y placedSample) int { return cmp.Compare(y.infoLo, x.infoLo) })
		var lo, hi []float64
		for _, p := range samples[:min(neighbourColumns, len(samples))] {
			lo, hi = append(lo, p.infoLo), append(hi, p.infoHi)
		}
		most := fmt.Sprintf("Samples that reveal most of their training set (L-info's bounds are means over samples; over "+
			"these they are %s and %s nats)", record.Brief(stat.Mean(lo, nil)), record.Brief(stat.Mean(hi, nil)))
		if err := a.drawNeighbours(dir, revealingFile, most, run, samples); err != nil {
			return err
		}
	}
	return a.writeSamplesTable(dir, samples)
}

// placeSamples finds the nearest examples of the samples of all replicas.
func (a *Audit) placeSamples(row *Row, chains [][]float32) (samples []placedSample) {
	heldOut := copying.NewExamples(a.HeldOut, a.Dim)
	for s, x := range chains {
		d := s / row.PerSet
		own, fresh := copying.NewExamples(a.Sets[d], a.Dim).Nearest(x), heldOut.Nearest(x)
		for k := range own {
			p := placedSample{
				set: d, replica: s % row.PerSet, chain: k, x: x[k*a.Dim : (k+1)*a.Dim],
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

// pictures reports whether samples are pictures.
func (a *Audit) pictures() bool { return a.Sample[0] >= 2 && a.Sample[1] >= 2 }

// The picture of samples.
const (
	samplesFile               = "samples.png"
	sampleRows, sampleColumns = 8, 16 // at most so many replicas, so many samples of each
)

// DrawSamples draws samples, one replica a row, where they are pictures: chains[s] are those of replica s.
func (a *Audit) DrawSamples(dir string, run *record.Run, chains [][]float32) error {
	if !a.pictures() || len(chains[0]) == 0 {
		return nil
	}
	rows, columns := min(len(chains), sampleRows), min(len(chains[0])/a.Dim, sampleColumns)
	var samples []float32
	for r := range rows {
		samples = append(samples, chains[r*len(chains)/rows][:columns*a.Dim]...)
	}
	run.Show(record.Picture{File: samplesFile, Title: "Samples at the last observation, a row a replica"})
	return a.Draw(filepath.Join(dir, samplesFile), samples, rows, columns)
}

// Draw writes a picture of rows x columns samples; nothing where samples are no pictures.
func (a *Audit) Draw(path string, samples []float32, rows, columns int) error {
	if !a.pictures() {
		return nil
	}
	return report.SampleGrid(path, samples, rows, columns, a.Sample[0], a.Sample[1])
}

// drawNeighbours draws the first samples above the nearest example of their own training set and the nearest held-out
// one, where samples are pictures.
func (a *Audit) drawNeighbours(dir, file, what string, run *record.Run, samples []placedSample) error {
	if !a.pictures() {
		return nil
	}
	columns := min(neighbourColumns, len(samples))
	var above, middle, below []float32
	var own, heldOut []float64
	for _, p := range samples[:columns] {
		above = append(above, p.x...)
		middle = append(middle, a.Sets[p.set][p.own.Index*a.Dim:(p.own.Index+1)*a.Dim]...)
		below = append(below, a.HeldOut[p.heldOut.Index*a.Dim:(p.heldOut.Index+1)*a.Dim]...)
		own, heldOut = append(own, p.own.Distance), append(heldOut, p.heldOut.Distance)
	}
	run.Show(record.Picture{File: file, Title: fmt.Sprintf(
		"%s; below each the nearest example of its own training set, at a distance of %s, and the nearest held-out "+
			"example, at %s", what, between(own), between(heldOut))})
	return a.Draw(filepath.Join(dir, file), slices.Concat(above, middle, below), 3, columns)
}

// between prints a range of numbers.
func between(values []float64) string {
	return record.Brief(slices.Min(values)) + " to " + record.Brief(slices.Max(values))
}

// writeSamplesTable writes samples.csv: a row a sample, the one that reveals most first; where that is unknown, the one
// nearest to its training set. l_info_lo and l_info_hi are what it adds to L-info's bounds, in nats; pool is the row of
// the pool that the nearest training example was drawn from; distances are Euclidean.
func (a *Audit) writeSamplesTable(dir string, samples []placedSample) error {
	return record.WriteAtomic(filepath.Join(dir, samplesTable), func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"set", "replica", "chain", "l_info_lo", "l_info_hi", "distance", "pool", "distance_held_out"}
		out.Write(header)
		for _, p := range samples {
			out.Write([]string{ // the writer keeps its first error
				strconv.Itoa(p.set), strconv.Itoa(p.replica), strconv.Itoa(p.chain), number(p.infoLo), number(p.infoHi),
				number(p.own.Distance), strconv.Itoa(a.Indices[p.set][p.own.Index]), number(p.heldOut.Distance),
			})
		}
		out.Flush()
		return out.Error()
	})
}
