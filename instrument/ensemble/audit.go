package ensemble

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

	"calorimeter/datasets"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

const (
	// AuditFile is a table of all training examples, the most memorized first.
	AuditFile          = "memorization.csv"
	memorizedFile      = "memorized.png"
	leastMemorizedFile = "least-memorized.png"

	memorizedColumns = 12 // so many of the most, and of the least memorized examples
)

// Audit is the data of a run, as it is looked at example by example and sample by sample.
type Audit struct {
	Dim     int
	Sets    [][]float32 // examples of each training set, rows of Dim
	HeldOut []float32   // examples that no replica is trained on
	Indices [][]int     // rows of the whole pool that each training set was drawn from

	// The examples that training sets share, the rows of the whole pool that they are, and of these, those that each
	// training set holds; nil where sets are disjoint.
	Pool []float32
	Rows []int
	Held [][]int

	Labels  []uint8 // of the whole pool, as they are learned; nil where none are
	Truth   []uint8 // the same before labels were permuted
	Picture [2]int  // height and width of the picture that an example begins with; 0, 0 where it is none
	Sample  [2]int  // the same of a sample
}

// Of is the data of some of the training sets alone.
func (a Audit) Of(sets []int) Audit {
	of := a
	of.Sets, of.Indices = nil, nil
	of.Held = nil
	for _, d := range sets {
		of.Sets, of.Indices = append(of.Sets, a.Sets[d]), append(of.Indices, a.Indices[d])
		if a.Held != nil {
			of.Held = append(of.Held, a.Held[d])
		}
	}
	return of
}

// audited is a training example with what training did to its loss.
type audited struct {
	information.Memory
	set  int       // training set; where they share examples, how many hold it
	pool int       // row of the pool that it was drawn from
	x    []float32 // the example itself
}

// WriteMemorized writes what is known of single examples into the run folder dir, where the last observation judged
// all: memorization.csv, and where examples are pictures, the most and the least memorized ones, which it enters in the
// record, with a histogram in the account.
func (a *Audit) WriteMemorized(dir string, journal *Journal, last Memorization) error {
	list := a.audit(last)
	if list == nil {
		return nil
	}
	if a.permuted() {
		if d, ok := a.ofPermuted(list); ok {
			journal.Account.Diagrams = append(journal.Account.Diagrams, d)
		}
		journal.Run.Notes = append(journal.Run.Notes, fmt.Sprintf(
			"the examples whose label was permuted, found by how far they are memorized (%s): AUC %v", AuditFile,
			a.permutedFound(list)))
	}
	return errors.Join(a.writeAudit(dir, list), a.showMemorized(dir, journal.Run, list))
}

// audit lists the training examples, the most memorized first; nil where the last observation did not judge all.
func (a *Audit) audit(last Memorization) (list []audited) {
	for d, memories := range last.Memories {
		x, pool := a.Sets[d], a.Indices[d]
		if a.Held != nil {
			x, pool = a.Pool, a.Rows
		}
		for i, m := range memories {
			list = append(list, audited{Memory: m, set: d, pool: pool[i], x: x[i*a.Dim : (i+1)*a.Dim]})
		}
	}
	if a.Held != nil {
		holders := make([]int, len(list))
		for _, held := range a.Held {
			for _, i := range held {
				holders[i]++
			}
		}
		for i := range list {
			list[i].set = holders[i]
		}
	}
	slices.SortStableFunc(list, func(x, y audited) int { // what is not known last
		return cmp.Compare(y.Mem.Value, x.Mem.Value)
	})
	return list
}

