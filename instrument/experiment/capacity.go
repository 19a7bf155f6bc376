package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(&Experiment{
	Name:  "capacity",
	Title: "Over-parameterized models are large reservoirs",
	Claim: "The parameters are the reservoir that stores what was learned, and more of them are a larger one: M-info, what " +
		"the weights hold of their training set, grows with the free weights for each training example, far beyond what a " +
		"sample expresses of it (L-info); most where there is nothing to learn but the examples themselves.",
	Source: parsi,
	Caption: "What is stored and dissipated, against the free weights for each training example. a: Gaussian model, M-info " +
		"example by example (a lower bound) and L-info (bars: both bounds), closed forms dashed. b: generalization gap, Σ " +
		"and dissipated heat −Q there. c: MADE of 1 to 512 hidden units on N MNIST digits of 7 × 7 pixels. d: the same of N " +
		"= 250. e: MLP of as many hidden units that classifies 250 digits (1000 at the left end), labels shuffled and not. " +
		"f: the same there. Vertical lines: interpolation begins; of MADE, the training loss (N = 250) falls below the " +
		"lowest held-out loss of any of these networks, an upper bound on the entropy of digits; of the MLP, 99 % of the " +
		"shuffled labels are right. Bars are 95 % intervals over training sets; those that reach 0 end at the frame.",
	Limits: []string{
		"M-info is a lower bound, summed over examples: what the weights hold of several together is not in it.",
		"Every network is trained for as many steps at the same rate: small training sets are seen more often, and large " +
			"networks are not trained to their end.",
		"Σ and −Q depend on the schedule of observations, which is the same for all runs of a model.",
		"Where interpolation begins is known between two neighbouring sizes.",
	},
	Exact:   Trial{Jobs: exactCapacities(), Judge: exactCapacity},
	Network: Trial{Jobs: networkCapacities(), Judge: networkCapacity},
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
			"datasets=6", "replicas=2", "observations=4", "permutations=0",
		}, args...)})
	}
	for _, examples := range []int{1000, 250, 62} {
		for _, width := range []int{1, 8, 64, 512} {
			add("made", "made", width, examples, "preprocess=pool14,pool14,binarise", "steps=2000", "lr=0.1")
		}
	}
	for shuffle, name := range []string{"true", "shuffled"} {
		args := []string{fmt.Sprintf("shuffle=%d", shuffle), "preprocess=pool14,pool14", "steps=3000", "lr=0.3"}
		add(name, "mlp", 1, 1000, args...)
		for _, width := range []int{1, 8, 32, 128, 512} {
			add(name, "mlp", width, 250, args...)
		}
	}
	return jobs
}

// family is a list of runs by the free weights for each of their training examples, fewest first.
type family []*Run

// familyOf returns the runs whose names begin and end so.
func familyOf(runs []*Run, begin, end string) (f family) {
	for _, r := range runs {
		if strings.HasPrefix(r.Name, begin+"-") && strings.HasSuffix(r.Name, end) {
			f = append(f, r)
		}
	}
	slices.SortFunc(f, func(a, b *Run) int { return cmp.Compare(a.capacity(), b.capacity()) })
	return f
}

// capacity is how many free weights there are for each training example.
func (r *Run) capacity() float64 { return float64(r.FreeWeights) / float64(r.Subset) }

func (f family) first() *Run { return f[0] }
func (f family) last() *Run  { return f[len(f)-1] }

// measure is a number that a run came to.
type measure func(r *Run) estimate.Estimate

// final is the last reading of a quantity.
func final(name string) measure { return func(r *Run) estimate.Estimate { return r.Last(name) } }

// dissipated is the heat that the samples of a run gave off.
func dissipated(r *Run) estimate.Estimate { return r.Last("heat").Scale(-1) }

// stored is M-info for each training example.
func stored(r *Run) estimate.Estimate { return r.Last("m_info").Scale(1 / float64(r.Subset)) }

// less is a measure of one run less that of another, paired where both are of the same training sets.
func (of measure) less(a, b *Run) estimate.Estimate {
	if d, ok := estimate.Paired(of(a), of(b)); ok && a.Units.Shared(b.Units) {
		return d
	}
	return estimate.Difference(of(a), of(b))
}

// rises states that a measure grows from run to run: it holds where it does at every step, fails where it falls at one,
// and shows the step that is least sure to rise.
func (f family) rises(text, unit string, of measure) record.Statement {
	var steps []record.Statement
	for i := range f[1:] {
		s := atLeast(text, unit, of.less(f[i+1], f[i]), 0)
		s.Because = fmt.Sprintf("the least of its steps, from %.2g to %.3g", f[i].capacity(), f[i+1].capacity())
		steps = append(steps, s)
	}
	return slices.MinFunc(steps, func(a, b record.Statement) int { return cmp.Compare(a.Figure.Lo, b.Figure.Lo) })
}

