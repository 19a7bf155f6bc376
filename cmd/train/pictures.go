package main

import (
	"context"
	"fmt"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/selfsupervised"
)

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
	text := fmt.Sprintf("%d training pictures of %d x %d, %d held-out ones for the probes",
		len(p.train.Labels), p.train.Rows, p.train.Cols, len(p.test.Labels))
	if len(p.steps) > 0 {
		text += "; preprocessing: " + strings.Join(p.steps, ", ")
	}
	return text
}
