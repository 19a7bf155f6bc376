package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

// An EBM learns two heaps in the plane while observer chains, moved by MALA, carry the work of its learning: their ln Z
// must be that of quadrature, and the exact likelihood must rise.
func TestEBMJarzynskiAlongTraining(t *testing.T) {
	runs, chains := 12, 1000
	steps := 60
	if testing.Short() {
		runs = 1
	}
	const (
		grid  = 160
		side  = 20.0
		sigma = 1.5
		batch = 50
	)
	var points []float32
	for c := range grid * grid {
		points = append(points, float32(side/grid*(float64(c%grid)+0.5)-side/2),
			float32(side/grid*(float64(c/grid)+0.5)-side/2))
	}
	var chi2, dissipated float64
	for run := range runs {
		rng := rand.New(rand.NewPCG(uint64(run), 1))
		m, err := model.NewEBM(model.EBMSettings{Dim: 2, Hidden: []int{16, 8}, Sigma: sigma, Batch: batch, EvalBatch: 200,
			Buffer: 200, Proposals: 2, Precision: model.Float64})
		require.NoError(t, err)
		m.Init(rng)
		training, err := m.NewTraining(nil, rand.NewPCG(uint64(run), 2))
		require.NoError(t, err)
		m.Use(training)
		heaps := func() []float32 {
			x := make([]float32, 2*batch)
			for i := range x {
				x[i] = float32(1.5*float64(1-2*(i/2%2)) + 0.4*rng.NormFloat64())
			}
			return x
		}
		lnZ := func() float64 {
			phi := make([]float64, grid*grid)
			require.NoError(t, m.Energies(phi, points))
			var z float64
			for _, e := range phi {
				z += math.Exp(-e)
			}
			return math.Log(z * side * side / grid / grid)
		}
		nll := func(x []float32) (mean float64) {
			phi := make([]float64, batch)
			require.NoError(t, m.Energies(phi, x))
			for _, e := range phi {
				mean += e / batch
			}
			return mean + lnZ()
		}
		test := heaps()
		first, z0 := nll(test), lnZ()
		known, ok := m.LogZ()
		require.True(t, ok)
		require.InDelta(t, z0, known, 1e-4)

		observers := make([]float32, 2*chains)
		require.NoError(t, m.Start(observers, nil, rng))
		before, after := make([]float64, chains), make([]float64, chains)
		work := make([]float64, chains)
		for range steps {
			require.NoError(t, m.Energies(before, observers))
			model.Descend(t, m, heaps(), 0.15)
			require.NoError(t, m.Energies(after, observers))
			for k := range work {
				work[k] += after[k] - before[k]
			}
			require.NoError(t, m.Move(observers, rng))
		}
		j := thermo.Jarzynski(work, nil)
		exact := -(lnZ() - z0)
		z := (j.DeltaF.Value - exact) / j.DeltaF.SE
		t.Logf("run %d: dF %.4f +- %.4f, exactly %.4f (z = %.2f, effective sample %.0f); likelihood %.3f -> %.3f",
			run, j.DeltaF.Value, j.DeltaF.SE, exact, z, j.ESS, -first, -nll(test))
		chi2 += z * z
		require.Greater(t, first-nll(test), 0.02, "the likelihood did not rise")
		for _, w := range work {
			dissipated += (w - exact) / float64(chains) / j.DeltaF.SE
		}
		require.NoError(t, m.Close())
	}
	require.Greater(t, dissipated/float64(runs), 4.0, "the test could not tell work from free energy")
	require.Greater(t, distuv.ChiSquared{K: float64(runs)}.Survival(chi2), 1e-3)
}