// writeAudit writes memorization.csv: a row an example, losses, mem and its standard error and interval in nats
// (loss_in is that under the replicas trained on it, loss_out that under all others), and its share of M-info. set is
// the training set; where these share examples, sets is how many of them hold it, and mem is empty where all do or none
// does. true_label is the label before labels were permuted.
func (a *Audit) writeAudit(dir string, list []audited) error {
	return record.WriteAtomic(filepath.Join(dir, AuditFile), func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"pool", "set", "loss_in", "loss_out", "mem", "mem_se", "mem_lo", "mem_hi", "share"}
		if a.Held != nil {
			header[1] = "sets"
		}
		if a.Labels != nil {
			header = append(header, "label", "true_label")
		}
		if err := out.Write(header); err != nil {
			return err
		}
		for _, e := range list {
			line := []string{strconv.Itoa(e.pool), strconv.Itoa(e.set)}
			for _, v := range []float64{e.In, e.Out, e.Mem.Value, e.Mem.SE, e.Mem.Lo, e.Mem.Hi, e.Share} {
				line = append(line, number(v))
			}
			if a.Labels != nil {
				for _, labels := range [][]uint8{a.Labels, a.Truth} {
					line = append(line, strconv.Itoa(int(labels[e.pool])))
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

// number prints v for a file; empty where it is not known, or overflowed.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// showMemorized draws the most and the least memorized examples, where examples are pictures.
func (a *Audit) showMemorized(dir string, run *record.Run, list []audited) error {
	list = slices.DeleteFunc(slices.Clone(list), func(e audited) bool { return !e.Mem.Known() })
	if a.Picture[0] < 2 || a.Picture[1] < 2 || len(list) == 0 {
		return nil
	}
	columns := min(memorizedColumns, len(list))
	return errors.Join(
		a.showExamples(dir, run, memorizedFile, "most", list[:columns]),
		a.showExamples(dir, run, leastMemorizedFile, "least", list[len(list)-columns:]),
	)
}

// showExamples draws a row of examples with their numbers.
func (a *Audit) showExamples(dir string, run *record.Run, file, which string, list []audited) error {
	p := record.Picture{File: file, Title: fmt.Sprintf("The %s memorized training examples, with mem, what training on "+
		"each took off its loss (nats)", which)}
	if a.Labels != nil {
		p.Title += ", and the label that it was trained with"
	}
	if a.permuted() {
		p.Title += " (where that was permuted, not its own)"
	}
	var x []float32
	for _, e := range list {
		x = append(x, e.x[:a.Picture[0]*a.Picture[1]]...)
		caption := record.Brief(e.Mem.Value)
		if a.Labels != nil {
			caption += fmt.Sprintf("\n%d", a.Labels[e.pool])
			if own := a.Truth[e.pool]; own != a.Labels[e.pool] {
				caption += fmt.Sprintf(", not %d", own)
			}
		}
		p.Captions = append(p.Captions, caption)
	}
	run.Show(p)
	return report.SampleGrid(filepath.Join(dir, file), x, 1, len(list), a.Picture[0], a.Picture[1])
}

// permuted reports whether some labels were.
func (a *Audit) permuted() bool {
	return a.Labels != nil && !slices.Equal(a.Labels, a.Truth)
}

// ofPermuted shows how far examples are memorized whose label was permuted, beside the others; false where there are
// not both.
func (a *Audit) ofPermuted(list []audited) (record.Diagram, bool) {
	own, permuted := Group{Name: "label its own"}, Group{Name: "label permuted"}
	for _, e := range list {
		g := &permuted
		if a.Labels[e.pool] == a.Truth[e.pool] {
			g = &own
		}
		g.Mem = append(g.Mem, e.Mem.Value)
	}
	return MemoryHistogram("Permuted labels stand out where they are memorized", permuted, own)
}

// permutedFound is how well mem finds the examples whose label was permuted: the chance that one of them has a larger
// mem than one whose label is its own, AUC, over training sets. Where these share examples mem is of all of them
// together, and AUC has no error. It is unknown where a set has not both.
func (a *Audit) permutedFound(list []audited) estimate.Estimate {
	if a.Held != nil {
		auc := a.separated(list)
		if math.IsNaN(auc) {
			return noneToFind
		}
		return estimate.Point(auc, "mem is of all training sets together")
	}
	bySet := make([][]audited, len(a.Sets))
	for _, e := range list {
		bySet[e.set] = append(bySet[e.set], e)
	}
	sets := make([]float64, len(bySet))
	for d, part := range bySet {
		sets[d] = a.separated(part)
		if math.IsNaN(sets[d]) {
			return noneToFind
		}
	}
	return estimate.Mean(sets)
}

var noneToFind = estimate.Unknown("no example with a permuted label, or none without")

// separated is AUC in a list, the most memorized first; NaN where it has not both.
func (a *Audit) separated(list []audited) float64 {
	var above, own, permuted float64
	for _, e := range slices.Backward(list) {
		switch {
		case !e.Mem.Known():
		case a.Labels[e.pool] == a.Truth[e.pool]:
			own++
		default:
			permuted++
			above += own
		}
	}
	return above / (own * permuted)
}

// Shared gathers the examples that the training sets of a draw share, from all examples x, rows of dim: the examples,
// the rows of x that they are, and of these, those that each training set holds.
func Shared(x []float32, dim int, draw *datasets.Draw) (pool []float32, rows []int, held [][]int) {
	if draw.Pool == nil {
		for i := range len(x) / dim {
			rows = append(rows, i)
		}
		return x, rows, draw.Indices
	}
	place := map[int]int{}
	for i, row := range draw.Pool {
		pool = append(pool, x[row*dim:(row+1)*dim]...)
		place[row] = i
	}
	for _, indices := range draw.Indices {
		var own []int
		for _, row := range indices {
			own = append(own, place[row])
		}
		held = append(held, own)
	}
	return pool, draw.Pool, held
}
