package main

import (
	"slices"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
)

// classifierFlags are those of the classifiers. Their observer chains are held-out inputs with a drawn label, which
// cost little.
type classifierFlags struct {
	modelFlags
	Shuffle float64 `group:"Model" least:"0" most:"1" help:"Share of training labels permuted, to see memorization."`

	labelEntropy float64 // H(Y) of the training labels, once prepared, where all are permuted; else 0
}

// classifierOf has the defaults that classifiers share.
func classifierOf(model string) classifierFlags {
	f := classifierFlags{modelFlags: ensembleOf(model)}
	f.auto = "pool14"
	f.Chains, f.LR = 200, 0.1
	return f
}

func (f *classifierFlags) config() ensemble.Config {
	c := f.modelFlags.config()
	c.LabelEntropy = f.labelEntropy
	return c
}

// prepare implements recipe: it appends the labels, a share of the training labels permuted, and of the ghosts'.
func (f *classifierFlags) prepare(s *datasets.Split) (ghosts *datasets.Dataset, err error) {
	if err := f.learns(grey, s.Train); err != nil {
		return nil, err
	}
	permuted := s.Test
	for _, d := range []**datasets.Dataset{&s.Train, &permuted} {
		if f.Shuffle > 0 {
			*d, err = datasets.ShuffleLabels(*d, f.Shuffle, f.Seed)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.Shuffle == 1 {
		f.labelEntropy = entropyOf(s.Train.Labels)
	}
	for _, d := range []**datasets.Dataset{&s.Train, &s.Test, &permuted} {
		*d, err = (*d).WithLabels()
		if err != nil {
			return nil, err
		}
	}
	if f.Shuffle == 0 {
		return s.Test, nil
	}
	return permuted, nil
}

// entropyOf is the entropy of a label drawn from these, nats.
func entropyOf(all []uint8) float64 {
	shares := make([]float64, 256)
	for _, y := range all {
		shares[y] += 1 / float64(len(all))
	}
	return stat.Entropy(shares)
}

type mlp struct {
	classifierFlags
	Width []int `group:"Model" help:"Widths of the hidden layers, first to last."`
}

func newMLP() order {
	f := &mlp{classifierFlags: classifierOf("mlp"), Width: []int{128, 64}}
	f.Steps, f.Observations = 1200, 25
	return f
}

func (f *mlp) demand(ex *examples) demand {
	return f.layered(slices.Concat([]int{ex.Dim - 1}, f.Width, []int{ex.classes})...)
}

func (f *mlp) network(ex *examples) (ensemble.Factory, error) {
	s := model.MLPSettings{Inputs: max(ex.Dim-1, 0), Hidden: f.Width, Labels: ex.classes, Batch: f.Batch}
	return func() (model.PPM, error) { return model.NewMLP(s) }, s.Validate()
}