// grows states that a measure is larger in the last run than in the first.
func (f family) grows(text, unit string, of measure) record.Statement {
	text = fmt.Sprintf("%s at %.3g weights an example, less that at %.2g", text, f.last().capacity(), f.first().capacity())
	return atLeast(text, unit, of.less(f.last(), f.first()), 0)
}

// reaches states that a lower bound does not pass the truth and comes to half of it or more, with an error that tells
// half the truth from it.
func reaches(text, unit string, lower estimate.Estimate, truth float64) record.Statement {
	s := record.Statement{Text: text, Figure: lower, Unit: unit, Expected: fmt.Sprintf("%.4g or less, half or more", truth)}
	margin := standardErrors * lower.StatedSE()
	switch {
	case math.IsNaN(margin):
		s.Verdict, s.Because = record.CannotTell, why(lower)
	case lower.Value-margin > truth || lower.Value+margin < truth/2:
		s.Verdict = record.Fails
	case lower.Value < truth/2 || margin > truth/2:
		s.Verdict, s.Because = record.CannotTell, "half the truth, or twice, would pass as well"
	default:
		s.Verdict = record.Holds
	}
	return s
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
	made, wide := familyOf(runs, "made", "-250"), familyOf(runs, "made-512", "")
	shuffled, plain := familyOf(runs, "shuffled", "-250"), familyOf(runs, "true", "-250")
	scarce := familyOf(runs, "made", "-1000").first()
	exceeds := made.crossing("train_nll", lowestLoss(familyOf(runs, "made", "")))
	fitted := shuffled.crossing("train_accuracy", right)
	unexpressed := func(r *Run) estimate.Estimate { return estimate.Difference(r.Last("m_info"), r.Last("l_info_hi")) }
	hottest := slices.MaxFunc(shuffled, func(a, b *Run) int { return cmp.Compare(dissipated(a).Value, dissipated(b).Value) })
	return Outcome{
		Setup: fmt.Sprintf("MADE and MLP on digits of 7 × 7 pixels, %d runs of %d training sets × %d replicas", len(runs),
			runs[0].Datasets, runs[0].Replicas),
		Statements: []record.Statement{
			made.rises("MADE: M-info rises with the weights an example, by width", "nats", final("m_info")),
			wide.rises("MADE: M-info an example rises with them, by fewer examples", "nats per example", stored),
			atLeast(fmt.Sprintf("MADE: M-info at %.3g weights an example, less ten times that at %.2g", made.last().capacity(),
				scarce.capacity()), "nats", estimate.Difference(made.last().Last("m_info"), scarce.Last("m_info").Scale(10)), 0),
			made.rises("MADE: the generalization gap rises with them, by width", "nats per sample", final("mem")),
			made.grows("MADE: heat dissipated", "nats", dissipated),
			made.grows("MADE: Σ", "nats", final("entropy_production")),
			atLeast("MADE, largest: M-info less the upper bound of L-info", "nats", unexpressed(made.last()), 0),
			within("MADE: interpolation begins, in weights an example", "1", exceeds, made.first().capacity(),
				made.last().capacity()),
			shuffled.rises("MLP, labels shuffled: M-info rises with the weights an example", "nats", final("m_info")),
			atLeast("MLP, largest: M-info of shuffled labels, less that of true ones", "nats",
				final("m_info").less(shuffled.last(), plain.last()), 0),
			shuffled.grows("MLP, labels shuffled: generalization gap", "nats per sample", final("mem")),
			shuffled.grows("MLP, labels shuffled: heat dissipated", "nats", dissipated),
			atLeast("MLP, largest, labels shuffled: M-info less the upper bound of L-info", "nats",
				unexpressed(shuffled.last()), 0),
			within("MLP, labels shuffled: interpolation begins, in weights an example", "1", fitted,
				shuffled.first().capacity(), shuffled.last().capacity()),
		},
		Diagrams: networkCapacityDiagrams(runs, exceeds.Value, fitted.Value),
		Answer: fmt.Sprintf("MADE of %.2g weights an example holds %v nats of its training set, of %.3g %v nats; a "+
			"classifier of shuffled labels %v, of true ones %v. Heat does not keep rising: that of the classifier is largest "+
			"at %.2g weights an example", made.first().capacity(), made.first().Last("m_info"), made.last().capacity(),
			made.last().Last("m_info"), shuffled.last().Last("m_info"), plain.last().Last("m_info"), hottest.capacity()),
		Sharpen: []string{
			"more training sets, and replicas of each, which narrow the intervals",
			"longer training of all networks, the largest of which are not at their end",
		},
	}, nil
}
