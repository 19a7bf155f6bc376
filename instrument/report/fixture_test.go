package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// The panels of the examples.
var (
	lossPanel     = record.Panel{Figure: "losses", Title: "Loss", Axis: "loss (nats per sample)", Overview: 1}
	accuracyPanel = record.Panel{Figure: "losses", Title: "Accuracy", Axis: "share of labels guessed right"}
	infoPanel     = record.Panel{Figure: "information", Title: "Information about the training set",
		Axis: "information (nats)", Scale: record.Knee, Overview: 2}
	sampleInfoPanel = record.Panel{Figure: "information", Title: "Information of the samples about the weights",
		Axis: "information (nats)", Scale: record.Knee}
	thermoPanel = record.Panel{Figure: "thermodynamics", Title: "Work, heat and entropy production",
		Axis: "summed over training (nats)", Overview: 3}
	fluctuationPanel = record.Panel{Figure: "fluctuations", Title: "Integral fluctuation theorem",
		Axis: "< exp(−(w − ΔF)) >"}
	entropyPanel = record.Panel{Figure: "entropy", Title: "Entropy of the samples", Axis: "S(X|Θ) (nats)", Overview: 4}
	weightsPanel = record.Panel{Figure: "entropy", Title: "Entropy of the weights",
		Axis: "change since the reference (nats)"}
	layersPanel = record.Panel{Figure: "entropy", Title: "Entropy of each parameter",
		Axis: "change since the reference (nats per weight)"}
)

// ensembleInfos declare what an ensemble measures.
func ensembleInfos() []record.Info {
	ceiling := math.Log(8)
	infos := []record.Info{
		{Name: "train_nll", Title: "training loss", Unit: "nats per sample", Panel: lossPanel, Rank: 1, Headline: true,
			Doc: "Mean loss over a replica's own training set."},
		{Name: "test_nll", Title: "test loss", Unit: "nats per sample", Panel: lossPanel, Rank: 1, Headline: true,
			Doc: "Mean loss over examples that no replica has seen."},
		{Name: "gap", Title: "generalization gap", Unit: "nats per sample", Panel: lossPanel, Rank: 4,
			Doc: "Test minus training."},
		{Name: "gap_bound", Title: "bound on the gap", Unit: "nats per sample", Panel: lossPanel},
		{Name: "train_accuracy", Title: "training accuracy", Unit: "1", Panel: accuracyPanel},
		{Name: "test_accuracy", Title: "test accuracy", Unit: "1", Panel: accuracyPanel, Rank: 2},
		{Name: "work", Title: "work W", Symbol: "W", Unit: "nats", Panel: thermoPanel, Summed: true, Rank: 5,
			Doc: "Done on the samples as the weights move.", Ref: "Jarzynski, PRL 78, 2690 (1997)"},
		{Name: "heat", Title: "dissipated heat −Q", Symbol: "−Q", Unit: "nats", Panel: thermoPanel, Negated: true,
			Summed: true, Rank: 4, Doc: "Absorbed by the samples."},
		{Name: "entropy_production", Title: "entropy production Σ", Symbol: "Σ", Unit: "nats", Panel: thermoPanel,
			Summed: true,
			Rank:   10},
		{Name: "delta_f", Title: "free energy ΔF", Symbol: "ΔF", Unit: "nats", Panel: thermoPanel, Summed: true},
		{Name: "s_x_given_theta", Title: "entropy of the samples", Symbol: "S(X|Θ)", Unit: "nats", Panel: entropyPanel,
			Rank: 3},
		{Name: "delta_s_theta", Title: "entropy of the weights", Symbol: "ΔS(Θ)", Unit: "nats", Panel: weightsPanel, Rank: 6},
		{Name: "x_info_lo", Title: "X-info, lower bound", Unit: "nats", Panel: sampleInfoPanel, Rank: 8,
			Bound: record.Bound{Of: "x_info"}, Ceiling: ceiling},
		{Name: "x_info_hi", Title: "X-info, upper bound", Unit: "nats", Panel: sampleInfoPanel, Rank: 8,
			Bound: record.Bound{Of: "x_info", Upper: true}},
		{Name: "l_info_lo", Title: "L-info, lower bound", Symbol: "I(X;B)", Unit: "nats", Panel: infoPanel, Rank: 2,
			Headline: true,
			Bound:    record.Bound{Of: "l_info"}, Ceiling: ceiling, Doc: "What the samples reveal of the training set.",
			Assumption: "samples are drawn from the model", Ref: "arXiv:1905.06922"},
		{Name: "l_info_hi", Title: "L-info, upper bound", Symbol: "I(X;B)", Unit: "nats", Panel: infoPanel, Rank: 2,
			Headline: true, Bound: record.Bound{Of: "l_info", Upper: true}},
		{Name: "m_info", Title: "M-info, Gaussian estimate", Symbol: "M-info", Unit: "nats", Panel: infoPanel, Rank: 2,
			Headline: true,
			Doc:      "What the weights hold of the training set."},
		{Name: "m_info_d_lo", Title: "M-info on D sets, lower bound", Unit: "nats", Panel: infoPanel, Rank: 7,
			Bound: record.Bound{Of: "m_info_d"}, Ceiling: ceiling},
		{Name: "m_info_d_hi", Title: "M-info on D sets, upper bound", Unit: "nats", Panel: infoPanel, Rank: 7,
			Bound: record.Bound{Of: "m_info_d", Upper: true}, Ceiling: ceiling},
		{Name: "m_info_noise", Title: "noise bound on M-info", Unit: "nats", Panel: infoPanel},
		{Name: "ift", Title: "average over the interval", Symbol: "<exp(ΔF−w)>", Unit: "1", Panel: fluctuationPanel, Rank: 9},
	}
	for i := range 10 {
		infos = append(infos, record.Info{Name: fmt.Sprintf("s_theta_w%d_per_weight", i),
			Title: fmt.Sprintf("weights of layer %d", i),
			Unit:  "nats", Panel: layersPanel, Doc: "Entropy of the weights of a parameter, per weight."})
	}
	return infos
}

