package solver

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// settingsOf are settings of every algorithm that keep the test networks in bounds.
func settingsOf(a Algorithm) Settings {
	s := Settings{Algorithm: a, Rate: 0.05}
	if a.HasVelocity() {
		s.Momentum = 0.8
	}
	return s
}

func TestSolversAreGorgonias(t *testing.T) {
	rate := G.WithLearnRate(0.05)
	for a, c := range map[Algorithm]struct {
		gorgonia       func() G.Solver
		double, single float64 // largest difference of float64 and of float32 weights; 0 is to the bit
	}{
		SGD:      {func() G.Solver { return G.NewVanillaSolver(rate) }, 0, 0},
		Momentum: {func() G.Solver { return G.NewMomentum(rate, G.WithMomentum(0.8)) }, 0, 2e-6},
		// In float32, Gorgonia's 1 - 0.999 is 5e-5 of itself too large.
		Adam:    {func() G.Solver { return G.NewAdamSolver(rate) }, 1e-13, 5e-5},
		RMSProp: {func() G.Solver { return G.NewRMSPropSolver(rate, G.WithRho(0.9)) }, 1e-13, 2e-6},
	} {
		for kind, tolerance := range map[string]float64{
			"dense64": c.double, "dense32": c.single, "scalar64": c.double, "scalar32": c.single,
		} {
			if a == Momentum && kind[:6] == "scalar" {
				continue // Gorgonia forgets the velocity of a scalar
			}
			ours, theirs := newNetwork(kind, 5, 3), newNetwork(kind, 5, 3)
			s, solver := New(settingsOf(a)), c.gorgonia()
			for n := range 100 {
				want := theirs.train(t, solver, 1).weights()
				for i, w := range ours.train(t, s, 1).weights() {
					require.InDelta(t, want[i], w, tolerance, "%s %s step %d weight %d", a, kind, n, i)
				}
			}
		}
	}
}

// A scalar is a tensor of one weight, to the bit, for each algorithm.
func TestAScalarIsATensorOfOneWeight(t *testing.T) {
	for _, a := range Algorithms() {
		s := settingsOf(a)
		s.WeightDecay, s.Clip = 0.01, 0.5
		for _, bits := range []string{"32", "64"} {
			scalar, dense := newNetwork("scalar"+bits, 1, 1), newNetwork("dense"+bits, 1, 1)
			assert.Equal(t, dense.train(t, New(s), 50).weights(), scalar.train(t, New(s), 50).weights(), a)
		}
	}
}

func TestARestoredStateGoesOn(t *testing.T) {
	for _, a := range Algorithms() {
		for kind := range kinds {
			settings := settingsOf(a)
			settings.Schedule = Schedule{Shape: Cosine, N: 40}
			whole := newNetwork(kind, 5, 3).train(t, New(settings), 30)

			// Another network takes its turn at the same solver, which is given up for a new one half way.
			part, other := newNetwork(kind, 5, 3), newNetwork(kind, 5, 3)
			var mine, others State
			s := New(settings)
			for n := range 30 {
				s.Use(&others, nil)
				other.n = n * n
				other.train(t, s, 1)
				if n == 13 {
					var file bytes.Buffer
					require.NoError(t, gob.NewEncoder(&file).Encode(mine))
					mine, s = State{}, New(settings)
					require.NoError(t, gob.NewDecoder(&file).Decode(&mine))
				}
				s.Use(&mine, nil)
				part.train(t, s, 1)
			}
			assert.Equal(t, whole.weights(), part.weights(), "%s %s", a, kind)
			assert.NotEqual(t, other.weights(), part.weights())
			assert.Equal(t, 30, mine.Steps)
			clone := mine.Clone()
			assert.Equal(t, mine, clone)
			part.train(t, s, 1)
			assert.Equal(t, 30, clone.Steps)
			if a != SGD {
				assert.NotEqual(t, mine.First, clone.First, "a clone shares nothing")
			}
			if a == Adam {
				assert.NotEqual(t, mine.Second, clone.Second)
			}
		}
	}
}

