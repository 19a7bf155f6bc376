package ensemble

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// learning demands that training has lowered the loss that it works on: the change of each training set's mean loss, of
// which the 95 % interval over training sets is to lie below 0. With Langevin noise the loss may settle above where it
// began, in equilibrium and with nothing wrong: a rise by no more than twice [Row.NoiseLoss] leaves the verdict open.
func learning(rows []*Row) record.Check {
	c := record.Check{
		Name:    "learning",
		Verdict: record.CannotTell,
		Columns: []string{"train_nll"},
		Detail: "the training loss at the end less that at the start, training set by training set; passes where the 95 % " +
			"interval lies below 0, fails where it lies above by more than noise explains, or every loss more than doubled",
	}
	first, last := rows[0], rows[len(rows)-1]
	if len(rows) < 2 || !first.TrainNLL.Known() || !last.TrainNLL.Known() {
		c.Figure = "the loss is not known twice"
		if reason := why(last.TrainNLL); reason != "" {
			c.Figure += ": " + reason
		}
		return c
	}
	change := lossChange(first, last)
	c.Figure = fmt.Sprintf("training loss %.4g at the start, %.4g at the end", first.TrainNLL.Value, last.TrainNLL.Value)
	doubled := 1 + math.Abs(first.TrainNLL.Value)
	rose := slices.Min(difference(last.TrainLosses, first.TrainLosses)) > doubled
	if change.SE > 0 {
		rose = rose || change.Lo > 0
		c.Figure += fmt.Sprintf(": change %v nats", change)
	} else {
		c.Figure += "; one replica, or replicas that are all alike, have no error"
	}
	switch {
	case rose && change.Value <= 2*last.NoiseLoss:
		c.Figure += fmt.Sprintf(": noise of this temperature holds the loss some %.3g nats above its minimum; lower the "+
			"temperature to see learning", last.NoiseLoss)
	case rose:
		c.Verdict = record.Fail
		c.Figure += ": training diverged, try a smaller learning rate"
	case change.Hi < 0:
		c.Verdict = record.Pass
	}
	return c
}

// lossChange is the change of the training loss from one row to another, with its interval over training sets (over
// replicas, where there is one set).
func lossChange(first, last *Row) estimate.Estimate {
	return overSets(difference(last.TrainLosses, first.TrainLosses), last)
}
