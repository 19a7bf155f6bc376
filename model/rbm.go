package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// RBMSettings describe an [RBM].
type RBMSettings struct {
	Visible     int         // D, number of bits of a sample
	Hidden      int         // H, number of hidden units
	InitSD      float64     // standard deviation of the initial weights; 0 means 0.01
	VisibleBias []float64   // initial visible biases, such as [LogOdds] of the data; nil means 0
	Gradient    RBMGradient // how the model's term of the gradient is estimated
	Gibbs       int         // k, block Gibbs steps of a training chain per training step; 0 means 1
	Particles   int         // persistent training chains; 0 means Batch
	Batch       int         // rows of a training batch
	EvalBatch   int         // rows evaluated at once by Energies; 0 means 128
	Precision   Precision   // of the weights
}

// Validate returns an error for what [NewRBM] refuses whatever the samples are: it does not look at Visible and
// VisibleBias.
func (s RBMSettings) Validate() error {
	switch {
	case s.Hidden < 1:
		return fmt.Errorf("model: rbm has %d hidden units; it needs one or more", s.Hidden)
	case !(s.InitSD >= 0) || math.IsInf(s.InitSD, 0):
		return fmt.Errorf("model: rbm's initial weights have standard deviation %v; it must be positive", s.InitSD)
	case s.Gradient < RBMPersistent || s.Gradient > RBMExact:
		return fmt.Errorf("model: rbm has no gradient number %d", s.Gradient)
	case s.Gibbs < 0 || s.Particles < 0:
		return fmt.Errorf("model: rbm trains with %d Gibbs steps of %d chains; it needs one or more of each",
			s.Gibbs, s.Particles)
	}
	return batches("rbm", s.Batch, s.EvalBatch)
}

// RBMGradient says how the expectation under the model in an [RBM]'s gradient is estimated.
type RBMGradient int

const (
	// RBMPersistent is persistent contrastive divergence, PCD-k (Tieleman, ICML 2008): chains that are moved k steps at
	// every training step and go on from there at the next.
	RBMPersistent RBMGradient = iota
	// RBMContrastive is contrastive divergence, CD-k (Hinton, Neural Computation 14, 1771 (2002)): chains that begin at
	// the batch at every training step. Its gradient is biased: it knows nothing of the model far from data.
	RBMContrastive
	// RBMExact sums over all 2^D visible states, for D up to 16: the exact gradient of the exact negative log-likelihood.
	RBMExact
)

const maxExactBits = 16

// RBM is a binary restricted Boltzmann machine: D visible units v and H hidden units h, each 0 or 1,
//
//	p(v, h) = exp(-E(v, h)) / Z,   E(v, h) = -b.v - c.h - v.W h,
//
// whose energy as a model of v is the free energy with the hidden units summed out (softplus(t) = ln(1 + e^t)),
//
//	phi(v) = F(v) = -b.v - sum_j softplus(c_j + (v W)_j),   Z = sum_v exp(-F(v)).
//
// The gradient of the negative log-likelihood F(v) + ln Z is the difference of two means of dF/dtheta, over data and
// over the model,
//
//	d/dtheta NLL = < dF/dtheta >_data - < dF/dtheta >_model,
//
// and both come from one graph of sum_i s_i F(v_i) by automatic differentiation: s_i = 1/Batch for the rows of the
// batch and -1/Particles for the rows that stand for the model (see [RBMGradient]).
//
// The parameters are W (D x H), b (D x 1) and c (H). The kernel is block Gibbs sampling: h given v, then v given h, all
// units of a layer at once,
//
//	P(h_j = 1|v) = sigmoid(c_j + (v W)_j),   P(v_i = 1|h) = sigmoid(b_i + (W h)_i).
//
// With 500 hidden units on binarised MNIST (60,000 images, batch 100, 100 particles, PCD-1, biases from [LogOdds] with
// pseudocount 1, InitSD 0.01), 10 epochs of plain SGD at a constant learning rate of 0.02 reach -96 to -100 nats on
// test images by annealed importance sampling with 10,000 distributions (its effective sample size, 5 of 64 chains,
// says that some tenths of a nat may be missing from ln Z), -105 at a rate of 0.01 and -118 at 0.05. Samples after
// 1,000 sweeps look like digits, but their autocorrelation time is 470 sweeps: chains stay among few of the ten. In
// this checkout:
//
//	go run ./cmd/train --model rbm --data mnist --preprocess binarise --width 500 --datasets 1 --replicas 1 \
//	    --subset 60000 --batch 100 --particles 100 --sweeps 1 --lr 0.02 --steps 6000 --observations 4 --follow 0 \
//	    --moves 1000 --ais-steps 10000 --permutations 0
//
// Sampling is in float32, in the BLAS that the process has chosen, whatever the precision of the weights.
type RBM struct {
	base
	settings RBMSettings
	w        *tensor.Dense // W, D x H
	b        *tensor.Dense // b, D x 1
	c        *tensor.Dense // c, H
	signs    *tensor.Dense // s, one for each row of the training graph
	gibbs    *gibbs
	visible  []float32 // the rows of the training graph: the batch and, after it, those for the model
	logits   []float32 // RBMPersistent in float32: of the chains' hidden units at the last gradient
	states   []float64 // RBMExact: energies of the enumerated states
	training *Training
	stream   *rand.Rand // on training.Stream
}

