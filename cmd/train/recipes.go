package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model"
)

// recipe is how the default job makes one of its models.
type recipe struct {
	defaults settings
	// check rejects training data that the model cannot learn from.
	check func(d *datasets.Dataset) error
	// labels says that the model learns labels given examples.
	labels bool
	// factory returns the ensemble's factory for these examples.
	factory func(s *settings, ex *examples) ensemble.Factory
	// record lists the settings that only this model has.
	record func(s *settings) report.Settings
}

var recipes = map[string]recipe{
	"made": {
		defaults: settings{
			data: "mnist-sample", preprocess: "pool14,binarise", width: []int{128}, subset: 500, datasets: 8, replicas: 3, chains: 32,
			steps: 1200, batch: 50, observation: 25, lr: 0.04, permutations: 19,
		},
		check: checkBits("made"),
		factory: func(s *settings, ex *examples) ensemble.Factory {
			return func() (model.PPM, error) {
				return model.NewMADE(model.MADESettings{
					Dim: ex.dim, Hidden: s.width, Seed: s.Seed, Batch: s.batch, EvalBatch: 128,
				})
			}
		},
		record: func(s *settings) report.Settings { return report.Settings{{Name: "width", Value: ints(s.width)}} },
	},
	"rbm":  rbmRecipe,
	"ebm":  ebmRecipe,
	"mlp":  mlpRecipe,
	"conv": convRecipe,
	"gaussian": {
		defaults: settings{
			data: "normal", subset: 4, datasets: 64, replicas: 8, chains: 16,
			steps: 40, batch: 0, observation: 12, lr: 0.1, temperature: 0.02, independent: true,
		},
		check: func(*datasets.Dataset) error { return nil },
		factory: func(s *settings, ex *examples) ensemble.Factory {
			return func() (model.PPM, error) {
				return model.NewGaussian(model.GaussianSettings{
					Dim: ex.dim, Sigma: s.Sigma, InitVar: s.InitVar, Batch: s.batch, EvalBatch: 1024,
					Precision: model.Float64,
				})
			}
		},
		record: func(s *settings) report.Settings {
			return report.Settings{
				{Name: "dim", Value: strconv.Itoa(s.Dim)}, {Name: "sigma", Value: real(s.Sigma)},
				{Name: "data-sigma", Value: real(s.DataSigma)}, {Name: "init-var", Value: real(s.InitVar)},
			}
		},
	},
}

