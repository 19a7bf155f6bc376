package main

import (
	"math"
	"slices"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
)

// ebmRecipe takes the mean and the spread of the Gaussian reference from held-out examples: they know nothing of the training
// sets, so that L-info starts at 0.
var ebmRecipe = recipe{
	defaults: settings{
		data: "mnist-sample", preprocess: "pool14,dequantise", width: []int{256}, net: "mlp", sweeps: 10, particles: 500,
		subset: 500, datasets: 4, replicas: 2, chains: 50, permutations: 19,
		steps: 600, batch: 50, observation: 14, lr: 0.01,
		burnIn: 1, moves: 32, follow: 10, followMoves: 5, aisChains: 50, aisSteps: 500,
	},
	check: func(*datasets.Dataset) error { return nil },
	factory: func(s *settings, ex *examples) ensemble.Factory {
		return func() (model.PPM, error) {
			values := make([]float64, len(ex.test))
			for i, v := range ex.test {
				values[i] = float64(v)
			}
			mean, sigma := stat.MeanStdDev(values, nil)
			if !(sigma > 0) || math.IsInf(sigma, 0) {
				return nil, usagef("ebm: the held-out examples do not vary")
			}
			return model.NewEBM(model.EBMSettings{
				Dim: ex.dim, Net: s.net, Hidden: s.width, Mean: mean, Sigma: sigma,
				Batch: s.batch, EvalBatch: s.chains, Buffer: s.particles, Langevin: s.sweeps,
			})
		}
	},
	record: func(s *settings) report.Settings {
		return slices.Concat(report.Settings{{Name: "width", Value: ints(s.width)}, {Name: "net", Value: s.net}},
			trainingChains(s), observerChains(s))
	},
}