// lopsided returns an estimate whose interval is neither symmetric nor any multiple of its standard error.
func lopsided(v, se, below, above float64) estimate.Estimate {
	return estimate.Estimate{Value: v, SE: se, Lo: v - below, Hi: v + above, Confidence: 0.95, N: 8}
}

// exampleSteps are the steps of the observations of the example.
var exampleSteps = []int{0, 1, 2, 3, 4, 6, 8, 10, 13, 18, 24, 32, 42, 56, 75, 100, 133, 178, 237, 317, 422, 564, 752,
	1000, 1200}

// exampleRun is the record of an ensemble: 8 training sets, 3 replicas, a normalised model at temperature 0. Its
// curves are smooth formulas that obey the identities of a real record: work + heat = change of S(X|Theta), entropy
// production = work, bounds of L-info on both sides of M-info's ceiling ln 8.
func exampleRun() (*record.Run, *record.History) {
	infos := ensembleInfos()
	run := &record.Run{
		Program: "train", Version: "v0.1.0 (07797aa)",
		Command: []string{"train", "--seed", "1", "--out", "runs/made"},
		Config: record.Settings{{Name: "model", Value: "made"}, {Name: "data", Value: "mnist-sample"},
			{Name: "width", Value: "128"}, {Name: "subset", Value: "500"}, {Name: "lr", Value: "0.02"}},
		Seed: 1, Model: "made", Data: "mnist-sample", Setup: "8 training sets × 3 replicas, 500 examples each, 1,200 steps",
		Datasets: 8, Replicas: 3, Chains: 32, Subset: 500, Steps: 1200,
		Units:   record.Units{Name: "training set", Count: 8},
		Weights: 50500, FreeWeights: 25412,
		Started:  time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		Finished: time.Date(2024, 5, 1, 12, 0, 41, 0, time.UTC),
		Seconds:  41.3, Status: record.Done,
		Machine:    record.Machine{OS: "linux", Arch: "amd64", CPUs: 2, Workers: 2, Go: "go1.26", BLAS: "gonum"},
		Modules:    map[string]string{"gorgonia.org/gorgonia": "v0.9.18", "gonum.org/v1/gonum": "v0.17.0"},
		Quantities: infos,
		Findings: []record.Finding{{Question: "Does it memorize?", Answer: "Yes", Because: "M-info is 8.15 nats.",
			Class: record.CannotTell, Columns: []string{"m_info"}}},
		Conclusions: []string{"From step 0 to step 1,200 the training loss went from 136 to 39.4 nats per sample."},
		Books: []record.Check{
			{Name: "first law", Verdict: record.Pass, Figure: "largest |dphi - w - q| = 2.8e-14 nats over 768 chains",
				Detail: "The change of energy of every chain is its work plus its heat.", Columns: []string{"work", "heat"}},
			{Name: "fluctuation average", Verdict: record.CannotTell, Figure: "<exp(dF - w)> = 0.94 ±0.11, 31 of 768 effective",
				Detail: "Too few chains carry the average: observe more often.", Columns: []string{"ift"}},
			{Name: "L-info under M-info", Verdict: record.Pass, Figure: "1.98 ±0.02 nats <= 2.08 nats",
				Columns: []string{"l_info_lo"}},
		},
		Nulls: map[string]record.Null{"m_info": {Mean: 0.9, Hi: 1.38, Permutations: 200}},
		Reasons: map[string]string{"x_info_lo": "not estimated in this example", "x_info_hi": "not estimated in this example",
			"train_accuracy": "the examples have no labels", "test_accuracy": "the examples have no labels"},
		Warnings: []record.Warning{
			{Columns: []string{"m_info"}, First: 1, Last: 1200, Observations: 24,
				Text: "8 training sets leave 3 dimensions to project to"},
			{Columns: []string{"l_info_lo"}, First: 752, Last: 1200, Observations: 3,
				Text: "within 10 % of its ceiling ln 8: saturated"},
		},
		Notes: []string{"Chains start in equilibrium at the initial weights."},
	}
	h := record.NewHistory(infos)
	for _, step := range exampleSteps {
		exampleEvent(h, step)
	}
	return run, h
}

