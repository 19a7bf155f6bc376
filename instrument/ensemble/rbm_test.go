package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// barsAndStripes draws n of the 22 patterns of 3 x 4 pixels whose rows, or whose columns, are of one colour.
func barsAndStripes(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 34))
	var x []float32
	for range n {
		pattern := rng.IntN(22) // 16 of columns, 6 of rows that are not plain
		for i := range 12 {
			row, column := i/4, i%4
			bit := pattern >> column & 1
			if pattern >= 16 {
				bit = (pattern - 15) >> row & 1
			}
			x = append(x, float32(bit))
		}
	}
	return x
}

const smallBatch, smallParticles = 50, 100

func smallRBM() (model.PPM, error) {
	return model.NewRBM(model.RBMSettings{
		Visible: 12, Hidden: 8, InitSD: 0.1, Gibbs: 1, Particles: smallParticles, Batch: smallBatch,
	})
}

// A 12 x 8 machine on bars and stripes: exact ln Z, annealing and the work of 1,000 observer chains along 2,000 steps
// of training agree at every observation, and the fluctuation average is 1.
func TestFreeEnergiesOfASmallRBM(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of a training run")
	}
	e, err := New(Config{
		Seed: 2, Replicas: 1, Chains: 1000, Batch: smallBatch, Rate: 0.1, Observe: instrument.LogSteps(1, 2000, 20),
		BurnIn: 200, Moves: 20, Follow: 5, FollowMoves: 5, Annealing: Annealing{Chains: 500, Distributions: 300},
	}, smallRBM, [][]float32{barsAndStripes(1, 400)}, barsAndStripes(2, 200))
	require.NoError(t, err)
	defer e.Close()
	var rows []*Row
	for _, o := range observe(t, e) {
		rows = append(rows, o.Row())
	}
	last := rows[len(rows)-1]
	require.Greater(t, math.Abs(last.DeltaF.Value), 5.0, "training moved the free energy")
	require.Less(t, last.TestNLL.Value, rows[0].TestNLL.Value-3, "it learned")
	for _, r := range rows[1:] {
		for name, d := range map[string]Discrepancy{"work": r.WorkLessExact, "annealing": r.AnnealedLessExact} {
			require.Less(t, math.Abs(d.Difference.Value)-math.Abs(d.Bias), 3*d.Difference.SE, "%s at step %d", name, r.Step)
			require.Less(t, d.Difference.SE, 0.5, "%s at step %d: too wide to tell anything", name, r.Step)
		}
		require.Less(t, math.Abs(r.Fluctuation.Z), 3.0, "fluctuation average at step %d: %v", r.Step, r.Fluctuation.Average)
		require.Less(t, r.Fluctuation.Average.SE, 0.5)
	}
	for _, c := range Books(rows) {
		require.NotEqual(t, record.Fail, c.Verdict, "%+v", c)
	}
}

// Chains that feed the gradient make theta depend on them: the fluctuation theorem then fails. This is why observer
// chains are kept apart from chains that train.
func TestTrainingChainsBreakTheFluctuationTheorem(t *testing.T) {
	m, err := smallRBM()
	require.NoError(t, err)
	defer m.Close()
	rbm := m.(*model.RBM)
	rbm.Init(rand.New(rand.NewPCG(1, 1)))
	data := barsAndStripes(1, 400)
	training, err := rbm.NewTraining(data, rand.NewPCG(2, 2))
	require.NoError(t, err)
	rbm.Use(training)
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		require.NoError(t, rbm.Move(training.Chains, rng)) // to equilibrium at theta_0
	}
	lnZ0, _ := rbm.LogZ()
	books := thermo.NewSwitching(smallParticles)
	before, after := make([]float64, smallParticles), make([]float64, smallParticles)
	work := make([]float64, smallParticles)
	batch := make([]float32, smallBatch*12)
	solver, params := instrument.NewSGD(0.1), G.NodesToValueGrads(rbm.Params())
	for range 500 {
		for i := range smallBatch {
			copy(batch[i*12:(i+1)*12], data[rng.IntN(400)*12:])
		}
		_, err := rbm.Loss(batch)
		require.NoError(t, err)
		require.NoError(t, rbm.Energies(before, training.Chains))
		require.NoError(t, solver.Step(params))
		require.NoError(t, rbm.Energies(after, training.Chains))
		for k := range work {
			work[k] = after[k] - before[k]
		}
		require.NoError(t, books.Add(work))
	}
	lnZ, _ := rbm.LogZ()
	f := thermo.FluctuationSinceStart([]thermo.Switching{books}, []estimate.Estimate{estimate.Exact(lnZ0 - lnZ)})
	t.Logf("average %v, Z %.3g, dissipated %.3g", f.Average, f.Z, f.Dissipation)
	require.Greater(t, math.Abs(f.LogAverage), 3*books.DeltaF().SE+0.3)
}
