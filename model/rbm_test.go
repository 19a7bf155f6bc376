package model

// Deliberate errors and the tests that caught them are listed in rbm_exact_test.go.

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

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

// descend makes one plain step of gradient descent.
func descend(t testing.TB, m *RBM, batch []float32, rate float64) {
	_, err := m.Loss(batch)
	require.NoError(t, err)
	for _, p := range m.Params() {
		g, err := p.Grad()
		require.NoError(t, err)
		w, d := p.Value().(*tensor.Dense), g.(*tensor.Dense)
		step := doubles(d)
		fill(w, func(i int) float64 { return at(w, i) - rate*step[i] })
		d.Zero()
	}
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

func TestRBMGradientWithChainsHeld(t *testing.T) {
	for name, s := range map[string]RBMSettings{
		"PCD": {Particles: 4, Gibbs: 2}, "CD": {Gradient: RBMContrastive}, "one particle": {Particles: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s.Visible, s.Hidden, s.Batch, s.Precision = 6, 5, 3, Float64
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
			for i, p := range m.Params() {
				w := p.Value().(*tensor.Dense).Float64s()
				for j, w0 := range w {
					const h = 1e-5
					w[j] = w0 + h
					up := held()
					w[j] = w0 - h
					down := held()
					w[j] = w0
					require.InDelta(t, (up-down)/(2*h), grads[i][j], 1e-8, "%s[%d]", p.Name(), j)
				}
			}
		})
	}
}

// With many persistent chains in equilibrium the estimated gradient is the exact one, within its standard error: a chain
// contributes to each component a number in 0..1, of variance at most 1/4.
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

// rationed yields one 32-bit number at a time from the halves of 64-bit ones, low half first, as drawBits does.
type rationed struct {
	src  rand.PCG
	half uint64
	have bool
}

func (r *rationed) next() uint64 {
	if r.have = !r.have; r.have {
		r.half = r.src.Uint64()
		return r.half & math.MaxUint32
	}
	return r.half >> 32
}

// drawBits must decide as the logistic function does, bit for bit, in and beyond its table.
func TestDrawBitsAgainstTheLogisticFunction(t *testing.T) {
	const n = 300000
	rng := rand.New(rand.NewPCG(3, 4))
	logits := make([]float32, n)
	for i := range logits {
		logits[i] = float32(6 * rng.NormFloat64())
		switch {
		case i%50 == 0:
			logits[i] = float32(math.Round(float64(logits[i])*cellsPerNat) / cellsPerNat) // on the grid
		case i%50 == 1:
			logits[i] *= 20 // beyond the table
		}
	}
	for _, scale := range []float64{1, 0.37} {
		reference := &rationed{src: *rand.NewPCG(5, 6)}
		got := append([]float32(nil), logits...)
		require.True(t, drawBits(got, scale, rand.New(rand.NewPCG(5, 6))))
		var ones, expected, variance float64
		for i, l := range logits {
			p := sigmoid64(scale * float64(l))
			want := float32(0)
			if float64(reference.next()) < p*(1<<32) {
				want = 1
			}
			if got[i] != want {
				require.Failf(t, "another bit", "logit %v: %v, not %v", l, got[i], want)
			}
			ones, expected, variance = ones+float64(got[i]), expected+p, variance+p*(1-p)
		}
		require.Less(t, math.Abs(ones-expected)/math.Sqrt(variance), 4.0)
	}
	inf := float32(math.Inf(1))
	x := []float32{inf, -inf, 1e30, -1e30}
	require.True(t, drawBits(x, 1, rng))
	require.Equal(t, []float32{1, 0, 1, 0}, x)
	require.False(t, drawBits([]float32{0, float32(math.NaN())}, 1, rng))
}

func TestLogistic(t *testing.T) {
	for z := -40.0; z <= 40; z += 0.00137 {
		require.InDelta(t, sigmoid64(z), logistic(z), 4e-10)
	}
	require.True(t, math.IsNaN(logistic(math.NaN())))
	rng := rand.New(rand.NewPCG(1, 2))
	z, c := make([]float32, 1300), make([]float32, 1300)
	var sum, gain float64
	for i := range z {
		z[i], c[i] = float32(10*rng.NormFloat64()), float32(rng.NormFloat64())
		sum += softplus64(float64(z[i] + c[i]))
		gain += softplus64(0.7*float64(z[i])) - softplus64(0.3*float64(z[i]))
	}
	require.InDelta(t, sum, softplusSum32(z, c), 1e-6)
	require.InDelta(t, gain, softplusGain(z, 0.3, 0.7), 1e-6)
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

// A run that is saved with gob after some steps and goes on in another process gives the same weights, bit for bit.
func TestRBMTrainingContinuesBitForBit(t *testing.T) {
	for name, gradient := range map[string]RBMGradient{"PCD": RBMPersistent, "CD": RBMContrastive} {
		t.Run(name, func(t *testing.T) {
			s := RBMSettings{Visible: 30, Hidden: 20, Batch: 10, Particles: 7, Gibbs: 2, Gradient: gradient}
			data := randomBits(40, 30, 1)
			run := func(m *RBM, from, to int) {
				for i := from; i < to; i++ {
					descend(t, m, data[i%4*300:(i%4+1)*300], 0.1)
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

// Restricted Boltzmann machines of 12 x 8 units learn the 22 bars and stripes of 3 x 4 pixels by PCD-10: the exact negative
// log-likelihood falls from 12 ln 2 = 8.318 towards the entropy ln 22 = 3.091 nats.
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
			descend(t, m, patterns, 0.2)
		}
		after := nll()
		t.Logf("seed %d: negative log-likelihood %.3f -> %.3f nats, entropy %.3f", seed, before, after, math.Log(22))
		require.InDelta(t, 12*math.Ln2, before, 0.3)
		require.Less(t, after, 3.8)
		require.Greater(t, after, math.Log(22))
		require.NoError(t, m.Close())
	}
}
