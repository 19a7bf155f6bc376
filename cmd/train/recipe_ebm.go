package main

import (
	"fmt"
	"slices"

	"calorimeter/instrument/ensemble"
	"calorimeter/model"

	"gonum.org/v1/gonum/stat"
)

// ebm takes the mean and the spread of the Gaussian reference from held-out examples: they know nothing of the
// training sets, so that L-info starts at 0.
type ebm struct {
	chainFlags
	Width []int  `group:"Model" help:"Widths of the hidden layers, first to last."`
	Net   string `group:"Model" help:"Network: mlp or conv."`
}

func newEBM() order {
	f := &ebm{Width: []int{256}, Net: "mlp", chainFlags: chainFlags{
		modelFlags: ensembleOf("ebm"), Sweeps: 10, Particles: 500,
		BurnIn: 1, Moves: 32, FollowMoves: 5, AISChains: 50, AISSteps: 500,
	}}
	f.auto = "pool14,dequantise"
	f.Datasets, f.Replicas = 4, 2
	f.Chains, f.LR = 50, 0.01
	f.Steps, f.Observations = 600, 14
	f.Follow = 10
	return f
}

func (f *ebm) demand(ex *examples) demand {
	return f.layered(slices.Concat([]int{ex.Dim}, f.Width, []int{1})...)
}

func (f *ebm) network(ex *examples) (ensemble.Factory, error) {
	s := model.EBMSettings{
		Dim: ex.Dim, Net: f.Net, Hidden: f.Width, Batch: f.Batch, EvalBatch: f.Chains,
		Buffer: f.Particles, Langevin: f.Sweeps,
	}
	return func() (model.PPM, error) {
		values := make([]float64, len(ex.HeldOut))
		for i, v := range ex.HeldOut {
			values[i] = float64(v)
		}
		s.Mean, s.Sigma = stat.MeanStdDev(values, nil)
		if s.Sigma == 0 {
			return nil, fmt.Errorf("ebm learns values that vary, and every held-out one is %v (add dequantise to --preprocess, "+
				"or take other data)", s.Mean)
		}
		return model.NewEBM(s)
	}, s.Validate()
}
