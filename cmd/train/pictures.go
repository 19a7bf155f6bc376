package main

import (
	"context"
	"fmt"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/selfsupervised"
)

// pictures are the data of a run: D training sets that share no image, and held-out images.
type pictures struct {
	sets    []*selfsupervised.Images
	test    *selfsupervised.Images
	indices [][]int // rows of the pool that each training set was drawn from
	pool    int
	steps   []string // preprocessing
	origin  string
	remarks []string // what is odd about all of it
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
	remarks, err := split.Remarks(true)
	if err != nil {
		return nil, usageError{err}
	}
	train, test := split.Train, split.Test
	if train.Labels == nil {
		return nil, usagef("%s has no labels, which the probes of %s are fitted to", f.Data, f.Model)
	}
	train.Labels, test.Labels = train.ClassIndices(), test.ClassIndices()
	p := &pictures{pool: train.Len(), steps: train.Steps, origin: train.Origin, remarks: remarks}
	p.test = first(test, &f.TestSize)
	if f.Datasets == 1 {
		p.sets = []*selfsupervised.Images{first(train, &f.Subset)}
		return p, nil
	}
	return p, p.draw(f, train)
}

// keep leaves some of the training sets alone.
func (p *pictures) keep(sets []int) {
	all := *p
	p.sets, p.indices = nil, nil
	for _, d := range sets {
		p.sets = append(p.sets, all.sets[d])
		if all.indices != nil {
			p.indices = append(p.indices, all.indices[d])
		}
	}
}

// fingerprint tells the pictures from others.
func (p *pictures) fingerprint() record.Settings {
	checksum := func(sets ...*selfsupervised.Images) string {
		var x [][]float32
		var labels [][]uint8
		for _, im := range sets {
			x, labels = append(x, im.X), append(labels, im.Labels)
		}
		return datasets.Checksum(x, labels...)
	}
	return record.Settings{
		{Name: "training images", Value: checksum(p.sets...)}, {Name: "held-out images", Value: checksum(p.test)},
	}
}

// draw draws several training sets, at random and disjoint: of equal parts of the pool, unless a size was asked for.
func (p *pictures) draw(f *sslFlags, train *datasets.Dataset) error {
	share := max(1, p.pool/f.Datasets)
	if f.Subset == nil {
		f.Subset = &share
	}
	if *f.Subset > p.pool/f.Datasets {
		return usagef("%d training sets that share no image take %d x %d = %d, and %s has %d: try --subset %d, or fewer "+
			"--datasets", f.Datasets, f.Datasets, *f.Subset, f.Datasets**f.Subset, f.Data, p.pool, share)
	}
	draw, err := datasets.TrainingSets(p.pool, f.Datasets, *f.Subset, f.Seed)
	if err != nil {
		return usageError{err}
	}
	p.indices = draw.Indices
	for _, indices := range p.indices {
		im := &selfsupervised.Images{X: train.Gather(nil, indices), Rows: train.Rows, Cols: train.Cols}
		for _, i := range indices {
			im.Labels = append(im.Labels, train.Labels[i])
		}
		p.sets = append(p.sets, im)
	}
	return nil
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

// audit is the training sets as an audit takes them. Classes are left out: no encoder has learned them.
func (p *pictures) audit() *ensemble.Audit {
	rows, cols := p.test.Rows, p.test.Cols
	ex := &ensemble.Audit{Dim: rows * cols, Picture: [2]int{rows, cols}, Indices: p.indices}
	for _, im := range p.sets {
		ex.Sets = append(ex.Sets, im.X)
	}
	return ex
}

// describe tells what is trained and judged on, for the record.
func (p *pictures) describe() string {
	size := fmt.Sprintf("pictures of %d x %d", p.test.Rows, p.test.Cols)
	text := fmt.Sprintf("%d training %s", len(p.sets[0].Labels), size)
	if len(p.sets) > 1 {
		text = fmt.Sprintf("%d training sets of %d %s from a pool of %d, disjoint, so that they are independent draws of "+
			"the population", len(p.sets), len(p.sets[0].Labels), size, p.pool)
	}
	text += fmt.Sprintf(", %d held-out ones for the probes", len(p.test.Labels))
	if len(p.steps) > 0 {
		text += "; preprocessing: " + strings.Join(p.steps, ", ")
	}
	return text
}
