package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// LogWeights implements [Annealer]: chains start in the reference, exactly, and pass the energies
//
//	|u|^2/2 + (j/J) f(u),   j = 1 .. J,   u = (x - mu)/sigma,
//
// with one Metropolis-adjusted Langevin proposal at each but the last; the log weight is ln Z of the reference minus
// the sum of f/J at each switch. The J step sizes are adapted beforehand on chains of their own and then fixed: given
// them the weights are independent, and the mean of their exponentials is unbiased at any J. It is an error if
// distributions is below 1 or an energy is not finite.
func (m *EBM) LogWeights(dst []float64, distributions int, rng *rand.Rand) error {
	if distributions < 1 {
		return fmt.Errorf("model: ebm cannot anneal along %d distributions; take 1 or more", distributions)
	}
	chains := make([]float32, len(m.chains.y))
	scratch := make([]float64, m.settings.EvalBatch)
	h := m.defaultStep()
	steps := slices.Repeat([]float64{h}, distributions-1)
	adapt := func(j, accepted int) {
		h = max(adapted(h, accepted, len(scratch), 0.5), smallestStep)
		steps[j] = h
		if j+1 < len(steps) {
			steps[j+1] = h
		}
	}
	if err := m.anneal(scratch, chains, steps, adapt, rng); err != nil {
		return err
	}
	for len(dst) > 0 {
		n := min(len(scratch), len(dst))
		if err := m.anneal(dst[:n], chains[:n*m.settings.Dim], steps, nil, rng); err != nil {
			return err
		}
		dst = dst[n:]
	}
	return nil
}

// anneal carries new chains, one for each element of dst, along the energies; after is told what proposal j achieved.
func (m *EBM) anneal(dst []float64, chains []float32, steps []float64, after func(j, accepted int),
	rng *rand.Rand) error {
	m.reference(chains, rng)
	if err := m.chains.load(chains, 0); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = m.logReference()
	}
	for j := 0; ; j++ {
		for i := range dst {
			dst[i] -= m.chains.now.f[i] / float64(len(steps)+1)
		}
		if j == len(steps) {
			return nil
		}
		accepted, err := m.chains.propose(float64(j+1)/float64(len(steps)+1), steps[j], rng)
		if err != nil {
			return err
		}
		if after != nil {
			after(j, accepted)
		}
	}
}

// logReference is ln Z of the reference, d/2 ln(2 pi sigma^2).
func (m *EBM) logReference() float64 {
	return float64(m.settings.Dim) / 2 * math.Log(2*math.Pi*m.settings.Sigma*m.settings.Sigma)
}
