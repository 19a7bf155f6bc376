package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/floats"
)

// What the model knows of its training set alone, as its loss shows it.

var generalizationPanel = record.Panel{
	Figure: "generalization", Title: "Generalization gap", Axis: "test loss − training loss (nats per sample)",
}

var _ = declare(
	quantity{Info: record.Info{
		Name: "gap", Title: "generalization gap", Unit: "nats per sample", Panel: generalizationPanel, Headline: true,
		Doc: "test loss less training loss, replica by replica; its error holds that of the held-out examples",
	}, of: func(o *Observation, _ *Row, _ []*Row) estimate.Estimate {
		return o.overExamples(thermo.OverSets(difference(o.TestNLL, o.TrainNLL), o.set()), o.exampleError())
	}},
	quantity{Info: record.Info{
		Name: "mem", Title: "memorization of an example", Symbol: "mem", Unit: "nats per sample", Panel: generalizationPanel,
		Doc: "loss of a training example under replicas of training sets that do not hold it less that under those of its " +
			"own, relative to examples that none was trained on; in expectation the generalization gap, seen on the same " +
			"examples",
		Assumption: "which examples training sets share, if any, is known",
		Ref:        "Feldman & Zhang 2020, arXiv:2008.03703",
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.Mem })},
	quantity{Info: record.Info{
		Name: "gap_bound", Title: "least that Xu & Raginsky allow at this M-info", Unit: "nats per sample",
		Panel: generalizationPanel,
		Doc: "sqrt(2 sigma^2 M / N), M the M-info, N the examples of a training set, sigma the standard deviation of the " +
			"held-out losses",
		Assumption: "the loss of a fixed model is sub-Gaussian with that sigma; M-info is a lower bound, so " +
			"that this is the least that the inequality allows, not a bound on the gap",
		Ref: "Xu & Raginsky 2017, NeurIPS, arXiv:1705.07809",
	}, of: func(o *Observation, row *Row, _ []*Row) estimate.Estimate {
		sigma := o.lossSpread()
		if !row.MInfo.Known() || !(sigma > 0) {
			return estimate.Unknown("the bound needs an M-info and held-out losses that vary")
		}
		return information.GeneralizationBound(row.MInfo, o.Examples, sigma)
	}},
	quantity{Info: record.Info{
		Name: "test_rise", Title: "rise of the test loss", Unit: "nats per sample",
		Panel: record.Panel{
			Figure: "generalization", Title: "Rise of the test loss", Axis: "above its lowest so far (nats per sample)",
		},
		Doc: "test loss less the lowest that any observation so far has seen, replica by replica, on these held-out examples",
	}, of: func(o *Observation, row *Row, earlier []*Row) estimate.Estimate {
		lowest := row
		for _, before := range earlier {
			if before.TestNLL.Value < lowest.TestNLL.Value {
				lowest = before
			}
		}
		if lowest == row {
			if !row.TestNLL.Known() {
				return row.TestNLL
			}
			return estimate.Exact(0)
		}
		return thermo.OverSets(difference(o.TestNLL, lowest.TestLosses), o.set())
	}},
)

// difference returns a - b.
func difference(a, b []float64) []float64 { return floats.SubTo(make([]float64, len(a)), a, b) }
