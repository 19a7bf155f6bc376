package selfsupervised

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/thermo"
	"calorimeter/model/ssl"
)

// Observation is what is known of R replicas at one step: the cycles since the observation before, and what the encoders
// have learned. Slices are by replica. gob saves and restores it.
type Observation struct {
	Step   int
	Cycles int            // steps since the observation before; 0 at the first
	Mean   []thermo.Cycle // mean cycle over these steps
	Total  []thermo.Cycle // sum of the cycles of all steps so far
	Window []Worst        // the worst of these steps
	Worst  []Worst        // the worst of all steps so far

	Ensemble    []*thermo.GGE         // of the last step's self-labels; nil for SimCLR and before the first step
	Occupations []thermo.Occupations  // of labels in the last step: self-labels, or p' where they are given (SimCLR)
	Table       []*information.Counts // self-labels x classes over the last steps; nil for SimCLR

	Probe, Neighbours             []float64 // accuracies of the frozen representation on the test images
	RandomProbe, RandomNeighbours []float64 // those of the encoders that the replicas began with
	TestImages                    int       // their number, on which all accuracies rest
}

func newObservation(r *Runner, step int) *Observation {
	n := len(r.replicas)
	o := &Observation{
		Step: step, TestImages: len(r.test.Labels), Mean: make([]thermo.Cycle, n), Total: make([]thermo.Cycle, n),
		Window: make([]Worst, n), Worst: make([]Worst, n),
		Occupations: make([]thermo.Occupations, n),
		Probe:       make([]float64, n), Neighbours: make([]float64, n), RandomProbe: make([]float64, n), RandomNeighbours: make([]float64, n),
	}
	if r.Settings().Algorithm != ssl.SimCLR {
		o.Table = make([]*information.Counts, n)
		if step > 0 {
			o.Ensemble = make([]*thermo.GGE, n)
		}
	}
	return o
}

// take enters what one replica showed; replicas enter in parallel, each its own places.
func (o *Observation) take(i int, r *Replica, probe, neighbours float64) {
	mean, steps := r.Ledger.Take()
	if o.Mean[i], o.Total[i] = mean, r.Ledger.Total; i == 0 {
		o.Cycles = steps
	}
	o.Window[i], o.Worst[i] = r.Window, r.Worst
	o.Occupations[i] = r.Occupations
	if o.Ensemble != nil {
		o.Ensemble[i] = r.Ensemble
	}
	if o.Table != nil {
		o.Table[i] = r.Table
	}
	o.Probe[i], o.Neighbours[i] = probe, neighbours
	o.RandomProbe[i], o.RandomNeighbours[i] = r.RandomProbe, r.RandomNeighbours
}

// Accuracies are means over replicas with their intervals.
type Accuracies struct {
	Probe, RandomProbe           estimate.Estimate // linear probe of the trained and of the random encoder
	Neighbours, RandomNeighbours estimate.Estimate // nearest neighbours, likewise
	Gain                         estimate.Estimate // Probe - RandomProbe, replica by replica
}

// Accuracies averages the probes over replicas. The error is that over replicas and that of n test images, which all replicas
// share, in quadrature. The latter is taken to be the most that it can be: of an accuracy a that of n independent answers,
// sqrt(a (1-a)/n); of the gain of a on b sqrt((2-a-b)/n), where no image is wrong with both encoders.
func (o *Observation) Accuracies() Accuracies {
	gain := make([]float64, len(o.Probe))
	for i, p := range o.Probe {
		gain[i] = p - o.RandomProbe[i]
	}
	accuracy := func(values []float64) estimate.Estimate {
		e := estimate.Mean(values)
		return o.overImages(e, e.Value*(1-e.Value))
	}
	a := Accuracies{
		Probe: accuracy(o.Probe), RandomProbe: accuracy(o.RandomProbe),
		Neighbours: accuracy(o.Neighbours), RandomNeighbours: accuracy(o.RandomNeighbours),
	}
	a.Gain = o.overImages(estimate.Mean(gain), 2-a.Probe.Value-a.RandomProbe.Value)
	return a
}

// overImages adds to an average over replicas the error of its test images, of which one has the given variance.
func (o *Observation) overImages(e estimate.Estimate, variance float64) estimate.Estimate {
	if !e.HasInterval() || o.TestImages < 2 || !(variance > 0) {
		return e
	}
	var errors estimate.Quadrature
	errors.AddEstimate(e, 1)
	errors.Add(math.Sqrt(variance/float64(o.TestImages)), float64(o.TestImages-1))
	wide := errors.Estimate(e.Value)
	wide.Warnings = e.Warnings
	return wide
}

// Collapsed counts the replicas whose labels have collapsed, and says in words how the first of them has, or, where none
// has, how labels are occupied in the first replica. Before the first step there is nothing to say.
func (o *Observation) Collapsed() (replicas int, words string) {
	for i := range o.Occupations {
		occupations := &o.Occupations[i]
		if occupations.Labels == 0 || !occupations.Collapsed() {
			continue
		}
		if replicas++; replicas == 1 {
			words = occupations.String()
		}
	}
	if replicas == 0 && o.Occupations[0].Labels > 0 {
		words = o.Occupations[0].String()
	}
	return replicas, words
}

