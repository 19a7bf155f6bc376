package main

import (
	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"
)

// rbm begins at the log-odds of held-out examples: they know nothing of the training sets, so that L-info starts at 0.
type rbm struct {
	chainFlags
	Width    int    `group:"Model" help:"Hidden units."`
	Gradient string `group:"Model" default:"pcd" enum:"pcd, cd, exact" help:"Gradient: ${enum}; exact for up to 16 bits."`
}

func newRBM() order {
	f := &rbm{Width: 64, chainFlags: chainFlags{
		modelFlags: ensembleOf("rbm"), Sweeps: 5, Particles: 50,
		BurnIn: 100, Moves: 128, FollowMoves: 30, AISChains: 64, AISSteps: 500,
	}}
	f.Chains, f.LR = 96, 0.05
	f.Steps, f.Observations = 2000, 16
	f.Follow = 10
	return f
}

func (f *rbm) prepare(s *datasets.Split) (ghosts *datasets.Dataset, err error) {
	return s.Test, f.learns(bits, s.Train)
}

func (f *rbm) demand(ex *examples) demand { return f.layered(ex.Dim, f.Width) }

func (f *rbm) network(ex *examples) (ensemble.Factory, error) {
	gradients := map[string]model.RBMGradient{
		"pcd": model.RBMPersistent, "cd": model.RBMContrastive, "exact": model.RBMExact,
	}
	s := model.RBMSettings{
		Visible: ex.Dim, Hidden: f.Width, Gradient: gradients[f.Gradient], Gibbs: f.Sweeps,
		Particles: f.Particles, Batch: f.Batch,
	}
	return func() (model.PPM, error) {
		odds, err := model.LogOdds(ex.HeldOut, ex.Dim, 1)
		if err != nil {
			return nil, err
		}
		s.VisibleBias = odds
		return model.NewRBM(s)
	}, s.Validate()
}
