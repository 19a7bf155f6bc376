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

// newEBM returns an initialised model with all weights drawn from N(0, sd^2/fan-in), the last layer too.
func newEBM(t *testing.T, s EBMSettings, sd float64) *EBM {
	t.Helper()
	m, err := NewEBM(s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	for _, p := range m.Params() {
		w := p.Value().(*tensor.Dense)
		scale := sd / math.Sqrt(float64(w.Shape()[0]))
		fill(w, func(int) float64 { return scale * rng.NormFloat64() })
	}
	return m
}

func ebmNets() map[string]EBMSettings {
	return map[string]EBMSettings{
		"mlp": {Dim: 5, Hidden: []int{6, 4}, Mean: 0.3, Sigma: 0.7, Batch: 3, Buffer: 8, EvalBatch: 4,
			Precision: Float64},
		"conv": {Dim: 36, Net: "conv", Hidden: []int{2, 3}, Mean: 0.3, Sigma: 0.7, Batch: 3, Buffer: 8, EvalBatch: 4,
			Precision: Float64},
		"conv odd": {Dim: 49, Net: "conv", Hidden: []int{3}, Mean: 0.3, Sigma: 0.7, Batch: 3, Buffer: 8, EvalBatch: 4,
			Precision: Float64},
	}
}

// plainEnergy is the energy of one row by plain loops over the weights.
func plainEnergy(m *EBM, x []float32) float64 {
	var energy float64
	h := make([]float64, len(x))
	for i, v := range x {
		h[i] = (float64(v) - m.settings.Mean) / m.settings.Sigma
		energy += h[i] * h[i] / 2
	}
	activate := func(a float64) float64 { return (a+math.Sqrt(a*a+4))/2 - 1 }
	if m.settings.Net == "conv" {
		channels, side := 1, int(math.Sqrt(float64(len(x))))
		for l, w := range m.weights {
			out := w.Shape()[1]
			next := make([]float64, side/2*(side/2)*out)
			for k := range next {
				o, r := k%out, k/out/(side/2)
				c := k / out % (side / 2)
				a := at(m.biases[l], o)
				for i := range 16 * channels {
					in, y := i%channels, 2*r-1+i/channels/4
					x := 2*c - 1 + i/channels%4
					if y >= 0 && y < side && x >= 0 && x < side {
						a += h[(y*side+x)*channels+in] * at(w, i*out+o)
					}
				}
				next[k] = activate(a)
			}
			h, channels = next, out
			side /= 2
		}
	} else {
		for l, w := range m.weights {
			next := make([]float64, w.Shape()[1])
			for j := range next {
				a := at(m.biases[l], j)
				for i, v := range h {
					a += v * at(w, i*len(next)+j)
				}
				next[j] = activate(a)
			}
			h = next
		}
	}
	for i, v := range h {
		energy += v * at(m.last, i)
	}
	return energy
}

func TestEBMEnergy(t *testing.T) {
	for name, s := range ebmNets() {
		m := newEBM(t, s, 1.5)
		x := make([]float32, 10*s.Dim) // batches of 4, 4 and 2 rows
		require.NoError(t, m.Start(x, nil, rand.New(rand.NewPCG(3, 4))))
		phi := make([]float64, 10)
		require.NoError(t, m.Energies(phi, x))
		for i, e := range phi {
			require.InDelta(t, plainEnergy(m, m.row(x, i)), e, 1e-6, name) // inputs are float32
		}
	}
}

// The loss's gradient belongs to fixed rows: those the chains have moved to.
func TestEBMGradientOfWeights(t *testing.T) {
	for name, s := range ebmNets() {
		t.Log(name)
		s.Gauge = 3
		m := newEBM(t, s, 1.5)
		u := make([]float32, 2*s.Batch*s.Dim)
		rng := rand.New(rand.NewPCG(3, 4))
		for i := range u {
			u[i] = float32(rng.NormFloat64())
		}
		before := slices.Clone(u)
		contrast := func() float64 {
			l, err := m.train.loss(u)
			require.NoError(t, err)
			return l
		}
		contrast()
		requireGradient(t, m, gradients(t, m), contrast)
		require.Equal(t, before, u, "the input was changed")
	}
}

func TestEBMGradientOfRows(t *testing.T) {
	for name, s := range ebmNets() {
		m := newEBM(t, s, 1.5)
		rng := rand.New(rand.NewPCG(3, 4))
		for _, rows := range []int{4, 3} {
			u, f := make([]float64, rows*s.Dim), make([]float64, rows)
			gradient := make([]float64, rows*s.Dim)
			for i := range u {
				u[i] = rng.NormFloat64()
			}
			before := slices.Clone(u)
			require.NoError(t, m.chains.forces.at(f, gradient, u))
			scratch := make([]float64, len(u))
			for i := range u {
				const h = 1e-5
				shifted := func(d float64) float64 {
					v, g := slices.Clone(u), make([]float64, rows)
					v[i] += d
					require.NoError(t, m.chains.forces.at(g, scratch, v))
					return g[i/s.Dim]
				}
				require.InDelta(t, (shifted(h)-shifted(-h))/(2*h), gradient[i], 1e-8, "%s %d", name, i)
			}
			require.Equal(t, before, u)
		}
	}
}

// Loss is the contrast of energies between the batch and the chains that it has moved.
func TestEBMLossIsTheContrast(t *testing.T) {
	for name, s := range ebmNets() {
		s.Gauge = 3
		m := newEBM(t, s, 1)
		training, err := m.NewTraining(nil, rand.NewPCG(7, 8))
		require.NoError(t, err)
		m.Use(training)
		batch := make([]float32, s.Batch*s.Dim)
		m.reference(batch, rand.New(rand.NewPCG(3, 4)))
		old := slices.Clone(training.Chains)
		loss, err := m.Loss(batch)
		require.NoError(t, err)
		var want, offset float64
		moved := 0
		add := func(row []float32, sign float64) {
			want += sign * plainEnergy(m, row) / float64(s.Batch)
			offset += (plainEnergy(m, row) - m.standardise(make([]float32, m.dim), row)) / float64(2*s.Batch)
		}
		for i := range s.Batch {
			add(m.row(batch, i), 1)
		}
		for i := range s.Buffer {
			if chain := m.row(training.Chains, i); !slices.Equal(chain, m.row(old, i)) {
				add(chain, -1)
				moved++
			}
		}
		require.Equal(t, s.Batch, moved, name)
		require.InDelta(t, want+3./2*offset*offset, loss, 1e-5, name)
	}
}

func TestEBMStartsAtTheReference(t *testing.T) {
	s := EBMSettings{Dim: 6, Hidden: []int{5}, Mean: -1, Sigma: 0.5, Batch: 4}
	m, err := NewEBM(s)
	require.NoError(t, err)
	m.Init(rand.New(rand.NewPCG(1, 2)))
	lnZ, ok := m.LogZ()
	require.True(t, ok)
	require.InDelta(t, 3*math.Log(2*math.Pi*0.25), lnZ, 1e-12)

	const n = 20000
	x := make([]float32, n*6)
	require.NoError(t, m.Start(x, nil, rand.New(rand.NewPCG(3, 4))))
	phi := make([]float64, n)
	require.NoError(t, m.Energies(phi, x))
	var mean float64 // of chi-squared/2 with 6 degrees of freedom
	for _, e := range phi {
		mean += e / n
	}
	require.Less(t, math.Abs(mean-3)/math.Sqrt(3./n), 4.0)
	weights := make([]float64, 3) // the reference annealed to itself
	require.NoError(t, m.LogWeights(weights, 5, rand.New(rand.NewPCG(3, 4))))
	require.InDeltaSlice(t, []float64{lnZ, lnZ, lnZ}, weights, 1e-12)

	fill(m.last, func(i int) float64 { return float64(i/4) * 1e-9 }) // the last of them alone
	lnZ, ok = m.LogZ()
	require.False(t, ok)
	require.True(t, math.IsNaN(lnZ))
}

func TestEBMTrainingContinuesBitForBit(t *testing.T) {
	for _, net := range []string{"mlp", "conv"} {
		s := EBMSettings{Dim: 16, Net: net, Hidden: []int{6}, Sigma: 1, Batch: 5, Buffer: 20, EvalBatch: 4}
		batch := make([]float32, 5*16)
		for i := range batch {
			batch[i] = float32(i%7) / 3
		}
		step := func(m *EBM, n int) {
			for range n {
				Descend(t, m, batch, 0.05)
			}
		}
		begin := func() (*EBM, *Training) {
			m := newEBM(t, s, 0.5)
			training, err := m.NewTraining(nil, rand.NewPCG(3, 4))
			require.NoError(t, err)
			m.Use(training)
			return m, training
		}
		whole, training := begin()
		step(whole, 6)

		first, half := begin()
		step(first, 3)
		var saved bytes.Buffer
		require.NoError(t, gob.NewEncoder(&saved).Encode(half))
		var restored Training
		require.NoError(t, gob.NewDecoder(&saved).Decode(&restored))
		second := newEBM(t, s, 0.1)
		for i, p := range second.Params() {
			copy(p.Value().(*tensor.Dense).Float32s(), first.Params()[i].Value().(*tensor.Dense).Float32s())
		}
		second.Use(&restored)
		step(second, 3)

		require.Equal(t, training.Chains, restored.Chains)
		require.Equal(t, training.Step, restored.Step)
		x, y := make([]float32, 6*16), make([]float32, 6*16)
		require.NoError(t, whole.Move(x, rand.New(rand.NewPCG(5, 6))))
		require.NoError(t, second.Move(y, rand.New(rand.NewPCG(5, 6))))
		require.Equal(t, x, y)
		for i, p := range whole.Params() {
			require.Equal(t, p.Value().Data(), second.Params()[i].Value().Data(), "%s %s", net, p.Name())
		}
	}
}

func TestEBMBadSettings(t *testing.T) {
	good := EBMSettings{Dim: 16, Hidden: []int{3}, Sigma: 1, Batch: 2}
	for want, change := range map[string]func(*EBMSettings){
		"components":         func(s *EBMSettings) { s.Dim = 0 },
		"mlp or conv":        func(s *EBMSettings) { s.Net = "rnn" },
		"hidden layer":       func(s *EBMSettings) { s.Hidden = nil },
		"widths":             func(s *EBMSettings) { s.Hidden = []int{3, 0} },
		"sigma 0":            func(s *EBMSettings) { s.Sigma = 0 },
		"sigma NaN":          func(s *EBMSettings) { s.Sigma = math.NaN() },
		"mean +Inf":          func(s *EBMSettings) { s.Mean = math.Inf(1) },
		"batch is 0":         func(s *EBMSettings) { s.Batch = 0 },
		"buffer of 1 chains": func(s *EBMSettings) { s.Buffer = 1 },
		"fraction 1.5":       func(s *EBMSettings) { s.Restart = 1.5 },
		"fraction NaN":       func(s *EBMSettings) { s.Restart = math.NaN() },
		"gauge is NaN":       func(s *EBMSettings) { s.Gauge = math.NaN() },
		"-1 proposals":       func(s *EBMSettings) { s.Langevin = -1 },
		"-2 proposals":       func(s *EBMSettings) { s.Proposals = -2 },
		"not 17 pixels":      func(s *EBMSettings) { s.Net, s.Dim = "conv", 17 },
		"5 convolutions":     func(s *EBMSettings) { s.Net, s.Hidden = "conv", []int{1, 1, 1, 1, 1} },
	} {
		s := good
		change(&s)
		_, err := NewEBM(s)
		require.ErrorContains(t, err, want, "%+v", s)
		require.ErrorContains(t, err, "ebm")
	}
}
