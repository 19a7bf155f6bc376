package instrument

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// SamplesSettings tells [NewSamples] how to sample the network that is trained,
//
//	p(x|theta) = exp(-phi_theta(x)) / Z(theta).
//
// Samples are rows of Dim numbers, row-major. A conditional model p(y|u,theta) has rows (u, y): Start fills in inputs u
// and Move changes y alone.
//
// The functions are called between steps, with the weights as they are then. They must not use the machine that trains,
// which has not been Reset when its solver steps: give them a graph and a machine of their own on the same memory of
// the weights (gorgonia.WithValue of the same tensors, or of headers that share their backing), or plain loops.
type SamplesSettings struct {
	Chains int    // K, samples that are followed
	Dim    int    // numbers of one sample
	Seed   uint64 // of the random stream of the chains
	// Energies writes phi_theta(x) of each row of x, in nats, into dst; -ln p(x|theta) of a normalised model.
	Energies func(dst []float64, x []float32) error
	// Move advances each row of x by one application of a kernel that leaves p(.|theta) invariant, with no other source of
	// chance than rng.
	Move func(x []float32, rng *rand.Rand) error
	// Exact says that Move draws independently of the row before, as ancestral sampling does.
	Exact bool
	// Start fills in the rows before the burn-in; nil leaves them 0.
	Start func(x []float32, rng *rand.Rand) error
	// LogZ returns ln Z(theta); nil for a normalised model, where it is 0.
	LogZ func() (float64, error)
	// Unnormalised says that ln Z is not known: the change of the free energy then comes from the work itself, and
	// S(X|theta) remains unknown. It does not go together with LogZ.
	Unnormalised bool
	BurnIn       int // moves at the first measurement; default 1 where Exact, else 1000
	Moves        int // moves at each later one; default 1 where Exact, else 100
	// Accepted returns how many of its proposals Move has accepted and made since it was last called; nil without.
	Accepted func() (accepted, proposed int)
}

// Samples follows observer chains of one network while it trains: at each scheduled step they do work as the weights
// have moved, w = phi_{theta_n}(x) - phi_{theta_{n-1}}(x), and are then moved by their kernel, which is heat, q =
// phi_{theta_n}(x') - phi_{theta_n}(x) (Sekimoto 1998; weights as protocol and reservoir: Parsi 2024,
// arXiv:2310.19802). The chains take no part in training. Its quantities share one measurement a step:
//
//	gas := instrument.NewSamples(instrument.SamplesSettings{Chains: 64, Dim: 784, Seed: 1,
//		Energies: net.energies, Move: net.sample, Exact: true})
//	meter.Track(gas.Quantity("work"), instrument.LogSpaced(8))
//	meter.Track(gas.Quantity("heat"), instrument.LogSpaced(8))
//
// Work, heat, entropy production and free energy are summed from the first measurement on. Chains whose kernel is not
// exact are best followed often: track one quantity, such as ess, at every few steps; the others may be read rarely.
// Intervals are over the chains of this one network: another training would differ by more, which
// [calorimeter/instrument/ensemble.Lab] measures.
type Samples struct {
	settings SamplesSettings
	bath     thermo.Bath
	gas      thermo.Gas
	free     float64 // F(theta_n) less F(theta_0) where that is unknown
	memory   estimate.Estimate
	accepted estimate.Estimate
	measured bool
	part     int
	step     int
	err      error // of the measurement of that step
}

// NewSamples returns chains that have not been drawn yet. It panics without a chain, a dimension, Energies or Move, and
// where LogZ is given for a model that is said to be Unnormalised.
func NewSamples(s SamplesSettings) *Samples {
	if s.Chains < 1 || s.Dim < 1 || s.Energies == nil || s.Move == nil {
		panic(fmt.Sprintf("instrument: NewSamples: %d chains of %d numbers: give at least 1 and 1, Energies, and Move",
			s.Chains, s.Dim))
	}
	if s.LogZ != nil && s.Unnormalised {
		panic("instrument: NewSamples: LogZ is given, and the model is said to be Unnormalised: give one of them")
	}
	burnIn, moves := thermo.DefaultMoves(s.Exact)
	s.BurnIn, s.Moves = cmp.Or(s.BurnIn, burnIn), cmp.Or(s.Moves, moves)
	return &Samples{
		settings: s,
		bath: thermo.Bath{
			System: &thermo.Functions{Width: s.Dim, Phi: s.Energies, Kernel: s.Move, Count: s.Accepted},
			Exact:  s.Exact, BurnIn: s.BurnIn, Moves: s.Moves,
		},
		gas: thermo.NewGas(s.Chains, s.Dim, Stream(s.Seed, 0, 0, "observers")),
	}
}

