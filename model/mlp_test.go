package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The energies against a forward pass in plain loops.
func TestMLPAgainstPlainLoops(t *testing.T) {
	for name, m := range classifiers(t, 2) {
		mlp, ok := m.(*MLP)
		if !ok {
			continue
		}
		x := inputs(m, 7, rand.New(rand.NewPCG(3, 4)))
		phi := make([]float64, 7)
		require.NoError(t, m.Energies(phi, x))
		for i := range phi {
			row := x[i*m.Dim() : (i+1)*m.Dim()]
			h := make([]float64, mlp.inputs)
			for j := range h {
				h[j] = float64(row[j])
			}
			require.InDelta(t, energy(dense(mlp.classifier, 0, h), int(row[m.Dim()-1])), phi[i], 1e-12, name)
		}
	}
}

// dense carries h through the layers from l on, with ReLU between them.
func dense(c *classifier, l int, h []float64) []float64 {
	for ; l < len(c.weights); l++ {
		z := make([]float64, c.biases[l].Shape()[1])
		for j := range z {
			z[j] = at(c.biases[l], j)
			for k, v := range h {
				z[j] += v * at(c.weights[l], k*len(z)+j)
			}
			if l < len(c.weights)-1 {
				z[j] = max(0, z[j])
			}
		}
		h = z
	}
	return h
}

func energy(logits []float64, y int) float64 {
	var sum float64
	for _, l := range logits {
		sum += math.Exp(l)
	}
	return -math.Log(math.Exp(logits[y]) / sum)
}

func TestMLPSettings(t *testing.T) {
	m, err := NewMLP(MLPSettings{Batch: 1})
	require.NoError(t, err)
	require.Equal(t, 785, m.Dim())
	require.Equal(t, 10, m.Labels())
	weights := 0
	for _, p := range m.Params() {
		weights += p.Shape().TotalSize()
	}
	require.Equal(t, 784*512+512+512*256+256+256*10+10, weights)
	linear, err := NewMLP(MLPSettings{Inputs: 3, Hidden: []int{}, Batch: 1})
	require.NoError(t, err)
	require.Len(t, linear.Params(), 2)

	for _, s := range []MLPSettings{
		{Inputs: -1, Batch: 1}, {Hidden: []int{3, 0}, Batch: 1}, {Labels: 1, Batch: 1}, {Batch: 0}, {Batch: 1, EvalBatch: -1},
	} {
		_, err := NewMLP(s)
		require.ErrorContains(t, err, "mlp", "%+v", s)
	}
}
