package main

import (
	"context"
	"fmt"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
)

// progress is told how a fetched data file comes in.
type progress func(file string, done, total int64)

// examples is the data of a run: D training sets drawn from one pool, and held-out examples.
type examples struct {
	ensemble.Audit
	ghosts  []float32 // examples of the pool's population, prepared as it is; nil where the held-out ones are
	pool    int       // examples that the training sets were drawn from
	classes int       // that a classifier tells apart
	steps   []string  // preprocessing
	origin  string
	remarks []string // what is odd about all of it

	fingerprint record.Settings // tells the data from others
}

// openData reads, prepares and draws the data of a run.
func openData(ctx context.Context, m recipe, told progress) (*examples, error) {
	f := m.ensemble()
	split, err := m.open(ctx, told)
	if err != nil {
		return nil, err
	}
	if err := f.preprocess(split); err != nil {
		return nil, usageError{err}
	}
	before, raw := *split, split.Train
	ghosts, err := m.prepare(split)
	if err != nil {
		return nil, usageError{err}
	}
	train, test := split.Train, split.Test
	labelled := train.Dim() > raw.Dim()
	remarks, err := before.Remarks(labelled)
	if err != nil {
		return nil, usageError{err}
	}
	drawn := datasets.TrainingSets
	if f.Sets == "halves" {
		drawn = datasets.TrainingHalves
	}
	draw, err := drawn(train.Len(), f.Datasets, f.Subset, f.Seed)
	if err != nil {
		return nil, usageError{err}
	}
	ex := &examples{
		Audit: ensemble.Audit{
			Dim: train.Dim(), HeldOut: test.X[:min(test.Len(), f.TestSize)*test.Dim()], Indices: draw.Indices,
			Picture: [2]int{raw.Rows, raw.Cols}, Sample: [2]int{train.Rows, train.Cols},
		},
		pool: train.Len(), steps: train.Steps, origin: train.Origin, remarks: remarks,
		classes: max(2, len(train.Classes)), // one class alone is told from none
	}
	if labelled {
		ex.Labels, ex.Truth = train.Labels, raw.Labels
	}
	if ghosts != test {
		ex.ghosts = ghosts.X[:min(ghosts.Len(), f.TestSize)*ghosts.Dim()]
	}
	for _, indices := range draw.Indices {
		ex.Sets = append(ex.Sets, train.Gather(nil, indices))
	}
	if !draw.Disjoint {
		ex.Pool, ex.Rows, ex.Held = ensemble.Shared(train.X, train.Dim(), draw)
	}
	ex.fingerprint = record.Settings{
		{Name: "training examples", Value: datasets.Checksum(ex.Sets, ex.Labels, ex.Truth)},
		{Name: "held-out examples", Value: datasets.Checksum([][]float32{ex.HeldOut, ex.ghosts})},
	}
	return ex, nil
}

// open reads data by its name or folder.
func (f *runFlags) open(ctx context.Context, told progress) (*datasets.Split, error) {
	split, err := datasets.Open(ctx, f.Data, &datasets.Options{Seed: f.Seed, Progress: told})
	if err != nil && ctx.Err() == nil && f.Data != "mnist" && f.Data != "fashion-mnist" { // those fail in fetching
		return nil, usageError{err}
	}
	return split, err
}

// preprocess carries out the steps of preprocessing.
func (f *runFlags) preprocess(s *datasets.Split) error {
	steps := f.Preprocess
	if steps == "auto" {
		steps = "none"
		if s.Train.Rows == 28 && s.Train.Cols == 28 {
			steps = f.auto
		}
	}
	if steps == "none" {
		return nil
	}
	for _, d := range []**datasets.Dataset{&s.Train, &s.Test} {
		prepared, err := datasets.Preprocess(*d, steps)
		if err != nil {
			return err
		}
		*d = prepared
	}
	return nil
}

// domain is what a model can learn.
type domain struct {
	words string
	holds func(v float32) bool
}

var (
	bits = domain{"bits (add binarise to --preprocess)", func(v float32) bool { return v == 0 || v == 1 }}
	grey = domain{"grey values from 0 to 1", func(v float32) bool { return v >= 0 && v <= 1 }}
)

// learns rejects data outside the domain.
func (f *runFlags) learns(what domain, d *datasets.Dataset) error {
	for i, v := range d.X {
		if !what.holds(v) {
			return fmt.Errorf("%s learns %s, but example %d of %s holds %v", f.Model, what.words, i/d.Dim(), d.Name, v)
		}
	}
	return nil
}

// warning says what is wrong with the data as independent draws; "" if nothing is.
func (ex *examples) warning(f *modelFlags) string {
	if ex.Held == nil || f.Sets == "halves" { // which is what was asked for, and the record says what it means
		return ""
	}
	return fmt.Sprintf("all error bars and informations: %d training sets of %d examples overlap "+
		"(%.0f %% of a set, in a pool of %d), so that they are independent draws of the pool, "+
		"not of what it was drawn from: use --datasets %d or fewer",
		len(ex.Sets), f.Subset, 100*float64(f.Subset)/float64(ex.pool), ex.pool, ex.pool/f.Subset)
}

// describe tells where the training sets come from, for the record.
func (ex *examples) describe(f *modelFlags) string {
	how := "disjoint, so that they are independent draws of the population"
	switch {
	case f.Sets == "halves":
		how = fmt.Sprintf("random halves of %d of it, each of which is in about half of the sets: error bars and "+
			"informations are those at these given examples", len(ex.Rows))
	case ex.Held != nil:
		how = fmt.Sprintf("drawn without replacement within a set only: two sets share %.0f %% of their examples on average",
			100*float64(f.Subset)/float64(ex.pool))
	}
	text := fmt.Sprintf("%s of %d examples from a pool of %d, %s; %d held-out examples",
		record.Plural(len(ex.Sets), "training set"), f.Subset, ex.pool, how, len(ex.HeldOut)/ex.Dim)
	if len(ex.steps) > 0 {
		text += "; preprocessing: " + strings.Join(ex.steps, ", ")
	}
	return text
}
