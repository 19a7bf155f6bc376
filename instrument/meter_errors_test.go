package instrument

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	update made on a bad loss; not halted afterwards  TestNonFiniteLossHaltsTraining, ...OfFiniteParameters

func TestNonFiniteLossHaltsTraining(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		n, rec := newMLP(t, tensor.Float32, 3, 2, 1), NewMemory()
		m := New(n.cost, rec)
		m.Track(Loss(), Every(100))
		steps := 0
		inner := NewSGD(0.01)
		solver := m.Wrap(solverFunc(func(model []G.ValueGrad) error { steps++; return inner.Step(model) }))
		n.train(t, solver, 3)
		w1 := n.params[2].Value().(*tensor.Dense).Float32s()
		good := w1[1]
		w1[1] = float32(bad)
		err := n.step(t, solver)
		var e *NonFiniteError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, []any{3, 2, true, 2, "w1", 1, false, false},
			[]any{e.Step, e.LastGood, e.BadLoss, e.Index, e.Name, e.Element, e.Gradient, e.After})
		assert.ErrorContains(t, err, `step 3`)
		assert.ErrorContains(t, err, `parameter 2 "w1"`)
		assert.ErrorContains(t, err, `last good step was 2`)
		assert.Equal(t, 3, steps, "the inner solver is not stepped")

		w1[1] = good
		assert.Equal(t, err, n.step(t, solver), "halted until Resume")
		assert.Equal(t, err, m.Err())
		m.Resume(3)
		for _, p := range n.params {
			grad, _ := p.Grad()
			grad.(*tensor.Dense).Zero()
		}
		require.NoError(t, m.Err())
		n.train(t, solver, 98)
		got, _ := rec.Series("loss")
		assert.Equal(t, []int{0, 100}, got)
	}
}

// failer is told that a run failed.
type failer struct {
	*record.History
	failed  error
	flushed bool
}

func (f *failer) Fail(err error) { f.failed = err }

func (f *failer) Flush() error {
	f.flushed = true
	return nil
}

func TestRecordersAreToldThatTheRunFailed(t *testing.T) {
	for _, fails := range []bool{false, true} {
		n, rec := newLine(t, tensor.Float64), &failer{History: NewMemory()}
		m := New(n.cost, Multi(NewMemory(), rec))
		solver := m.Wrap(NewSGD(0.1))
		n.train(t, solver, 2)
		if fails {
			n.params[1].Value().(*tensor.Dense).Float64s()[0] = math.NaN()
			require.Error(t, n.step(t, solver))
		}
		assert.Equal(t, m.Err(), m.Close())
		assert.Equal(t, m.Err(), rec.failed)
		assert.Equal(t, fails, rec.failed != nil)
		assert.True(t, rec.flushed)
	}
}

func TestNonFiniteLossOfFiniteParameters(t *testing.T) {
	n := newMLP(t, tensor.Float32, 3, 2, 1)
	m := New(n.cost, NewMemory())
	solver := m.Wrap(NewSGD(0.01))
	require.NoError(t, n.vm.RunAll())
	*n.cost.Value().(*G.F32) = G.F32(math.NaN())
	before := n.weights(t)
	err := solver.Step(G.NodesToValueGrads(n.params))
	var e *NonFiniteError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{0, -1, true, -1}, []any{e.Step, e.LastGood, e.BadLoss, e.Index})
	assert.ErrorContains(t, err, "all weights and gradients are finite")
	assert.Equal(t, before, n.weights(t))
}

func TestNonFiniteNumbersWhereAQuantityReadsThem(t *testing.T) {
	read := func(q Quantity, inner G.Solver, spoil func(grad []float64)) (error, *network) {
		n := newLine(t, tensor.Float64)
		m := New(nil, NewMemory())
		m.Track(q, Every(2))
		solver := m.Wrap(inner)
		n.train(t, solver, 2)
		require.NoError(t, n.vm.RunAll())
		grad, err := n.params[1].Grad()
		require.NoError(t, err)
		spoil(grad.(*tensor.Dense).Float64s())
		return solver.Step(G.NodesToValueGrads(n.params)), n
	}
	var e *NonFiniteError

	err, n := read(GradientNorm(), NewSGD(0.1), func(grad []float64) { grad[4] = math.Inf(-1) })
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{2, 1, 1, "b", 4, true, false},
		[]any{e.Step, e.LastGood, e.Index, e.Name, e.Element, e.Gradient, e.BadLoss})
	assert.True(t, finite(n.weights(t)), "no update was made")

	err, n = read(UpdateNorm(), NewSGD(1e10), func(grad []float64) { grad[4] = 1e303 })
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{2, 1, "b", 4, false, true}, []any{e.Step, e.Index, e.Name, e.Element, e.Gradient, e.After})
	assert.False(t, finite(n.weights(t)), "the update is what brought it in")

	err, _ = read(GradientNorm(), NewSGD(0.1), func(grad []float64) { grad[4] = 1e300 })
	assert.NoError(t, err, "large is not infinite")
}

