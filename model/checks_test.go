package model

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/tensor"
)

// What tests of several models ask of them.

// gradients returns copies of the dual values of all parameters, and clears them.
func gradients(t testing.TB, m PPM) (grads [][]float64) {
	for _, p := range m.Params() {
		g, err := p.Grad()
		require.NoError(t, err)
		grads = append(grads, doubles(g.(*tensor.Dense)))
		g.(*tensor.Dense).Zero()
	}
	return grads
}

// at returns element i of t.
func at(t *tensor.Dense, i int) float64 {
	if data, ok := t.Data().([]float32); ok {
		return float64(data[i])
	}
	return t.Float64s()[i]
}

// Descend makes one plain step of gradient descent, and returns the loss before it.
func Descend(t testing.TB, m PPM, batch []float32, rate float64) float64 {
	loss, err := m.Loss(batch)
	require.NoError(t, err)
	for i, step := range gradients(t, m) {
		w := m.Params()[i].Value().(*tensor.Dense)
		before := doubles(w)
		fill(w, func(j int) float64 { return before[j] - rate*step[j] })
	}
	return loss
}

// requireGradient compares gradients with respect to all parameters, in float64, with central differences of f.
func requireGradient(t testing.TB, m PPM, grads [][]float64, f func() float64) {
	t.Helper()
	for i, p := range m.Params() {
		w := p.Value().(*tensor.Dense).Float64s()
		for j, w0 := range w {
			const h = 1e-5
			w[j] = w0 + h
			up := f()
			w[j] = w0 - h
			down := f()
			w[j] = w0
			require.InDelta(t, (up-down)/(2*h), grads[i][j], 1e-8, "%s[%d]", p.Name(), j)
		}
	}
}

// chiSquared compares counts with n times probabilities, cells with fewer than 10 expected pooled, and returns the
// p-value.
func chiSquared(t *testing.T, counts, p []float64, n int) float64 {
	var chi2, rest, restCount float64
	cells := -1.0
	for i, prob := range p {
		want := prob * float64(n)
		if want < 10 {
			rest, restCount = rest+want, restCount+counts[i]
			continue
		}
		chi2 += (counts[i] - want) * (counts[i] - want) / want
		cells++
	}
	if rest > 1 {
		chi2 += (restCount - rest) * (restCount - rest) / rest
		cells++
	}
	value := distuv.ChiSquared{K: cells}.Survival(chi2)
	t.Logf("chi2 %.1f with %.0f degrees of freedom, p = %.3f", chi2, cells, value)
	require.Greater(t, cells, 20.0)
	return value
}

// RequireDistribution requires that rows of bits are draws from the distribution with these log-probabilities of all
// 2^dim states, the first bit the lowest of a state's number.
func RequireDistribution(t *testing.T, x []float32, logp []float64, dim int) {
	t.Helper()
	counts, p := make([]float64, len(logp)), make([]float64, len(logp))
	for r := 0; r < len(x); r += dim {
		s := 0
		for i, b := range x[r : r+dim] {
			s |= int(b) << i
		}
		counts[s]++
	}
	for s, l := range logp {
		p[s] = math.Exp(l)
	}
	require.Greater(t, chiSquared(t, counts, p, len(x)/dim), 1e-4)
}
