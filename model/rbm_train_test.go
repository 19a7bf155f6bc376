package model

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the tests that caught them:
//
//	chains weighted 1/Batch                                TestRBMGradientWithChainsHeld
//	k ignored                                              TestRBMPersistentGradientIsUnbiased
//	no hidden bias in P(h|v); no visible bias in P(v|h);
//	  probabilities for states of h                        TestRBMPersistentGradientIsUnbiased
//	chains do not persist                                  TestRBMLearnsBarsAndStripes
//	contrastive chains begin a row off                     TestRBMContrastiveBeginsAtTheBatch

func TestRBMGradientWithChainsHeld(t *testing.T) {
	for name, s := range map[string]RBMSettings{
		"PCD": {Particles: 4, Gibbs: 2}, "CD": {Gradient: RBMContrastive}, "one particle": {Particles: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s.Visible, s.Hidden = 6, 5
			s.Batch, s.Precision = 3, Float64
			m := newTestRBM(t, s, 1, 2)
			batch := randomBits(3, 6, 3)
			training, err := m.NewTraining(batch, rand.NewPCG(1, 2))
			require.NoError(t, err)
			m.Use(training)
			loss, err := m.Loss(batch)
			require.NoError(t, err)
			grads := gradients(t, m)

			rows := append(append([]float32(nil), batch...), m.negative()...)
			phi := make([]float64, len(rows)/6)
			held := func() float64 {
				require.NoError(t, m.Energies(phi, rows))
				var data, model float64
				for i, f := range phi {
					if i < 3 {
						data += f / 3
					} else {
						model += f / float64(len(phi)-3)
					}
				}
				return data - model
			}
			require.InDelta(t, held(), loss, 1e-12)
			requireGradient(t, m, grads, held)
		})
	}
}

// With many persistent chains in equilibrium the estimated gradient is the exact one, within its standard error: a
// chain contributes to each component a number in 0..1, of variance at most 1/4.
func TestRBMPersistentGradientIsUnbiased(t *testing.T) {
	const particles, dim = 20000, 6
	s := RBMSettings{Visible: dim, Hidden: 4, Batch: 8, Gibbs: 60, Particles: particles, Precision: Float64}
	m := newTestRBM(t, s, 0.8, 4)
	batch := randomBits(8, dim, 6)
	training, err := m.NewTraining(batch, rand.NewPCG(8, 9))
	require.NoError(t, err)
	m.Use(training)
	_, err = m.Loss(batch)
	require.NoError(t, err)
	got := gradients(t, m)

	s.Gradient = RBMExact
	exact := newTestRBM(t, s, 0.8, 4)
	_, err = exact.Loss(batch)
	require.NoError(t, err)
	want := gradients(t, exact)
	for i := range want {
		for j := range want[i] {
			require.Less(t, math.Abs(got[i][j]-want[i][j])*2*math.Sqrt(particles), 4.5, "z of %s[%d]", m.params[i].Name(), j)
		}
	}
}

// Contrastive divergence begins at the batch every time, and its chains do not stay.
func TestRBMContrastiveBeginsAtTheBatch(t *testing.T) {
	m := newTestRBM(t, RBMSettings{Visible: 6, Hidden: 3, Batch: 4, Gradient: RBMContrastive}, 1, 1)
	fill(m.w, func(i int) float64 { // units 0, 1, 2 of both layers copy each other, firmly
		if i/3 == i%3 {
			return 80
		}
		return 0
	})
	fill(m.c, func(int) float64 { return -40 })
	fill(m.b, func(int) float64 { return -40 })
	training, err := m.NewTraining(nil, rand.NewPCG(1, 2))
	require.NoError(t, err)
	m.Use(training)
	for seed := range uint64(5) {
		batch := randomBits(4, 6, seed)
		_, err = m.Loss(batch)
		require.NoError(t, err)
		for i, v := range m.negative() {
			if i%6 < 3 {
				require.Equal(t, batch[i], v)
			} else {
				require.Zero(t, v)
			}
		}
	}
	require.Empty(t, training.Chains)
}

