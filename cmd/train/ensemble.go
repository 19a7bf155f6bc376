package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/report"
	"calorimeter/model/blas"
)

// ensembleJob trains an ensemble.
type ensembleJob struct {
	book
	flags      *modelFlags
	examples   *examples
	ensemble   *ensemble.Ensemble
	rows       []*ensemble.Row
	work, heat [][][]float64 // [replica][observation][chain], of the interval before the observation
	densities  []report.WorkDensity
	layers     [][]estimate.Estimate  // [observation][parameter], entropy of the weights; nil where there is only one parameter
	gallery    []float32              // samples of the first replica, at the steps run.SampleSteps
	last       *ensemble.Observation  // nil in a resumed run without a new one
	nulls      map[string]report.Null // what the last row is read against; nil where it was not asked for
	samples    []float32              // of the last observation, for their picture
}

func openEnsemble(ctx context.Context, m recipe, args []string, choice blas.Choice, show *display) (job, error) {
	ex, err := openData(ctx, m, show.download)
	if err != nil {
		return nil, err
	}
	factory, err := m.network(ex)
	if err != nil {
		return nil, usageError{err}
	}
	e, err := ensemble.New(m.config(), factory, ex.sets, ex.test)
	if err != nil {
		return nil, usageError{err}
	}
	f := m.ensemble()
	run := newRun(f, ex, e, choice, args)
	header := fmt.Sprintf("%d replicas of %s (%d weights, %d of them free) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Datasets*run.Replicas, run.Model, run.Weights, run.FreeWeights, run.Data, ex.describe(f), run.Machine.BLAS, run.Machine.Workers)
	return &ensembleJob{
		book:  newBook(run, ensemble.Columns(e.Roles()), len(e.Config().Observe), e, header),
		flags: f, examples: ex, ensemble: e,
		work: make([][][]float64, run.Datasets*run.Replicas), heat: make([][][]float64, run.Datasets*run.Replicas),
	}, nil
}

// newRun fills in the record of a run, as far as it is known before it starts.
func newRun(f *modelFlags, ex *examples, e *ensemble.Ensemble, choice blas.Choice, args []string) *report.Run {
	all, free := e.Weights()
	run := beginRecord(args, choice, e.Config().Workers)
	run.Config, run.Seed, run.Model, run.Data = f.record(), f.Seed, f.Model, f.Data
	run.Datasets, run.Replicas, run.Chains, run.Subset, run.Steps = f.Datasets, f.Replicas, f.Chains, f.Subset, f.Steps
	run.Weights, run.FreeWeights = all, free
	for _, p := range e.Parts() {
		run.Parameters = append(run.Parameters, report.Parameter{Name: p.Name, Free: p.To - p.From})
	}
	run.Notes = []string{
		ex.describe(f) + " (" + ex.origin + ")",
		fmt.Sprintf("observer chains: %s, %d moves at the start and %d at each observation",
			e.Kernel().Name, e.Config().BurnIn, e.Config().Moves),
	}
	if w := ex.warning(f); w != "" {
		run.Warnings = append(run.Warnings, w)
	}
	return run
}

func (j *ensembleJob) train(ctx context.Context, kept func(line string) error) error {
	defer j.conclude()
	return j.ensemble.Run(ctx, func(o *ensemble.Observation) error {
		row := o.Row()
		if err := errors.Join(j.keepSamples(o), j.observe(o, row)); err != nil {
			return err
		}
		return kept(fmt.Sprintf("step %d: train %.1f test %.1f nats, L-info %s",
			row.Step, row.TrainNLL.Value, row.TestNLL.Value, bracket(row.LInfo.Lower.Value, row.LInfo.Upper.Value)))
	})
}

func bracket(lo, hi float64) string {
	if lo != lo || hi != hi {
		return "unknown"
	}
	return fmt.Sprintf("[%.3g, %.3g]", lo, hi)
}

func (j *ensembleJob) table(w io.Writer, width int) error {
	return report.Table(w, j.run, j.curves, width)
}

// ensembleState is what an ensembleJob needs to go on besides its book.
type ensembleState struct {
	Replicas   []ensemble.Replica
	Rows       []*ensemble.Row
	Work, Heat [][][]float64
	Densities  []report.WorkDensity
	Layers     [][]estimate.Estimate
	Gallery    []float32
	Steps      []int // of the gallery
	Nulls      map[string]report.Null
	Samples    []float32
}

func (j *ensembleJob) state() any {
	return ensembleState{j.ensemble.Replicas(), j.rows, j.work, j.heat, j.densities, j.layers, j.gallery, j.run.SampleSteps, j.nulls, j.samples}
}

func (j *ensembleJob) restore(dec *gob.Decoder) error {
	var s ensembleState
	if err := dec.Decode(&s); err != nil {
		return err
	}
	j.rows, j.work, j.heat, j.densities = s.Rows, s.Work, s.Heat, s.Densities
	j.layers, j.gallery, j.run.SampleSteps = s.Layers, s.Gallery, s.Steps
	j.nulls, j.samples = s.Nulls, s.Samples
	return j.ensemble.Restore(s.Replicas, len(s.Rows))
}
