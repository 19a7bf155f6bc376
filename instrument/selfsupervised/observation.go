package selfsupervised

import (
	"context"
	"encoding/gob"
	"math"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat"
)

// Observation is what is known of D x R replicas at one step: the cycles since the observation before, and what the
// encoders have learned. Slices are by replica, set-major: s = d*R + r. gob saves and restores it: it is an
// [ensemble.Summary] as it is.
type Observation struct {
	Step     int
	Sets     int            // D
	PerSet   int            // R
	Labels   int            // K of the model; 0 where labels name images (SimCLR)
	Inferred bool           // labels are inferred, not given (SwAV, DINO)
	Float64  bool           // precision of the graph
	Cycles   int            // steps since the observation before; 0 at the first
	Mean     []thermo.Cycle // mean cycle over these steps
	Total    []thermo.Cycle // sum of the cycles of all steps so far
	Window   []Worst        // the worst of these steps
	Worst    []Worst        // the worst of all steps so far

	Ensemble    []*thermo.GGE         // of the last step's self-labels; nil for SimCLR and before the first step
	Occupations []thermo.Occupations  // of labels in the last step: self-labels, or p' where they are given (SimCLR)
	Table       []*information.Counts // self-labels x classes over the last steps; nil for SimCLR

	Probe, Neighbours             []float64 // accuracies of the frozen representation on the test images
	RandomProbe, RandomNeighbours []float64 // those of the encoders that the replicas began with
	TestImages                    int       // their number, on which all accuracies rest

	// Losses of single images, see [ssl.Judge]: means over the images asked of the replica's own training set, and over
	// ghosts; nil for one training set.
	TrainLoss, TestLoss []float64
	ensemble.Memorization

	Told *information.ExampleLosses // what it was estimated from; nil in a summary
}

// Snapshot is what an observation needs of one replica: a value that gob saves and restores.
type Snapshot struct {
	Set, Index                    int
	Cycles                        int
	Mean, Total                   thermo.Cycle
	Window, Worst                 Worst
	Ensemble                      *thermo.GGE
	Occupations                   thermo.Occupations
	Table                         *information.Counts
	Probe, Neighbours             float64
	RandomProbe, RandomNeighbours float64
	Examples, Ghosts              []float64 // losses of the images asked of every training set, and of the ghosts
}

// snapshot takes the cycles since the last snapshot out of the books of the replica.
func (r *Replica) snapshot(probe, neighbours float64) *Snapshot {
	mean, steps := r.Ledger.Take()
	return &Snapshot{
		Set: r.Set, Index: r.Index, Cycles: steps, Mean: mean, Total: r.Ledger.Total, Window: r.Window, Worst: r.Worst,
		Ensemble: r.Ensemble, Occupations: r.Occupations, Table: r.Table, Probe: probe, Neighbours: neighbours,
		RandomProbe: r.RandomProbe, RandomNeighbours: r.RandomNeighbours,
	}
}

// take enters the snapshot of the next replica, of training set d, and its losses of single images in told.
func (o *Observation) take(s *Snapshot, d int, losses []float64, told *information.ExampleLosses) {
	if len(o.Mean) == 0 {
		o.Cycles = s.Cycles
	}
	o.Mean, o.Total = append(o.Mean, s.Mean), append(o.Total, s.Total)
	o.Window, o.Worst = append(o.Window, s.Window), append(o.Worst, s.Worst)
	o.Occupations = append(o.Occupations, s.Occupations)
	if o.Inferred && o.Step > 0 {
		o.Ensemble = append(o.Ensemble, s.Ensemble)
	}
	if o.Inferred {
		o.Table = append(o.Table, s.Table)
	}
	o.Probe, o.Neighbours = append(o.Probe, s.Probe), append(o.Neighbours, s.Neighbours)
	o.RandomProbe = append(o.RandomProbe, s.RandomProbe)
	o.RandomNeighbours = append(o.RandomNeighbours, s.RandomNeighbours)
	if losses == nil {
		return
	}
	own := losses
	for _, rows := range told.Own[:d] {
		own = own[len(rows):]
	}
	o.TrainLoss = append(o.TrainLoss, stat.Mean(own[:len(told.Own[d])], nil))
	o.TestLoss = append(o.TestLoss, stat.Mean(s.Ghosts, nil))
	ensemble.EnterLosses(told, losses, s.Ghosts)
}

// Summarize implements [ensemble.Observed].
func (o *Observation) Summarize([]ensemble.Summary) ensemble.Summary {
	kept := *o
	kept.Told = nil
	return &kept
}