// exampleEvent adds one observation.
func exampleEvent(h *record.History, step int) {
	t, ceiling := float64(step), math.Log(8)
	learned := 1 - math.Exp(-math.Pow(t/60, 0.6))
	fit := learned * (1 + 0.12*math.Log1p(t/400))
	over := math.Pow(t/1200, 1.3)
	train := 135.5 - 80*fit - 3*over
	test := 135.5 - 79*learned*(1+0.02*math.Log1p(t/200)) + 4.5*over
	sx := 135.2 - 82*fit - 1.5*over
	work := 20 * (1 - math.Exp(-math.Pow(t/90, 0.7)))
	even := func(v, se float64) estimate.Estimate { return lopsided(v, se, 2.4*se, 2.4*se) }
	memory := 1 - math.Exp(-t/1.5)
	mInfo := 5.2 * memory * (1 + 0.08*math.Log1p(t))
	readings := map[string]estimate.Estimate{
		"train_nll":          even(train, 0.05+0.35*learned),
		"test_nll":           even(test, 0.05+0.25*learned),
		"gap":                even(test-train, 0.03+0.2*learned),
		"work":               even(work, 0.03*work),
		"heat":               lopsided(sx-135.2-work, 0.4*learned, 1.5*learned, 0.7*learned),
		"entropy_production": even(work, 0.03*work),
		"delta_f":            estimate.Exact(0),
		"s_x_given_theta":    even(sx, 0.05+0.5*learned),
		"delta_s_theta":      even(21*math.Log(t+0.2), 2),
		"l_info_lo":          lopsided(1.98*(1-math.Exp(-math.Pow(t/250, 1.2))), 0.04*learned, 0.11*learned, 0.07*learned),
		"l_info_hi":          lopsided(14.2*math.Pow(t/1200, 0.9), 0.8*math.Pow(t/1200, 0.9), 1.1*over, 2.3*over),
		"m_info":             {Value: mInfo, SE: math.NaN(), Lo: 0.7 * mInfo, Hi: 1.35 * mInfo, Confidence: 0.95},
		"m_info_d_lo":        estimate.Point(ceiling*(1-math.Exp(-t/1.1)), "no interval is known"),
		"m_info_d_hi":        estimate.Point(ceiling*(1-math.Exp(-t/0.7)), "no interval is known"),
		"m_info_noise":       estimate.Point(math.Inf(1), "training adds no noise"),
		"ift":                even(0.94-0.02*math.Sin(t), 0.11),
	}
	for i := range 10 {
		readings[fmt.Sprintf("s_theta_w%d_per_weight", i)] = even(0.02*float64(i-3)*math.Log(t+0.2), 0.01)
	}
	if step == 0 {
		for _, name := range []string{"delta_s_theta", "m_info", "m_info_noise", "ift"} {
			readings[name] = estimate.Unknown("known from step 1 on")
		}
		for i := range 10 {
			readings[fmt.Sprintf("s_theta_w%d_per_weight", i)] = estimate.Unknown("known from step 1 on")
		}
	}
	enter(h, step, readings)
}

