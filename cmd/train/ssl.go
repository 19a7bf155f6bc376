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

func openEncoder(ctx context.Context, m encoder, args []string, choice blas.Choice, show *display) (job, error) {
	f := m.ssl()
	pictures, err := openPictures(ctx, f, show.download)
	if err != nil {
		return nil, err
	}
	settings := m.settings(pictures.train.Rows * pictures.train.Cols)
	r, err := selfsupervised.New(m.config(), func() (*ssl.Model, error) { return ssl.New(settings) }, pictures.train, pictures.test)
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
	run.Config, run.Seed, run.Model, run.Data = f.record(), f.Seed, f.Model, f.Data
	run.Datasets, run.Replicas, run.Subset, run.Steps = 1, f.Replicas, len(p.train.Labels), f.Steps
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
func openPictures(ctx context.Context, f *sslFlags, told progress) (*pictures, error) {
	if f.Data == "normal" {
		return nil, usagef("--data normal holds vectors; views are made of pictures")
	}
	split, err := f.open(ctx, told)
	if err != nil {
		return nil, err
	}
	if err := f.preprocess(split); err != nil {
		return nil, usageError{err}
	}
	train, test := split.Train, split.Test
	return &pictures{
		train: first(train, &f.Subset), test: first(test, &f.TestSize), steps: train.Steps, origin: train.Origin,
	}, nil
}

// first returns the first n pictures, at most, and sets n to how many they are; nil is all.
func first(d *datasets.Dataset, n **int) *selfsupervised.Images {
	size := d.Len()
	if *n != nil {
		size = min(size, **n)
	}
	*n = &size
	return &selfsupervised.Images{X: d.X[:size*d.Dim()], Rows: d.Rows, Cols: d.Cols, Labels: d.Labels[:size]}
}

// describe tells what is trained and judged on, for the record.
func (p *pictures) describe() string {
	text := fmt.Sprintf("%d training pictures of %d x %d, %d held-out ones for the probes", len(p.train.Labels), p.train.Rows, p.train.Cols, len(p.test.Labels))
	if len(p.steps) > 0 {
		text += "; preprocessing: " + strings.Join(p.steps, ", ")
	}
	return text
}
