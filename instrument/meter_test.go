package instrument

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	GradientNoise: n for n-1 in tr(Sigma)                      TestGradientNoiseOfAGaussian
//	GradientNoise: without the batch size                      TestGradientNoiseOfAGaussian, ...OfARegression
//	GradientNoise: |m|^2 without its bias term                 TestGradientNoiseOfAGaussian, ...WithoutASignalSaysSo
//	GradientNoise: row sum taken out once, not twice           TestGradientNoiseOfARegression
//	GradientNoise: jackknife 1/n for (n-1)/n                   TestGradientNoiseOfARegression
//	GradientNoise: interval in ln B without a clear signal     TestGradientNoiseWithoutASignalSaysSo
//	von Neumann ratio: cross term or factor 2 lost             TestGradientNoiseWarnsOfDrift
//	von Neumann ratio: order of the ring for that of time      TestVonNeumannRatio
//	window: irregular spacing let through                      TestWindowBeginsAnewWhenTheSpacingChanges
//	WindowEntropy: drift left in, or slope off by 2/n^2        TestDetrendRemovesLinesExactly
//	WindowEntropy: n-1 for n-2 degrees of freedom              TestWindowEntropyInManyDimensions
//	autocorrelation time: rho counted once                     TestAutocorrelationTime
//	autocorrelation time: bias of detrending left in           TestAutocorrelationTime
//	SGD: sqrt(r T), sqrt(2 T) for sqrt(2 r T)                  TestLangevinNoise, TestLangevinStationaryState
//	SGD: sign of the update; gradient not cleared              TestSGDIsVanillaToTheBit, TestReadingsAgainstHandComputation
//	GradientNorm: accumulated in float32                       TestGradientNormOfMixedPrecision
//	displacement: sum |d| for sum d^2; new reference each time TestReadingsAgainstHandComputation
//	Meter: update made on a bad loss; not halted afterwards    TestNonFiniteLossHaltsTraining, ...OfFiniteParameters
//	Meter: loss of another graph; windows shared by parts      TestOneSolverServesTwoGraphs
//	Meter: parameter known by its name alone                   TestOneSolverServesTwoGraphs
//	Multi: stops at the first recorder that fails              TestRecorderErrorsNameStepAndRecorder
//	LogSpaced: floor for round; Bursts one step too long       TestSchedules
//	CSV: fields shifted by one                                 TestCSV
var solvers = map[string]func() G.Solver{
	"vanilla":         func() G.Solver { return G.NewVanillaSolver(G.WithLearnRate(0.05)) },
	"vanilla l2 clip": func() G.Solver { return G.NewVanillaSolver(G.WithL2Reg(0.01), G.WithClip(0.1)) },
	"momentum":        func() G.Solver { return G.NewMomentum(G.WithLearnRate(0.05)) },
	"adam":            func() G.Solver { return G.NewAdamSolver(G.WithLearnRate(0.05)) },
	"rmsprop":         func() G.Solver { return G.NewRMSPropSolver(G.WithLearnRate(0.05)) },
	"sgd":             func() G.Solver { return NewSGD(0.05) },
}

// quantities returns one of each.
func quantities() []Quantity {
	return []Quantity{
		Loss(), GradientNorm(), UpdateNorm(), WeightDisplacement(), RelativeDisplacement(),
		GradientNoise(8, 4), WindowEntropy(&WindowSettings{Points: 6}),
	}
}

func TestWrappedRunIsBitIdentical(t *testing.T) {
	for netName, build := range networks {
		for solverName, solver := range solvers {
			t.Run(netName+"/"+solverName, func(t *testing.T) {
				bare, measured := build(t), build(t)
				m := New(measured.cost, NewMemory())
				for i, q := range quantities() {
					m.Track(q, Every(1+i%3))
				}
				bare.train(t, solver(), 40)
				measured.train(t, m.Wrap(solver()), 40)
				require.NoError(t, m.Close())
				assert.Equal(t, bare.weights(t), measured.weights(t))
				assert.NotEqual(t, build(t).weights(t), measured.weights(t), "nothing was trained")
			})
		}
	}
}

func TestEveryQuantityOnEveryNetworkMatchesItsSchedule(t *testing.T) {
	schedules := map[string]Schedule{"every 4": Every(4), "log": LogSpaced(3), "at": At(0, 5, 17), "bursts": Bursts(10, 4)}
	for netName, build := range networks {
		for _, q := range quantities() {
			for scheduleName, when := range schedules {
				t.Run(fmt.Sprint(netName, "/", q.Info().Name, "/", scheduleName), func(t *testing.T) {
					n, rec := build(t), NewMemory()
					m := New(n.cost, rec)
					m.Track(q, when)
					n.train(t, m.Wrap(NewSGD(0.01)), 24)
					require.NoError(t, m.Close())
					var want []int
					for step := range 24 {
						if when(step) {
							want = append(want, step)
						}
					}
					steps, readings := rec.Series(q.Info().Name)
					assert.Equal(t, want, steps)
					for i, r := range readings {
						assert.True(t, r.Known() || len(r.Warnings) > 0, "step %d is NaN in silence", steps[i])
					}
				})
			}
		}
	}
}

