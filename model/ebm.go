package model

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"
)

// EBMSettings describe an [EBM].
type EBMSettings struct {
	Dim       int       // d, number of components of a sample
	Net       string    // "mlp" (default), or "conv" for square images, row by row
	Hidden    []int     // mlp: widths of the hidden layers; conv: channels of the convolutions; at least one
	Mean      float64   // mu of the reference, the same in every component
	Sigma     float64   // sigma of the reference
	Batch     int       // rows of a training batch, and chains of the buffer that each step moves
	EvalBatch int       // rows evaluated at once, and chains moved at once; 0 means 64
	Buffer    int       // chains of the replay buffer; 0 means 1000, or Batch if that is more
	Restart   float64   // fraction of the chains of a step that begin anew in the reference; 0 means 0.01, negative none
	Langevin  int       // k, proposals to each chain of the buffer that a training step uses; 0 means 10
	Proposals int       // proposals to each row in one Move; 0 means 10
	Gauge     float64   // alpha of alpha/2 (mean f)^2 in the loss, see Loss; 0 means 0.01, negative none
	Precision Precision // of the weights
}

// EBM is a deep energy-based model of continuous data x in R^d,
//
//	p(x|theta) = exp(-phi_theta(x)) / Z(theta),   phi_theta(x) = |u|^2/2 + f_theta(u),   u = (x - mu)/sigma,
//
// a Gaussian reference N(mu, sigma^2) times a network f without a bias at its output, either a perceptron or, for
// images, convolutions of 4 x 4 that halve the sides. Its activation, (a + sqrt(a^2 + 4))/2 - 1, is a smooth ReLU and
// grows linearly, so f does at most and the reference keeps p normalisable at any theta. Data should fill a volume:
// pixels that never vary have no density; add noise. The energy is evaluated in the precision of the weights for f, in
// double for |u|^2/2.
//
// Its parameters are weights and biases of the hidden layers, first to last (in x out, 1 x out), and the last layer (in
// x 1). That starts at 0: p(.|theta_0) is the reference exactly, with
//
//	ln Z(theta_0) = d/2 ln(2 pi sigma^2),
//
// so observer chains start from exact draws, and the Jarzynski equality along training gives ln Z(theta) from there.
//
// Training descends the negative log-likelihood, whose gradient is E_data[grad phi] - E_p[grad phi], with E_p taken
// over the chains of a replay buffer (Tieleman, ICML 2008; Du & Mordatch 2019, arXiv:1903.08689). All chains move by
// the Metropolis-adjusted Langevin algorithm, with the gradient of f with respect to x by autodiff, and leave
// p(.|theta) exactly invariant. Its step size is adapted to the buffer's chains alone; observers take it as it is.
type EBM struct {
	base
	settings EBMSettings
	last     *tensor.Dense // in x 1
	patches  []*patches    // conv: what each layer, the last too, sees of the one below
	chains   *mala
	training *Training // set by Use

	accepted, proposed int // by Move, since the last call of Accepted

	u         []float32 // data and chains of a step, or rows that are evaluated, standardised
	negatives []float32 // chains that a training step uses
	order     []int     // the rows of the buffer, those in use first
}

// NewEBM builds the graphs. The weights are 0 until Init. It returns an error that names the setting for a dimension,
// batch, width or number of proposals below 1, a network it does not know, no hidden layer, a reference that is not
// finite, a buffer smaller than a batch, and images too small for their convolutions.
func NewEBM(s EBMSettings) (*EBM, error) {
	preset(&s.Net, "mlp")
	preset(&s.EvalBatch, 64)
	preset(&s.Buffer, max(1000, s.Batch))
	preset(&s.Langevin, 10)
	preset(&s.Proposals, 10)
	preset(&s.Restart, 0.01)
	preset(&s.Gauge, 0.01)
	if err := cmp.Or(s.Validate(), s.suits()); err != nil {
		return nil, err
	}
	m := &EBM{
		base:     base{dim: s.Dim, precision: s.Precision, kernel: Kernel{Name: "Metropolis-adjusted Langevin"}},
		settings: s, u: make([]float32, max(2*s.Batch, s.EvalBatch)*s.Dim),
		negatives: make([]float32, s.Batch*s.Dim), order: make([]int, s.Buffer),
	}
	m.allocate()
	if err := m.compile(s.Dim, 2*s.Batch, s.EvalBatch, m.build); err != nil {
		return nil, err
	}
	f, err := m.buildForces()
	m.chains = newMALA(f, s.Mean, s.Sigma)
	return m, err
}