// A run that is saved with gob after some steps and goes on in another process gives the same weights, bit for bit.
func TestRBMTrainingContinuesBitForBit(t *testing.T) {
	for name, gradient := range map[string]RBMGradient{"PCD": RBMPersistent, "CD": RBMContrastive} {
		t.Run(name, func(t *testing.T) {
			s := RBMSettings{Visible: 30, Hidden: 20, Batch: 10, Particles: 7, Gibbs: 2, Gradient: gradient}
			data := randomBits(40, 30, 1)
			run := func(m *RBM, from, to int) {
				for i := from; i < to; i++ {
					Descend(t, m, data[i%4*300:(i%4+1)*300], 0.1)
				}
			}
			begin := func() (*RBM, *Training) {
				m := newTestRBM(t, s, 0.1, 9)
				training, err := m.NewTraining(data, rand.NewPCG(4, 5))
				require.NoError(t, err)
				m.Use(training)
				return m, training
			}
			whole, final := begin()
			first := slices.Clone(final.Chains)
			run(whole, 0, 20)
			if gradient == RBMPersistent {
				require.NotEqual(t, first, final.Chains, "the chains go on")
			}

			half, training := begin()
			run(half, 0, 9)
			var saved bytes.Buffer
			require.NoError(t, gob.NewEncoder(&saved).Encode(training))
			var restored Training
			require.NoError(t, gob.NewDecoder(&saved).Decode(&restored))
			other := newTestRBM(t, s, 0, 1)
			for i, p := range half.Params() {
				require.NoError(t, tensor.Copy(other.Params()[i].Value().(*tensor.Dense), p.Value().(*tensor.Dense)))
			}
			other.Use(&restored)
			require.NoError(t, other.Move(randomBits(5, 30, 2), rand.New(rand.NewPCG(1, 2)))) // observers change nothing
			run(other, 9, 20)
			for i, p := range whole.Params() {
				require.Equal(t, p.Value().Data(), other.Params()[i].Value().Data())
			}
			require.Equal(t, final.Chains, restored.Chains)
			require.Equal(t, final.Stream, restored.Stream)
			require.NotEqual(t, rand.NewPCG(4, 5), final.Stream, "the stream was used")
		})
	}
}

// Restricted Boltzmann machines of 12 x 8 units learn the 22 bars and stripes of 3 x 4 pixels by PCD-10: the exact
// negative log-likelihood falls from 12 ln 2 = 8.318 towards the entropy ln 22 = 3.091 nats.
func TestRBMLearnsBarsAndStripes(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for 2,000 steps")
	}
	var patterns []float32
	seen := map[[12]float32]bool{}
	for s := range 16 {
		for _, bars := range []bool{true, false} {
			var p [12]float32
			for i := range p {
				line := i % 4
				if !bars {
					line = i / 4
				}
				p[i] = float32(s >> line & 1)
			}
			if (bars || s < 8) && !seen[p] {
				seen[p] = true
				patterns = append(patterns, p[:]...)
			}
		}
	}
	require.Len(t, patterns, 22*12)
	for seed := range uint64(2) {
		m, err := NewRBM(RBMSettings{Visible: 12, Hidden: 8, InitSD: 0.1, Batch: 22, Particles: 100, Gibbs: 10})
		require.NoError(t, err)
		m.Init(rand.New(rand.NewPCG(seed, 1)))
		training, err := m.NewTraining(patterns, rand.NewPCG(seed, 2))
		require.NoError(t, err)
		m.Use(training)
		nll := func() float64 {
			phi := make([]float64, 22)
			require.NoError(t, m.Energies(phi, patterns))
			lnZ, ok := m.LogZ()
			require.True(t, ok)
			for _, f := range phi {
				lnZ += f / 22
			}
			return lnZ
		}
		before := nll()
		for range 2000 {
			Descend(t, m, patterns, 0.2)
		}
		after := nll()
		t.Logf("seed %d: negative log-likelihood %.3f -> %.3f nats, entropy %.3f", seed, before, after, math.Log(22))
		require.InDelta(t, 12*math.Ln2, before, 0.3)
		require.Less(t, after, 3.8)
		require.Greater(t, after, math.Log(22))
		require.NoError(t, m.Close())
	}
}
