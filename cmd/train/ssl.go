package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"
)

// sslVerb returns the job that trains the named model by self-supervision.
func sslVerb(name string) func(ctx context.Context, args []string, std streams) error {
	return func(ctx context.Context, args []string, std streams) error {
		f, err := parseSSLFlags(name, args, std)
		if err != nil {
			return err
		}
		return trainSSL(ctx, f, args, std)
	}
}

func trainSSL(ctx context.Context, f *sslFlags, args []string, std streams) error {
	debug.SetGCPercent(gcPercent)
	choice, err := blas.Use(f.Blas)
	if err != nil {
		return usageError{err}
	}
	show := newDisplay(&settings{flags: flags{JSON: f.JSON, Quiet: f.Quiet}}, std)
	pictures, err := openPictures(ctx, f, show.download)
	if err != nil {
		return err
	}
	settings := f.settings(pictures.train.Rows * pictures.train.Cols)
	r, err := selfsupervised.New(f.config(), func() (*ssl.Model, error) { return ssl.New(settings) }, pictures.train, pictures.test)
	if err != nil {
		return usageError{err}
	}
	defer r.Close()
	dir, err := prepareFolder(f.Out, f.Model)
	if err != nil {
		return err
	}
	book := newSSLFolder(dir, newSSLRun(f, pictures, r, choice, args), r)
	if err := book.begin(); err != nil {
		return err
	}
	view, err := f.serve(dir, r, show.progress)
	if err != nil {
		return err
	}
	defer view.close()
	show.begin(r, fmt.Sprintf("%d replicas of %s (%d weights) on %s\n%s\nBLAS %s; %d at a time\n",
		f.Replicas, f.Model, book.run.Weights, f.Data, pictures.describe(), choice, r.Config().Workers))
	trained := r.Run(ctx, func(o *selfsupervised.Observation) error {
		show.say(sslHeadline(o))
		defer view.observed()
		return book.observe(o)
	})
	show.stop()
	if err := book.finish(trained); err != nil {
		return errors.Join(trained, err)
	}
	if err := show.sslResult(book); err != nil {
		return err
	}
	return sslVerdict(book, trained)
}

// sslVerdict turns how the run ended into the error that the program ends with.
func sslVerdict(book *sslFolder, trained error) error {
	kept := fmt.Sprintf("%d of %d observations are in %s", len(book.observations), book.planned, book.dir)
	switch {
	case errors.Is(trained, context.Canceled):
		return fmt.Errorf("interrupted: %s", kept)
	case trained != nil:
		return fmt.Errorf("%w; %s", trained, kept)
	}
	return booksError(book.run.Books, book.dir)
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