// NewRBM builds the graphs. The weights are 0 until Init. It returns an error for a layer or a batch without a unit,
// visible biases that are not finite or not one a visible unit, a negative number, or an exact gradient of more than 16
// bits.
func NewRBM(s RBMSettings) (*RBM, error) {
	preset(&s.Gibbs, 1)
	preset(&s.Particles, s.Batch)
	preset(&s.EvalBatch, 128)
	preset(&s.InitSD, 0.01)
	switch {
	case s.Visible < 1:
		return nil, fmt.Errorf("model: rbm has %d visible units; it needs one or more", s.Visible)
	case s.VisibleBias != nil && len(s.VisibleBias) != s.Visible:
		return nil, fmt.Errorf("model: rbm has %d initial visible biases for %d visible units", len(s.VisibleBias), s.Visible)
	case s.Gradient == RBMExact && s.Visible > maxExactBits:
		return nil, fmt.Errorf("model: rbm's exact gradient enumerates 2^%d visible states; 2^%d is the most: "+
			"use persistent chains", s.Visible, maxExactBits)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	for i, b := range s.VisibleBias {
		if math.IsNaN(b) || math.IsInf(b, 0) {
			return nil, fmt.Errorf("model: rbm's initial visible bias %d is %v; it must be finite: use LogOdds with a "+
				"pseudocount", i, b)
		}
	}
	m := &RBM{
		base:     base{dim: s.Visible, precision: s.Precision, kernel: Kernel{Name: "block Gibbs"}},
		settings: s, gibbs: newGibbs(s.Visible, s.Hidden),
	}
	m.w, m.b = m.parameter("w", s.Visible, s.Hidden), m.parameter("b", s.Visible, 1)
	m.c = m.parameter("c", s.Hidden)
	negative := s.Particles
	switch s.Gradient {
	case RBMContrastive:
		negative = s.Batch
	case RBMExact:
		negative = 1 << s.Visible
		m.states = make([]float64, negative)
	}
	m.visible = make([]float32, (s.Batch+negative)*s.Visible)
	if s.Gradient == RBMPersistent && s.Precision == Float32 {
		m.logits = make([]float32, negative*s.Hidden)
	}
	m.signs = s.Precision.zeros(s.Batch + negative)
	fill(m.signs, func(i int) float64 {
		if i < s.Batch {
			return 1 / float64(s.Batch)
		}
		return -1 / float64(negative)
	})
	if s.Gradient == RBMExact {
		for i := range m.negative() {
			m.negative()[i] = float32(i / s.Visible >> (i % s.Visible) & 1)
		}
	}
	return m, m.compile(s.Visible, s.Batch+negative, s.EvalBatch, m.build)
}

// build adds the signed sum of free energies, or each, to a graph.
func (m *RBM) build(x *G.Node, params G.Nodes, training bool) *G.Node {
	var last []float32
	if training {
		last = m.logits
	}
	out := freeEnergy(G.Must(G.Mul(x, params[1])), G.Must(G.Mul(x, params[0])), params[2], last)
	if !training {
		return out
	}
	return signedSum(node(x.Graph(), "signs", m.signs), out)
}

// Init draws the weights from N(0, InitSD^2), sets the visible biases to VisibleBias and the hidden ones to 0.
func (m *RBM) Init(rng *rand.Rand) {
	fill(m.w, func(int) float64 { return m.settings.InitSD * rng.NormFloat64() })
	m.b.Zero()
	if bias := m.settings.VisibleBias; bias != nil {
		fill(m.b, func(i int) float64 { return bias[i] })
	}
	m.c.Zero()
}

// Energies implements [PPM]: the free energies F(v), nats. It returns an error for values that are not 0 or 1, and for
// energies that are not finite, which name the weight at fault.
func (m *RBM) Energies(dst []float64, x []float32) error {
	if err := m.checkBits(x); err != nil {
		return err
	}
	if err := m.eval.energies(dst, x); err != nil {
		return err
	}
	for i, e := range dst {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return m.diverged(fmt.Errorf("the free energy of row %d is %v", i, e))
		}
	}
	return nil
}

