package model

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The acceptance that steps are adapted to: the most efficient one in high dimension (Roberts & Rosenthal, J. R. Stat.
// Soc. B 60, 255 (1998)).
const targetAcceptance = 0.574

const (
	adaptation   = 0.2  // gain of ln h per unit of acceptance, in each training step
	smallestStep = 1e-8 // of h, in units of sigma^2: below it chains stand still
)

// NewTraining implements [ChainTrained]: the buffer's chains are drawn from the reference, and burn in, at the
// present weights, while the step size is adapted to them; examples are not needed. It is an error if none of their
// proposals is accepted, or if an energy is not finite.
func (m *EBM) NewTraining(_ []float32, stream *rand.PCG) (*Training, error) {
	t := &Training{Chains: make([]float32, m.settings.Buffer*m.settings.Dim), Step: m.defaultStep(), Stream: stream}
	rng := rand.New(stream)
	m.reference(t.Chains, rng)
	const rounds = 200
	block := min(len(m.chains.y), len(t.Chains))
	total := 0
	for i := range rounds {
		chains := t.Chains[i*block%len(t.Chains):]
		chains = chains[:min(block, len(chains))]
		accepted, err := m.chains.run(chains, t.Step, 1, rng)
		if err != nil {
			return nil, err
		}
		t.Step = adapted(t.Step, accepted, len(chains)/m.settings.Dim, 4/math.Sqrt(float64(i+10)))
		total += accepted
		if t.Step < smallestStep {
			return nil, stuck(t.Step)
		}
	}
	if total == 0 {
		return nil, stuck(t.Step)
	}
	return t, nil
}

// adapted is a Robbins-Monro step of ln h towards the target acceptance.
func adapted(h float64, accepted, proposed int, gain float64) float64 {
	return h * math.Exp(gain*(float64(accepted)/float64(proposed)-targetAcceptance))
}

func stuck(h float64) error {
	return fmt.Errorf("model: ebm: the training chains no longer accept proposals, at a step size down to %.2g "+
		"sigma^2: the energy has become too rough; try a smaller learning rate, or data with more noise (dequantise)", h)
}

// Use implements [ChainTrained]. Before the first call, and after Use(nil), Loss fails and Move takes the step size
// that suits the reference.
func (m *EBM) Use(t *Training) { m.training = t }

// Loss implements [PPM]: the contrast
//
//	mean phi(batch) - mean phi(chains) + alpha/2 (mean f(both))^2
//
// in nats, whose gradient estimates that of the mean negative log-likelihood. Its value is not the likelihood: it tends
// to 0 as the chains come to look like the data. The last term keeps f near 0 on average, which p does not depend on,
// and without which f drifts, and its weights with it, until plain SGD diverges. Chains are as many rows of the buffer
// as the batch has, drawn without replacement and moved by k proposals first; a fraction of them begins anew in the
// reference. The step size then follows their acceptance. It is an error to call Loss without a [Training] that fits
// the model.
func (m *EBM) Loss(batch []float32) (float64, error) {
	t, dim := m.training, m.settings.Dim
	n := m.settings.Batch
	expect(batch, n, dim)
	if t == nil {
		return 0, fmt.Errorf("model: ebm trains with a replay buffer: call Use with what NewTraining returned first")
	}
	if len(t.Chains) != m.settings.Buffer*dim || !(t.Step > 0) || t.Stream == nil {
		return 0, fmt.Errorf("model: ebm was given a training state of %d values, step %v; it needs %d chains of %d, a "+
			"positive step and a stream", len(t.Chains), t.Step, m.settings.Buffer, dim)
	}
	rng := rand.New(t.Stream)
	m.borrow(t.Chains, rng)
	accepted, err := m.chains.run(m.negatives, t.Step, m.settings.Langevin, rng)
	if err != nil {
		return 0, fmt.Errorf("a training chain: %w", err)
	}
	for i := range n {
		copy(m.row(t.Chains, m.order[i]), m.row(m.negatives, i))
	}
	t.Step = adapted(t.Step, accepted, n*m.settings.Langevin, adaptation)
	if t.Step < smallestStep {
		return 0, stuck(t.Step)
	}
	data := m.standardise(m.u, batch)
	chains := m.standardise(m.u[len(batch):], m.negatives)
	contrast, err := m.train.loss(m.u[:2*len(batch)])
	if err != nil {
		return 0, err
	}
	return contrast + (data-chains)/float64(n), nil
}

// borrow copies Batch distinct rows of the buffer, order[:Batch], to negatives, or draws them anew.
func (m *EBM) borrow(buffer []float32, rng *rand.Rand) {
	for i := range m.order {
		m.order[i] = i
	}
	for i := range m.settings.Batch {
		j := i + rng.IntN(len(m.order)-i)
		m.order[i], m.order[j] = m.order[j], m.order[i]
		if rng.Float64() < m.settings.Restart {
			m.reference(m.row(m.negatives, i), rng)
		} else {
			copy(m.row(m.negatives, i), m.row(buffer, m.order[i]))
		}
	}
}

func (m *EBM) row(x []float32, i int) []float32 {
	return x[i*m.settings.Dim : (i+1)*m.settings.Dim]
}
