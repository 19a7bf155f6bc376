package ssl

import (
	"math/rand/v2"
	"slices"
)

// State is all that a training run of a [Model] is made of, as a value that encoding/gob saves and restores: going on
// from a copy gives the same numbers bit for bit. The random streams of images and views are the caller's, as is what
// the solver remembers.
type State struct {
	Steps   int         // training steps made
	Theta   [][]float64 // weights, one slice a parameter in the order of Model.Parameters, row-major
	Teacher [][]float64 // the momentum teacher's weights, as Theta (DINO; nil otherwise)
	Centre  []float64   // running mean of the teacher's logits, one a label (DINO; nil otherwise)
}

// NewState draws the state before the first step: weights from N(0, 2/inputs), biases 0, prototypes uniform on the
// sphere; the teacher equal to the student, the centre 0.
func (m *Model) NewState(rng *rand.Rand) *State {
	st := &State{Theta: m.network.draw(rng)}
	if m.settings.Algorithm == DINO {
		st.Teacher = cloneAll(st.Theta)
		st.Centre = make([]float64, m.settings.Labels)
	}
	return st
}

// Clone returns a copy that shares nothing with st.
func (st *State) Clone() *State {
	return &State{
		Steps: st.Steps, Theta: cloneAll(st.Theta), Teacher: cloneAll(st.Teacher), Centre: slices.Clone(st.Centre),
	}
}

func cloneAll(p [][]float64) [][]float64 {
	out := slices.Clone(p)
	for i, v := range out {
		out[i] = slices.Clone(v)
	}
	return out
}
