package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the tests that caught them:
//
//	Start with one bias for all  TestRBMStartDrawsFromTheVisibleBiases

// newTestRBM returns a machine with normal weights and biases of standard deviation sd.
func newTestRBM(t testing.TB, s RBMSettings, sd float64, seed uint64) *RBM {
	m, err := NewRBM(s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	rng := rand.New(rand.NewPCG(seed, 77))
	m.Init(rng)
	for _, p := range []*tensor.Dense{m.w, m.b, m.c} {
		fill(p, func(int) float64 { return sd * rng.NormFloat64() })
	}
	return m
}

// randomBits returns rows of independent fair bits.
func randomBits(rows, dim int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 5))
	x := make([]float32, rows*dim)
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
	return x
}

// The free energy is minus the logarithm of the sum over all hidden states of exp(-E(v,h)).
func TestRBMFreeEnergySumsOutHiddenUnits(t *testing.T) {
	m := newTestRBM(t, RBMSettings{Visible: 4, Hidden: 3, Batch: 1, EvalBatch: 5, Precision: Float64}, 1.5, 1)
	x := hypercube(4)
	phi := make([]float64, 16)
	require.NoError(t, m.Energies(phi, x))
	for r := range phi {
		v := x[r*4 : (r+1)*4]
		var sum float64
		for h := range 8 {
			var minusE float64
			for i := range 4 {
				minusE += at(m.b, i) * float64(v[i])
				for j := range 3 {
					minusE += float64(v[i]) * at(m.w, i*3+j) * float64(h>>j&1)
				}
			}
			for j := range 3 {
				minusE += at(m.c, j) * float64(h>>j&1)
			}
			sum += math.Exp(minusE)
		}
		require.InDelta(t, -math.Log(sum), phi[r], 1e-12)
	}
}

func TestRBMStartDrawsFromTheVisibleBiases(t *testing.T) {
	const n = 20000
	m, err := NewRBM(RBMSettings{Visible: 3, Hidden: 2, VisibleBias: []float64{-2, 0, 1.5}, Batch: 1})
	require.NoError(t, err)
	m.Init(rand.New(rand.NewPCG(1, 1)))
	x := make([]float32, 3*n)
	require.NoError(t, m.Start(x, nil, rand.New(rand.NewPCG(2, 2))))
	for i, b := range m.settings.VisibleBias {
		var mean float64
		for r := range n {
			mean += float64(x[3*r+i]) / n
		}
		p := sigmoid64(b)
		require.Less(t, math.Abs(mean-p)/math.Sqrt(p*(1-p)/n), 4.0)
	}
}

func TestLogOdds(t *testing.T) {
	got, err := LogOdds([]float32{1, 0, 1, 0, 0, 0, 1, 0}, 2, 1)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{math.Log(4. / 2), math.Log(1. / 5)}, got, 1e-12)
	_, err = LogOdds([]float32{0.2, 3}, 2, 1)
	require.ErrorContains(t, err, "component 1 of example 0 is 3")
	_, err = LogOdds([]float32{0, 1}, 2, 0)
	require.ErrorContains(t, err, "pseudocount")
	_, err = LogOdds(nil, 2, 1)
	require.ErrorContains(t, err, "no examples")
}

func TestRBMErrors(t *testing.T) {
	inf := math.Inf(1)
	for want, s := range map[string]RBMSettings{
		"0 visible":          {Hidden: 1, Batch: 1},
		"0 hidden":           {Visible: 1, Batch: 1},
		"batch":              {Visible: 1, Hidden: 1, Particles: 1},
		"standard deviation": {Visible: 1, Hidden: 1, Batch: 1, InitSD: -1},
		"2 initial visible":  {Visible: 1, Hidden: 1, Batch: 1, VisibleBias: []float64{1, 2}},
		"bias 0 is -Inf":     {Visible: 1, Hidden: 1, Batch: 1, VisibleBias: []float64{-inf}},
		"2^17":               {Visible: 17, Hidden: 1, Batch: 1, Gradient: RBMExact},
		"gradient number 3":  {Visible: 1, Hidden: 1, Batch: 1, Gradient: 3},
		"-1 Gibbs steps":     {Visible: 1, Hidden: 1, Batch: 1, Gibbs: -1},
	} {
		_, err := NewRBM(s)
		require.ErrorContains(t, err, want)
	}
	m := newTestRBM(t, RBMSettings{Visible: 3, Hidden: 2, Batch: 2}, 0.1, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	batch, grey := []float32{0, 1, 1, 0, 0, 0}, []float32{0, 1, 1, 0, 0.5, 0}
	_, err := m.Loss(batch)
	require.ErrorContains(t, err, "call NewTraining and Use")
	_, err = m.NewTraining(nil, rand.NewPCG(1, 1))
	require.ErrorContains(t, err, "no examples")
	phi := make([]float64, 2)
	const where = "component 1 of row 1 is 0.5"
	_, err = m.NewTraining(grey, rand.NewPCG(1, 1))
	require.ErrorContains(t, err, where)
	training, err := m.NewTraining(batch, rand.NewPCG(1, 1))
	require.NoError(t, err)
	m.Use(training)
	_, err = m.Loss(grey)
	require.ErrorContains(t, err, where)
	require.ErrorContains(t, m.Energies(phi, grey), where)
	require.ErrorContains(t, m.Move(grey, rng), where)
	require.ErrorContains(t, m.Energies(phi[:1], []float32{0, float32(math.NaN()), 0}), "is NaN; the units are 0 or 1")
	require.ErrorContains(t, m.LogWeights(phi, 0, rng), "1 or more")
	require.Panics(t, func() { m.Use(&Training{Stream: rand.NewPCG(1, 1)}) })

	for _, bad := range []float32{float32(math.NaN()), float32(inf)} {
		m.w.Float32s()[3] = bad
		_, err = m.Loss(batch)
		assert.ErrorContains(t, err, "w[3]")
		x := []float32{0, 1, 0, 1, 1, 0}
		assert.ErrorContains(t, m.Energies(phi, x), "w[3]")
		assert.ErrorContains(t, m.LogWeights(phi, 5, rng), "w[3]")
		_, ok := m.LogZ()
		assert.False(t, ok)
	}
	m.w.Float32s()[3] = float32(math.NaN())
	require.ErrorContains(t, m.Move([]float32{0, 1, 0}, rng), "a smaller learning rate")
	fill(m.w, func(int) float64 { return 3e38 })
	require.ErrorContains(t, m.Energies(phi, []float32{1, 1, 1, 1, 1, 1}), "all weights are finite")
}
