package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/model/blas"

	"github.com/sbinet/npyio/npz"
	"golang.org/x/sync/errgroup"
)

// openEnsemble makes the job of an ensemble.
func openEnsemble(ctx context.Context, m recipe, args []string, choice blas.Choice, show *display) (*job, error) {
	ex, err := openData(ctx, m, show.download)
	if err != nil {
		return nil, err
	}
	if err := m.demand(ex).check(); err != nil {
		return nil, err
	}
	factory, err := m.network(ex)
	if err != nil {
		return nil, usageError{err}
	}
	config := m.config()
	config.Ghosts = ex.ghosts
	config.Pool, config.Held = ex.Pool, ex.Held
	e, err := ensemble.New(config, factory, ex.Sets, ex.HeldOut)
	if err != nil {
		return nil, usageError{err}
	}
	f := m.ensemble()
	if f.share.compare != nil {
		ex.Audit = ex.Of(f.share.compare)
	}
	run := newRun(f, ex, e, choice, args)
	header := fmt.Sprintf("%d replicas of %s (%d weights, %d of them free) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Datasets*run.Replicas, run.Model, run.Weights, run.FreeWeights, run.Data, ex.describe(f), run.Machine.BLAS,
		run.Machine.Workers)
	j := newJob(e.Engine, run, &ensembleFiles{ensemble: e, examples: ex}, header)
	j.permutations = f.Permutations
	return j, nil
}

// newRun fills in the record of a run, as far as it is known before it starts.
func newRun(f *modelFlags, ex *examples, e *ensemble.Ensemble, choice blas.Choice, args []string) *record.Run {
	run := beginRecord(&f.runFlags, args, choice, e.Workers())
	run.Datasets, run.Replicas = len(ex.Sets), f.Replicas
	run.Chains, run.Subset = f.Chains, f.Subset
	run.Weights, run.FreeWeights = e.Weights()
	run.Fingerprint = ex.fingerprint
	run.Units = record.Units{Name: "training set", Count: len(ex.Sets), Draw: ex.draw()}
	run.Setup = fmt.Sprintf("%s of %d examples, %s each, %d steps", record.Plural(len(ex.Sets), "training set"), f.Subset,
		record.Plural(f.Replicas, "replica"), f.Steps)
	run.Notes = []string{
		ex.describe(f) + " (" + ex.origin + ")",
		fmt.Sprintf("observer chains: %s, %s at the start and %d at each observation",
			e.Kernel().Name, record.Plural(e.Config().BurnIn, "move"), e.Config().Moves),
	}
	warn(run, ex.remarks)
	if w := ex.warning(f); w != "" {
		warn(run, []string{w})
	}
	return run
}

// The pictures of samples.
const (
	samplesOverTrainingFile = "samples-over-training.png"
	chainsFile              = "chains.npz"

	galleryRows, galleryColumns = 6, 12 // over training: so many observations, so many samples of each
)

// ensembleFiles are chains.npz, weights/, samples.csv, memorization.csv and pictures.
type ensembleFiles struct {
	ensemble *ensemble.Ensemble
	examples *examples
}

// rows are the summaries of the observations so far.
func rowsOf(journal *ensemble.Journal) (rows []*ensemble.Row) {
	for _, s := range journal.Summaries {
		rows = append(rows, s.(*ensemble.Row))
	}
	return rows
}

// observed implements files: samples of the first replica at a few observations, evenly spread over the run.
func (f *ensembleFiles) observed(dir string, journal *ensemble.Journal) error {
	if f.examples.Sample[0] < 2 || f.examples.Sample[1] < 2 {
		return nil
	}
	rows, planned := rowsOf(journal), len(f.ensemble.Steps())
	count := min(galleryRows, planned)
	columns := min(journal.Run.Chains, galleryColumns)
	var gallery []float32
	var steps []int
	for i := range count {
		at := i * (planned - 1) / max(1, count-1)
		if at < len(rows) {
			gallery = append(gallery, rows[at].Gallery[:columns*f.examples.Dim]...)
			steps = append(steps, rows[at].Step)
		}
	}
	journal.Run.Show(record.Picture{
		File:  samplesOverTrainingFile,
		Title: "Samples of one replica over training; rows from the top: steps " + listed(steps),
	})
	return f.examples.Draw(filepath.Join(dir, samplesOverTrainingFile), gallery, len(steps), columns)
}