// failing is a quantity whose Measure fails, and swallowing one that hides what is wrong.
type failing struct{}

func (failing) Info() Info                     { return Info{Name: "failing"} }
func (failing) Measure(*Step) (Reading, error) { return Reading{}, errors.New("out of ideas") }

type swallowing struct{}

func (swallowing) Info() Info { return Info{Name: "swallowing"} }
func (swallowing) Measure(s *Step) (Reading, error) {
	s.Params()
	return estimate.Exact(1), nil
}

func TestQuantityErrorsNameStepAndQuantityAndTrainingGoesOn(t *testing.T) {
	n, bare := newLine(t, tensor.Float64), newLine(t, tensor.Float64)
	rec := NewMemory()
	m := New(n.cost, rec)
	m.Track(failing{}, At(1))
	m.Track(Loss(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	require.NoError(t, n.step(t, solver))
	assert.EqualError(t, n.step(t, solver), "instrument: step 1: failing: out of ideas")
	require.NoError(t, n.step(t, solver))
	bare.train(t, NewSGD(0.1), 3)
	assert.Equal(t, bare.weights(t), n.weights(t))
	got, _ := rec.Series("loss")
	assert.Equal(t, []int{0, 1, 2}, got, "the others are recorded")
	got, _ = rec.Series("failing")
	assert.Empty(t, got)
	assert.ErrorContains(t, m.Close(), "out of ideas")
}

func TestSwallowedNonFiniteStillHalts(t *testing.T) {
	n := newLine(t, tensor.Float64)
	m := New(nil, NewMemory())
	m.Track(swallowing{}, Every(1))
	*n.params[0].Value().(*G.F64) = G.F64(math.NaN())
	var e *NonFiniteError
	require.ErrorAs(t, n.step(t, m.Wrap(NewSGD(0.1))), &e)
	assert.Equal(t, -1, e.LastGood)
}

func TestSolverErrorIsPassedOn(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	boom := errors.New("boom")
	m := New(n.cost, rec)
	m.Track(Loss(), Every(1))
	err := n.step(t, m.Wrap(solverFunc(func([]G.ValueGrad) error { return boom })))
	assert.ErrorIs(t, err, boom)
	assert.Empty(t, rec.Events())
}

func TestProgrammersErrorsPanic(t *testing.T) {
	n := newMLP(t, tensor.Float32, 2, 2, 1)
	m := New(n.cost, NewMemory())
	m.Track(Loss(), Every(1))
	track := func(name string) { m.Track(WindowEntropy(&WindowSettings{Name: name}), Every(1)) }
	for want, f := range map[string]func(){
		"instrument: Every(0)":                          func() { Every(0) },
		"instrument: LogSpaced(0)":                      func() { LogSpaced(0) },
		"instrument: At(-1)":                            func() { At(3, -1) },
		"instrument: Bursts(3, 4)":                      func() { Bursts(3, 4) },
		"a quantity named \"loss\" is tracked already":  func() { m.Track(Loss(), Every(1)) },
		"instrument: Track: the quantity":               func() { m.Track(nil, Every(1)) },
		"instrument: Wrap":                              func() { m.Wrap(nil) },
		"must be a scalar":                              func() { New(n.params[0], NewMemory()) },
		"the recorder is nil":                           func() { New(n.cost, nil) },
		"instrument: NewSGD(0)":                         func() { NewSGD(0) },
		"needs a random stream":                         func() { NewSGD(1).WithTemperature(1, nil) },
		"instrument: WithTemperature(-1)":               func() { NewSGD(1).WithTemperature(-1, nil) },
		"instrument: GradientNoise(0, 9)":               func() { GradientNoise(0, 9) },
		"a window of 3 points":                          func() { WindowEntropy(&WindowSettings{Points: 3}) },
		"\"S_x\" cannot be the name of a quantity":      func() { track("S_x") },
		"\"loss_lo\" cannot be the name of a quantity":  func() { track("loss_lo") },
		"\"warnings\" cannot be the name of a quantity": func() { track("warnings") },
	} {
		func() {
			defer func() { assert.Contains(t, fmt.Sprint(recover()), want) }()
			f()
		}()
	}
}
