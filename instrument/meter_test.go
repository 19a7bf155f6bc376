package instrument

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

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
//	SGD: sign of the update; gradient not cleared              TestSGDIsVanillaToTheBit,
//	                                                           TestReadingsAgainstHandComputation
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
		for field, text := range map[string]string{
			"Symbol": info.Symbol, "Unit": info.Unit, "Doc": info.Doc, "Cost": info.Cost,
		} {
			assert.NotEmpty(t, text, "%s of %s", field, info.Name)
		}
	}
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
