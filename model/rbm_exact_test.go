package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the test that caught each:
//
//	sign of b.v in F; softplus by min for max              LossIsTheMeanNegativeLogLikelihood
//	sign of the top in the exact ln Z; sign of p in the
//	  exact gradient                                       GradientAgainstCentralDifferences
//	only the last exponent of a product kept               RBMEnergiesAndLogZ
//	H ln 2 left out of ln Z_0; work of visible biases left
//	  out, or of the wrong sign; beta left out of P(v|h);
//	  h or the visible biases at the last beta; sign of
//	  the work                                             RBMImportanceWeightsAreUnbiased

// machine returns a model with the parameters of an exactly solved machine.
func machine(t testing.TB, r testsystems.RBM, s model.RBMSettings) *model.RBM {
	s.Visible, s.Hidden = len(r.VisibleBias), len(r.HiddenBias)
	s.Batch = 1
	m, err := model.NewRBM(s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	for i, values := range [][]float64{r.Weights, r.VisibleBias, r.HiddenBias} {
		switch dst := m.Params()[i].Value().(*tensor.Dense).Data().(type) {
		case []float64:
			copy(dst, values)
		case []float32:
			for j, v := range values {
				dst[j] = float32(v)
			}
		}
	}
	return m
}

func random(visible, hidden int, sd float64, seed uint64) testsystems.RBM {
	return testsystems.RandomRBM(visible, hidden, sd, sd, rand.New(rand.NewPCG(seed, 1)))
}

func bits(states [][]float64) []float32 {
	var x []float32
	for _, v := range states {
		for _, b := range v {
			x = append(x, float32(b))
		}
	}
	return x
}

func TestRBMEnergiesAndLogZ(t *testing.T) {
	for _, c := range []struct {
		visible, hidden int
		sd              float64
	}{
		{visible: 1, hidden: 1, sd: 1}, {visible: 1, hidden: 6, sd: 1}, {visible: 6, hidden: 1, sd: 1},
		{visible: 5, hidden: 7, sd: 0}, {visible: 7, hidden: 5, sd: 1}, {visible: 9, hidden: 10, sd: 3},
		{visible: 10, hidden: 9, sd: 3}, {visible: 3, hidden: 11, sd: 40}, {visible: 11, hidden: 6, sd: 40},
		{visible: 12, hidden: 40, sd: 10}, {visible: 40, hidden: 12, sd: 300}, {visible: 4, hidden: 4, sd: 2000},
	} {
		t.Run(fmt.Sprintf("%dx%d/%v", c.visible, c.hidden, c.sd), func(t *testing.T) {
			r := random(c.visible, c.hidden, c.sd, 3)
			m := machine(t, r, model.RBMSettings{Precision: model.Float64})
			lnZ, ok := m.LogZ()
			require.True(t, ok)
			require.InDelta(t, r.LogZ(), lnZ, 1e-12*max(1, math.Abs(lnZ)))
			states := r.Sample(20, rand.New(rand.NewPCG(1, 2)))
			phi := make([]float64, len(states))
			require.NoError(t, m.Energies(phi, bits(states)))
			for i, v := range states {
				require.InDelta(t, r.Energy(v), phi[i], 1e-12*max(1, math.Abs(phi[i])))
			}
		})
	}
	large := machine(t, testsystems.RBM{
		VisibleBias: make([]float64, 30), HiddenBias: make([]float64, 21), Weights: make([]float64, 630),
	}, model.RBMSettings{})
	_, ok := large.LogZ()
	require.False(t, ok)
}

// Samples drawn exactly and then moved are still samples: chi-squared over all states.
func TestRBMGibbsLeavesTheModelInvariant(t *testing.T) {
	const n = 100000
	for seed := range uint64(3) {
		r := random(6, 4, 1.2, seed)
		for _, precision := range []model.Precision{model.Float32, model.Float64} {
			m := machine(t, r, model.RBMSettings{Precision: precision})
			rng := rand.New(rand.NewPCG(seed, 9))
			x := bits(r.Sample(n, rng))
			before := append([]float32(nil), x...)
			for range 2 {
				require.NoError(t, m.Move(x, rng))
			}
			require.NotEqual(t, before, x)
			logp, err := r.LogProbabilities()
			require.NoError(t, err)
			model.RequireDistribution(t, x, logp, 6)
		}
	}
}

// From any start, the chains end in the model's distribution.
func TestRBMGibbsConverges(t *testing.T) {
	if testing.Short() {
		t.Skip("4,000,000 sweeps")
	}
	r := random(5, 4, 0.7, 8)
	m := machine(t, r, model.RBMSettings{})
	x := make([]float32, 5*100000)
	rng := rand.New(rand.NewPCG(1, 9))
	for range 40 {
		require.NoError(t, m.Move(x, rng))
	}
	logp, err := r.LogProbabilities()
	require.NoError(t, err)
	model.RequireDistribution(t, x, logp, 5)
}

// The mean importance weight is Z for any number of distributions, whatever base the chains start in.
func TestRBMImportanceWeightsAreUnbiased(t *testing.T) {
	const chains = 5000
	var worst, squares, cases float64
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		r := random(7, 5, 0.8, seed)
		for _, bias := range [][]float64{nil, {0, 0, 0, 0, 0, 0, 0}, {1, -1, 0.5, 0, 0.3, -2, 1}} {
			m := machine(t, r, model.RBMSettings{VisibleBias: bias})
			for _, distributions := range []int{1, 2, 8} {
				w := make([]float64, chains)
				require.NoError(t, m.LogWeights(w, distributions, rand.New(rand.NewPCG(seed, uint64(distributions)))))
				var sum, sum2 float64
				for _, l := range w {
					e := math.Exp(l - r.LogZ())
					sum, sum2 = sum+e, sum2+e*e
				}
				mean := sum / chains
				z := (mean - 1) / math.Sqrt((sum2/chains-mean*mean)/chains)
				worst, squares = max(worst, math.Abs(z)), squares+z*z
				cases++
				require.Less(t, math.Abs(z), 4.0, "seed %d, base %v, %d distributions: mean weight / Z = %.4f", seed, bias,
					distributions, mean)
			}
		}
	}
	t.Logf("%.0f cases: worst |z| %.2f, mean z^2 %.2f", cases, worst, squares/cases)
	require.InDelta(t, 1, squares/cases, 4*math.Sqrt(2/cases))
}

