package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// hypercube returns all 2^dim bit strings as rows.
func hypercube(dim int) []float32 {
	x := make([]float32, 0, dim<<dim)
	for s := range 1 << dim {
		for i := range dim {
			x = append(x, float32(s>>i&1))
		}
	}
	return x
}

func mades(t *testing.T) []*MADE {
	var out []*MADE
	for name, m := range models(t, 2) {
		if made, ok := m.(*MADE); ok {
			for _, w := range made.weights { // strong couplings, so that mistakes show
				w.MulScalar(3.0, true, tensor.UseUnsafe())
			}
			out = append(out, made)
			t.Log(name)
		}
	}
	require.Len(t, out, 2)
	return out
}

func TestMADEIsNormalised(t *testing.T) {
	for _, m := range mades(t) {
		x := hypercube(m.dim)
		phi := make([]float64, 1<<m.dim)
		require.NoError(t, m.Energies(phi, x))
		var z float64
		for _, e := range phi {
			z += math.Exp(-e)
		}
		require.InDelta(t, 1, z, 1e-12)
	}
}

// The logit of bit i is ln p(x_i=1|before) - ln p(x_i=0|before). It shows in energies: for the last bit directly, for
// an earlier one through the marginal over later bits. Autoregressive: it may depend on bits before i only, while the
// joint distribution must depend on them somewhere.
func TestMADEIsAutoregressive(t *testing.T) {
	for _, m := range mades(t) {
		for l := range m.final {
			require.NotContains(t, m.sees[l], 0, "blind hidden unit")
		}
		phi := make([]float64, 1<<m.dim)
		require.NoError(t, m.Energies(phi, hypercube(m.dim)))
		for i := range m.dim {
			// conditional[s] = p(x_i = 1 | the other bits up to i of s), from the joint by marginalising bits after i
			marginal := map[int]float64{}
			for s, e := range phi {
				marginal[s&(2<<i-1)] += math.Exp(-e)
			}
			// the network's own output i, for any setting of bits i.. must be that conditional
			for s := range 1 << m.dim {
				before := s & (1<<i - 1)
				want := marginal[before|1<<i] / (marginal[before] + marginal[before|1<<i])
				row := make([]float32, m.dim)
				for k := range row {
					row[k] = float32(s >> k & 1)
				}
				require.InDelta(t, want, output(m, row, i), 1e-10, "bit %d of %b", i, s)
			}
		}
	}
}

// output computes P(bit i = 1) by a plain dense forward pass with masks, from weights and masks alone.
func output(m *MADE, x []float32, i int) float64 {
	h := make([]float64, len(x))
	for j, v := range x {
		h[j] = float64(v)
	}
	for l := range m.weights {
		z := make([]float64, m.widths[l+1])
		for j := range z {
			z[j] = at(m.biases[l], j)
			for k, v := range h {
				z[j] += v * at(m.weights[l], k*len(z)+j) * at(m.masks[l], k*len(z)+j)
			}
			if l < len(m.weights)-1 {
				z[j] = max(0, z[j])
			}
		}
		h = z
	}
	return sigmoid64(h[i])
}

func TestMADESamplesByChiSquared(t *testing.T) {
	const n = 100000
	for _, m := range mades(t) {
		phi := make([]float64, 1<<m.dim)
		require.NoError(t, m.Energies(phi, hypercube(m.dim)))
		x := make([]float32, n*m.dim)
		require.NoError(t, m.Move(x, rand.New(rand.NewPCG(11, 12))))
		for s := range phi {
			phi[s] = -phi[s]
		}
		RequireDistribution(t, x, phi, m.dim)
	}
}

func TestMADEInitIsSeeded(t *testing.T) {
	s := MADESettings{Dim: 10, Hidden: []int{5}, Seed: 1, Batch: 1}
	a, err := NewMADE(s)
	require.NoError(t, err)
	b, err := NewMADE(s)
	require.NoError(t, err)
	a.Init(rand.New(rand.NewPCG(1, 2)))
	b.Init(rand.New(rand.NewPCG(1, 2)))
	require.Equal(t, a.sees, b.sees)
	require.Equal(t, a.weights[0].Data(), b.weights[0].Data())
	for i, w := range a.weights[0].Float32s() {
		require.Equal(t, a.Free(0)[i], w != 0)
	}
}
