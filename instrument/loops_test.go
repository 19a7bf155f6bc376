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
//	copies not known again                          TestRebuiltGraphIsTheSamePart
//	loss of the first graph's cost for ever         TestRebuiltGraphIsTheSamePart
//	order not looked at                             TestParametersInAnotherOrderAreAnError

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

// A graph that is built anew in every step, over the same weights or over copies of them, is one part, whose loss is
// that of its own cost node, and trains as a graph that is kept.
func TestRebuiltGraphIsTheSamePart(t *testing.T) {
	for name, build := range networks {
		for how, hand := range map[string]func(v G.Value) (G.Value, error){
			"the same weights": func(v G.Value) (G.Value, error) { return v, nil },
			"copies of them":   G.CloneValue,
		} {
			rec, kept := NewMemory(), NewMemory()
			old, bare := build(t), build(t)
			m, n := New(old.cost, rec), New(bare.cost, kept)
			for _, meter := range []*Meter{m, n} {
				meter.Track(Loss(), Every(1))
				meter.Track(WeightDisplacement(), Every(1))
			}
			solver := m.Wrap(G.NewMomentum())
			bare.train(t, n.Wrap(G.NewMomentum()), 4)
			require.NoError(t, old.step(t, solver))
			for range 3 {
				n := build(t)
				for i, p := range old.params {
					v, err := hand(p.Value())
					require.NoError(t, err)
					require.NoError(t, G.Let(n.params[i], v))
				}
				require.NoError(t, n.step(t, solver))
				old = n
			}
			require.Len(t, m.parts, 1, "%s, %s", name, how)
			assert.Equal(t, kept.Events(), rec.Events(), "%s, %s", name, how)
			assert.True(t, rec.Events()[3].Readings[0].Reading.Known())
		}
	}
}

// Where the rebuilt graph has no node like the cost node, the loss is not known, and why.
func TestRebuiltGraphWithAnotherCost(t *testing.T) {
	old, rec := newScalar(t, tensor.Float64), NewMemory()
	m := New(old.cost, rec)
	m.Track(Loss(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	require.NoError(t, old.step(t, solver))
	g := G.NewGraph()
	a := G.NewScalar(g, tensor.Float64, G.WithName("a"), G.WithValue(old.params[0].Value()))
	other := &network{params: G.Nodes{a}, cost: G.Must(G.Cube(a))}
	_, err := G.Grad(other.cost, a)
	require.NoError(t, err)
	other.vm = G.NewTapeMachine(g, G.BindDualValues(a))
	defer other.vm.Close()
	require.NoError(t, other.step(t, solver))
	_, r := rec.Series("loss")
	require.True(t, r[0].Known() && !r[1].Known())
	assert.Contains(t, r[1].Warnings[0], "gorgonia.WithName")
}

// Copies that are changed on the way cannot be told from other networks: after many of them the readings say so.
func TestManyEqualPartsWarn(t *testing.T) {
	rec := NewMemory()
	m := New(nil, rec)
	m.Track(GradientNorm(), Every(1))
	solver := m.Wrap(solverFunc(nothing))
	for step := range manyParts + 2 {
		p := newVectorParam("w", 3)
		p.value.Float64s()[0] = float64(step)
		p.grad.Float64s()[0] = 1
		require.NoError(t, solver.Step([]G.ValueGrad{p}))
	}
	for i, e := range rec.Events() {
		warnings := e.Readings[0].Reading.Warnings
		require.Equal(t, i >= manyParts, len(warnings) == 1)
		if i >= manyParts {
			assert.Contains(t, warnings[0], "a graph that is rebuilt in every step")
		}
	}
}

// The same nodes in another order, as a map gives them, are an error that names the first; no update is made of them,
// and the next step in the old order is the next step.
func TestParametersInAnotherOrderAreAnError(t *testing.T) {
	n, bare := newMLP(t, tensor.Float64, 4, 3, 2), newMLP(t, tensor.Float64, 4, 3, 2)
	rec := NewMemory()
	m := New(n.cost, rec)
	m.Track(Loss(), Every(1))
	a, b := m.Wrap(G.NewAdamSolver()), m.Wrap(G.NewMomentum())
	step := func(order []int, s G.Solver) error {
		var model []G.ValueGrad
		for _, i := range order {
			model = append(model, n.params[i])
		}
		return s.Step(model)
	}
	bareA, bareB := G.NewAdamSolver(), G.NewMomentum()
	for range 3 {
		require.NoError(t, n.vm.RunAll())
		require.NoError(t, step([]int{0, 1}, a))
		require.NoError(t, step([]int{2, 3}, b))
		n.vm.Reset()
		require.NoError(t, bare.vm.RunAll())
		require.NoError(t, bareA.Step(G.NodesToValueGrads(bare.params[:2])))
		require.NoError(t, bareB.Step(G.NodesToValueGrads(bare.params[2:])))
		bare.vm.Reset()
	}
	require.NoError(t, n.vm.RunAll())
	for _, c := range []struct {
		order  []int
		solver G.Solver
		want   string
	}{
		{order: []int{1, 0}, solver: a, want: `step 3: the parameters come in another order than before: "b0" is at place 0`},
		{order: []int{3, 2}, solver: b, want: `step 3: the parameters come in another order than before: "b1" is at place 0`},
	} {
		require.ErrorContains(t, step(c.order, c.solver), c.want)
	}
	assert.ErrorContains(t, m.Err(), "the order of a map is random")
	n.vm.Reset()
	assert.Equal(t, bare.weights(t), n.weights(t))
	require.NoError(t, n.vm.RunAll())
	require.NoError(t, step([]int{0, 1}, a))
	events := rec.Events()
	assert.Equal(t, 3, events[len(events)-1].Step)
	require.Len(t, m.parts, 2)

	c := &part{ids: []identity{identify(n.params[0]), identify(n.params[1]), identify(n.params[2])}}
	at, from, ok := c.moved([]G.ValueGrad{n.params[0], n.params[2], n.params[1]})
	assert.Equal(t, []any{1, 2, true}, []any{at, from, ok})
	_, _, ok = c.moved([]G.ValueGrad{n.params[0], n.params[3], n.params[1]})
	assert.False(t, ok, "another set")
}

// Gorgonia's LispMachine runs once and never again, whatever its Reset.
func TestLispMachineIsNamed(t *testing.T) {
	n, rec := newScalar(t, tensor.Float64), NewMemory()
	n.vm = G.NewLispMachine(n.cost.Graph(), G.BindDualValues(n.params...))
	m := New(n.cost, rec)
	m.Track(GradientNorm(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	n.train(t, solver, 2)
	_, r := rec.Series("grad_norm")
	assert.Empty(t, r[0].Warnings)
	assert.Contains(t, r[1].Warnings[0], "that of a LispMachine nothing after its first run, Reset or not")
}
