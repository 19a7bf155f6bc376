package main

import (
	"context"
	"encoding/gob"
	"fmt"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"
)

// sslJob trains encoders by self-supervision.
type sslJob struct {
	book
	runner       *selfsupervised.Runner
	observations []*selfsupervised.Observation
}

func (f *sslFlags) open(ctx context.Context, args []string, choice blas.Choice, show *display) (job, error) {
	pictures, err := openPictures(ctx, f, show.download)
	if err != nil {
		return nil, err
	}
	settings := f.settings(pictures.train.Rows * pictures.train.Cols)
	r, err := selfsupervised.New(f.config(), func() (*ssl.Model, error) { return ssl.New(settings) }, pictures.train, pictures.test)
	if err != nil {
		return nil, usageError{err}
	}
	run := newSSLRun(f, pictures, r, choice, args)
	header := fmt.Sprintf("%d replicas of %s (%d weights) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Replicas, run.Model, run.Weights, run.Data, pictures.describe(), choice, run.Machine.Workers)
	columns := selfsupervised.Columns(r.Settings().Labels, r.Settings().Algorithm != ssl.SimCLR)
	return &sslJob{book: newBook(run, columns, len(r.Config().Observe), r, header), runner: r}, nil
}

func (j *sslJob) train(ctx context.Context, kept func(line string) error) error {
	return j.runner.Run(ctx, func(o *selfsupervised.Observation) error {
		j.observations = append(j.observations, o)
		j.curves.Rows = append(j.curves.Rows, o.Values())
		if err := report.SaveCycles(j.dir, j.curves); err != nil {
			return err
		}
		return kept(sslHeadline(o))
	})
}

// sslState is what an sslJob needs to go on besides its book.
type sslState struct {
	Replicas     []selfsupervised.Replica
	Observations []*selfsupervised.Observation
}

func (j *sslJob) state() any { return sslState{j.runner.Replicas(), j.observations} }

func (j *sslJob) restore(dec *gob.Decoder) error {
	var s sslState
	if err := dec.Decode(&s); err != nil {
		return err
	}
	j.observations = s.Observations
	return j.runner.Restore(s.Replicas, len(s.Observations))
}

// newSSLRun fills in the record of a run, as far as it is known before it starts.
func newSSLRun(f *sslFlags, p *pictures, r *selfsupervised.Runner, choice blas.Choice, args []string) *report.Run {
	run := beginRecord(args, choice, r.Config().Workers)
	run.Config, run.Seed, run.Model, run.Data = f.record(r.Settings(), len(p.train.Labels), len(p.test.Labels)), f.Seed, f.Model, f.Data
	run.Datasets, run.Replicas, run.Subset, run.Steps = 1, f.Replicas, len(p.train.Labels), f.steps()
	run.Notes = []string{p.describe() + " (" + p.origin + ")"}
	for _, q := range r.Parameters() {
		run.Weights += q.Rows * q.Cols
	}
	run.FreeWeights = run.Weights
	return run
}

// pictures are the data of a run.
type pictures struct {
	train, test *selfsupervised.Images
	steps       []string // preprocessing
	origin      string
}

// openPictures reads and prepares pictures with classes.
func openPictures(ctx context.Context, f *sslFlags, progress func(file string, done, total int64)) (*pictures, error) {
	if f.Data == "normal" {
		return nil, usagef("--data normal holds vectors; views are made of pictures")
	}
	if err := checkData(f.Data); err != nil {
		return nil, err
	}
	split, err := datasets.Open(ctx, f.Data, &datasets.Options{Seed: f.Seed, Progress: progress})
	if err != nil {
		if ctx.Err() == nil && f.Data != "mnist" && f.Data != "fashion-mnist" { // those fail in fetching
			return nil, usageError{err}
		}
		return nil, err
	}
	steps := f.Preprocess
	switch {
	case steps == "auto" && split.Train.Rows == 28 && split.Train.Cols == 28:
		steps = "pool14"
	case steps == "auto" || steps == "none":
		steps = ""
	}
	var images [2]*selfsupervised.Images
	for i, d := range []*datasets.Dataset{split.Train, split.Test} {
		if d, err = datasets.Preprocess(d, steps); err != nil {
			return nil, usageError{err}
		}
		n := min(d.Len(), or([]*int{f.Subset, f.TestSize}[i], d.Len()))
		images[i] = &selfsupervised.Images{X: d.X[:n*d.Dim()], Rows: d.Rows, Cols: d.Cols, Labels: d.Labels[:n]}
		split.Train.Steps = d.Steps
	}
	return &pictures{train: images[0], test: images[1], steps: split.Train.Steps, origin: split.Train.Origin}, nil
}

// describe tells what is trained and judged on, for the record.
func (p *pictures) describe() string {
	text := fmt.Sprintf("%d training pictures of %d x %d, %d held-out ones for the probes", len(p.train.Labels), p.train.Rows, p.train.Cols, len(p.test.Labels))
	if len(p.steps) > 0 {
		text += "; preprocessing: " + strings.Join(p.steps, ", ")
	}
	return text
}
