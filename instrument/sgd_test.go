package instrument

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	sqrt(r T), sqrt(2 T) for sqrt(2 r T)           TestLangevinNoise, TestLangevinStationaryState
//	sign of the update; gradient not cleared       TestSGDIsVanillaToTheBit, TestReadingsAgainstHandComputation

func TestSGDIsVanillaToTheBit(t *testing.T) {
	for name, build := range networks {
		for _, rate := range []float64{0.1, 1.0 / 3, 1e-3} {
			vanilla, fused := build(t), build(t)
			vanilla.train(t, G.NewVanillaSolver(G.WithLearnRate(rate)), 200)
			fused.train(t, NewSGD(rate), 200)
			assert.Equal(t, vanilla.weights(t), fused.weights(t), name)
			assert.NotEqual(t, build(t).weights(t), fused.weights(t), name)
		}
	}
	// Lengths off any vector width.
	vanilla, fused := newMLP(t, tensor.Float32, 37, 23, 9), newMLP(t, tensor.Float32, 37, 23, 9)
	vanilla.train(t, G.NewVanillaSolver(G.WithLearnRate(0.1)), 50)
	fused.train(t, NewSGD(0.1), 50)
	assert.Equal(t, vanilla.weights(t), fused.weights(t))
}

func TestSGDClearsTheGradient(t *testing.T) {
	n := newMLP(t, tensor.Float64, 3, 2, 1)
	n.train(t, NewSGD(0.1), 1)
	for _, p := range n.params {
		grad, err := p.Grad()
		require.NoError(t, err)
		assert.Equal(t, make([]float64, p.Value().Shape().TotalSize()), grad.(*tensor.Dense).Float64s())
	}
}

func TestSGDNamesTheParameterItCannotUpdate(t *testing.T) {
	n := newMLP(t, tensor.Float64, 3, 2, 1)
	assert.ErrorContains(t, NewSGD(0.1).Step(G.NodesToValueGrads(n.params)), `SGD: parameter 0 "w0": no gradient yet`)
}

func TestLangevinNoise(t *testing.T) {
	const d, rate, T = 100_000, 0.05, 0.3
	p := newVectorParam("w", d)
	step := func(seed uint64, T float64) []float64 {
		clear(p.value.Float64s())
		for i := range p.grad.Float64s() {
			p.grad.Float64s()[i] = 2
		}
		require.NoError(t, NewSGD(rate).WithTemperature(T, rand.New(rand.NewPCG(seed, 0))).Step([]G.ValueGrad{p}))
		return append([]float64(nil), p.value.Float64s()...)
	}
	x := step(1, T)
	assert.Equal(t, x, step(1, T), "one stream, one answer")
	var mean, square float64
	for _, v := range x {
		mean += v / d
	}
	for _, v := range x {
		square += (v - mean) * (v - mean) / (d - 1)
	}
	const variance = 2 * rate * T
	assert.Less(t, math.Abs(mean-(-rate*2))/math.Sqrt(variance/d), 4.0, "mean")
	assert.Less(t, math.Abs(square-variance)/(variance*math.Sqrt(2.0/d)), 4.0, "variance")

	rng := rand.New(rand.NewPCG(1, 0))
	require.NoError(t, NewSGD(rate).WithTemperature(0, rng).Step([]G.ValueGrad{p}))
	assert.Equal(t, rand.New(rand.NewPCG(1, 0)).Uint64(), rng.Uint64(), "T = 0 draws nothing")
}

// TestLangevinStationaryState: on the quadratic l/2 theta^2 the chain is an autoregression with the stationary
// variance 2 r T / (1 - (1 - r l)^2) = 2 T / (l (2 - r l)), T/l for small r. 20,000 independent coordinates.
func TestLangevinStationaryState(t *testing.T) {
	const d, rate, T, l = 20_000, 0.4, 0.7, 1.5
	p := newVectorParam("w", d)
	s := NewSGD(rate).WithTemperature(T, rand.New(rand.NewPCG(7, 7)))
	for range 60 { // |1 - r l|^60 is below 1e-23
		for i, w := range p.value.Float64s() {
			p.grad.Float64s()[i] = l * w
		}
		require.NoError(t, s.Step([]G.ValueGrad{p}))
	}
	var square float64
	for _, w := range p.value.Float64s() {
		square += w * w / d
	}
	const variance = 2 * T / (l * (2 - rate*l))
	z := (square - variance) / (variance * math.Sqrt(2.0/d))
	assert.Less(t, math.Abs(z), 4.0)
	assert.Greater(t, math.Abs(square-T/l)/(variance*math.Sqrt(2.0/d)), 10.0,
		"the discrete state differs from the continuous one")
}
