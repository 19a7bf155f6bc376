package ensemble

import (
	"encoding/gob"
	"errors"
	"math"
	"slices"
	"sync"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/thermo"
)

// Row is what can be said of the ensemble at one observation: every estimate with its interval over training sets,
// in nats. Work, heat, entropy production, free energy and the noise bound are cumulated from step 0.
type Row struct {
	Step        int
	TrainNLL    estimate.Estimate // mean negative log-likelihood, nats an example
	TestNLL     estimate.Estimate // the same of held-out examples
	TestShared  float64           // the part of TestNLL's error that its examples make, which all observations share
	TrainLosses []float64         // of each replica on its own training set, set-major
	TestLosses  []float64         // of each replica on the held-out examples
	// d T/2: what Langevin noise of temperature T adds to the loss, in equilibrium about a quadratic minimum in d weights;
	// 0 at T = 0.
	NoiseLoss float64

	Work              estimate.Estimate   // <w> done on a sample
	Heat              estimate.Estimate   // <q> absorbed by a sample
	EntropyProduction estimate.Estimate   // Sigma = <w> - dF
	DeltaF            estimate.Estimate   // F(theta_n) - F(theta_0)
	SampleEntropy     estimate.Estimate   // S(X|Theta)
	ThetaEntropy      estimate.Estimate   // S(Theta)
	Hadamard          estimate.Estimate   // the sum of the entropies of single weights, which S(Theta) cannot exceed
	PartEntropies     []estimate.Estimate // S of each parameter alone; nil where there is one only
	Counted           []int               // weights that S(Theta) counts, and S of each parameter
	Moving            [][]bool            // which they are, in the first row that counts any; nil in others
	XInfo             information.Bracket // I(X;Theta)
	LInfo             information.Bracket // I(X;B)
	NoiseInfo         information.Bracket // I(X;Theta|B), what samples reveal of training noise alone
	MInfoGauss        estimate.Estimate   // I(P Theta;B), Gaussian, in the best projection P
	MInfoFinite       information.Bracket // I(P Theta;B) for B uniform on the D drawn sets
	MInfoNoise        estimate.Estimate   // upper bound on I(Theta;B) of Langevin SGD
	Copying           Copying             // whether samples copy their training set
	Projection        string              // P: "identity", "gaussian" or "pca"; "" where there is none

	FreeEnergy ByMethod   // F(theta_n) - F(theta_0), by every method that applies
	TestByFree ByMethod   // mean negative log-likelihood of held-out examples, ln Z by each method
	Chain      ChainState // of the observer chains
	Roles      Roles

	// Differences between the ways to the free energy.
	WorkLessExact, AnnealedLessExact, WorkLessAnnealed Discrepancy

	Interval         thermo.Balance     // since the observation before
	Fluctuation      thermo.Fluctuation // <exp(-(w - dF))>: since then for exact kernels, else since the start
	FirstLaw         float64            // largest |dphi - w - q| over chains, nats
	FirstLawRelative float64            // the same, relative to the largest energy met
	Chains           int                // all chains of all replicas
	Sets             int                // D
	PerSet           int                // R

	Memorization
	Readings []estimate.Estimate // of the declared quantities, in their order

	// What is kept of single chains: work and heat of the interval by replica and chain, the work of switching the
	// weights at once, and samples of the first replica.
	ChainWork, ChainHeat [][]float64
	Forward, Reverse     [][]float64
	Gallery              []float32
	Densities            *WorkHistogram
	// What each sample adds to L-info's bounds, nats, [s*K+k]; nil where they are unknown.
	SampleInfoLo, SampleInfoHi []float64
}

func init() { gob.Register(new(Row)) }

// galleryColumns is how many samples of the first replica are kept to look at.
const galleryColumns = 16

// Summarize implements [Observed].
func (o *Observation) Summarize(earlier []Summary) Summary {
	rows := make([]*Row, len(earlier))
	for i, e := range earlier {
		rows[i] = e.(*Row)
	}
	return o.Row(rows...)
}

// Row estimates everything from the observation; earlier are the rows of those before it. It takes no part in training
// and draws only from streams of its own: the same observations give the same row.
func (o *Observation) Row(earlier ...*Row) *Row {
	set := o.set()
	row := &Row{
		Step: o.Step, Chains: len(o.Ledgers) * o.Chains, Sets: o.Sets, PerSet: o.PerSet,
		Roles:    o.Roles,
		TrainNLL: thermo.OverSets(o.TrainNLL, set), TrainLosses: o.TrainNLL, TestLosses: o.TestNLL,
		TestNLL:    o.overExamples(thermo.OverSets(o.TestNLL, set), o.exampleError()),
		TestShared: o.exampleError(), NoiseLoss: o.Temperature * float64(len(o.Theta[0])) / 2,
	}
	if o.unknownFree() {
		none := estimate.Unknown("%v", errNoFreeEnergy)
		row.TrainNLL, row.TestNLL = none, none
	}
	var apart sync.WaitGroup // each enters fields of its own
	apart.Go(func() { o.ofSamples(row) })
	apart.Go(func() { o.entropies(row, earlier) })
	apart.Go(func() { row.Memorization = Memorize(&o.Told) })
	apart.Go(func() { o.weightInformation(row) })
	apart.Wait()
	// Last, because quantities read what the row holds by then, with the warnings that chainState has added.
	for _, q := range quantitiesOf(o.design()) {
		row.Readings = append(row.Readings, q.of(o, row, earlier))
	}
	return row
}

