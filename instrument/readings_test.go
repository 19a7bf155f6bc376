package instrument

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/internal/vector"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	GradientNorm: accumulated in float32                        TestGradientNormOfMixedPrecision
//	displacement: sum |d| for sum d^2; new reference each time  TestReadingsAgainstHandComputation

func TestReadingsAgainstHandComputation(t *testing.T) {
	const rate = 0.1
	for name, build := range networks {
		t.Run(name, func(t *testing.T) {
			n, twin := build(t), build(t)
			rec := NewMemory()
			m := New(n.cost, rec)
			for _, q := range quantities()[:5] {
				m.Track(q, Every(1))
			}
			solver := m.Wrap(G.NewVanillaSolver(G.WithLearnRate(rate)))
			start := n.weights(t)
			for range 5 {
				before := n.weights(t)
				require.NoError(t, twin.vm.RunAll())
				cost := fmt.Sprint(twin.cost.Value())
				require.NoError(t, twin.step(t, NewSGD(rate)))
				require.NoError(t, n.step(t, solver))
				after := n.weights(t)
				e := rec.Events()[len(rec.Events())-1]
				assert.Equal(t, cost, fmt.Sprint(shortest(n, e.Readings[0].Reading.Value)))
				update := distance(after, before)
				assert.InEpsilon(t, update/rate, e.Readings[1].Reading.Value, 1e-4, "gradient norm")
				assert.InEpsilon(t, update, e.Readings[2].Reading.Value, 1e-12, "update norm")
				if e.Step == 0 {
					assert.Zero(t, e.Readings[3].Reading.Value)
					continue
				}
				moved, norm := distance(before, start), distance(start, make([]float64, len(start)))
				assert.InEpsilon(t, moved, e.Readings[3].Reading.Value, 1e-12, "displacement")
				assert.InEpsilon(t, moved/norm, e.Readings[4].Reading.Value, 1e-12)
			}
		})
	}
}

// shortest returns the loss in the precision of the network.
func shortest(n *network, x float64) any {
	if n.cost.Dtype() == tensor.Float32 {
		return float32(x)
	}
	return x
}

func distance(a, b []float64) (d float64) {
	for i := range a {
		d = math.Hypot(d, a[i]-b[i])
	}
	return d
}

func TestGradientNormOfMixedPrecision(t *testing.T) {
	// 3e-30 squared would vanish in float32.
	b := newVectorParam("b", 2)
	b32 := &vectorParam{
		name:  "c",
		value: tensor.New(tensor.WithBacking([]float32{0, 0})),
		grad:  tensor.New(tensor.WithBacking([]float32{3e-30, 4e-30})),
	}
	b.grad.Float64s()[1] = 12e-30
	rec := NewMemory()
	m := New(nil, rec)
	m.Track(GradientNorm(), Every(1))
	require.NoError(t, m.Wrap(solverFunc(nothing)).Step([]G.ValueGrad{b, b32}))
	_, r := rec.Series("grad_norm")
	assert.InEpsilon(t, 13e-30, r[0].Value, 1e-6)
}

// The last bit of a reading must not depend on where the memory of the network happens to lie.
func TestDotDoesNotDependOnAlignment(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	x := make([]float32, 1003)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	x64 := appendFloat64(nil, x)
	memory32, memory64 := make([]float32, len(x)+4), make([]float64, len(x)+4)
	want32, want64 := vector.Dot(x, x), dot64(x64, x64)
	for offset := range 4 {
		y32, y64 := memory32[offset:offset+len(x)], memory64[offset:offset+len(x)]
		copy(y32, x)
		copy(y64, x64)
		assert.Equal(t, want32, vector.Dot(y32, y32))
		assert.Equal(t, want64, dot64(y64, y64))
	}
	var plain float64
	for _, v := range x64 {
		plain += v * v
	}
	assert.InEpsilon(t, plain, want32, 1e-13)
	assert.InEpsilon(t, plain, want64, 1e-13)
}

func TestLossIsUnknownWithAReason(t *testing.T) {
	t.Run("no cost", func(t *testing.T) { assertUnknownLoss(t, newLine(t, tensor.Float32), nil, "no cost node") })
	t.Run("other graph", func(t *testing.T) {
		assertUnknownLoss(t, newLine(t, tensor.Float32), newLine(t, tensor.Float32).cost, "another graph")
	})
	t.Run("not an output", func(t *testing.T) {
		n := newLine(t, tensor.Float32)
		unlisted := G.Must(G.Add(n.cost, n.cost))
		assertUnknownLoss(t, n, unlisted, "CompileFunction")
	})
}

func assertUnknownLoss(t *testing.T, n *network, cost *G.Node, reason string) {
	t.Helper()
	rec := NewMemory()
	m := New(cost, rec)
	m.Track(Loss(), Every(1))
	n.train(t, m.Wrap(NewSGD(0.1)), 1)
	_, r := rec.Series("loss")
	require.False(t, r[0].Known())
	assert.Contains(t, r[0].Warnings[0], reason)
}
