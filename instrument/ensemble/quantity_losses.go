package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

var (
	lossPanel     = record.Panel{Figure: "losses", Title: "Loss", Axis: "loss (nats per sample)", Overview: 1}
	accuracyPanel = record.Panel{Figure: "losses", Title: "Accuracy", Axis: "share of labels guessed right"}
)

var _ = declare(
	quantity{Info: record.Info{
		Name: "train_nll", Title: "training loss", Symbol: "L_train", Unit: "nats per sample", Panel: lossPanel, Rank: 1,
		Headline: true,
		Doc: "mean of the model's loss (negative log-likelihood where it is normalised) over a replica's own training " +
			"set",
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.TrainNLL })},
	quantity{Info: record.Info{
		Name: "test_nll", Title: "test loss", Symbol: "L_test", Unit: "nats per sample", Panel: lossPanel, Rank: 1,
		Headline: true,
		Doc: "the same over examples that no replica was trained on; its error holds that of training sets and that of " +
			"these examples",
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.TestNLL })},
	quantity{Info: record.Info{
		Name: "train_accuracy", Title: "training accuracy", Unit: "1", Panel: accuracyPanel,
		Doc: "share of the training labels that are the most probable ones",
	}, only: labelled, of: func(o *Observation, _ *Row, _ []*Row) estimate.Estimate {
		return thermo.OverSets(o.TrainAccuracy, o.set())
	}},
	quantity{Info: record.Info{
		Name: "test_accuracy", Title: "test accuracy", Unit: "1", Panel: accuracyPanel, Rank: 2,
		Doc: "share of the held-out labels that are the most probable ones",
	}, only: labelled, of: func(o *Observation, _ *Row, _ []*Row) estimate.Estimate { return o.testAccuracy() }},
	quantity{Info: record.Info{
		Name: "test_nll_shared", Title: "shared error of the test loss", Unit: "nats per sample",
		Panel: record.Panel{
			Figure: "errors", Title: "Shared error of the test loss", Axis: "standard error (nats per sample)",
		},
		Doc: "the part of the test loss's standard error that its examples make, which all observations share",
	}, of: ofRow(func(r *Row) estimate.Estimate { return estimate.Bare(r.TestShared) })},
)
