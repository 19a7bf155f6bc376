package selfsupervised

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// quantity is a number that every observation measures: its declaration, and how it is computed.
type quantity struct {
	record.Info
	of       func(o *Observation) estimate.Estimate
	inferred bool // of models whose labels are inferred
	// ceiling is what it cannot pass; nil means nothing.
	ceiling func(r *Runner) float64
}

// quantities are all that were declared, in the order of the files that do and of the declarations in each.
var quantities []quantity

// declare adds quantities to what is measured.
func declare(q ...quantity) bool {
	quantities = append(quantities, q...)
	return true
}

// maxFields is how many labels have a quantity for their field.
const maxFields = 64

// noStep is why there is no number at step 0.
const noStep = "no step was made yet"

// salazar is the source of the cycle's quantities.
const salazar = "after Salazar 2021, arXiv:2106.08981"

// quantitiesOf returns what is measured of a model with so many labels, inferred or not.
func quantitiesOf(labels int, inferred bool) (of []quantity) {
	for _, q := range slices.Concat(quantities, cycleQuantities()) {
		if inferred || !q.inferred {
			of = append(of, q)
		}
	}
	if !inferred {
		return of
	}
	for k := range min(labels, maxFields) {
		of = append(of, quantity{Info: record.Info{
			Name: fmt.Sprintf("lambda_%d", k), Title: fmt.Sprintf("λ, label %d from the lowest", k+1), Unit: "1",
			Panel: record.Panel{Figure: "cycle_fields", Title: "Fields of the generalized Gibbs ensemble", Axis: "field λ"},
			Doc: "field of the generalised Gibbs ensemble ln q = -E/eps + lambda + nu at the last step, conjugate to the " +
				"occupation of a label; sorted in each replica before they are averaged: labels of different replicas have " +
				"nothing in common",
			Ref: salazar,
		}, of: func(o *Observation) estimate.Estimate {
			if o.Ensemble == nil {
				return estimate.Unknown("no self-labels before the first step")
			}
			return o.over(func(i int) float64 { return slices.Sorted(slices.Values(o.Ensemble[i].Lambda))[k] })
		}})
	}
	return of
}

// cycleQuantities are the numbers of the mean cycle since the observation before.
func cycleQuantities() (all []quantity) {
	for j, name := range thermo.CycleNames() {
		info := instrument.CycleInfo(name)
		info.Doc += "; mean over the steps since the observation before"
		all = append(all, quantity{Info: info, of: func(o *Observation) estimate.Estimate {
			if o.Cycles == 0 {
				return estimate.Unknown("no cycle before the first step")
			}
			return o.over(func(i int) float64 { return o.Mean[i].Values()[j] })
		}})
	}
	return all
}

// Declarations implements [ensemble.Trainee].
func (r *Runner) Declarations() (infos []record.Info) {
	for _, q := range quantitiesOf(r.settings.Labels, infersLabels(r.settings)) {
		if q.ceiling != nil {
			q.Ceiling = q.ceiling(r)
		}
		infos = append(infos, q.Info)
	}
	return infos
}

// Event implements [ensemble.Summary].
func (o *Observation) Event(declared []record.Info) record.Event {
	e := record.Event{Step: o.Step, Columns: declared}
	for i, q := range quantitiesOf(o.Labels, o.Inferred) {
		e.Readings = append(e.Readings, record.Named{Info: declared[i], Reading: q.of(o)})
	}
	return e
}

var (
	probePanel = record.Panel{
		Figure: "cycle_learning", Title: "Accuracy of the frozen representation", Axis: "test accuracy", Overview: 1,
	}
	gainPanel  = record.Panel{Figure: "cycle_learning", Title: "Gain on the random encoder", Axis: "test accuracy"}
	labelPanel = record.Panel{
		Figure: "cycle_learning", Title: "Information of the self-label about the class", Axis: "nats", Overview: 3,
	}
	heatPanel = record.Panel{
		Figure: "cycle_books", Title: "Heat absorbed", Axis: "summed over training (nats per sample)",
	}
	workPanel = record.Panel{
		Figure: "cycle_books", Title: "Work", Axis: "summed over training (nats per sample)", Overview: 2,
	}
	efficiencyPanel = record.Panel{
		Figure: "cycle_books", Title: "Efficiency of the demon", Axis: "η = work extracted / KL(q‖p)", Overview: 4,
	}
	occupationPanel = record.Panel{Figure: "cycle_labels", Title: "Entropy of the labels", Axis: "nats"}
	samplePanel     = record.Panel{Figure: "cycle_labels", Title: "Information about the sample", Axis: "nats"}
	collapsePanel   = record.Panel{Figure: "cycle_labels", Title: "Collapse", Axis: "share of the replicas"}
	residualPanel   = record.Panel{
		Figure: "cycle_residuals", Title: "What identities leave", Axis: "relative residual", Scale: record.Log,
	}
)

