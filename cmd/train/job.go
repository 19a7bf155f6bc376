package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model/blas"
)

// gcPercent trades memory for speed: Gorgonia drops and reallocates its registers every step.
const gcPercent = 400

// trainVerb is the default job.
func trainVerb(ctx context.Context, args []string, std streams) error {
	s, err := parseFlags(args, std)
	if err != nil {
		return err
	}
	show := newDisplay(s, std)
	job, err := prepare(ctx, s, show)
	if err != nil {
		return err
	}
	defer job.ensemble.Close()
	dir, err := prepareFolder(s.Out, s.Model)
	if err != nil {
		return err
	}
	run := newRun(s, job.examples, job.ensemble, job.blas, args)
	book := newFolder(dir, run, job.ensemble)
	if err := book.begin(); err != nil {
		return err
	}
	return job.carryOut(ctx, book, show)
}

// job is all that a run needs, before its first step.
type job struct {
	settings *settings
	blas     blas.Choice
	examples *examples
	ensemble *ensemble.Ensemble
}

// prepare opens the data and builds the networks. The caller closes the ensemble.
func prepare(ctx context.Context, s *settings, show *display) (*job, error) {
	debug.SetGCPercent(gcPercent)
	choice, err := blas.Use(s.Blas)
	if err != nil {
		return nil, usageError{err}
	}
	ex, err := openData(ctx, s, show.download)
	if err != nil {
		return nil, err
	}
	e, err := ensemble.New(ensemble.Config{
		Seed: s.Seed, Replicas: s.replicas, Chains: s.chains, Batch: s.batch,
		Rate: s.lr, Temperature: s.temperature, Independent: s.independent,
		Observe: ensemble.LogSpaced(s.steps, s.observation), Workers: s.Workers,
		BurnIn: s.burnIn, Moves: s.moves, Follow: s.follow, FollowMoves: s.followMoves,
		Annealing: ensemble.Annealing{Chains: s.aisChains, Distributions: s.aisSteps},
	}, recipes[s.Model].factory(s, ex), ex.sets, ex.test)
	if err != nil {
		return nil, usageError{err}
	}
	return &job{s, choice, ex, e}, nil
}

// carryOut trains to the end, or as far as it comes, and writes and shows what there is then.
func (j *job) carryOut(ctx context.Context, book *folder, show *display) error {
	view, err := j.settings.serve(book.dir, j.ensemble, show.progress)
	if err != nil {
		return err
	}
	defer view.close()
	show.start(book.run, j.ensemble, j.examples.describe(j.settings))
	trained := j.ensemble.Run(ctx, func(o *ensemble.Observation) error {
		row := o.Row()
		show.observed(row)
		defer view.observed()
		return errors.Join(book.keepSamples(o, j.examples), book.observe(o, row))
	})
	show.stop()
	if err := book.finish(j.examples, j.settings.permutations, trained); err != nil {
		return errors.Join(trained, err)
	}
	if err := show.result(book); err != nil {
		return err
	}
	return verdict(book, trained)
}

// verdict turns how the run ended into the error that the program ends with.
func verdict(book *folder, trained error) error {
	kept := fmt.Sprintf("%d of %d observations are in %s", len(book.rows), book.planned, book.dir)
	switch {
	case errors.Is(trained, context.Canceled):
		return fmt.Errorf("interrupted: %s; go on with: train resume %s", kept, book.dir)
	case trained != nil:
		return fmt.Errorf("%w; %s", trained, kept)
	}
	return booksError(book.run.Books, book.dir)
}

// parameters lists the parameters of the network for the record.
func parameters(e *ensemble.Ensemble) (out []report.Parameter) {
	for _, p := range e.Parts() {
		out = append(out, report.Parameter{Name: p.Name, Free: p.To - p.From})
	}
	return out
}

// newRun fills in the record of a run, as far as it is known before it starts.
func newRun(s *settings, ex *examples, e *ensemble.Ensemble, choice blas.Choice, args []string) *report.Run {
	all, free := e.Weights()
	run := beginRecord(args, choice, e.Config().Workers)
	run.Config, run.Seed, run.Model, run.Data = s.record(), s.Seed, s.Model, s.data
	run.Datasets, run.Replicas, run.Chains, run.Subset, run.Steps = s.datasets, s.replicas, s.chains, s.subset, s.steps
	run.Weights, run.FreeWeights, run.Parameters = all, free, parameters(e)
	run.Notes = []string{
		ex.describe(s) + " (" + ex.origin + ")",
		fmt.Sprintf("observer chains: %s, %d moves at the start and %d at each observation",
			e.Kernel().Name, e.Config().BurnIn, e.Config().Moves),
	}
	if w := ex.warning(s); w != "" {
		run.Warnings = append(run.Warnings, w)
	}
	return run
}

// prepareFolder makes the run folder, which must be new or empty. Without a name it is one under runs.
func prepareFolder(dir, model string) (string, error) {
	if dir == "" {
		base := fmt.Sprintf("runs/%s-%s", model, time.Now().Format("20060102-150405"))
		dir = base
		for i := 2; ; i++ {
			if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
				break
			}
			dir = fmt.Sprintf("%s-%d", base, i)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", usagef("cannot make the run folder: %w; name another with --out", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", usagef("cannot read the run folder: %w; name another with --out", err)
	}
	if len(entries) > 0 {
		return "", usagef("the run folder %s is not empty (it holds %s): name a new one with --out", dir, entries[0].Name())
	}
	probe, err := os.CreateTemp(dir, ".probe")
	if err != nil {
		return "", usagef("cannot write in the run folder: %w; name another with --out", err)
	}
	probe.Close()
	return dir, os.Remove(probe.Name())
}