// enter adds an event with the given readings; what is not among them was not measured.
func enter(h *record.History, step int, readings map[string]estimate.Estimate) {
	e := record.Event{Step: step, Columns: h.Infos()}
	for _, info := range h.Infos() {
		if r, ok := readings[info.Name]; ok {
			e.Readings = append(e.Readings, record.Named{Info: info, Reading: r})
		}
	}
	if err := h.Record(e); err != nil {
		panic(err)
	}
}

// exampleCycles is the record of self-supervised learning as thermodynamic cycles, over 5 replicas, with the names of
// its quantities.
func exampleCycles() (*record.Run, *record.History, []record.Diagram) {
	books := record.Panel{Figure: "cycle_books", Title: "Work", Axis: "summed over training (nats)", Overview: 1}
	heat := record.Panel{Figure: "cycle_books", Title: "Heat absorbed", Axis: "summed over training (nats)"}
	entropies := record.Panel{Figure: "cycle_books", Title: "Entropy and information", Axis: "nats per sample"}
	probe := record.Panel{Figure: "cycle_learning", Title: "Accuracy of the frozen representation", Axis: "test accuracy",
		Overview: 2}
	labels := record.Panel{Figure: "cycle_learning", Title: "Information of the self-label about the class",
		Axis: "information (nats)"}
	fields := record.Panel{Figure: "cycle_fields", Title: "Fields of the generalized Gibbs ensemble",
		Axis: "field λ (nats)"}
	infos := []record.Info{
		{Name: "sum_extracted", Title: "work extracted beyond ΔF", Unit: "nats", Panel: books, Summed: true, Rank: 2},
		{Name: "sum_bought", Title: "information bought", Unit: "nats", Panel: books, Summed: true, Rank: 3},
		{Name: "cycle_q_in", Title: "Q in, at measurement", Unit: "nats", Panel: heat, Summed: true},
		{Name: "cycle_q_out", Title: "Q out, at thermalisation", Unit: "nats", Panel: heat, Summed: true},
		{Name: "entropy_p", Title: "S(p)", Unit: "nats", Panel: entropies},
		{Name: "entropy_q", Title: "S(q)", Unit: "nats", Panel: entropies},
		{Name: "probe", Title: "linear probe", Unit: "accuracy", Panel: probe, Rank: 1},
		{Name: "probe_random", Title: "probe, random encoder", Unit: "accuracy", Panel: probe},
		{Name: "knn", Title: "nearest neighbours", Unit: "accuracy", Panel: probe, Rank: 2},
		{Name: "probe_gain", Title: "gain of the probe on the random encoder", Unit: "accuracy", Headline: true, Rank: 1},
		{Name: "mi", Title: "I(self-label; class)", Unit: "nats", Panel: labels, Ceiling: math.Log(10), Rank: 4,
			Headline: true},
	}
	for i := range 64 {
		infos = append(infos, record.Info{Name: fmt.Sprintf("lambda_%d", i), Title: fmt.Sprintf("field %d", i), Unit: "nats",
			Panel: fields})
	}
	h := record.NewHistory(infos)
	for _, step := range []int{0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200} {
		t := float64(step)
		up := 1 - math.Exp(-t/70)
		readings := map[string]estimate.Estimate{
			"sum_extracted": lopsided(0.4*t*up, 0.02*t, 0.03*t, 0.06*t), "sum_bought": lopsided(0.9*t, 0.01*t, 0.03*t, 0.03*t),
			"cycle_q_in": lopsided(-0.8*t, 0.01*t, 0.02*t, 0.04*t), "cycle_q_out": lopsided(0.5*t, 0.01*t, 0.03*t, 0.03*t),
			"entropy_p": lopsided(2.3-0.5*up, 0.02, 0.04, 0.06), "entropy_q": lopsided(1.6-0.4*up, 0.02, 0.04, 0.06),
		}
		if step%60 == 0 || step == 200 {
			readings["probe"] = lopsided(0.55+0.25*up, 0.01, 0.03, 0.02)
			readings["probe_random"] = lopsided(0.55, 0.01, 0.03, 0.02)
			readings["probe_gain"] = lopsided(0.25*up, 0.01, 0.02, 0.03)
			readings["knn"] = lopsided(0.50+0.22*up, 0.01, 0.03, 0.02)
			readings["mi"] = lopsided(1.4*up, 0.03, 0.08, 0.1)
		}
		for i := range 64 {
			readings[fmt.Sprintf("lambda_%d", i)] = lopsided(0.03*float64(i-32)*up, 0.01, 0.02, 0.03)
		}
		enter(h, step, readings)
	}
	run := &record.Run{
		Program: "train", Command: []string{"train", "ssl"}, Seed: 2, Model: "swav", Data: "mnist-sample",
		Status: record.Done,
		Config: record.Settings{{Name: "model", Value: "swav"}, {Name: "epsilon", Value: "0.05"}},
		Setup:  "5 replicas, 64 prototypes, 200 steps", Replicas: 5, Steps: 200, Units: record.Units{Name: "replica",
			Count: 5},
		Quantities: infos,
	}
	return run, h, exampleDiagrams()
}