// Move implements [PPM]: one sweep of block Gibbs sampling, the hidden layer given each row and then the row given it.
func (m *RBM) Move(x []float32, rng *rand.Rand) error {
	if err := m.checkBits(x); err != nil {
		return err
	}
	m.gibbs.load(m.w, m.b, m.c)
	if err := m.gibbs.sweep(x, rng); err != nil {
		return m.diverged(err)
	}
	return nil
}

// Start implements [Starter]: independent visible units with P(v_i = 1) = sigmoid(b_i), which is p(.|theta) exactly
// where W = 0 and near it at the start of training. It takes nothing from held-out examples.
func (m *RBM) Start(x, _ []float32, rng *rand.Rand) error {
	m.rows(x)
	m.gibbs.load(m.w, m.b, m.c)
	if !drawIndependent(x, m.gibbs.b, rng) {
		return m.diverged(errNotANumber)
	}
	return nil
}

// checkBits panics unless x is whole rows, and returns an error that names the first value that is not 0 or 1.
func (m *RBM) checkBits(x []float32) error {
	m.rows(x)
	for i, v := range x {
		if v*(v-1) != 0 { // one branch, never taken
			return fmt.Errorf("model: rbm: component %d of row %d is %v; the units are 0 or 1: binarise the data",
				i%m.Dim(), i/m.Dim(), v)
		}
	}
	return nil
}

// diverged explains what is not finite by the first weight that is not.
func (m *RBM) diverged(what error) error {
	for i, t := range m.tensors {
		for j, v := range doubles(t) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("model: rbm: %w, because %s[%d] is %v: training has diverged; try a smaller learning rate",
					what, m.names[i], j, v)
			}
		}
	}
	return fmt.Errorf("model: rbm: %w, though all weights are finite: they have grown too large; try a smaller "+
		"learning rate", what)
}

// LogOdds returns ln(p_i/(1-p_i)) with p_i the mean of component i over the examples (rows of dim values in 0..1),
// drawn away from 0 and 1 by so many examples of each kind: p_i = (sum + pseudocount)/(rows + 2 pseudocount). They are
// the visible biases of an [RBM] without weights that fits the data best, where its training should begin (Hinton, A
// Practical Guide to Training Restricted Boltzmann Machines, 2012, section 8.1).
//
// It returns an error for no examples, values outside 0..1, or a pseudocount that is not positive.
func LogOdds(examples []float32, dim int, pseudocount float64) ([]float64, error) {
	rows := len(examples) / max(dim, 1)
	switch {
	case dim < 1 || rows*dim != len(examples):
		panic(fmt.Sprintf("model: %d values are not rows of %d", len(examples), dim))
	case rows == 0:
		return nil, fmt.Errorf("model: log-odds of no examples")
	case !(pseudocount > 0) || math.IsInf(pseudocount, 0):
		return nil, fmt.Errorf("model: log-odds with a pseudocount of %v; it must be positive", pseudocount)
	}
	on := make([]float64, dim)
	for i, v := range examples {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("model: log-odds: component %d of example %d is %v; it must be in 0..1", i%dim, i/dim, v)
		}
		on[i%dim] += float64(v)
	}
	for i, n := range on {
		on[i] = math.Log((n + pseudocount) / (float64(rows) - n + pseudocount))
	}
	return on, nil
}
