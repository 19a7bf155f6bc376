package selfsupervised

import (
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// What the weights hold of single images: told by the losses of those that they were trained on, of those that other
// replicas were trained on, and of those that none was (see [ssl.Judge]).

var imageLossPanel = record.Panel{Figure: "cycle_learning", Title: "Loss of a single image", Axis: "nats per sample"}

var _ = declare(append(memorization(),
	imageLoss("train_loss", "loss, training images", "asked of the replica's own training set",
		func(o *Observation) []float64 { return o.TrainLoss }),
	imageLoss("test_loss", "loss, held-out images",
		"that no replica was trained on (without the error of their being few)",
		func(o *Observation) []float64 { return o.TestLoss }),
)...)

// memorization declares what an ensemble of any kind knows of single examples, in the figures of encoders.
func memorization() (all []quantity) {
	for _, q := range ensemble.MemorizationQuantities() {
		own := quantity{Info: q.Info, of: func(o *Observation) estimate.Estimate { return q.Of(&o.Memorization) }}
		own.Panel.Figure = "cycle_learning"
		if own.Panel.Overview > 0 {
			own.Panel.Overview = 5
		}
		if q.Limit != nil {
			own.ceiling = func(r *Runner) float64 { return q.Limit(r.size(), 0) }
		}
		all = append(all, own)
	}
	return all
}

// imageLoss declares a mean loss of single images.
func imageLoss(name, title, doc string, of func(o *Observation) []float64) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "nats per sample", Panel: imageLossPanel,
		Doc: "mean loss of images " + doc + ", each by itself beside a fixed batch of held-out images, over some pairs of " +
			"views",
	}, of: func(o *Observation) estimate.Estimate {
		if of(o) == nil {
			return estimate.Unknown("losses of single images are measured on 2 or more training sets")
		}
		return o.mean(of(o))
	}}
}