var _ = declare(
	accuracy("probe", "linear probe", 1, true, "of a linear classifier on the frozen representation",
		func(a Accuracies) estimate.Estimate { return a.Probe }),
	accuracy("probe_random", "linear probe, random encoder", 1, false,
		"of a linear classifier on the encoder before training",
		func(a Accuracies) estimate.Estimate { return a.RandomProbe }),
	accuracy("knn", "nearest neighbours", 3, true, "of nearest neighbours in the frozen representation",
		func(a Accuracies) estimate.Estimate { return a.Neighbours }),
	accuracy("knn_random", "nearest neighbours, random encoder", 0, false, "of nearest neighbours before training",
		func(a Accuracies) estimate.Estimate { return a.RandomNeighbours }),
	quantity{Info: record.Info{
		Name: "probe_gain", Title: "gain of the linear probe", Unit: "1", Panel: gainPanel, Headline: true,
		Doc: "accuracy of the linear probe less that on the random encoder, replica by replica",
	}, of: func(o *Observation) estimate.Estimate { return o.Accuracies().Gain }},
	quantity{Info: record.Info{
		Name: "mi", Title: "information of the self-label", Symbol: "I(label;class)", Unit: "nats", Panel: labelPanel,
		Rank: 3, Headline: true,
		Doc: "mutual information of self-label and true class, from counts over the last steps, corrected for bias; at " +
			"most the logarithm of the number of classes, or of labels where they are fewer",
		Ref: "Miller 1955; Chao 1984",
	}, inferred: true, ceiling: func(r *Runner) float64 { return math.Log(float64(min(r.classes, r.settings.Labels))) },
		of: func(o *Observation) estimate.Estimate { mi, _ := o.ClassInformation(); return mi }},
	total("sum_extracted", "work extracted beyond ΔF", workPanel, func(c *thermo.Cycle) float64 { return c.Extracted() }),
	total("sum_work", "work done W", workPanel, func(c *thermo.Cycle) float64 { return c.Work }),
	total("sum_delta_f", "free energy ΔF", workPanel, func(c *thermo.Cycle) float64 { return c.DeltaF }),
	total("sum_q_in", "Q in, at measurement", heatPanel, func(c *thermo.Cycle) float64 { return c.QIn }),
	total("sum_q_out", "Q out, at thermalisation", heatPanel, func(c *thermo.Cycle) float64 { return c.QOut }),
	total("sum_bought", "information bought, KL(q‖p)", record.Panel{
		Figure: "cycle_books", Title: "Information bought", Axis: "summed over training (nats per sample)",
	}, func(c *thermo.Cycle) float64 { return c.KLBefore }),
	quantity{Info: record.Info{
		Name: "sum_efficiency", Title: "η since the start", Unit: "1", Panel: efficiencyPanel, Headline: true,
		Doc: "work extracted beyond the free energy over the information bought, both summed over all steps, replica by " +
			"replica; at most 1, an identity for self-labels that are held during a step",
		Ref: salazar,
	}, of: func(o *Observation) estimate.Estimate {
		if o.Step == 0 {
			return estimate.Unknown("no cycle before the first step")
		}
		return o.over(func(i int) float64 { return o.Total[i].Extracted() / o.Total[i].KLBefore })
	}},
	ofLastStep("occupation_entropy", "entropy of the occupations", occupationPanel,
		"of the mean of the labels over the samples of the last step; ln K if all labels are used alike",
		func(o *Observation, i int) float64 { return o.Occupations[i].Entropy }),
	ofLastStep("label_entropy", "mean entropy of a label", occupationPanel,
		"mean over the samples of the last step of a label's own entropy",
		func(o *Observation, i int) float64 { return o.Occupations[i].Conditional }),
	ofLastStep("sample_information", "information of a label about its sample", samplePanel,
		"what a label tells of its sample: entropy of the occupations less the mean entropy of a label, over the samples of "+
			"the last step; at most ln K, an identity; labels that name images (SimCLR) are the softmax's own",
		func(o *Observation, i int) float64 { return o.Occupations[i].Information }),
	quantity{Info: record.Info{
		Name: "collapsed", Title: "collapsed replicas", Unit: "1", Panel: collapsePanel,
		Doc: "share of the replicas whose labels have collapsed to few, or tell nothing of their sample",
	}, of: (*Observation).collapse},
	residual("first_law", "first law", false,
		"largest violation of the first law over samples and steps, relative to the energies",
		func(w Worst) float64 { return w.FirstLaw }),
	residual("loss_residual", "W − ΔF = change of the loss", false,
		"largest |(W - dF) - (loss after - before)| of a step with the graph's own losses, relative to max(1, |loss|)",
		func(w Worst) float64 { return w.Loss }),
	residual("gge_residual", "generalised Gibbs ensemble", true,
		"largest |ln q_ik + E_ik/eps - lambda_k - nu_i| of a step whose labels have converged",
		func(w Worst) float64 { return w.Residual }),
	quantity{Info: record.Info{
		Name: "efficiency_max", Title: "largest η of a step", Unit: "1", Panel: efficiencyPanel,
		Doc: "largest efficiency of a step since the observation before, over all replicas; at most 1", Ref: salazar,
	}, of: func(o *Observation) estimate.Estimate {
		if o.Cycles == 0 {
			return estimate.Unknown(noStep)
		}
		return estimate.Bare(o.window().Efficiency)
	}},
	quantity{Info: record.Info{
		Name: "sinkhorn_rounds", Title: "rounds of Sinkhorn's iteration", Unit: "1",
		Panel: record.Panel{Figure: "cycle_residuals", Title: "Balancing the labels", Axis: "most rounds of a step"},
		Doc:   "most rounds that balancing the self-labels of a step took since the observation before",
		Ref:   "Cuturi 2013, arXiv:1306.0895",
	}, inferred: true, of: func(o *Observation) estimate.Estimate {
		if o.Ensemble == nil {
			return estimate.Unknown(noStep)
		}
		return estimate.Bare(float64(o.window().Iterations))
	}},
	quantity{Info: record.Info{
		Name: "marginal_error", Title: "imbalance of the labels", Unit: "1", Panel: residualPanel,
		Doc: "largest |K occupation_k - 1| of the last step",
		Ref: "Cuturi 2013, arXiv:1306.0895",
	}, inferred: true, of: (*Observation).imbalance},
)

