package main

import (
	"fmt"
	"slices"
	"strconv"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model"
)

// rbmGradients are the ways to the gradient, by the names of --gradient.
var rbmGradients = map[string]model.RBMGradient{
	"pcd": model.RBMPersistent, "cd": model.RBMContrastive, "exact": model.RBMExact,
}

func gradientNames() []string { return []string{"pcd", "cd", "exact"} }

// rbmRecipe begins at the log-odds of held-out examples: they know nothing of the training sets, so that L-info starts at 0.
var rbmRecipe = recipe{
	defaults: settings{
		data: "mnist-sample", preprocess: "pool14,binarise", width: []int{64}, gradient: "pcd", sweeps: 5, particles: 50,
		subset: 500, datasets: 8, replicas: 3, chains: 96, permutations: 19,
		steps: 2000, batch: 50, observation: 16, lr: 0.05,
		burnIn: 100, moves: 128, follow: 10, followMoves: 30, aisChains: 64, aisSteps: 500,
	},
	check: checkBits("rbm"),
	factory: func(s *settings, ex *examples) ensemble.Factory {
		return func() (model.PPM, error) {
			if len(s.width) != 1 {
				return nil, fmt.Errorf("rbm has one hidden layer, so --width takes one number, not %s", ints(s.width))
			}
			gradient, ok := rbmGradients[s.gradient]
			if !ok {
				return nil, fmt.Errorf("unknown --gradient %q: known are %v", s.gradient, gradientNames())
			}
			if gradient == model.RBMExact && ex.dim > 16 {
				return nil, fmt.Errorf("--gradient exact sums over all 2^%d states of a sample, and 2^16 is the most: use --gradient pcd, or smaller data such as bars-and-stripes", ex.dim)
			}
			odds, err := model.LogOdds(ex.test, ex.dim, 1)
			if err != nil {
				return nil, err
			}
			return model.NewRBM(model.RBMSettings{
				Visible: ex.dim, Hidden: s.width[0], VisibleBias: odds, Gradient: gradient, Gibbs: s.sweeps,
				Particles: s.particles, Batch: s.batch,
			})
		}
	},
	record: func(s *settings) report.Settings {
		return slices.Concat(report.Settings{
			{Name: "width", Value: ints(s.width)}, {Name: "gradient", Value: s.gradient},
		}, trainingChains(s), observerChains(s))
	},
}

// trainingChains records the chains that train.
func trainingChains(s *settings) report.Settings {
	return report.Settings{
		{Name: "sweeps", Value: strconv.Itoa(s.sweeps)}, {Name: "particles", Value: strconv.Itoa(s.particles)},
	}
}

// observerChains records how observer chains are carried along by a kernel that is not exact, and annealing.
func observerChains(s *settings) report.Settings {
	return report.Settings{
		{Name: "burn-in", Value: strconv.Itoa(s.burnIn)}, {Name: "moves", Value: strconv.Itoa(s.moves)},
		{Name: "follow", Value: strconv.Itoa(s.follow)}, {Name: "follow-moves", Value: strconv.Itoa(s.followMoves)},
		{Name: "ais-chains", Value: strconv.Itoa(s.aisChains)}, {Name: "ais-steps", Value: strconv.Itoa(s.aisSteps)},
	}
}
