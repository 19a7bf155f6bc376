package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

const salazar = "Salazar 2021, Phys. Lett. A, arXiv:2106.08981"

var _ = declare(&Experiment{
	Name:  "demon",
	Title: "Self-supervised learning is a demon",
	Claim: "Every training step measures, which buys KL(q‖p), feeds back, and extracts the work −(W − ΔF) at an " +
		"efficiency of at most 1. Self-labels tell H(mean q) − mean H(q) ≤ ln K of their sample, of which a part is " +
		"useful. Balanced self-labels are a generalised Gibbs ensemble, whose fields λ are conjugate to the occupations of " +
		"the labels; without the fields labels fall out of use.",
	Source: salazar,
	Caption: "Self-supervised learning as a demon. a: the first cycle of softmaxes of two labels, a closed form " +
		"(squares: self-label q; circles: softmax p); the distance from the diagonal, where equilibrium is, is KL(q‖p): " +
		"the measurement buys it, the expansion takes work of it, thermalisation dissipates the rest. b: bought and " +
		"extracted in a cycle, over the training of three networks. c: what a label tells of its sample and of the class " +
		"that nobody told the network, over the most it can, ln K; SimCLR's labels are names of images, and its softmax is " +
		"shown. d: the last cycles of the networks, as a, with the expansion drawn 20 times as long. e: fields of SwAV's " +
		"labels, sorted: the lowest, a quarter, half and three quarters of the way up, and the highest. f: " +
		"entropy of the occupations of SwAV's labels and what they tell of their sample, with fields and without. Bars are " +
		"95 % intervals over training sets.",
	Limits: []string{
		"That the efficiency is at most 1, that what is extracted is the decrease of the loss on the batch of the step, " +
			"and the ensemble of balanced labels are identities where the self-labels are held during the step: they show " +
			"that the books are right, not that networks are demons. That the work is positive is no identity.",
		"The work is that on the batch of the step itself: what it does to other images is not in it.",
		"What a label tells of its sample is counted on the batch of one step, each view a sample. The class is told by " +
			"the most probable label, which is sharper than one drawn from q: that it tells less than the sample's " +
			"information is no identity.",
		"The efficiency depends on the learning rate, and what labels do without fields on their temperature: here they " +
			"are sharper than the softmax, and all images go to one.",
		"A random encoder is a strong rival: its linear probe is far from chance, and the gain on it is what was learned.",
	},
	Exact: Trial{Judge: func([]*Run) (Outcome, error) {
		m, err := measureStudents()
		if err != nil {
			return Outcome{}, err
		}
		return judgeStudents(m), nil
	}},
	Network: Trial{
		Jobs: []Job{
			encoderJob("simclr", "model=simclr"), encoderJob("swav", "model=swav"), encoderJob("dino", "model=dino"),
			encoderJob("swav-unbalanced", "model=swav", "no-balancing"),
		},
		Varies: []string{"model", "no-balancing"},
		Judge:  networkDemon,
	},
})

// encoderJob trains an encoder on six training sets.
func encoderJob(name string, settings ...string) Job {
	return Job{Name: name, Settings: append(settings, "datasets=6", "replicas=1", "subset=800", "steps=600",
		"observations=7", "probe-size=500", "view-pairs=1", "permutations=0")}
}

