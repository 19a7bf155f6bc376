package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/model/internal/lse"

	"gonum.org/v1/gonum/floats"
)

// NewTraining implements [ChainTrained]: the persistent chains begin at examples drawn with replacement. The other
// gradients have no chains that last, only the stream. It returns an error for no examples, or values that are not 0 or
// 1.
func (m *RBM) NewTraining(examples []float32, stream *rand.PCG) (*Training, error) {
	t := &Training{Stream: stream}
	if m.settings.Gradient != RBMPersistent {
		return t, nil
	}
	if err := m.checkBits(examples); err != nil {
		return nil, err
	}
	dim := m.Dim()
	if len(examples) == 0 {
		return nil, fmt.Errorf("model: rbm: no examples to begin the persistent chains at")
	}
	rng := rand.New(stream)
	for range m.settings.Particles {
		i := rng.IntN(len(examples) / dim)
		t.Chains = append(t.Chains, examples[i*dim:(i+1)*dim]...)
	}
	return t, nil
}

// Use implements [ChainTrained]. It panics if t does not hold the chains that the settings ask for.
func (m *RBM) Use(t *Training) {
	if want := m.settings.Particles * m.Dim(); m.settings.Gradient == RBMPersistent && len(t.Chains) != want {
		panic(fmt.Sprintf("model: rbm trains with chains of %d values in all, not %d", want, len(t.Chains)))
	}
	m.training, m.stream = t, rand.New(t.Stream)
}

// Loss implements [PPM]. It moves the training chains by k Gibbs steps and adds the gradient of
//
//	mean F(batch) - mean F(chains)
//
// at the present weights with the chains held, which estimates the gradient of the negative log-likelihood. With
// [RBMPersistent] and [RBMContrastive] it returns that difference, in nats; it is no log-likelihood, and says little
// about progress: it is near 0 whenever chains resemble data. With [RBMExact] it returns the exact mean negative
// log-likelihood, whose gradient it adds.
//
// The gradient needs the hidden units' probabilities given each chain. With [RBMPersistent] in float32 the next step's
// hidden layers are drawn from these at once, at the weights of this step, which saves one product of matrices in six.
//
// It returns an error without a training state (see Use), for values that are not 0 or 1, and for free energies or
// probabilities that are not finite.
func (m *RBM) Loss(batch []float32) (float64, error) {
	if err := m.checkBits(batch); err != nil {
		return 0, err
	}
	expect(batch, m.settings.Batch, m.dim)
	var lnZ float64
	var err error
	if m.settings.Gradient == RBMExact {
		lnZ, err = m.enumerate()
	} else {
		err = m.advance(batch)
	}
	if err != nil {
		return 0, err
	}
	return m.contrast(batch, lnZ)
}

// negative returns the rows of the training graph that stand for the model.
func (m *RBM) negative() []float32 { return m.visible[m.settings.Batch*m.Dim():] }

// advance moves the training chains and leaves them in negative.
func (m *RBM) advance(batch []float32) error {
	if m.training == nil {
		return fmt.Errorf("model: rbm: no training state: call NewTraining and Use before Loss")
	}
	chains := m.negative()
	m.gibbs.load(m.w, m.b, m.c)
	sweeps := m.settings.Gibbs
	switch {
	case m.settings.Gradient == RBMContrastive:
		copy(chains, batch)
	case len(m.training.Hidden) > 0: // half of the first sweep was done with the last gradient
		m.gibbs.visibleLogits(chains, m.training.Hidden, m.gibbs.b, 1)
		if !drawBits(chains, 1, m.stream) {
			return m.diverged(errNotANumber)
		}
		sweeps--
	default:
		copy(chains, m.training.Chains)
	}
	for range sweeps {
		if err := m.gibbs.sweep(chains, m.stream); err != nil {
			return m.diverged(err)
		}
	}
	copy(m.training.Chains, chains)
	return nil
}

// enumerate sets the signs of all states to minus their probabilities, and returns ln Z + sum_v p(v) F(v): what the
// signed sum of free energies lacks to be the negative log-likelihood.
func (m *RBM) enumerate() (float64, error) {
	if err := m.Energies(m.states, m.negative()); err != nil {
		return 0, err
	}
	floats.Scale(-1, m.states) // ln of the unnormalised probabilities
	top, z := lse.ExpSum(m.states)
	mean := 0.
	fill(m.signs, func(i int) float64 {
		if i < m.settings.Batch {
			return 1 / float64(m.settings.Batch)
		}
		l := m.states[i-m.settings.Batch]
		p := math.Exp(l-top) / z
		mean -= p * l
		return -p
	})
	return math.Log(z) + top + mean, nil
}

// contrast runs the training graph on the batch and the rows that stand for the model.
func (m *RBM) contrast(batch []float32, constant float64) (float64, error) {
	copy(m.visible, batch)
	loss, err := m.train.loss(m.visible)
	if err == nil && (math.IsNaN(loss) || math.IsInf(loss, 0)) {
		err = m.diverged(fmt.Errorf("the loss is %v", loss))
	}
	if err != nil || m.logits == nil {
		return loss + constant, err
	}
	m.training.Hidden = append(m.training.Hidden[:0], m.logits...)
	if !drawBits(m.training.Hidden, 1, m.stream) {
		err = m.diverged(errNotANumber)
	}
	return loss + constant, err
}
