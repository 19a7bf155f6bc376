package ssl

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// Deliberate errors, and the tests that caught them:
//
//	gradients not cleared             TestStepGivesWhatTheGraphDid, TestStateIsAValue, TestDivergence
//	E' of the weights before the step TestStepGivesWhatTheGraphDid
//	gradient a tenth too large        TestWhatASolverSees

// The loss of the graph, before and after a step, is the cross-entropy of the arrays that the step gives: worked out
// here from their definition.
func TestStepGivesWhatTheGraphDid(t *testing.T) {
	for _, a := range algorithms {
		for _, p := range []model.Precision{model.Float32, model.Float64} {
			t.Run(fmt.Sprint(a, p), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 4))
				m, solver := newModel(t, small(a, p)), adam()
				st := m.NewState(rng)
				views := uniforms(rng, m.Samples()*12)
				tolerance := 1e-12
				if p == model.Float32 {
					tolerance = 2e-6
				}
				first, last := 0.0, 0.0
				for n := range 60 {
					step, err := m.Step(st, views, solver)
					require.NoError(t, err)
					assert.InDelta(t, meanCrossEntropy(step.Energies, step.Labels, m.Labels()), step.Loss, tolerance)
					assert.InDelta(t, meanCrossEntropy(step.After, step.Labels, m.Labels()), step.LossAfter, tolerance)
					for i := range m.Samples() {
						var total float64
						for _, v := range step.Labels[i*m.Labels() : (i+1)*m.Labels()] {
							total += v
						}
						require.InDelta(t, 1, total, 1e-12)
					}
					if n == 0 {
						first = step.Loss
						assert.Less(t, step.LossAfter, step.Loss)
					}
					last = step.LossAfter
				}
				assert.Equal(t, 60, st.Steps)
				if a != DINO { // whose labels move with the teacher
					assert.Less(t, last, first-0.1)
				}
			})
		}
	}
}

func meanCrossEntropy(e, q []float64, labels int) (mean float64) {
	for i, v := range e {
		var z float64
		for _, w := range e[i/labels*labels:][:labels] {
			z += math.Exp(v - w)
		}
		mean += q[i] * math.Log(z) // -ln p_ik = ln sum_m exp(E_ik - E_im)
	}
	return mean * float64(labels) / float64(len(e))
}

// solverFunc is a solver made of a function.
type solverFunc func([]G.ValueGrad) error

func (f solverFunc) Step(model []G.ValueGrad) error { return f(model) }

// A solver is given the weights themselves and their gradient, in float64: checked against a central difference of the
// last weight of every parameter.
func TestWhatASolverSees(t *testing.T) {
	for _, p := range []model.Precision{model.Float32, model.Float64} {
		rng := rand.New(rand.NewPCG(31, 32))
		m := newModel(t, small(SimCLR, p))
		st := m.NewState(rng)
		views := uniforms(rng, m.Samples()*12)
		want := m.Parameters()
		for range 2 { // a solver that clears nothing does not spoil the next step
			_, err := m.Step(st, views, solverFunc(func(seen []G.ValueGrad) error {
				require.Len(t, seen, len(want))
				for i, vg := range seen {
					assert.Equal(t, want[i].Name, vg.(G.Namer).Name())
					assert.Equal(t, want[i].Rows*want[i].Cols, vg.Value().Shape().TotalSize())
					assert.Same(t, &st.Theta[i][0], &vg.Value().Data().([]float64)[0])
					g, err := vg.Grad()
					require.NoError(t, err)
					last, h := len(st.Theta[i])-1, 1e-3
					theta := cloneAll(st.Theta)
					theta[i][last] += h
					up := lossAt(t, m, theta)
					theta[i][last] -= 2 * h
					assert.InDelta(t, (up-lossAt(t, m, theta))/(2*h), g.Data().([]float64)[last], 2e-3, want[i].Name)
				}
				return nil
			}))
			require.NoError(t, err)
		}
		_, err := m.Step(st, views, solverFunc(func([]G.ValueGrad) error { return errors.New("no") }))
		assert.EqualError(t, err, "ssl: step 3: no")
	}
}

// A state saved, restored and gone on with gives the numbers of an unbroken run, also on another model.
func TestStateIsAValue(t *testing.T) {
	for _, a := range algorithms {
		solver := G.NewVanillaSolver(G.WithLearnRate(0.1)) // without a memory
		rng := rand.New(rand.NewPCG(11, 12))
		m, other := newModel(t, small(a, model.Float32)), newModel(t, small(a, model.Float32))
		st := m.NewState(rng)
		views := [][]float32{uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12)}
		_, err := m.Step(st, views[0], solver)
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, gob.NewEncoder(&file).Encode(st))
		clone := st.Clone()
		for _, v := range views[1:] {
			_, err := m.Step(st, v, solver)
			require.NoError(t, err)
		}
		restored := new(State)
		require.NoError(t, gob.NewDecoder(&file).Decode(restored))
		for _, from := range []*State{restored, clone} {
			for _, v := range views[1:] {
				_, err := other.Step(from, v, solver)
				require.NoError(t, err)
			}
			assert.Equal(t, st, from)
		}
	}
}

// A step that breaks down says so, and leaves state and model fit for the next.
func TestDivergence(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	m := newModel(t, small(SimCLR, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	bad := slices.Clone(views)
	bad[3] = float32(math.NaN())
	good := st.Clone()
	_, err := m.Step(st, bad, adam())
	require.ErrorContains(t, err, "step 1")
	assert.Equal(t, good, st)
	_, err = m.Step(st, views, adam())
	require.NoError(t, err)
	_, err = newModel(t, small(SimCLR, model.Float64)).Step(good, views, adam())
	require.NoError(t, err)
	assert.Equal(t, good, st)
	assert.Panics(t, func() { _, _ = m.Step(st, views[1:], adam()) })
}