// networkDemon says what the cycles of networks extract, what their labels tell, and what the fields of balanced labels
// do, by a run without them.
func networkDemon(runs []*Run) (Outcome, error) {
	balanced, bare := runs[1], runs[3]
	statements := demonIdentities(runs)
	for _, r := range runs[:3] {
		work := atLeast("work extracted beyond ΔF, summed, "+r.Name, "nats", r.Last("sum_extracted"), 0)
		work.Because = fmt.Sprintf("%.4g nats bought: η = %v", r.Last("sum_bought").Value, r.Last("sum_efficiency"))
		statements = append(statements, work)
	}
	for _, r := range runs[1:3] {
		told := difference(r.Last("sample_information"), r.Last("mi"))
		statements = append(statements,
			atLeast("I(label; class), "+r.Name, "nats", r.Last("mi"), 0),
			atLeast("I(sample; label) − I(label; class), "+r.Name, "nats", told, 0))
	}
	for _, r := range runs[:3] {
		gain := atLeast("gain of the linear probe on the random encoder, "+r.Name, "1", r.Last("probe_gain"), 0)
		gain.Because = fmt.Sprintf("%.3g of the test images, %.3g at random", r.Last("probe").Value,
			r.Last("probe_random").Value)
		statements = append(statements, gain)
	}
	labels, err := balanced.Setting("labels")
	if err != nil {
		return Outcome{}, err
	}
	highest, lowest := balanced.Last(field(int(labels)-1)), balanced.Last(field(0))
	spread := atLeast("fields of balanced labels, highest λ less lowest", "1", difference(highest, lowest), math.Ln2)
	spread.Because = "ln 2 doubles the odds of one label against another"
	statements = append(statements, spread)
	for _, q := range []struct{ name, text string }{
		{"occupation_entropy", "entropy of the occupations, with fields less without"},
		{"sample_information", "I(sample; label), with fields less without"},
		{"mi", "I(label; class), with fields less without"},
	} {
		more := difference(balanced.Last(q.name), bare.Last(q.name))
		s := atLeast(q.text, "nats", more, 0)
		s.Because = fmt.Sprintf("%.3g and %.3g", balanced.Last(q.name).Value, bare.Last(q.name).Value)
		statements = append(statements, s)
	}
	learned, idle := balanced.Last("probe_gain"), bare.Last("probe_gain")
	gain := atLeast("gain of the linear probe, with fields less without", "1", estimate.Difference(learned, idle), 0)
	gain.Because = fmt.Sprintf("%.3g and %.3g", learned.Value, idle.Value)
	statements = append(statements, gain)
	return Outcome{
		Setup:      fmt.Sprintf("simclr, swav, dino and swav without balance, %s", balanced.Setup),
		Statements: statements,
		Diagrams:   demonDiagrams(runs, int(labels)),
		Answer: fmt.Sprintf("the efficiencies are %.3g, %.3g and %.3g of simclr, swav and dino; a label of swav tells %.3g "+
			"nats of its sample and %.3g of the class; without fields "+
			"it tells %.3g of its sample, and the probe gains %.3g for %.3g",
			runs[0].Last("sum_efficiency").Value, balanced.Last("sum_efficiency").Value, runs[2].Last("sum_efficiency").Value,
			balanced.Last("sample_information").Value, balanced.Last("mi").Value, bare.Last("sample_information").Value,
			idle.Value, learned.Value),
		Sharpen: []string{
			"more training sets, the unit of the intervals",
			"more test images than the sample has, whose number is most of the error of the gain of the probe",
			"longer training, which raises what the labels tell of the class",
		},
	}, nil
}

// demonIdentities are what holds by definition, at its worst over runs and observations.
func demonIdentities(runs []*Run) []record.Statement {
	one := func(*Run) float64 { return 1 }
	share := worst(runs, "sample_information", labelCeiling)
	return []record.Statement{
		identity(within("largest efficiency η of a cycle of any run", "1", worst(runs, "efficiency_max", one), 0, 1)),
		identity(within("largest I(sample; label)/ln K of any run", "1", share, 0, 1)),
		identity(within("W − ΔF less the change of the loss, relative, largest", "1", worst(runs, "loss_residual", one), 0,
			1e-4)),
		identity(within("ln q + E/ε − λ − ν of inferred labels, largest", "1", worst(runs, "gge_residual", one), 0, 1e-6)),
	}
}

// worst is the largest reading of a quantity over a unit of the run, in any of the runs that measure it.
func worst(runs []*Run, name string, unit func(r *Run) float64) estimate.Estimate {
	most := estimate.Unknown("%s was not measured", name)
	for _, r := range runs {
		_, readings := r.History.Series(name)
		for _, e := range readings {
			if v := e.Value / unit(r); v > most.Value || e.Known() && !most.Known() {
				most = estimate.Exact(v)
			}
		}
	}
	return most
}

// labelCeiling is ln K; SimCLR has a label for each image of a batch.
func labelCeiling(r *Run) float64 {
	labels, err := r.Setting("labels")
	if err != nil {
		labels, err = r.Setting("batch")
	}
	if err != nil {
		return math.NaN()
	}
	return math.Log(labels)
}

// field names the quantity of a field, from the lowest.
func field(k int) string { return fmt.Sprintf("lambda_%d", k) }

// difference is a − b over the same training sets, unit by unit where both keep these.
func difference(a, b estimate.Estimate) estimate.Estimate {
	d, paired := estimate.Paired(a, b)
	if !paired {
		return estimate.Difference(a, b)
	}
	return d
}
