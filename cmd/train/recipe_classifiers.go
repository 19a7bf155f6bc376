package main

import (
	"fmt"
	"math"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model"
)

// labels is the number of classes of every labelled data set.
const labels = 10

// classifierDefaults are common to the classifiers: observer chains are held-out inputs with a drawn label, which cost
// little.
var classifierDefaults = settings{
	data: "mnist-sample", preprocess: "pool14", subset: 500, datasets: 8, replicas: 3, chains: 200, permutations: 19,
	batch: 50, observation: 25,
}

var mlpRecipe = recipe{
	defaults: classifierDefaults.with(func(s *settings) { s.width, s.steps, s.lr = []int{128, 64}, 1200, 0.1 }),
	check:    checkUnit("mlp"),
	labels:   true,
	factory: func(s *settings, ex *examples) ensemble.Factory {
		return func() (model.PPM, error) {
			return model.NewMLP(model.MLPSettings{
				Inputs: ex.dim - 1, Hidden: s.width, Labels: labels, Batch: s.batch,
			})
		}
	},
	record: recordClassifier,
}

var convRecipe = recipe{
	defaults: classifierDefaults.with(func(s *settings) { s.width, s.steps, s.lr, s.observation = []int{8, 16, 128}, 600, 0.1, 20 }),
	check:    checkUnit("conv"),
	labels:   true,
	factory: func(s *settings, ex *examples) ensemble.Factory {
		return func() (model.PPM, error) {
			if len(s.width) != 3 {
				return nil, fmt.Errorf("conv has two convolutions and a hidden layer, so --width takes three numbers, such as 8,16,64, not %s", ints(s.width))
			}
			side := int(math.Sqrt(float64(ex.dim - 1)))
			if side*side != ex.dim-1 {
				return nil, fmt.Errorf("conv sees square images, and %d values are none", ex.dim-1)
			}
			return model.NewConv(model.ConvSettings{
				Side: side, Channels: [2]int{s.width[0], s.width[1]}, Hidden: s.width[2], Labels: labels, Batch: s.batch,
			})
		}
	},
	record: recordClassifier,
}

func recordClassifier(s *settings) report.Settings {
	return report.Settings{{Name: "width", Value: ints(s.width)}, {Name: "shuffle", Value: real(s.Shuffle)}}
}

// with returns a copy of the defaults that change has changed.
func (s settings) with(change func(s *settings)) settings {
	change(&s)
	return s
}
