package main

import (
	"context"
	"fmt"
	"math"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"

	"github.com/alecthomas/kong"
)

type gaussian struct {
	modelFlags
	Dim       int     `group:"Model" default:"1" least:"1" help:"Dimension m."`
	Sigma     float64 `group:"Model" default:"1" help:"Standard deviation s of samples."`
	DataSigma float64 `group:"Model" default:"1" help:"Standard deviation s0 of data."`
	InitVar   float64 `group:"Model" default:"0.01" help:"Variance v0 of initial weights."`
}

func newGaussian() order {
	return &gaussian{modelFlags: modelFlags{
		runFlags: runFlags{
			Model: "gaussian", Data: "normal", Steps: 40, Observations: 12, auto: "none",
			optimizerFlags: optimizerFlags{Optimizer: "sgd", LR: 0.1},
		},
		Subset: 4, Datasets: 64, Replicas: 8, Init: "independent", Chains: 16, Temperature: 0.02,
	}}
}

func (f *gaussian) check(line *kong.Context) error {
	if !(f.DataSigma > 0) || math.IsInf(f.DataSigma, 0) {
		return fmt.Errorf("the standard deviation of data is %v; it must be positive and finite", f.DataSigma)
	}
	return f.modelFlags.check(line)
}

func (f *gaussian) open(context.Context, progress) (*datasets.Split, error) {
	if f.Data != "normal" {
		return nil, usagef("the gaussian model learns --data normal, not %q", f.Data)
	}
	return f.normal(f.Dim, f.DataSigma)
}

func (f *gaussian) demand(ex *examples) demand { return f.layered(ex.Dim, 1) }

func (f *gaussian) network(ex *examples) (ensemble.Factory, error) {
	s := model.GaussianSettings{
		Dim: ex.Dim, Sigma: f.Sigma, InitVar: f.InitVar, Batch: f.Batch, EvalBatch: 1024, Precision: model.Float64,
	}
	return func() (model.PPM, error) { return model.NewGaussian(s) }, s.Validate()
}