func TestInfoIsComplete(t *testing.T) {
	for _, q := range quantities() {
		info := q.Info()
		assert.Regexp(t, validName, info.Name)
		for field, text := range map[string]string{"Symbol": info.Symbol, "Unit": info.Unit, "Doc": info.Doc, "Cost": info.Cost} {
			assert.NotEmpty(t, text, "%s of %s", field, info.Name)
		}
	}
}

func TestReadingsAgainstHandComputation(t *testing.T) {
	const rate = 0.1
	for name, build := range networks {
		t.Run(name, func(t *testing.T) {
			n, twin, rec := build(t), build(t), NewMemory()
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
				assert.InEpsilon(t, distance(before, start), e.Readings[3].Reading.Value, 1e-12, "displacement")
				assert.InEpsilon(t, distance(before, start)/distance(start, make([]float64, len(start))), e.Readings[4].Reading.Value, 1e-12)
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
	b32 := &vectorParam{"c", tensor.New(tensor.WithBacking([]float32{0, 0})), tensor.New(tensor.WithBacking([]float32{3e-30, 4e-30}))}
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
	want32, want64 := dot32(x, x), dot64(x64, x64)
	for offset := range 4 {
		y32, y64 := memory32[offset:offset+len(x)], memory64[offset:offset+len(x)]
		copy(y32, x)
		copy(y64, x64)
		assert.Equal(t, want32, dot32(y32, y32))
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
		assert.Equal(t, []any{3, 2, true, 2, "w1", 1, false, false}, []any{e.Step, e.LastGood, e.BadLoss, e.Index, e.Name, e.Element, e.Gradient, e.After})
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
	assert.Equal(t, []any{2, 1, 1, "b", 4, true, false}, []any{e.Step, e.LastGood, e.Index, e.Name, e.Element, e.Gradient, e.BadLoss})
	assert.True(t, finite(nil, n.weights(t)), "no update was made")

	err, n = read(UpdateNorm(), NewSGD(1e10), func(grad []float64) { grad[4] = 1e303 })
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{2, 1, "b", 4, false, true}, []any{e.Step, e.Index, e.Name, e.Element, e.Gradient, e.After})
	assert.False(t, finite(nil, n.weights(t)), "the update is what brought it in")

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
	n, bare, rec := newLine(t, tensor.Float64), newLine(t, tensor.Float64), NewMemory()
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
	n, boom, rec := newLine(t, tensor.Float64), errors.New("boom"), NewMemory()
	m := New(n.cost, rec)
	m.Track(Loss(), Every(1))
	err := n.step(t, m.Wrap(solverFunc(func([]G.ValueGrad) error { return boom })))
	assert.ErrorIs(t, err, boom)
	assert.Empty(t, rec.Events())
}

func TestTrackAfterTrainingBegan(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	var csv, table bytes.Buffer
	m := New(n.cost, Multi(NewCSV(&csv), rec, NewTable(&table)))
	m.Track(Loss(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	n.train(t, solver, 2)
	m.Track(GradientNorm(), Every(2))
	err := n.step(t, solver)
	require.ErrorContains(t, err, "step 2: csv recorder: grad_norm has no column")
	got, _ := rec.Series("grad_norm")
	assert.Equal(t, []int{2}, got)
	assert.Equal(t, 4, strings.Count(csv.String(), "\n"))
	assert.Equal(t, 1, strings.Count(table.String(), "grad_norm"))
}

func TestCloseStopsMeasuringOnly(t *testing.T) {
	n, rec := newLine(t, tensor.Float64), NewMemory()
	m := New(n.cost, rec)
	m.Track(Loss(), Every(1))
	solver := m.Wrap(NewSGD(0.1))
	n.train(t, solver, 2)
	require.NoError(t, m.Close())
	before := n.weights(t)
	n.train(t, solver, 1)
	assert.NotEqual(t, before, n.weights(t))
	assert.Len(t, rec.Events(), 2)
	require.NoError(t, m.Close())
}

func TestProgrammersErrorsPanic(t *testing.T) {
	n := newMLP(t, tensor.Float32, 2, 2, 1)
	m := New(n.cost, NewMemory())
	m.Track(Loss(), Every(1))
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
		"\"S_x\" cannot be the name of a quantity":      func() { m.Track(WindowEntropy(&WindowSettings{Name: "S_x"}), Every(1)) },
		"\"loss_lo\" cannot be the name of a quantity":  func() { m.Track(WindowEntropy(&WindowSettings{Name: "loss_lo"}), Every(1)) },
		"\"warnings\" cannot be the name of a quantity": func() { m.Track(WindowEntropy(&WindowSettings{Name: "warnings"}), Every(1)) },
	} {
		func() {
			defer func() { assert.Contains(t, fmt.Sprint(recover()), want) }()
			f()
		}()
	}
}

func TestUnscheduledStepAllocatesNothing(t *testing.T) {
	for name, build := range networks {
		n := build(t)
		m := New(n.cost, NewMemory())
		for _, q := range quantities() {
			m.Track(q, At(0))
		}
		solver := m.Wrap(NewSGD(0.01))
		n.train(t, solver, 1)
		require.NoError(t, n.vm.RunAll())
		model := G.NodesToValueGrads(n.params)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = solver.Step(model) }), name)
	}
}