// ClassInformation returns the mutual information between self-label (the most probable one) and class in nats, from the
// images of the last steps, each counted once: the mean over replicas of [information.Counts.Information] with the error
// of that mean, and its ceiling, the logarithm of the number of classes or labels. One replica has the interval of its
// own table. The labels of SimCLR name images, and so tell any class of the images wholly: there is nothing to measure.
func (o *Observation) ClassInformation() (mi estimate.Estimate, ceiling float64) {
	if o.Table == nil {
		return estimate.Unknown("SimCLR's labels name images, which tells their class wholly"), math.NaN()
	}
	if o.Cycles == 0 {
		return estimate.Unknown("no self-labels before the first step"), math.NaN()
	}
	var values []float64
	for _, t := range o.Table {
		one := t.Information()
		mi, ceiling = one.Corrected, one.Ceiling
		values = append(values, mi.Value)
	}
	if len(values) == 1 {
		return mi, ceiling
	}
	return estimate.Mean(values), ceiling
}

// maxFields is how many labels have columns for their field.
const maxFields = 64

// Columns returns the names of the numbers of [Observation.Values] for a model of so many labels; fields says whether
// its self-labels have fields (SwAV, DINO).
func Columns(labels int, fields bool) []string {
	out := []string{"step", "cycles", "replicas"}
	for _, suffix := range []string{"", "_se"} {
		for _, name := range thermo.CycleNames() {
			out = append(out, name+suffix)
		}
	}
	for _, name := range sums {
		out = append(out, name, name+"_se")
	}
	for _, name := range []string{"probe", "probe_random", "probe_gain", "knn", "knn_random", "mi"} {
		out = append(out, name, name+"_se")
	}
	out = append(out, "mi_ceiling", "occupation_entropy", "label_entropy", "collapsed",
		"gge_residual", "marginal_error", "sinkhorn_rounds", "first_law", "loss_residual", "efficiency_max")
	if fields {
		for k := range min(labels, maxFields) {
			out = append(out, fmt.Sprintf("lambda_%d", k), fmt.Sprintf("lambda_%d_se", k))
		}
	}
	return out
}

var sums = []string{"sum_q_in", "sum_q_out", "sum_work", "sum_delta_f", "sum_extracted", "sum_bought"}

// Values returns the observation as one row of numbers, in the order of [Columns]: means over replicas, NAME_se their
// standard errors, NaN where unknown. Of the columns without an error, occupation_entropy and label_entropy are means
// over replicas of S(mean of labels) and of the mean S of a sample's labels in the last step, collapsed is the share of
// replicas that have, gge_residual to efficiency_max are the worst of the window over replicas, and lambda_k are the
// fields of the last step, sorted from the lowest in each replica before they are averaged: labels of different replicas
// have nothing in common.
func (o *Observation) Values() []float64 {
	nan := math.NaN()
	out := []float64{float64(o.Step), float64(o.Cycles), float64(len(o.Mean))}
	var means, errors []float64
	for j := range thermo.CycleNames() {
		e := o.over(func(i int) float64 {
			if o.Cycles == 0 {
				return nan
			}
			return o.Mean[i].Values()[j]
		})
		means, errors = append(means, e.Value), append(errors, e.SE)
	}
	out = append(append(out, means...), errors...)
	for j := range sums {
		e := o.over(func(i int) float64 {
			c := &o.Total[i]
			return []float64{c.QIn, c.QOut, c.Work, c.DeltaF, c.Extracted(), c.KLBefore}[j]
		})
		out = append(out, e.Value, e.SE)
	}
	a := o.Accuracies()
	mi, ceiling := o.ClassInformation()
	for _, e := range []estimate.Estimate{a.Probe, a.RandomProbe, a.Gain, a.Neighbours, a.RandomNeighbours, mi} {
		out = append(out, e.Value, e.SE)
	}
	out = append(out, ceiling)
	if o.Cycles == 0 {
		return pad(out, nan, 9+2*o.fields())
	}
	collapsed, _ := o.Collapsed()
	out = append(out,
		o.over(func(i int) float64 { return o.Occupations[i].Entropy }).Value,
		o.over(func(i int) float64 { return o.Occupations[i].Conditional }).Value,
		float64(collapsed)/float64(len(o.Mean)))
	var worst Worst
	for _, w := range o.Window {
		worst.merge(w)
	}
	if o.Ensemble == nil {
		out = append(out, nan, nan, nan)
	} else {
		out = append(out, worst.Residual, o.over(func(i int) float64 { return o.Ensemble[i].MarginalError }).Value, float64(worst.Iterations))
	}
	out = append(out, worst.FirstLaw, worst.Loss, worst.Efficiency)
	return append(out, o.sortedFields()...)
}

// sortedFields returns mean and standard error of each field, in turn.
func (o *Observation) sortedFields() (out []float64) {
	if o.Ensemble == nil {
		return nil
	}
	sorted := make([][]float64, len(o.Ensemble))
	for i, e := range o.Ensemble {
		sorted[i] = slices.Sorted(slices.Values(e.Lambda))
	}
	for k := range o.fields() {
		e := o.over(func(i int) float64 { return sorted[i][k] })
		out = append(out, e.Value, e.SE)
	}
	return out
}

// fields is the number of fields in a row.
func (o *Observation) fields() int {
	if o.Table == nil {
		return 0
	}
	return min(len(o.Table[0].N)/o.Table[0].Columns, maxFields)
}

// over is the mean of f over replicas.
func (o *Observation) over(f func(replica int) float64) estimate.Estimate {
	units := make([]float64, len(o.Mean))
	for i := range units {
		units[i] = f(i)
	}
	return estimate.Mean(units)
}

func pad(x []float64, v float64, n int) []float64 {
	for range n {
		x = append(x, v)
	}
	return x
}
