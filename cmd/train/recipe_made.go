package main

import (
	"slices"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"
)

type made struct {
	modelFlags
	Width []int `group:"Model" help:"Widths of the hidden layers, first to last."`
}

func newMADE() order {
	f := &made{modelFlags: ensembleOf("made"), Width: []int{128}}
	f.Chains, f.LR = 32, 0.04
	f.Steps, f.Observations = 1200, 25
	return f
}

func (f *made) prepare(s *datasets.Split) (ghosts *datasets.Dataset, err error) {
	return s.Test, f.learns(bits, s.Train)
}

func (f *made) demand(ex *examples) demand {
	return f.layered(slices.Concat([]int{ex.Dim}, f.Width, []int{ex.Dim})...)
}

func (f *made) network(ex *examples) (ensemble.Factory, error) {
	s := model.MADESettings{Dim: ex.Dim, Hidden: f.Width, Seed: f.Seed, Batch: f.Batch, EvalBatch: 128}
	return func() (model.PPM, error) { return model.NewMADE(s) }, s.Validate()
}