// accuracy declares an accuracy on the held-out images.
func accuracy(name, title string, rank int, headline bool, doc string, f func(Accuracies) estimate.Estimate) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "1", Panel: probePanel, Rank: rank, Headline: headline,
		Doc: "test accuracy " + doc + "; its error holds that of the test images too",
	}, of: func(o *Observation) estimate.Estimate { return f(o.Accuracies()) }}
}

// total declares a sum over all cycles so far.
func total(name, title string, panel record.Panel, f func(c *thermo.Cycle) float64) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "nats per sample", Panel: panel, Doc: title + ", summed over all steps so far",
		Ref: salazar,
	}, of: func(o *Observation) estimate.Estimate { return o.over(func(i int) float64 { return f(&o.Total[i]) }) }}
}

// ofLastStep declares a number of the labels of the last step.
func ofLastStep(
	name, title string, panel record.Panel, doc string, f func(o *Observation, replica int) float64,
) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "nats", Panel: panel, Doc: doc,
	}, of: func(o *Observation) estimate.Estimate {
		if o.Cycles == 0 {
			return estimate.Unknown(noStep)
		}
		return o.over(func(i int) float64 { return f(o, i) })
	}}
}

// residual declares what an identity leaves, at its worst since the observation before: a check of the arithmetic.
func residual(name, title string, inferred bool, doc string, f func(w Worst) float64) quantity {
	return quantity{Info: record.Info{
		Name: name, Title: title, Unit: "1", Panel: residualPanel, Doc: doc,
	}, inferred: inferred, of: func(o *Observation) estimate.Estimate {
		if o.Cycles == 0 {
			return estimate.Unknown(noStep)
		}
		return estimate.Bare(f(o.window()))
	}}
}

// window is the worst of the steps since the observation before, over all replicas.
func (o *Observation) window() (all Worst) {
	for _, w := range o.Window {
		all.merge(w)
	}
	return all
}

// collapse is the share of collapsed replicas, with a warning that says how.
func (o *Observation) collapse() estimate.Estimate {
	if o.Cycles == 0 {
		return estimate.Unknown(noStep)
	}
	n, words := o.Collapsed()
	share := estimate.Bare(float64(n) / float64(len(o.Mean)))
	if n > 0 {
		return share.Warn("%d of %d replicas: %s", n, len(o.Mean), words)
	}
	return share
}

// imbalance is how far the labels of the last step are from equal occupation, with a warning where steps of the window
// ended before they were balanced.
func (o *Observation) imbalance() estimate.Estimate {
	if o.Ensemble == nil {
		return estimate.Unknown(noStep)
	}
	e := o.over(func(i int) float64 { return o.Ensemble[i].MarginalError })
	if w := o.window(); w.Unconverged > 0 {
		e = e.Warn("Sinkhorn had not converged in %d of %d steps after %d rounds (largest imbalance %.2g): raise the "+
			"temperature of the self-labels, or allow more rounds", w.Unconverged, w.Steps, w.Iterations, w.MarginalError)
	}
	return e
}

// Quantities declares all that self-supervised training can measure, in the order of the record, with one field
// lambda_0 for those of all labels.
func Quantities() (infos []record.Info) {
	for _, q := range quantitiesOf(1, true) {
		infos = append(infos, q.Info)
	}
	return infos
}
