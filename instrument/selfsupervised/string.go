package selfsupervised

import (
	"fmt"

	"calorimeter/instrument/record"
)

// String prints what one looks at first, a line each.
func (o *Observation) String() string {
	text := fmt.Sprintf("step %d: %s, %s on each", o.Step,
		record.Plural(o.Sets, "training set"), record.Plural(o.PerSet, "replica"))
	if a := o.Accuracies(); a.Probe.Known() {
		text += fmt.Sprintf("\nlinear probe         %v; before training %v", a.Probe, a.RandomProbe)
		text += fmt.Sprintf("\nnearest neighbours   %v; before training %v", a.Neighbours, a.RandomNeighbours)
	}
	if o.Cycles > 0 {
		text += fmt.Sprintf("\ncycle, replica 0     %v", o.Mean[0])
	}
	if o.TrainLoss != nil {
		text += "\n" + o.Memorization.String()
	}
	return text
}