// Nulls implements [ensemble.Observed]: of what the weights hold of single images.
func (o *Observation) Nulls(ctx context.Context, permutations int, seed uint64) (map[string]record.Null, error) {
	if permutations < 1 || o.Told == nil {
		return nil, nil
	}
	return ensemble.MemorizationNulls(ctx, o.Told, permutations, seed)
}

func init() {
	gob.Register(new(Observation))
	gob.Register(new(Snapshot))
}

// Accuracies are means over training sets with their intervals; of one training set, over replicas.
type Accuracies struct {
	Probe, RandomProbe           estimate.Estimate // linear probe of the trained and of the random encoder
	Neighbours, RandomNeighbours estimate.Estimate // nearest neighbours, likewise
	Gain                         estimate.Estimate // Probe - RandomProbe, replica by replica
}

// Accuracies averages the probes over training sets (of one, over replicas). The error is that over sets and that of n
// test images, which all replicas share, in quadrature. The latter is taken to be the most that it can be: of an
// accuracy a that of n independent answers, sqrt(a (1-a)/n); of the gain of a on b sqrt((2-a-b)/n), where no image is
// wrong with both encoders.
func (o *Observation) Accuracies() Accuracies {
	gain := make([]float64, len(o.Probe))
	for i, p := range o.Probe {
		gain[i] = p - o.RandomProbe[i]
	}
	accuracy := func(values []float64) estimate.Estimate {
		e := o.mean(values)
		return o.overImages(e, e.Value*(1-e.Value))
	}
	a := Accuracies{
		Probe: accuracy(o.Probe), RandomProbe: accuracy(o.RandomProbe),
		Neighbours: accuracy(o.Neighbours), RandomNeighbours: accuracy(o.RandomNeighbours),
	}
	a.Gain = o.overImages(o.mean(gain), 2-a.Probe.Value-a.RandomProbe.Value)
	return a
}

// overImages adds to an average the error of its test images, of which one has the given variance.
func (o *Observation) overImages(e estimate.Estimate, variance float64) estimate.Estimate {
	return e.Widened(math.Sqrt(variance/float64(o.TestImages)), o.TestImages)
}

// Collapsed counts the replicas whose labels have collapsed, and says in words how the first of them has, or, where
// none has, how labels are occupied in the first replica. Before the first step there is nothing to say.
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
		words = "in the first replica, " + o.Occupations[0].String()
	}
	return replicas, words
}

// ClassInformation returns the mutual information between self-label (the most probable one) and class in nats, from
// the images of the last steps, each counted once: the mean over training sets (of one, over replicas) of
// [information.Counts.Information] with the error of that mean, and its ceiling, the logarithm of the number of classes
// or labels. One replica has the interval of its own table, and where the pairs are too few, which biases all tables
// alike, the mean has no narrower one. The labels of SimCLR name images, and so tell any class of
// the images wholly: there is nothing to measure.
func (o *Observation) ClassInformation() (mi estimate.Estimate, ceiling float64) {
	if o.Table == nil {
		return estimate.Unknown("SimCLR's labels name images, which tells their class wholly"), math.NaN()
	}
	if o.Cycles == 0 {
		return estimate.Unknown("no self-labels before the first step"), math.NaN()
	}
	var values []float64
	var all []estimate.Estimate
	var lo, hi float64 // ends that do not close in with the number of replicas
	few := false
	for _, t := range o.Table {
		one := t.Information()
		mi, ceiling = one.Corrected, one.Ceiling
		values = append(values, mi.Value)
		all = append(all, mi)
		lo, hi = lo+mi.Lo/float64(len(o.Table)), hi+mi.Hi/float64(len(o.Table))
		few = few || one.TooFew
	}
	if len(values) == 1 {
		return mi, ceiling
	}
	mi = o.mean(values).WarnAs(all...)
	if few {
		mi.Lo, mi.Hi = min(mi.Lo, lo), max(mi.Hi, hi)
	}
	return mi, ceiling
}

// over is the mean of f over training sets; of one, over replicas.
func (o *Observation) over(f func(replica int) float64) estimate.Estimate {
	values := make([]float64, len(o.Mean))
	for i := range values {
		values[i] = f(i)
	}
	return o.mean(values)
}

// mean averages numbers of the replicas over the independent units: training sets, or the replicas of one.
func (o *Observation) mean(values []float64) estimate.Estimate {
	if o.Sets < 2 {
		return estimate.Mean(values)
	}
	set := make([]int, len(values))
	for s := range set {
		set[s] = s / o.PerSet
	}
	return thermo.OverSets(values, set)
}

// units is the number of independent units, and what they are.
func (o *Observation) units() (n int, name string) {
	if o.Sets < 2 {
		return len(o.Mean), "replica"
	}
	return o.Sets, "training set"
}