// ln Z from the log weights with its interval, by Jarzynski's equality (the log weights are minus the work): the
// interval holds the exact ln Z as often as it says.
func TestRBMAnnealedLogZCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("300 repetitions")
	}
	const chains, repetitions = 60, 300
	r := random(14, 10, 1, 5)
	m := machine(t, r, model.RBMSettings{})
	covered := 0
	var squares float64
	w := make([]float64, chains)
	for seed := range uint64(repetitions) {
		require.NoError(t, m.LogWeights(w, 100, rand.New(rand.NewPCG(seed, 3))))
		for i := range w {
			w[i] = -w[i]
		}
		lnZ := thermo.Jarzynski(w, nil).DeltaF.Scale(-1)
		if lnZ.Covers(r.LogZ()) {
			covered++
		}
		squares += lnZ.Z(r.LogZ()) * lnZ.Z(r.LogZ()) / repetitions
	}
	t.Logf("coverage %.3f, mean z^2 %.2f", float64(covered)/repetitions, squares)
	require.InDelta(t, 0.95, float64(covered)/repetitions, 0.04)
}

func TestRBMMoreDistributionsSpreadLess(t *testing.T) {
	m := machine(t, random(20, 15, 1, 6), model.RBMSettings{})
	last := math.Inf(1)
	for _, distributions := range []int{1, 10, 100, 1000} {
		w := make([]float64, 200)
		require.NoError(t, m.LogWeights(w, distributions, rand.New(rand.NewPCG(4, 4))))
		var mean, variance float64
		for _, l := range w {
			mean += l / 200
		}
		for _, l := range w {
			variance += (l - mean) * (l - mean) / 199
		}
		t.Logf("%4d distributions: standard deviation %.3f", distributions, math.Sqrt(variance))
		require.Less(t, variance, last/2)
		last = variance
	}
}

// The loop over distributions allocates nothing of its own (OpenBLAS, where it is in use, 100 bytes a product).
func TestRBMAnnealingDoesNotAllocate(t *testing.T) {
	m := machine(t, random(10, 8, 1, 6), model.RBMSettings{})
	w := make([]float64, 16)
	rng := rand.New(rand.NewPCG(1, 1))
	allocs := func(distributions int) float64 {
		return testing.AllocsPerRun(5, func() {
			if err := m.LogWeights(w, distributions, rng); err != nil {
				t.Fatal(err)
			}
		})
	}
	require.Equal(t, allocs(2), allocs(200))
}

func TestRBMSeedsDecide(t *testing.T) {
	r := random(9, 6, 1, 2)
	a, b := machine(t, r, model.RBMSettings{}), machine(t, r, model.RBMSettings{})
	x, y := make([]float32, 9*300), make([]float32, 9*300)
	v, w := make([]float64, 300), make([]float64, 300)
	one, two := rand.New(rand.NewPCG(1, 5)), rand.New(rand.NewPCG(1, 5))
	for range 3 {
		require.NoError(t, a.Move(x, one))
		require.NoError(t, b.Move(y, two))
		require.NoError(t, a.LogWeights(v, 7, one))
		require.NoError(t, b.LogWeights(w, 7, two))
	}
	require.Equal(t, x, y)
	require.Equal(t, v, w)
	require.NoError(t, b.LogWeights(w, 7, two))
	require.NotEqual(t, v, w)
}
