package instrument

import (
	"math"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	loss of another graph; windows shared by parts  TestOneSolverServesTwoGraphs
//	parameter known by its name alone               TestOneSolverServesTwoGraphs

// Training loops as they are found in the wild. They must train as without a meter, and be measured.

// A loop that drops the error of Step finds it in Err and Close; a bare one would have trained on with NaN.
func TestStepErrorIsIgnored(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	m := New(n.cost, rec)
	m.Track(Loss(), Every(1))
	solver := m.Wrap(G.NewVanillaSolver(G.WithLearnRate(0.1)))
	var last []float64
	for step := range 10 {
		if step == 4 {
			n.params[1].Value().(*tensor.Dense).Float64s()[2] = math.Inf(1)
			last = n.weights(t)
		}
		require.NoError(t, n.vm.RunAll())
		solver.Step(G.NodesToValueGrads(n.params))
		n.vm.Reset()
	}
	var e *NonFiniteError
	require.ErrorAs(t, m.Err(), &e)
	assert.Equal(t, []any{4, 3, "b", 2}, []any{e.Step, e.LastGood, e.Name, e.Element})
	assert.Equal(t, last, n.weights(t), "nothing is updated behind the error")
	got, _ := rec.Series("loss")
	assert.Equal(t, []int{0, 1, 2, 3}, got)
	assert.Equal(t, m.Err(), m.Close())
}

// A loop that gathers its parameters anew in every step, each time in another slice, is one part.
func TestSliceIsRebuiltEachStep(t *testing.T) {
	for name, build := range networks {
		n, kept := build(t), build(t)
		rec := NewMemory()
		m := New(n.cost, rec)
		m.Track(WeightDisplacement(), Every(1))
		solver, bare := m.Wrap(G.NewMomentum()), G.NewMomentum()
		once := G.NodesToValueGrads(kept.params)
		for range 6 {
			require.NoError(t, n.vm.RunAll())
			var model []G.ValueGrad
			for _, p := range n.params {
				model = append(model, p)
			}
			require.NoError(t, solver.Step(model))
			n.vm.Reset()
			require.NoError(t, kept.vm.RunAll())
			require.NoError(t, bare.Step(once))
			kept.vm.Reset()
		}
		assert.Equal(t, kept.weights(t), n.weights(t), name)
		steps, r := rec.Series("weight_displacement")
		assert.Equal(t, []int{0, 1, 2, 3, 4, 5}, steps, name)
		assert.NotZero(t, r[5].Value, name)
	}
}

func TestZeroGradientWarns(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	m := New(n.cost, rec)
	m.Track(GradientNorm(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	for range 2 { // without Reset
		require.NoError(t, n.vm.RunAll())
		require.NoError(t, solver.Step(G.NodesToValueGrads(n.params)))
	}
	_, r := rec.Series("grad_norm")
	assert.Empty(t, r[0].Warnings)
	assert.Contains(t, r[1].Warnings[0], "Reset")
}

func TestStepBeforeOrAfterReset(t *testing.T) {
	for name, build := range networks {
		t.Run(name, func(t *testing.T) {
			var records [2]*record.History
			for i := range records {
				n, rec := build(t), NewMemory()
				records[i] = rec
				m := New(n.cost, rec)
				m.Track(Loss(), Every(1))
				m.Track(GradientNorm(), Every(1))
				solver := m.Wrap(G.NewVanillaSolver())
				for range 10 {
					require.NoError(t, n.vm.RunAll())
					if i == 0 {
						n.vm.Reset()
					}
					require.NoError(t, solver.Step(G.NodesToValueGrads(n.params)))
					if i == 1 {
						n.vm.Reset()
					}
				}
			}
			assert.Equal(t, records[1].Events(), records[0].Events())
			assert.True(t, records[0].Events()[9].Readings[0].Reading.Known())
		})
	}
}

func TestStepBeforeTheFirstRun(t *testing.T) {
	n := newMLP(t, tensor.Float32, 2, 2, 1)
	m := New(n.cost, NewMemory())
	solver := m.Wrap(G.NewVanillaSolver())
	err := solver.Step(G.NodesToValueGrads(n.params))
	require.ErrorContains(t, err, `step 0: parameter 0 "w0"`)
	assert.ErrorContains(t, err, "RunAll")
	assert.Equal(t, err, m.Err())
	n.train(t, solver, 3) // no harm was done
	assert.Equal(t, err, m.Close(), "the first error is kept")
}

func TestTwoSolversTrainTheirOwnParts(t *testing.T) {
	n, bare := newMLP(t, tensor.Float64, 4, 3, 2), newMLP(t, tensor.Float64, 4, 3, 2)
	rec := NewMemory()
	m := New(n.cost, rec)
	m.Track(WeightDisplacement(), Every(1))
	a, b := m.Wrap(G.NewMomentum()), m.Wrap(G.NewAdamSolver())
	bareA, bareB := G.NewMomentum(), G.NewAdamSolver()
	for range 10 {
		for _, run := range []struct {
			n    *network
			a, b G.Solver
		}{{n: n, a: a, b: b}, {n: bare, a: bareA, b: bareB}} {
			require.NoError(t, run.n.vm.RunAll())
			require.NoError(t, run.a.Step(G.NodesToValueGrads(run.n.params[:2])))
			require.NoError(t, run.b.Step(G.NodesToValueGrads(run.n.params[2:])))
			run.n.vm.Reset()
		}
	}
	assert.Equal(t, bare.weights(t), n.weights(t))
	require.Len(t, rec.Events(), 20)
	for i, e := range rec.Events() {
		assert.Equal(t, []int{i / 2, i % 2}, []int{e.Step, e.Part})
		assert.Equal(t, i < 2, e.Readings[0].Reading.Value == 0, "each part has its own reference")
	}
}

// Gorgonia's solvers have fixed learning rates: loops that lower theirs make a new solver.
func TestSolverIsReplacedDuringTraining(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	m := New(n.cost, rec)
	m.Track(WeightDisplacement(), Every(1))
	for i := range 3 {
		n.train(t, m.Wrap(G.NewVanillaSolver(G.WithLearnRate(0.1/float64(1+i)))), 2)
	}
	got, r := rec.Series("weight_displacement")
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5}, got)
	assert.Greater(t, r[5].Value, r[4].Value)
}

func TestOneSolverServesTwoGraphs(t *testing.T) {
	one, two := newLine(t, tensor.Float64), newLine(t, tensor.Float64)
	rec := NewMemory()
	for i, w := range two.params[1].Value().(*tensor.Dense).Float64s() {
		two.params[1].Value().(*tensor.Dense).Float64s()[i] = w + 1
	}
	m := New(one.cost, rec)
	m.Track(Loss(), Every(1))
	m.Track(WeightDisplacement(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	for range 5 {
		require.NoError(t, one.step(t, solver))
		require.NoError(t, two.step(t, solver))
	}
	require.Len(t, rec.Events(), 10)
	for i, e := range rec.Events() {
		assert.Equal(t, []int{i / 2, i % 2}, []int{e.Step, e.Part})
		assert.Equal(t, i%2 == 0, e.Readings[0].Reading.Known(), "the cost node is of the first graph")
		assert.Equal(t, i < 2, e.Readings[1].Reading.Value == 0)
	}
}

func TestRebuiltGraphOverTheSameWeightsIsTheSamePart(t *testing.T) {
	rec := NewMemory()
	m := New(nil, rec)
	m.Track(WeightDisplacement(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	old := newLine(t, tensor.Float64)
	for range 4 {
		n := newLine(t, tensor.Float64)
		for i, p := range old.params {
			require.NoError(t, G.Let(n.params[i], p.Value()))
		}
		require.NoError(t, n.step(t, solver))
		old = n
	}
	steps, r := rec.Series("weight_displacement")
	assert.Equal(t, []int{0, 1, 2, 3}, steps)
	assert.Greater(t, r[3].Value, r[2].Value)
}
