package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

const (
	auditFile     = "memorization.csv"
	memorizedFile = "memorized.png"

	memorizedColumns = 12 // so many of the most, and of the least memorized examples
)

// audited is a training example with what training did to its loss.
type audited struct {
	information.Memory
	set, row, pool int // training set, row of it, and row of the pool that it was drawn from
}

// audit lists the training examples, the most memorized first; nil where the last observation did not judge all.
func (f *ensembleFiles) audit(rows []*ensemble.Row) (list []audited) {
	for d, memories := range rows[len(rows)-1].Memories {
		for i, m := range memories {
			list = append(list, audited{Memory: m, set: d, row: i, pool: f.examples.indices[d][i]})
		}
	}
	slices.SortStableFunc(list, func(a, b audited) int {
		switch {
		case a.Mem.Value > b.Mem.Value:
			return -1
		case a.Mem.Value < b.Mem.Value:
			return 1
		}
		return 0
	})
	return list
}

// writeAudit writes memorization.csv: a row an example, losses, mem and its standard error and interval in nats
// (loss_in is that under the replicas trained on it, loss_out that under all others), and its share of M-info.
// true_label is the label before labels were permuted.
func (f *ensembleFiles) writeAudit(dir string, list []audited) error {
	return record.WriteAtomic(filepath.Join(dir, auditFile), func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"pool", "set", "loss_in", "loss_out", "mem", "mem_se", "mem_lo", "mem_hi", "share"}
		if f.examples.labels != nil {
			header = append(header, "label", "true_label")
		}
		if err := out.Write(header); err != nil {
			return err
		}
		for _, a := range list {
			line := []string{strconv.Itoa(a.pool), strconv.Itoa(a.set)}
			for _, v := range []float64{a.In, a.Out, a.Mem.Value, a.Mem.SE, a.Mem.Lo, a.Mem.Hi, a.Share} {
				line = append(line, number(v))
			}
			if f.examples.labels != nil {
				for _, labels := range [][]uint8{f.examples.labels, f.examples.truth} {
					line = append(line, strconv.Itoa(int(labels[a.pool])))
				}
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// number prints v for a file; empty where it is not known.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// showMemorized draws the most and the least memorized examples, where examples are pictures.
func (f *ensembleFiles) showMemorized(dir string, run *record.Run, list []audited) error {
	ex := f.examples
	if ex.picture[0] < 2 || ex.picture[1] < 2 {
		return nil
	}
	columns := min(memorizedColumns, len(list))
	var x []float32
	var words [2]string
	for i, part := range [][]audited{list[:columns], list[len(list)-columns:]} {
		for _, a := range part {
			first := a.row * ex.dim
			x = append(x, ex.sets[a.set][first:first+ex.picture[0]*ex.picture[1]]...)
		}
		words[i] = record.Brief(part[0].Mem.Value) + " to " + record.Brief(part[columns-1].Mem.Value)
		if ex.labels != nil {
			words[i] += " (labels"
			for _, a := range part {
				words[i] += fmt.Sprintf(" %d", ex.labels[a.pool])
			}
			words[i] += ")"
		}
	}
	show(run, record.Picture{
		File: memorizedFile,
		Title: fmt.Sprintf("Training examples: above, the most memorized, which training on them made likelier by %s nats; "+
			"below, the least, %s nats", words[0], words[1]),
	})
	return report.SampleGrid(filepath.Join(dir, memorizedFile), x, 2, columns, ex.picture[0], ex.picture[1])
}

// permutedFound is how well mem finds the examples whose label was permuted: the chance that one of them has a larger
// mem than one whose label is its own, AUC, over training sets. It is unknown where a set has not both.
func (f *ensembleFiles) permutedFound(list []audited) estimate.Estimate {
	sets := make([]float64, len(f.examples.sets))
	for d := range sets {
		var above, own, permuted float64
		for i := len(list) - 1; i >= 0; i-- { // the least memorized first
			switch a := list[i]; {
			case a.set != d:
			case f.examples.labels[a.pool] == f.examples.truth[a.pool]:
				own++
			default:
				permuted++
				above += own
			}
		}
		if own*permuted == 0 {
			return estimate.Unknown("no example with a permuted label, or none without")
		}
		sets[d] = above / (own * permuted)
	}
	return estimate.Mean(sets)
}
