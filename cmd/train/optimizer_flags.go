package main

import (
	"fmt"
	"strings"

	"calorimeter/instrument/solver"

	"github.com/alecthomas/kong"
)

// optimizerFlags are how weights follow the gradient. Those that the optimizer or the schedule has no use for are 0
// once they are checked.
type optimizerFlags struct {
	Optimizer   string  `group:"Training" default:"sgd" enum:"${optimizers}" help:"Rule of a step: ${enum}."`
	LR          float64 `group:"Training" name:"lr" help:"Learning rate; if not given, ${rates}."`
	LRSchedule  string  `group:"Training" name:"lr-schedule" default:"constant" enum:"${shapes}" help:"Shape: ${enum}."`
	LRDrop      float64 `group:"Training" name:"lr-drop" default:"0.1" help:"Factor at each drop of the step schedule."`
	LRDrops     int     `group:"Training" name:"lr-drops" default:"2" help:"Its drops, after equal parts of training."`
	Momentum    float64 `group:"Training" default:"0.9" help:"Part of the velocity that momentum and nesterov keep."`
	WeightDecay float64 `group:"Training" help:"Decay L of all weights: L theta is added to the gradient."`
	Clip        float64 `group:"Training" help:"Largest norm of the gradient, which is scaled before decay; 0 for any."`
}

// sgdRate is the learning rate of sgd for a model that has another optimizer.
const sgdRate = 0.3

// rate is the default learning rate of an algorithm, where that of a model is own at the rate of LR. A velocity carries
// as far in the end as sgd at 1/(1-momentum) times its rate.
func (f *optimizerFlags) rate(a, own solver.Algorithm) float64 {
	switch a {
	case own:
		return f.LR
	case solver.Momentum, solver.Nesterov:
		return (1 - f.Momentum) * f.rate(solver.SGD, own)
	case solver.Adam, solver.RMSProp:
		return 0.001
	case solver.AdaGrad:
		return 0.01
	}
	return sgdRate
}

// optimizerWords are what the texts of the flags leave open, before they are parsed.
func (f *optimizerFlags) optimizerWords() kong.Vars {
	var names []string
	for _, a := range solver.Algorithms() {
		names = append(names, string(a))
	}
	return kong.Vars{
		"optimizers": strings.Join(names, ", "), "shapes": strings.Join(solver.Shapes(), ", "),
		"rates": fmt.Sprintf("%g for sgd, (1-momentum) times that for momentum and nesterov, 0.001 for adam and rmsprop, "+
			"0.01 for adagrad", f.rate(solver.SGD, solver.Algorithm(f.Optimizer))),
	}
}

// checkOptimizer fills in the learning rate of another optimizer than the model's own, and rejects flags that the
// optimizer or the schedule has no use for.
func (f *optimizerFlags) checkOptimizer(line *kong.Context, own solver.Algorithm) error {
	a := solver.Algorithm(f.Optimizer)
	if !a.HasVelocity() {
		if f.Momentum != 0 && given(line, &f.Momentum) {
			return fmt.Errorf("--momentum %v is of momentum and nesterov; the optimizer is %s", f.Momentum, a)
		}
		f.Momentum = 0
	}
	if f.LRSchedule != solver.Steps {
		if f.LRDrop != 0 && given(line, &f.LRDrop) || f.LRDrops != 0 && given(line, &f.LRDrops) {
			return fmt.Errorf("--lr-drop and --lr-drops are of the step schedule; --lr-schedule is %s", f.LRSchedule)
		}
		f.LRDrop, f.LRDrops = 0, 0
	}
	if !given(line, &f.LR) && f.Momentum < 1 { // the solver refuses another
		f.LR = f.rate(a, own)
	}
	return nil
}

// descent is how weights follow the gradient in a run.
func (f *runFlags) descent() solver.Settings {
	return solver.Settings{
		Algorithm: solver.Algorithm(f.Optimizer), Rate: f.LR, Momentum: f.Momentum, WeightDecay: f.WeightDecay, Clip: f.Clip,
		Schedule: solver.Schedule{Shape: f.LRSchedule, N: f.Steps, Drop: f.LRDrop, Drops: f.LRDrops},
	}
}