// ofSamples enters what the observer chains show; without any it is unknown.
func (o *Observation) ofSamples(row *Row) {
	if o.Roles.Silent {
		none := estimate.Unknown("the network draws no samples")
		nothing := information.Bracket{Lower: none, Upper: none}
		row.Work, row.Heat = none, none
		row.DeltaF, row.EntropyProduction = none, none
		row.SampleEntropy = none
		row.LInfo, row.XInfo = nothing, nothing
		row.NoiseInfo = nothing
		row.Fluctuation.Average, row.Interval.EntropyProduction = none, none
		return
	}
	set := o.set()
	total := thermo.TotalOverSets(o.Ledgers, set)
	row.Work, row.Heat = total.Work, total.Heat
	row.DeltaF, row.EntropyProduction = total.DeltaF, total.EntropyProduction
	row.SampleEntropy = total.SampleEntropy
	row.Interval = thermo.IntervalOverSets(o.Ledgers, set)
	row.FirstLaw, row.FirstLawRelative = o.FirstLaw, o.FirstLawRelative
	row.Forward, row.Reverse = o.Forward, o.Reverse
	row.Densities = o.WorkHistogram()
	for _, l := range o.Ledgers {
		row.ChainWork, row.ChainHeat = append(row.ChainWork, l.Work), append(row.ChainHeat, l.Heat)
	}
	row.Gallery = slices.Clone(o.Samples[:min(o.Chains, galleryColumns)*o.Width])
	o.fluctuation(row)
	o.byMethod(row)
	o.chainState(row)
	o.sampleInformation(row)
	row.Copying = o.copying()
}

// fluctuation tests the integral fluctuation theorem since the observation before where the kernel is exact, so that
// chains stood in equilibrium there; else since the start, where burn-in has left them in equilibrium.
func (o *Observation) fluctuation(row *Row) {
	if o.Ledgers[0].Observations == 0 {
		row.Fluctuation.Average = estimate.Unknown("no interval before the first observation")
		return
	}
	if o.Roles.Markov {
		o.fluctuationSinceStart(row)
		return
	}
	work, dF := make([][]float64, len(o.Ledgers)), make([]float64, len(o.Ledgers))
	for s, l := range o.Ledgers {
		work[s], dF[s] = l.Work, l.DeltaF
	}
	row.Fluctuation = thermo.FluctuationAverage(work, dF)
	if o.Reverse != nil {
		row.Fluctuation = row.Fluctuation.WithReverse(o.Reverse, dF)
	}
}

// sampleInformation brackets what a sample tells of the training set, of the weights, and of training noise.
func (o *Observation) sampleInformation(row *Row) {
	if o.unknownFree() {
		row.LInfo, row.XInfo = unknownBracket(errNoFreeEnergy), unknownBracket(errNoFreeEnergy)
		row.NoiseInfo = unknownBracket(errNoFreeEnergy)
		return
	}
	cross, err := information.NewCrossLogLikelihood(o.Sets, o.PerSet, o.Chains, o.LogLikelihood)
	if err != nil {
		row.LInfo, row.XInfo = unknownBracket(err), unknownBracket(err)
		row.NoiseInfo = unknownBracket(err)
		return
	}
	row.SampleInfoLo, row.SampleInfoHi, _ = cross.Pointwise() // the bounds themselves say why they are unknown
	b := cross.Bounds()
	row.LInfo, row.XInfo = b.Learned, b.Sample
	row.NoiseInfo = b.Noise
	if o.Roles.Labels > 0 { // a label cannot tell more than its own entropy
		for _, b := range []*information.Bracket{&row.LInfo, &row.XInfo, &row.NoiseInfo} {
			b.Ceiling = min(b.Ceiling, math.Log(float64(o.Roles.Labels)))
		}
	}
}

var errNoFreeEnergy = errors.New("the free energy of the networks, -ln Z, is not known")

// unknownFree reports whether log-likelihoods are unknown.
func (o *Observation) unknownFree() bool {
	for _, f := range o.Free {
		if !f.Best.Known() {
			return true
		}
	}
	return false
}

// unknownBracket has bounds that are unknown, for one reason.
func unknownBracket(why error) information.Bracket {
	return information.Bracket{Lower: estimate.Unknown("%v", why), Upper: estimate.Unknown("%v", why)}
}

// weightInformation estimates what a projection of the weights holds of the training set, and bounds what all of them
// do. Any centre that knows nothing of it makes a
// bound of the noise: the smaller of the two is kept.
func (o *Observation) weightInformation(row *Row) {
	m := information.Memorized(o.cloud(), o.ProjectionSeed)
	row.MInfoGauss, row.MInfoFinite = m.Gaussian, m.FiniteSets
	row.Projection = m.Projection
	plain, centred := make([]float64, len(o.Innovation)), make([]float64, len(o.Innovation))
	for s, nats := range o.Innovation {
		plain[s], centred[s] = nats[0], nats[1]
	}
	row.MInfoNoise = information.NoiseBound(centred, o.PerSet)
	if other := information.NoiseBound(plain, o.PerSet); other.Value < row.MInfoNoise.Value {
		row.MInfoNoise = other
	}
}
