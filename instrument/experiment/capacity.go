package experiment

import (
	"cmp"
	"fmt"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(&Experiment{
	Name:  "capacity",
	Title: "Over-parameterized models are large reservoirs",
	Claim: "The parameters are the reservoir that stores what was learned, and more of them are a larger one: " +
		"M-info, what the weights hold of their training set, grows with the free weights for each training " +
		"example, far beyond what a sample expresses of it (L-info); most where there is nothing to learn but the " +
		"examples themselves.",
	Source: parsi,
	Caption: "What is stored and dissipated, against the free weights for each training example. a: Gaussian model, " +
		"M-info example by example (a lower bound) and L-info (bars: both bounds), closed forms dashed. b: " +
		"generalization gap, Σ and dissipated heat −Q there. c, d: the same of MADE of 1 to 512 hidden units on N " +
		"MNIST digits of 7 × 7 pixels (d: N = 250). e, f: of an MLP of as many hidden units that classifies 250 " +
		"digits (750 of shuffled labels at the left end), with shuffled labels and with true ones. Vertical lines: " +
		"interpolation begins. Of MADE, the training loss (N = 250) is then below the lowest held-out loss of any " +
		"of these networks, an upper bound on the entropy of digits; of the MLP, 99 % of the shuffled labels are " +
		"right. Bars are 95 % intervals over training sets; those that reach 0 end at the frame.",
	Limits: []string{
		"M-info is a lower bound, summed over examples: what the weights hold of several together is not in it.",
		"Every network is trained for as many steps at the same rate: small training sets are seen more often, and " +
			"large networks are not trained to their end.",
		"Σ and −Q depend on the schedule of observations, which is the same for all runs of a model.",
		"Where interpolation begins is known between two neighbouring sizes.",
	},
	Exact: Trial{Jobs: exactCapacities(), Judge: exactCapacity},
	Network: Trial{
		Jobs: networkCapacities(), Varies: []string{"model", "width", "subset", "shuffle", "preprocess"},
		Judge: networkCapacity,
	},
})

// exactCapacities are Gaussian models of few weights for many examples, to many for few.
func exactCapacities() (jobs []Job) {
	for _, size := range []struct{ dim, examples int }{{5, 50}, {10, 10}, {40, 10}} {
		jobs = append(jobs, Job{Name: fmt.Sprintf("gaussian-%d-%d", size.dim, size.examples), Settings: []string{
			fmt.Sprintf("dim=%d", size.dim), fmt.Sprintf("subset=%d", size.examples), "model=gaussian",
			"data-sigma=1.7", "temperature=0.002", "datasets=64", "replicas=2", "chains=32", "observations=2",
			"permutations=0",
		}})
	}
	return jobs
}

// networkCapacities are MADE by width and training set, and classifiers by width and labels.
func networkCapacities() (jobs []Job) {
	add := func(name, model string, width, examples int, args ...string) {
		jobs = append(jobs, Job{Name: fmt.Sprintf("%s-%d-%d", name, width, examples), Settings: append([]string{
			fmt.Sprintf("width=%d", width), fmt.Sprintf("subset=%d", examples), "model=" + model,
			"datasets=8", "replicas=2", "observations=4", "permutations=0",
		}, args...)})
	}
	generative := []string{"preprocess=pool14,pool14,binarise", "steps=2000", "lr=0.1"}
	for _, examples := range []int{750, 250, 62} {
		for _, width := range []int{1, 8, 64} {
			add("made", "made", width, examples, generative...)
		}
	}
	add("made", "made", 512, 250, generative...)
	classifying := []string{"preprocess=pool14,pool14", "steps=3000", "lr=0.3"}
	add("shuffled", "mlp", 1, 750, append(classifying, "shuffle=1")...)
	for _, width := range []int{1, 8, 32, 128, 512} {
		add("shuffled", "mlp", width, 250, append(classifying, "shuffle=1")...)
	}
	for _, width := range []int{1, 8, 32, 512} {
		add("true", "mlp", width, 250, append(classifying, "shuffle=0")...)
	}
	return jobs
}

// exactCapacity holds what Gaussian models store and dissipate against their closed forms.
func exactCapacity(runs []*Run) (Outcome, error) {
	f := familyOf(runs, "gaussian", "")
	var o Outcome
	for _, r := range f {
		g, err := r.Gaussian()
		if err != nil {
			return o, err
		}
		at := fmt.Sprintf(", %.2g weights an example", r.capacity())
		work := g.CumulativeWork(r.Observed())
		o.Statements = append(o.Statements,
			reaches("M-info example by example"+at, "nats", r.Last("m_info"), g.ExampleInfo(r.Steps)),
			brackets("L-info"+at, "nats", r.Last("l_info_lo"), r.Last("l_info_hi"), g.LInfo(r.Steps)),
			equals("generalization gap"+at, "nats per sample", r.Last("mem"), g.GeneralizationGap(r.Steps)),
			equals("Σ"+at, "nats", r.Last("entropy_production"), work[len(work)-1]),
		)
	}
	o.Statements = append(o.Statements,
		f.rises("M-info rises with the weights an example", "nats", final("m_info")),
		f.rises("the generalization gap rises with them", "nats per sample", final("mem")))
	o.Setup = fmt.Sprintf("Gaussian models, %d training sets, %.2g to %.2g weights an example", runs[0].Datasets,
		f.first().capacity(), f.last().capacity())
	o.Answer = fmt.Sprintf("on Gaussian models M-info, summed over examples, grows from %v to %v nats, as its closed form",
		f.first().Last("m_info"), f.last().Last("m_info"))
	o.Diagrams = exactCapacityDiagrams(f)
	return o, nil
}

// networkCapacity says what networks store and dissipate, by their free weights for each training example.
func networkCapacity(runs []*Run) (Outcome, error) {
	made, wide := familyOf(runs, "made", "-250"), familyOf(runs, "made-64", "")
	shuffled, plain := familyOf(runs, "shuffled", "-250"), familyOf(runs, "true", "-250")
	scarce := familyOf(runs, "made", "-750").first()
	passed := made.crossing("train_nll", lowestLoss(familyOf(runs, "made", "")))
	fitted := shuffled.crossing("train_accuracy", right)
	hottest := slices.MaxFunc(shuffled, func(a, b *Run) int {
		return cmp.Compare(dissipated(a).Value, dissipated(b).Value)
	})
	return Outcome{
		Setup: fmt.Sprintf("MADE and MLP on digits of 7 × 7 pixels, %d runs of %d training sets × %d replicas", len(runs),
			runs[0].Datasets, runs[0].Replicas),
		Statements: []record.Statement{
			made.rises("MADE: M-info rises with the weights an example, by width", "nats", final("m_info")),
			wide.rises("MADE: M-info an example rises with them, by fewer examples", "nats per example", stored),
			atLeast(fmt.Sprintf("MADE: M-info at %.3g weights an example, less ten times that at %.2g",
				made.last().capacity(), scarce.capacity()), "nats",
				estimate.Difference(made.last().Last("m_info"), scarce.Last("m_info").Scale(10)), 0),
			made.rises("MADE: the generalization gap rises with them, by width", "nats per sample", final("mem")),
			made.grows("MADE: heat dissipated", "nats", dissipated),
			made.grows("MADE: Σ", "nats", final("entropy_production")),
			exceeds("MADE, largest: M-info less the upper bound of L-info", "nats", made.last().Last("m_info"),
				made.last().Last("l_info_hi")),
			within("MADE: interpolation begins, in weights an example", "1", passed, made.first().capacity(),
				made.last().capacity()),
			shuffled.rises("MLP, labels shuffled: M-info rises with the weights an example", "nats", final("m_info")),
			atLeast("MLP, largest: M-info of shuffled labels, less that of true ones", "nats",
				final("m_info").less(shuffled.last(), plain.last()), 0),
			shuffled.grows("MLP, labels shuffled: generalization gap", "nats per sample", final("mem")),
			shuffled.grows("MLP, labels shuffled: heat dissipated", "nats", dissipated),
			exceeds("MLP, largest, labels shuffled: M-info less the upper bound of L-info", "nats",
				shuffled.last().Last("m_info"), shuffled.last().Last("l_info_hi")),
			within("MLP, labels shuffled: interpolation begins, in weights an example", "1", fitted,
				shuffled.first().capacity(), shuffled.last().capacity()),
		},
		Diagrams: networkCapacityDiagrams(runs, passed.Value, fitted.Value),
		Answer: fmt.Sprintf("MADE holds %v nats of its training set at %.2g weights an example, and %v at %.3g; the largest "+
			"classifier %v of shuffled labels, and %v of true ones. The heat does not keep rising: that of the classifier is "+
			"largest at %.2g weights an example", made.first().Last("m_info"), made.first().capacity(),
			made.last().Last("m_info"), made.last().capacity(), shuffled.last().Last("m_info"), plain.last().Last("m_info"),
			hottest.capacity()),
		Sharpen: []string{
			"more training sets, and replicas of each, which narrow the intervals",
			"longer training of all networks, the largest of which are not at their end",
		},
	}, nil
}