func TestAClipThatDoesNotBindChangesNothing(t *testing.T) {
	for _, a := range Algorithms() {
		s := settingsOf(a)
		want := newNetwork("dense32", 5, 3).train(t, New(s), 50).weights()
		s.Clip = 1e6
		assert.Equal(t, want, newNetwork("dense32", 5, 3).train(t, New(s), 50).weights(), a)
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	for _, a := range Algorithms() {
		s, nw := settingsOf(a), newNetwork("dense32", 50, 30)
		s.Clip, s.WeightDecay = 0.1, 0.01
		solver, model := New(s), nw.gradients()
		require.NoError(t, solver.Step(model))
		assert.Zero(t, testing.AllocsPerRun(20, func() { _ = solver.Step(model) }), a)
	}
}

// TestLangevinOnASchedule: on a quadratic with l = 1 the variance of the weights is V' = (1 - r)^2 V + 2 r T, with the
// rate r of each step. 40,000 independent weights.
func TestLangevinOnASchedule(t *testing.T) {
	const d, T = 40_000, 0.7
	s := Settings{Rate: 0.5, Temperature: T, Schedule: Schedule{Shape: Steps, N: 9, Drop: 0.3, Drops: 2}}
	p := &param{zeros(G.Float64, d), zeros(G.Float64, d)}
	var memory State
	solver, variance := New(s), 0.0
	solver.Use(&memory, rand.New(rand.NewPCG(3, 4)))
	for n := range 9 {
		r := solver.Rate()
		require.InDelta(t, 0.5*math.Pow(0.3, float64(n/3)), r, 1e-15)
		variance = (1-r)*(1-r)*variance + 2*r*T
		w := numbers(p.value)
		set(p.grad, func(i int, _ float64) float64 { return w[i] })
		require.NoError(t, solver.Step([]G.ValueGrad{p}))
	}
	var square float64
	for _, w := range numbers(p.value) {
		square += w * w / d
	}
	assert.Less(t, math.Abs(square-variance)/(variance*math.Sqrt(2.0/d)), 4.0)
}

func TestValidate(t *testing.T) {
	for text, s := range map[string]Settings{
		"unknown algorithm \"sdg\"":            {Algorithm: "sdg", Rate: 1},
		"learning rate 0; it must be positive": {},
		"learning rate NaN":                    {Rate: math.NaN()},
		"momentum 1; it must be 0 or more":     {Rate: 1, Algorithm: Momentum, Momentum: 1},
		"momentum 0.9 with adam; it is of":     {Rate: 1, Algorithm: Adam, Momentum: 0.9},
		"weight decay -1":                      {Rate: 1, WeightDecay: -1},
		"clipped at +Inf":                      {Rate: 1, Clip: math.Inf(1)},
		"temperature NaN":                      {Rate: 1, Temperature: math.NaN()},
		"temperature of 0.1 needs plain sgd":   {Rate: 1, Algorithm: Momentum, Temperature: 0.1},
		"temperature of 0.2 needs plain sgd":   {Rate: 1, WeightDecay: 0.1, Temperature: 0.2},
		"temperature of 0.3 needs plain sgd":   {Rate: 1, Clip: 1, Temperature: 0.3},
		"unknown schedule \"linear\"":          {Rate: 1, Schedule: Schedule{Shape: "linear"}},
		"a cosine schedule over 0 steps":       {Rate: 1, Schedule: Schedule{Shape: Cosine}},
		"drops to 1 of itself":                 {Rate: 1, Schedule: Schedule{Shape: Steps, N: 1, Drop: 1, Drops: 1}},
		"drops 0 times; it must be 1 or more":  {Rate: 1, Schedule: Schedule{Shape: Steps, N: 1, Drop: 0.5}},
	} {
		assert.ErrorContains(t, s.Validate(), text)
		assert.Panics(t, func() { New(s) })
	}
	assert.NoError(t, Settings{Rate: 1, Temperature: 1, Schedule: Schedule{Shape: Cosine, N: 3}}.Validate())
}

func TestAStateOfAnotherNetworkIsRefused(t *testing.T) {
	var memory State
	s := New(settingsOf(Momentum))
	s.Use(&memory, nil)
	newNetwork("dense64", 5, 3).train(t, s, 1)
	bigger := newNetwork("dense64", 5, 4)
	before := bigger.weights()
	assert.ErrorContains(t, s.Step(bigger.gradients()), `remembers 3 weights of parameter 1 "w", which has 4`)
	assert.ErrorContains(t, s.Step(bigger.gradients()[:1]), "remembers 2 parameters, and momentum needs 1")
	adam := New(settingsOf(Adam))
	adam.Use(&memory, nil)
	assert.ErrorContains(t, adam.Step(newNetwork("dense64", 5, 3).gradients()), "another algorithm or network")
	assert.ErrorContains(t, adam.Step([]G.ValueGrad{bigger.params[0], &param{value: new(G.F64)}}),
		`parameter 1 "w": no gradient yet`)
	assert.Equal(t, before, bigger.weights())
	assert.Equal(t, 1, memory.Steps)
}

// The solver is one like any other under the meter.
func TestUnderTheMeter(t *testing.T) {
	m := instrument.New(nil, instrument.NewMemory())
	s := m.Wrap(New(settingsOf(Adam)))
	want := newNetwork("dense64", 5, 3).train(t, New(settingsOf(Adam)), 20).weights()
	assert.Equal(t, want, newNetwork("dense64", 5, 3).train(t, s, 20).weights())
	require.NoError(t, m.Close())
}
