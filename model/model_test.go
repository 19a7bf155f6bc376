package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// models returns every model in float64, small, initialised, with the sampler of rows that it is trained on.
func models(t *testing.T, batch int) map[string]PPM {
	made1, err := NewMADE(MADESettings{Dim: 7, Hidden: []int{9}, Seed: 3, Batch: batch, EvalBatch: 4, Precision: Float64})
	require.NoError(t, err)
	made2, err := NewMADE(MADESettings{Dim: 7, Hidden: []int{8, 6}, Seed: 4, Batch: batch, EvalBatch: 4,
		Precision: Float64})
	require.NoError(t, err)
	gauss, err := NewGaussian(GaussianSettings{Dim: 3, Sigma: 0.7, InitVar: 2, Batch: batch, EvalBatch: 4,
		Precision: Float64})
	require.NoError(t, err)
	rbm, err := NewRBM(RBMSettings{Visible: 7, Hidden: 5, Gradient: RBMExact, Batch: batch, EvalBatch: 4,
		Precision: Float64})
	require.NoError(t, err)
	all := map[string]PPM{"made": made1, "made deep": made2, "gaussian": gauss, "rbm": rbm}
	all["mlp"], err = NewMLP(MLPSettings{Inputs: 6, Hidden: []int{7, 5}, Labels: 4, Batch: batch, EvalBatch: 4,
		Precision: Float64})
	require.NoError(t, err)
	all["conv 12"], err = NewConv(ConvSettings{Side: 12, Channels: [2]int{2, 3}, Hidden: 5, Labels: 3, Batch: batch,
		EvalBatch: 4, Precision: Float64})
	require.NoError(t, err)
	all["conv 21"], err = NewConv(ConvSettings{Side: 21, Channels: [2]int{2, 2}, Hidden: 4, Labels: 3, Batch: batch,
		EvalBatch: 4, Precision: Float64})
	require.NoError(t, err)
	for name, m := range all {
		m.Init(rand.New(rand.NewPCG(1, uint64(len(name)))))
		for i, p := range m.Params() { // biases away from 0, where ReLU and masks could hide an error
			if m.Free(i) == nil {
				rng := rand.New(rand.NewPCG(2, uint64(i)))
				fill(p.Value().(*tensor.Dense), func(int) float64 { return 0.3 * rng.NormFloat64() })
			}
		}
		t.Cleanup(func() { require.NoError(t, m.Close()) })
	}
	return all
}

// moved returns rows after one move of the kernel, from 0; a classifier's at random inputs.
func moved(t *testing.T, m PPM, rows int) []float32 {
	rng := rand.New(rand.NewPCG(5, 6))
	x := make([]float32, rows*m.Dim())
	if c, ok := m.(Classifier); ok {
		x = inputs(c, rows, rng)
	}
	require.NoError(t, m.Move(x, rng))
	return x
}

func TestGradientAgainstCentralDifferences(t *testing.T) {
	const batch = 5
	for name, m := range models(t, batch) {
		t.Run(name, func(t *testing.T) {
			x := moved(t, m, batch)
			before := append([]float32(nil), x...)
			loss := func() float64 {
				l, err := m.Loss(x)
				require.NoError(t, err)
				return l
			}
			loss()
			gradients(t, m) // cleared: the next run finds what the first left behind
			loss()
			grads := gradients(t, m)
			requireGradient(t, m, grads, loss)
			for i := range grads {
				for j, free := range m.Free(i) {
					if !free {
						require.Zero(t, grads[i][j], "a weight behind the mask has a gradient")
					}
				}
			}
			require.Equal(t, before, x, "the input was changed")
		})
	}
}

func TestLossIsTheMeanNegativeLogLikelihood(t *testing.T) {
	const batch = 6
	for name, m := range models(t, batch) {
		x := moved(t, m, batch)
		loss, err := m.Loss(x)
		require.NoError(t, err)
		phi := make([]float64, batch) // two programs' batches: 4 rows and 2
		require.NoError(t, m.Energies(phi, x))
		var mean float64
		for _, e := range phi {
			mean += e / batch
		}
		lnZ, ok := m.LogZ()
		require.True(t, ok, name)
		require.InDelta(t, mean+lnZ, loss, 1e-12, name)
	}
}