// listed prints steps as "0, 2, 5".
func listed(steps []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(steps), "[]"), " ", ", ")
}

// judges implements files.
func (f *ensembleFiles) judges() (width, examples int) {
	rows := len(f.examples.HeldOut) + len(f.examples.ghosts) + len(f.examples.Pool)
	if f.examples.Pool == nil {
		for _, set := range f.examples.Sets {
			rows += len(set)
		}
	}
	return f.examples.Dim, rows / f.examples.Dim
}

// finish implements files.
func (f *ensembleFiles) finish(dir string, journal *ensemble.Journal) error {
	if err := f.observed(dir, journal); err != nil { // a run that was resumed at its end has observed nothing
		return err
	}
	rows := rowsOf(journal)
	last := rows[len(rows)-1]
	var chains [][]float32
	for _, r := range f.ensemble.Replicas() {
		chains = append(chains, r.Chains)
	}
	var all errgroup.Group
	all.Go(func() error { return writeChains(dir, rows) })
	all.Go(func() error { return f.writeWeights(dir, journal.Run) })
	all.Go(func() error { // in turn: they add pictures to the run
		if err := f.examples.DrawSamples(dir, journal.Run, chains); err != nil {
			return err
		}
		if err := f.examples.WriteSamples(dir, journal.Run, last, chains); err != nil {
			return err
		}
		return f.examples.WriteMemorized(dir, journal, last.Memorization)
	})
	return all.Wait()
}

// writeChains writes chains.npz, in nats, float64, replicas x observations x chains: work and heat of every interval,
// and the work of switching the weights at once over it, forward on the chains of its beginning and reverse on those of
// its end. The first observation has no interval before it and holds NaN.
func writeChains(dir string, rows []*ensemble.Row) error {
	arrays := []struct {
		name string
		of   func(r *ensemble.Row) [][]float64
	}{
		{name: "work", of: func(r *ensemble.Row) [][]float64 { return r.ChainWork }},
		{name: "heat", of: func(r *ensemble.Row) [][]float64 { return r.ChainHeat }},
		{name: "switch_forward", of: func(r *ensemble.Row) [][]float64 { return r.Forward }},
		{name: "switch_reverse", of: func(r *ensemble.Row) [][]float64 { return r.Reverse }},
	}
	return record.WriteAtomic(filepath.Join(dir, chainsFile), func(w io.Writer) error {
		z := npz.NewWriter(w)
		for _, a := range arrays {
			if err := z.Write(a.name, cube(rows, a.of)); err != nil {
				return err
			}
		}
		steps := make([]int64, len(rows))
		for i, r := range rows {
			steps[i] = int64(r.Step)
		}
		if err := z.Write("step", steps); err != nil {
			return err
		}
		return z.Close()
	})
}

// cube gathers numbers [replica][chain] of every row into an array type of its own shape, which is how npz knows the
// shape.
func cube(rows []*ensemble.Row, of func(r *ensemble.Row) [][]float64) any {
	replicas, chains := len(rows[0].ChainWork), len(rows[0].ChainWork[0])
	t := reflect.ArrayOf(replicas, reflect.ArrayOf(len(rows), reflect.ArrayOf(chains, reflect.TypeFor[float64]())))
	p := reflect.New(t)
	for n, row := range rows {
		for s, values := range of(row) {
			if len(values) == 0 { // nothing was switched before the first
				values = slices.Repeat([]float64{math.NaN()}, chains)
			}
			reflect.Copy(p.Elem().Index(s).Index(n), reflect.ValueOf(values))
		}
	}
	return p.Interface()
}

// writeWeights writes weights/dD-rR.safetensors, the weights of each replica at the last observation.
func (f *ensembleFiles) writeWeights(dir string, run *record.Run) error {
	for _, r := range f.ensemble.Replicas() {
		var all []weights
		for i, p := range f.ensemble.Params() {
			all = append(all, weights{name: p.Name, shape: p.Shape, values: r.Theta[i], double: p.Float64})
		}
		of := map[string]string{
			"step": fmt.Sprint(r.Step), "data_set": fmt.Sprint(r.Set), "replica": fmt.Sprint(r.Index),
		}
		if err := saveWeights(dir, run, fmt.Sprintf("d%d-r%d", r.Set, r.Index), all, of); err != nil {
			return err
		}
	}
	return nil
}