func modelNames() []string {
	var names []string
	for name := range recipes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func dataNames() []string { return append(datasets.Names(), "normal") }

func preprocessSteps() []string { return datasets.Steps() }

// checkBits rejects data that is not 0 or 1 throughout.
func checkBits(model string) func(d *datasets.Dataset) error {
	return func(d *datasets.Dataset) error {
		for i, v := range d.X {
			if v != 0 && v != 1 {
				return usagef("%s learns bits, but example %d of %s holds %v: add binarise to --preprocess", model, i/d.Dim(), d.Name, v)
			}
		}
		return nil
	}
}

// checkUnit rejects data outside the range of grey values.
func checkUnit(model string) func(d *datasets.Dataset) error {
	return func(d *datasets.Dataset) error {
		for i, v := range d.X {
			if !(v >= 0 && v <= 1) {
				return usagef("%s learns grey values from 0 to 1, but example %d of %s holds %v", model, i/d.Dim(), d.Name, v)
			}
		}
		return nil
	}
}

// examples is the data of a run: D training sets drawn from one pool, and held-out examples.
type examples struct {
	sets     [][]float32
	test     []float32
	dim      int
	shape    [2]int // height and width of a sample drawn as a picture
	pool     int    // examples that the training sets were drawn from
	disjoint bool
	steps    []string // preprocessing
	origin   string
}

// openData reads, prepares and draws the data of a run.
func openData(ctx context.Context, s *settings, progress func(file string, done, total int64)) (*examples, error) {
	split, err := openSplit(ctx, s, progress)
	if err != nil {
		return nil, err
	}
	steps := s.Preprocess
	switch {
	case steps == "auto" && split.Train.Rows == 28 && split.Train.Cols == 28:
		steps = s.preprocess
	case steps == "auto" || steps == "none":
		steps = ""
	}
	for _, d := range []**datasets.Dataset{&split.Train, &split.Test} {
		if steps == "" {
			break
		}
		if *d, err = datasets.Preprocess(*d, steps); err != nil {
			return nil, usageError{err}
		}
	}
	train, test := split.Train, split.Test
	if err := recipes[s.Model].check(train); err != nil {
		return nil, err
	}
	shape := [2]int{train.Rows, train.Cols}
	if recipes[s.Model].labels {
		if train, test, err = labelled(train, test, s.Shuffle, s.Seed); err != nil {
			return nil, usageError{err}
		}
		shape = [2]int{}
	}
	draw, err := datasets.TrainingSets(train.Len(), s.datasets, s.subset, s.Seed)
	if err != nil {
		return nil, usageError{err}
	}
	ex := &examples{
		dim: train.Dim(), shape: shape, pool: train.Len(), disjoint: draw.Disjoint,
		steps: train.Steps, origin: train.Origin,
		test: test.X[:min(test.Len(), s.TestSize)*test.Dim()],
	}
	for _, indices := range draw.Indices {
		ex.sets = append(ex.sets, train.Gather(nil, indices))
	}
	return ex, nil
}

// labelled appends the labels, a share of the training labels dealt anew at random.
func labelled(train, test *datasets.Dataset, share float64, seed uint64) (_, _ *datasets.Dataset, err error) {
	if share > 0 {
		if train, err = datasets.ShuffleLabels(train, share, seed); err != nil {
			return nil, nil, err
		}
	}
	if train, err = train.WithLabels(); err != nil {
		return nil, nil, err
	}
	test, err = test.WithLabels()
	return train, test, err
}

// checkData rejects what is neither the name of a data set nor a folder.
func checkData(name string) error {
	if slices.Contains(dataNames(), name) {
		return nil
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return usagef("unknown data set %q: known are %s, or a folder with four IDX files", name, strings.Join(dataNames(), ", "))
	}
	return nil
}

func openSplit(ctx context.Context, s *settings, progress func(file string, done, total int64)) (*datasets.Split, error) {
	if s.data == "normal" {
		return datasets.Normal(s.Dim, s.DataSigma, s.datasets*s.subset, s.TestSize, s.Seed), nil
	}
	if s.Model == "gaussian" {
		return nil, usagef("the gaussian model learns --data normal, not %q", s.data)
	}
	if err := checkData(s.data); err != nil {
		return nil, err
	}
	split, err := datasets.Open(ctx, s.data, &datasets.Options{Seed: s.Seed, Progress: progress})
	if err != nil && ctx.Err() == nil && s.data != "mnist" && s.data != "fashion-mnist" { // those fail in fetching
		return nil, usageError{err}
	}
	return split, err
}

// warning says what is wrong with the data as independent draws; "" if nothing is.
func (ex *examples) warning(s *settings) string {
	if ex.disjoint {
		return ""
	}
	return fmt.Sprintf("all error bars and informations: %d training sets of %d examples overlap (%.0f %% of a set, in a pool of %d), so that they are independent draws of the pool, not of what it was drawn from: use --datasets %d or fewer",
		s.datasets, s.subset, 100*float64(s.subset)/float64(ex.pool), ex.pool, ex.pool/s.subset)
}

// describe tells where the training sets come from, for the record.
func (ex *examples) describe(s *settings) string {
	how := "disjoint, so that they are independent draws of the population"
	if !ex.disjoint {
		how = fmt.Sprintf("drawn without replacement within a set only: two sets share %.0f %% of their examples on average",
			100*float64(s.subset)/float64(ex.pool))
	}
	text := fmt.Sprintf("%d training sets of %d examples from a pool of %d, %s; %d held-out examples",
		s.datasets, s.subset, ex.pool, how, len(ex.test)/ex.dim)
	if len(ex.steps) > 0 {
		text += "; preprocessing: " + strings.Join(ex.steps, ", ")
	}
	return text
}
