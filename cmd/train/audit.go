package main

import (
	"cmp"
	"encoding/csv"
	"errors"
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
	auditFile          = "memorization.csv"
	memorizedFile      = "memorized.png"
	leastMemorizedFile = "least-memorized.png"

	memorizedColumns = 12 // so many of the most, and of the least memorized examples
)

// audited is a training example with what training did to its loss.
type audited struct {
	information.Memory
	set  int       // training set; where they share examples, how many hold it
	pool int       // row of the pool that it was drawn from
	x    []float32 // the example itself
}

// audit lists the training examples, the most memorized first; nil where the last observation did not judge all.
func (f *ensembleFiles) audit(rows []*ensemble.Row) (list []audited) {
	ex := f.examples
	for d, memories := range rows[len(rows)-1].Memories {
		x, pool := ex.sets[d], ex.indices[d]
		if ex.shared != nil {
			x, pool = ex.shared.x, ex.shared.rows
		}
		for i, m := range memories {
			list = append(list, audited{Memory: m, set: d, pool: pool[i], x: x[i*ex.dim : (i+1)*ex.dim]})
		}
	}
	if ex.shared != nil {
		holders := make([]int, len(list))
		for _, held := range ex.shared.held {
			for _, i := range held {
				holders[i]++
			}
		}
		for i := range list {
			list[i].set = holders[i]
		}
	}
	slices.SortStableFunc(list, func(a, b audited) int { // what is not known last
		return cmp.Compare(b.Mem.Value, a.Mem.Value)
	})
	return list
}

// writeAudit writes memorization.csv: a row an example, losses, mem and its standard error and interval in nats
// (loss_in is that under the replicas trained on it, loss_out that under all others), and its share of M-info. set is
// the training set; where these share examples, sets is how many of them hold it, and mem is empty where all do or none
// does. true_label is the label before labels were permuted.
func (f *ensembleFiles) writeAudit(dir string, list []audited) error {
	return record.WriteAtomic(filepath.Join(dir, auditFile), func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"pool", "set", "loss_in", "loss_out", "mem", "mem_se", "mem_lo", "mem_hi", "share"}
		if f.examples.shared != nil {
			header[1] = "sets"
		}
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
	list = slices.DeleteFunc(slices.Clone(list), func(a audited) bool { return !a.Mem.Known() })
	if ex := f.examples; ex.picture[0] < 2 || ex.picture[1] < 2 || len(list) == 0 {
		return nil
	}
	columns := min(memorizedColumns, len(list))
	return errors.Join(
		f.showExamples(dir, run, memorizedFile, "most", list[:columns]),
		f.showExamples(dir, run, leastMemorizedFile, "least", list[len(list)-columns:]),
	)
}

// showExamples draws a row of examples with their numbers.
func (f *ensembleFiles) showExamples(dir string, run *record.Run, file, which string, list []audited) error {
	ex := f.examples
	p := record.Picture{File: file, Title: fmt.Sprintf("The %s memorized training examples, with mem, what training on "+
		"each took off its loss (nats)", which)}
	if ex.labels != nil {
		p.Title += ", and the label that it was trained with"
	}
	if f.permuted() {
		p.Title += " (where that was permuted, not its own)"
	}
	var x []float32
	for _, a := range list {
		x = append(x, a.x[:ex.picture[0]*ex.picture[1]]...)
		caption := record.Brief(a.Mem.Value)
		if ex.labels != nil {
			caption += fmt.Sprintf("\n%d", ex.labels[a.pool])
			if own := ex.truth[a.pool]; own != ex.labels[a.pool] {
				caption += fmt.Sprintf(", not %d", own)
			}
		}
		p.Captions = append(p.Captions, caption)
	}
	show(run, p)
	return report.SampleGrid(filepath.Join(dir, file), x, 1, len(list), ex.picture[0], ex.picture[1])
}

// permuted reports whether some labels were.
func (f *ensembleFiles) permuted() bool {
	return f.examples.labels != nil && !slices.Equal(f.examples.labels, f.examples.truth)
}

// ofPermuted shows how far examples are memorized whose label was permuted, beside the others; false where there are
// not both.
func (f *ensembleFiles) ofPermuted(list []audited) (record.Diagram, bool) {
	own, permuted := ensemble.Group{Name: "label its own"}, ensemble.Group{Name: "label permuted"}
	for _, a := range list {
		g := &permuted
		if f.examples.labels[a.pool] == f.examples.truth[a.pool] {
			g = &own
		}
		g.Mem = append(g.Mem, a.Mem.Value)
	}
	return ensemble.MemoryHistogram("Permuted labels stand out where they are memorized", permuted, own)
}

// permutedFound is how well mem finds the examples whose label was permuted: the chance that one of them has a larger
// mem than one whose label is its own, AUC, over training sets. Where these share examples mem is of all of them
// together, and AUC has no error. It is unknown where a set has not both.
func (f *ensembleFiles) permutedFound(list []audited) estimate.Estimate {
	if f.examples.shared != nil {
		auc := f.separated(list)
		if math.IsNaN(auc) {
			return noneToFind
		}
		return estimate.Point(auc, "mem is of all training sets together")
	}
	bySet := make([][]audited, len(f.examples.sets))
	for _, a := range list {
		bySet[a.set] = append(bySet[a.set], a)
	}
	sets := make([]float64, len(bySet))
	for d, part := range bySet {
		sets[d] = f.separated(part)
		if math.IsNaN(sets[d]) {
			return noneToFind
		}
	}
	return estimate.Mean(sets)
}

var noneToFind = estimate.Unknown("no example with a permuted label, or none without")

// separated is AUC in a list, the most memorized first; NaN where it has not both.
func (f *ensembleFiles) separated(list []audited) float64 {
	var above, own, permuted float64
	for _, a := range slices.Backward(list) {
		switch {
		case !a.Mem.Known():
		case f.examples.labels[a.pool] == f.examples.truth[a.pool]:
			own++
		default:
			permuted++
			above += own
		}
	}
	return above / (own * permuted)
}
