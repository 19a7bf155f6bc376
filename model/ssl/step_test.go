package ssl

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	gradients not cleared             TestStepGivesWhatTheGraphDid, TestStateIsAValue, TestDivergence
//	E' of the weights before the step TestStepGivesWhatTheGraphDid

// The loss of the graph, before and after a step, is the cross-entropy of the arrays that the step gives: worked out
// here from their definition.
func TestStepGivesWhatTheGraphDid(t *testing.T) {
	for _, a := range algorithms {
		for _, p := range []model.Precision{model.Float32, model.Float64} {
			t.Run(fmt.Sprint(a, p), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 4))
				m := newModel(t, small(a, p))
				st := m.NewState(rng)
				views := uniforms(rng, m.Samples()*12)
				tolerance := 1e-12
				if p == model.Float32 {
					tolerance = 2e-6
				}
				first, last := 0.0, 0.0
				for n := range 60 {
					step, err := m.Step(st, views)
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

// A state saved, restored and gone on with gives the numbers of an unbroken run, also on another model.
func TestStateIsAValue(t *testing.T) {
	for _, a := range algorithms {
		rng := rand.New(rand.NewPCG(11, 12))
		m, other := newModel(t, small(a, model.Float32)), newModel(t, small(a, model.Float32))
		st := m.NewState(rng)
		views := [][]float32{uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12)}
		_, err := m.Step(st, views[0])
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, gob.NewEncoder(&file).Encode(st))
		clone := st.Clone()
		for _, v := range views[1:] {
			_, err := m.Step(st, v)
			require.NoError(t, err)
		}
		restored := new(State)
		require.NoError(t, gob.NewDecoder(&file).Decode(restored))
		for _, from := range []*State{restored, clone} {
			for _, v := range views[1:] {
				_, err := other.Step(from, v)
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
	_, err := m.Step(st, bad)
	require.ErrorContains(t, err, "step 1")
	assert.Equal(t, good, st)
	_, err = m.Step(st, views)
	require.NoError(t, err)
	_, err = newModel(t, small(SimCLR, model.Float64)).Step(good, views)
	require.NoError(t, err)
	assert.Equal(t, good, st)
	assert.Panics(t, func() { _, _ = m.Step(st, views[1:]) })
}