// Validate returns an error for what [NewEBM] refuses whatever the samples are: it does not look at Dim, Mean and
// Sigma.
func (s EBMSettings) Validate() error {
	switch {
	case s.Net != "" && s.Net != "mlp" && s.Net != "conv":
		return fmt.Errorf("model: ebm's network is %q; it must be mlp or conv", s.Net)
	case s.Buffer != 0 && s.Buffer < s.Batch:
		return fmt.Errorf("model: ebm's buffer of %d chains is smaller than a batch of %d", s.Buffer, s.Batch)
	case !(s.Restart <= 1):
		return fmt.Errorf("model: ebm restarts a fraction %v of its chains; it must be at most 1", s.Restart)
	case math.IsNaN(s.Gauge) || math.IsInf(s.Gauge, 1):
		return fmt.Errorf("model: ebm's gauge is %v; it must be finite", s.Gauge)
	case s.Langevin < 0 || s.Proposals < 0:
		return fmt.Errorf("model: ebm makes %d proposals a move; it must be 1 or more", min(s.Langevin, s.Proposals))
	}
	return cmp.Or(atLeast("ebm", "number of hidden layers", len(s.Hidden), 1), widths("ebm", s.Hidden),
		batches("ebm", s.Batch, s.EvalBatch))
}

// suits returns an error for samples that the network cannot take.
func (s *EBMSettings) suits() error {
	switch {
	case s.Dim < 1:
		return fmt.Errorf("model: ebm needs samples of 1 or more components, not %d", s.Dim)
	case !(s.Sigma > 0) || math.IsInf(s.Sigma, 0) || math.IsNaN(s.Mean) || math.IsInf(s.Mean, 0):
		return fmt.Errorf("model: ebm's reference has mean %v and sigma %v; they must be finite, sigma positive",
			s.Mean, s.Sigma)
	}
	if s.Net == "conv" {
		side := squareRoot(s.Dim)
		if side*side != s.Dim {
			return fmt.Errorf("model: ebm's convolutions need square images, not %d pixels", s.Dim)
		}
		if least := 1 << len(s.Hidden); side < least {
			return fmt.Errorf("model: ebm's %d convolutions halve an image of side %d to nothing; use fewer",
				len(s.Hidden), side)
		}
	}
	return nil
}

// Init draws the weights of hidden layers from N(0, 1/fan-in) and sets biases and the last layer to 0.
func (m *EBM) Init(rng *rand.Rand) {
	m.draw(rng, func(n float64) float64 { return 1 / math.Sqrt(n) })
	m.last.Zero()
}

// standardise writes u = (x - mu)/sigma, the input of the network, and returns |u|^2/2, summed over rows.
func (m *EBM) standardise(dst, x []float32) (energy float64) {
	for i, v := range x {
		u := (float64(v) - m.settings.Mean) / m.settings.Sigma
		dst[i] = float32(u)
		energy += u * u / 2
	}
	return energy
}

// Energies implements [PPM]: |u|^2/2 + f(u) in nats. What p does not fix, a constant, is as the network has it.
func (m *EBM) Energies(dst []float64, x []float32) error {
	expect(x, len(dst), m.dim)
	reference := make([]float64, min(m.eval.rows, len(dst)))
	for len(dst) > 0 {
		n := min(len(reference), len(dst))
		for i := range n {
			reference[i] = m.standardise(m.row(m.u, i), m.row(x, i))
		}
		if err := m.base.Energies(dst[:n], m.u[:n*m.dim]); err != nil {
			return err
		}
		floats.Add(dst[:n], reference[:n])
		dst, x = dst[n:], x[n*m.dim:]
	}
	return nil
}

// Move implements [PPM]: Proposals Metropolis-adjusted Langevin proposals to every row, each accepted or not on its
// own, at the step size of the [Training] in use. That is not adapted here, so p(.|theta) is invariant; a wrong one
// makes chains slow, and Accepted tells. It is an error if a row, its energy or its gradient is not finite.
func (m *EBM) Move(x []float32, rng *rand.Rand) error {
	h := m.defaultStep()
	if m.training != nil {
		h = m.training.Step
	}
	accepted, err := m.chains.run(x, h, m.settings.Proposals, rng)
	m.accepted += accepted
	m.proposed += len(x) / m.settings.Dim * m.settings.Proposals
	return err
}

// defaultStep suits the reference: acceptance is about the target there in any dimension d for h = d^(-1/3).
func (m *EBM) defaultStep() float64 { return math.Pow(float64(m.settings.Dim), -1./3) }

// Accepted implements [Metropolis]. Proposals to training chains and of LogWeights are not counted.
func (m *EBM) Accepted() (accepted, proposed int) {
	accepted, proposed = m.accepted, m.proposed
	m.accepted, m.proposed = 0, 0
	return accepted, proposed
}

// Start implements [Starter]: rows are exact draws from the reference, which p(.|theta_0) is. It needs no held-out
// rows.
func (m *EBM) Start(x, _ []float32, rng *rand.Rand) error {
	m.reference(x, rng)
	return nil
}

func (m *EBM) reference(x []float32, rng *rand.Rand) {
	for i := range x {
		x[i] = float32(m.settings.Mean + m.settings.Sigma*rng.NormFloat64())
	}
}

// LogZ implements [PPM]: d/2 ln(2 pi sigma^2) while the last layer is 0, and unknown afterwards. From there on it is
// what the work on observer chains says (Jarzynski), or LogWeights.
func (m *EBM) LogZ() (float64, bool) {
	for _, w := range doubles(m.last) {
		if w != 0 {
			return math.NaN(), false
		}
	}
	return m.logReference(), true
}

// Close implements [PPM].
func (m *EBM) Close() error {
	return errors.Join(m.base.Close(), m.chains.forces.Close())
}
