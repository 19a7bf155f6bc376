package ensemble

import (
	"encoding/gob"
	"math"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/thermo"
)

// Observation is what was measured of every replica at one step, with nothing yet estimated from it, as a value that
// gob saves and restores. Replicas are set-major: s = d*R + r. All energies, work and heat are in nats.
type Observation struct {
	Step     int
	Sets     int // D
	PerSet   int // R
	Chains   int // K
	Examples int // N of one training set
	Width    int // numbers of one sample

	TrainNLL      []float64   // of each replica; NaN where ln Z is unknown
	TestNLL       []float64   // likewise
	TrainAccuracy []float64   // share of labels that are the most probable; NaN without labels
	TestAccuracy  []float64   // likewise
	HeldOut       [][]float64 // phi of every held-out example under each replica; nil where the expectation is known
	// Told is phi of examples of every training set, or of the pool that they share, and of ghosts, under each replica.
	Told information.ExampleLosses
	Near *Nearness // nil for a model of labels

	Ledgers       []*thermo.Ledger
	Samples       []float32 // observer chains x_{s,k}, E*K rows, replica-major
	LogLikelihood []float64 // ln p(x_{s,k}|theta_r) at [(r*E+s)*K+k]; NaN where ln Z is unknown
	// Before are the chains at the last observation, and Unmoved their ln p(.|theta_r) now, likewise; nil where their lag
	// is not measured.
	Before     []float32
	Unmoved    []float64
	Energies   []float64    // phi_{theta_s}(x_{s,k}), evaluated anew after the ledgers were closed
	Theta      [][]float64  // free weights of each replica
	Innovation [][2]float64 // cumulated r |g-c|^2/(4T), c = 0 and c = held-out gradient; +Inf without noise

	Temperature    float64 // T of Langevin SGD; 0 without noise
	ProjectionSeed uint64  // of the random projection of theta, the same at every observation
	Roles          Roles
	Parts          []Part // the parameters that Theta is made of

	Free   []FreeEnergy        // F(theta_n) of each replica, by every method
	Origin []estimate.Estimate // F(theta_0) of each replica
	// Work of switching at once from the last observation to this one on the chains of then, and back on those of now; nil
	// where not measured.
	Forward, Reverse [][]float64

	Switching   []thermo.Switching  // weights of the observer chains since the start
	Memory      []estimate.Estimate // autocorrelation time of the chains' energy, kernel moves; 0 for an exact kernel
	Acceptance  []float64           // share of the kernel's proposals that were accepted; NaN without proposals
	Moves       int                 // kernel moves of this observation
	FollowMoves int                 // kernel moves at each update in between; 0 if there is none

	FirstLaw         float64 // largest |dphi - w - q| over chains, nats
	FirstLawRelative float64 // the same, relative to the largest energy met
}

func init() { gob.Register(new(Observation)) }

func (e *Ensemble) newObservation(step int) *Observation {
	o := &Observation{
		Step: step, Sets: len(e.sets), PerSet: e.config.Replicas, Chains: e.config.Chains,
		Examples: len(e.sets[0]) / e.dim, Width: e.dim, Roles: e.roles, Parts: e.Parts(), Moves: e.config.Moves,
		ProjectionSeed: instrument.Stream(e.config.Seed, -1, -1, "projection").Uint64(), Temperature: e.config.Temperature,
	}
	asked := e.questionsAt(step)
	o.Told = NewLosses(o.Sets, o.PerSet, o.Examples, asked.rows)
	if asked.held != nil {
		o.Told.Pool = &information.Pool{Size: len(e.config.Pool) / e.dim, Held: asked.held}
	}
	if e.config.Follow > 0 {
		o.FollowMoves = e.config.FollowMoves
	}
	return o
}

// judged is the part of LogLikelihood that belongs to replica r as the judge of all samples.
func (o *Observation) judged(r int) []float64 {
	n := len(o.TrainNLL) * o.Chains
	return o.LogLikelihood[r*n : (r+1)*n]
}

// take enters the snapshot of the next replica; told are its losses of the examples that are compared.
func (o *Observation) take(s *Snapshot, told []float64, temperature float64) {
	o.TrainNLL, o.TestNLL = append(o.TrainNLL, s.TrainNLL), append(o.TestNLL, s.TestNLL)
	o.TrainAccuracy, o.TestAccuracy = append(o.TrainAccuracy, s.TrainAccuracy), append(o.TestAccuracy, s.TestAccuracy)
	o.HeldOut, o.Samples = append(o.HeldOut, s.HeldOut), append(o.Samples, s.Samples...)
	o.Before = append(o.Before, s.Before...)
	EnterLosses(&o.Told, told, s.Ghosts)
	o.Ledgers, o.Switching = append(o.Ledgers, &s.Ledger), append(o.Switching, s.Switching)
	o.Free, o.Origin = append(o.Free, s.Free), append(o.Origin, s.Origin)
	o.Forward, o.Reverse = append(o.Forward, s.Forward), append(o.Reverse, s.Reverse)
	o.Memory, o.Acceptance = append(o.Memory, s.Memory), append(o.Acceptance, s.Acceptance)
	bound := s.Innovation // without noise the steps bound nothing
	if temperature == 0 && s.Step > 0 {
		bound = [2]float64{math.Inf(1), math.Inf(1)}
	}
	o.Innovation = append(o.Innovation, bound)
}

// freeWeights gathers the weights that belong to theta.
func freeWeights(all [][]float64, free [][]bool) []float64 {
	n := 0
	for i, w := range all {
		n += countFree(free[i], len(w))
	}
	theta := make([]float64, 0, n)
	for i, w := range all {
		if free[i] == nil {
			theta = append(theta, w...)
			continue
		}
		for j, ok := range free[i] {
			if ok {
				theta = append(theta, w[j])
			}
		}
	}
	return theta
}

// pool is the number of examples that training sets which share some were drawn from; 0 where they are disjoint.
func (o *Observation) pool() int {
	if o.Told.Pool == nil {
		return 0
	}
	return o.Told.Pool.Size
}

// check holds the ledgers against energies of the same chains that were evaluated anew.
func (o *Observation) check() {
	for s, ledger := range o.Ledgers {
		absolute, relative := ledger.Residual(o.Energies[s*o.Chains : (s+1)*o.Chains])
		o.FirstLaw, o.FirstLawRelative = max(o.FirstLaw, absolute), max(o.FirstLawRelative, relative)
	}
}

// set returns the training set of each replica.
func (o *Observation) set() []int { return setsOf(len(o.TrainNLL), o.PerSet) }

// setsOf returns the training set of each of n replicas, set-major.
func setsOf(n, perSet int) []int {
	sets := make([]int, n)
	for s := range sets {
		sets[s] = s / perSet
	}
	return sets
}

// over averages a number of each replica over training sets.
func (o *Observation) over(f func(s int) float64) estimate.Estimate {
	set := o.set()
	values := make([]float64, len(set))
	for s := range values {
		values[s] = f(s)
	}
	return thermo.OverSets(values, set)
}