// exampleDiagrams are the cycles of three windows, and the densities of forward and reverse work.
func exampleDiagrams() []record.Diagram {
	var list []record.Diagram
	for k, when := range []string{"Early: steps 1–40", "Midway: steps 81–120", "Late: steps 161–200"} {
		s := 1 - 0.3*float64(k)
		p, q := [2]float64{2.3, 1.4}, [2]float64{2.3 - 0.8*s, 1.4 - 0.5*s}
		q2, p2 := [2]float64{q[0], q[1] - 0.35*s}, [2]float64{p[0] - 0.1*s, p[1] - 0.3*s}
		stroke := func(name string, a, b [2]float64) record.Line {
			return record.Line{Name: name, X: []float64{a[0], b[0]}, Y: []float64{a[1], b[1]}, Arrow: true}
		}
		mark := func(a [2]float64, square, hollow bool) record.Mark {
			return record.Mark{X: lopsided(a[0], 0.02, 0.03, 0.06), Y: lopsided(a[1], 0.02, 0.06, 0.03), Square: square,
				Hollow: hollow}
		}
		list = append(list, record.Diagram{Figure: "cycle_energy", Title: when, X: "entropy S (nats)", Y: "energy E (nats)",
			Lines: []record.Line{stroke("measure + heat", p, q), stroke("thermalise", q2, p2), stroke("expand", q, q2)},
			Marks: []record.Mark{mark(p, false, false), mark(q, true, false), mark(q2, true, true), mark(p2, false, true)},
			Notes: []string{"Circles: softmax. Squares: target. Hollow: after the step."}})
	}
	var x, forward, reverse []float64
	for v := -4.0; v <= 4; v += 0.5 {
		x = append(x, v, v+0.5)
		f, r := 0.4*math.Exp(-(v-0.5)*(v-0.5)/2), 0.4*math.Exp(-(v+0.5)*(v+0.5)/2)
		forward, reverse = append(forward, f, f), append(reverse, r, r)
	}
	return append(list, record.Diagram{Figure: "crooks", Title: "Crooks: forward and reverse work",
		X: "dissipated work w − ΔF (nats)", Y: "probability density (1/nat)", Lines: []record.Line{
			{Name: "forward, P(w − ΔF)", X: x, Y: forward, Filled: true},
			{Name: "reverse, P(−w' − ΔF)", X: x, Y: reverse, Filled: true},
			{Name: "they must cross at 0", X: []float64{0, 0}, Y: []float64{0, 0.42}, Dashed: true},
		}})
}

// ownRun is a run with one quantity of a user's own, which says nothing of how to draw it.
func ownRun() (*record.Run, *record.History) {
	infos := []record.Info{{Name: "my_norm", Unit: "m"}}
	h := record.NewHistory(infos)
	for i, step := range []int{0, 10, 100} {
		enter(h, step, map[string]estimate.Estimate{"my_norm": lopsided(3+float64(i), 0.1, 0.4, 0.2)})
	}
	return &record.Run{Model: "mine", Data: "own", Status: record.Done, Quantities: infos}, h
}

// blank makes quantities unknown, for the given reason.
func blank(h *record.History, reason string, names ...string) {
	for _, e := range h.Events() {
		for i := range e.Readings {
			if slices.Contains(names, e.Readings[i].Info.Name) {
				e.Readings[i].Reading = estimate.Unknown("%s", reason)
			}
		}
	}
}