// Ledger returns the books of work and heat, chain by chain. They are the samples' own: read them only.
func (s *Samples) Ledger() *thermo.Ledger { return &s.gas.Ledger }

// Chains returns the samples, K rows of Dim. They are its own: read them only.
func (s *Samples) Chains() []float32 { return s.gas.Chains }

// SamplesQuantities returns the names that [Samples.Quantity] takes.
func SamplesQuantities() (names []string) {
	for _, q := range samplesQuantities {
		names = append(names, q.Name)
	}
	return names
}

// Quantity returns the named number of the samples as a quantity to track, in a column of that name. It panics on a
// name that [SamplesQuantities] does not list.
//
// Cost of a scheduled step, however many quantities of the samples are scheduled: three times the energies of the
// chains, and their moves.
func (s *Samples) Quantity(name string) Quantity {
	at := slices.IndexFunc(samplesQuantities, func(q samplesQuantity) bool { return q.Name == name })
	if at < 0 {
		panic(fmt.Sprintf("instrument: samples have no quantity %q; they have %v", name, SamplesQuantities()))
	}
	q := samplesQuantities[at]
	q.Cost = "energies of the chains, three times, and their moves"
	return &ofSamples{samples: s, samplesQuantity: q}
}

// ofSamples is one number of samples.
type ofSamples struct {
	samples *Samples
	samplesQuantity
}

// Info implements [Quantity].
func (q *ofSamples) Info() record.Info { return q.samplesQuantity.Info }

// Measure implements [Quantity].
func (q *ofSamples) Measure(step *Step) (estimate.Estimate, error) {
	s := q.samples
	if !s.measured || s.part != step.Part || s.step != step.Number {
		s.part, s.step = step.Part, step.Number
		s.measured, s.err = true, s.observe()
	}
	if s.err != nil {
		return estimate.Estimate{}, s.err
	}
	return q.of(s)
}

// observe brings the chains to the weights as they are and enters the interval in the books.
func (s *Samples) observe() error {
	if !s.gas.Opened() {
		return s.open()
	}
	moved, memory, err := s.bath.Observe(&s.gas)
	if err != nil {
		return err
	}
	s.memory = memory
	s.readAcceptance()
	switch {
	case s.settings.Unnormalised:
		s.free = s.gas.Switching.DeltaF().Value
	default:
		s.free, err = s.freeEnergy()
	}
	if err != nil {
		return err
	}
	return s.bath.Enter(&s.gas, moved, s.free)
}

// open draws the chains and opens the books.
func (s *Samples) open() (err error) {
	if s.settings.Start != nil {
		if err := s.settings.Start(s.gas.Chains, rand.New(s.gas.Observers)); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	if err := s.bath.Start(&s.gas); err != nil {
		return err
	}
	s.readAcceptance()
	s.memory = estimate.Unknown("nothing was recorded of the chains' burn-in")
	s.free, err = s.freeEnergy()
	if err != nil {
		return err
	}
	return s.gas.Ledger.Start(s.gas.Energy, s.free)
}

func (s *Samples) readAcceptance() {
	s.accepted = estimate.Unknown("the kernel made no proposals")
	if share, ok := s.gas.Acceptance(); ok {
		s.accepted = estimate.Bare(share)
	}
}

// freeEnergy is F = -ln Z; 0, for want of another zero, where it is unknown.
func (s *Samples) freeEnergy() (float64, error) {
	if s.settings.LogZ == nil {
		return 0, nil
	}
	lnZ, err := s.settings.LogZ()
	switch {
	case err != nil:
		return 0, fmt.Errorf("ln Z: %w", err)
	case math.IsNaN(lnZ) || math.IsInf(lnZ, 0):
		return 0, fmt.Errorf("ln Z is %v", lnZ)
	}
	return -lnZ, nil
}