// Rows are evaluated batch by batch, the last one padded: that must not show.
func TestEnergiesAlone(t *testing.T) {
	m, err := NewMADE(MADESettings{Dim: 196, Hidden: []int{128}, Batch: 2, EvalBatch: 64})
	require.NoError(t, err)
	m.Init(rand.New(rand.NewPCG(1, 1)))
	const rows = 150
	x := make([]float32, rows*196)
	require.NoError(t, m.Move(x, rand.New(rand.NewPCG(5, 6))))
	together, apart := make([]float64, rows), make([]float64, rows)
	require.NoError(t, m.Energies(together, x))
	for i := range apart {
		require.NoError(t, m.Energies(apart[i:i+1], x[i*196:(i+1)*196]))
	}
	require.InDeltaSlice(t, apart, together, 1e-4)
}

func TestGaussianEnergyAndSamples(t *testing.T) {
	m, err := NewGaussian(GaussianSettings{Dim: 2, Sigma: 0.5, InitVar: 1, Batch: 1, Precision: Float64})
	require.NoError(t, err)
	copy(m.theta.Float64s(), []float64{1, -2})
	phi := make([]float64, 1)
	require.NoError(t, m.Energies(phi, []float32{1.5, -2.25}))
	require.InDelta(t, (0.25+0.0625)/(2*0.25)+math.Log(2*math.Pi*0.25), phi[0], 1e-12)

	const n = 40000
	x := make([]float32, 2*n)
	require.NoError(t, m.Move(x, rand.New(rand.NewPCG(7, 8))))
	var sum, squares float64
	for i := range n {
		d := float64(x[2*i]) - 1
		sum += d
		squares += d * d
	}
	require.Less(t, math.Abs(sum/n)/(0.5/math.Sqrt(n)), 4.0, "z of the mean")
	require.Less(t, math.Abs(squares/n/0.25-1)/math.Sqrt(2.0/n), 4.0, "z of the variance")
}

func TestFloat32AgreesWithFloat64(t *testing.T) {
	s := MADESettings{Dim: 30, Hidden: []int{20}, Seed: 9, Batch: 3}
	single, err := NewMADE(s)
	require.NoError(t, err)
	s.Precision = Float64
	double, err := NewMADE(s)
	require.NoError(t, err)
	single.Init(rand.New(rand.NewPCG(1, 1)))
	double.Init(rand.New(rand.NewPCG(1, 1)))
	x := make([]float32, 3*30)
	require.NoError(t, double.Move(x, rand.New(rand.NewPCG(5, 6))))
	a, b := make([]float64, 3), make([]float64, 3)
	require.NoError(t, single.Energies(a, x))
	require.NoError(t, double.Energies(b, x))
	require.InDeltaSlice(t, b, a, 1e-5)
}

func TestBadSettings(t *testing.T) {
	for _, s := range []MADESettings{
		{Dim: 1, Hidden: []int{3}, Batch: 1}, {Dim: 4, Batch: 1}, {Dim: 4, Hidden: []int{0}, Batch: 1},
		{Dim: 4, Hidden: []int{3}},
	} {
		_, err := NewMADE(s)
		require.ErrorContains(t, err, "made", "%+v", s)
	}
	for _, s := range []GaussianSettings{
		{Dim: 0, Sigma: 1, Batch: 1}, {Dim: 1, Sigma: 0, Batch: 1}, {Dim: 1, Sigma: 1, InitVar: -1, Batch: 1},
		{Dim: 1, Sigma: math.NaN(), Batch: 1}, {Dim: 1, Sigma: 1},
	} {
		_, err := NewGaussian(s)
		require.ErrorContains(t, err, "gaussian", "%+v", s)
	}
}
