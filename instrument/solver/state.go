package solver

import (
	"fmt"
	"slices"

	"calorimeter/instrument"
)

// State is all that a [Solver] remembers between steps, as a value that encoding/gob saves and restores: going on from
// a copy gives the same numbers bit for bit. The zero State is that before the first step.
type State struct {
	Steps int // steps made
	// First and Second are what the algorithm remembers of each weight, one slice a parameter in the order of the model,
	// in float64 whatever the precision of the weights: the velocity of Momentum and Nesterov, the mean square of RMSProp,
	// the sum of squares of AdaGrad, the mean and mean square of Adam. Nil before the first step, and where there is none.
	First, Second [][]float64
}

// Clone returns a copy that shares nothing with s.
func (s State) Clone() State {
	return State{Steps: s.Steps, First: cloneAll(s.First), Second: cloneAll(s.Second)}
}

func cloneAll(all [][]float64) [][]float64 {
	out := slices.Clone(all)
	for i, v := range out {
		out[i] = slices.Clone(v)
	}
	return out
}

// fit makes the memory of a state before its first step, and rejects that of another network or algorithm.
func (s *State) fit(a Algorithm, params []instrument.Param) error {
	for k, memory := range []*[][]float64{&s.First, &s.Second} {
		wanted := 0
		if k < a.moments() {
			wanted = len(params)
		}
		if s.Steps == 0 && *memory == nil && wanted > 0 {
			for _, p := range params {
				*memory = append(*memory, make([]float64, p.Len()))
			}
		}
		if len(*memory) != wanted {
			return fmt.Errorf("solver: the state is of another algorithm or network: it remembers %d parameters, and %s "+
				"needs %d", len(*memory), a, wanted)
		}
		for i, m := range *memory {
			if n := params[i].Len(); len(m) != n {
				return fmt.Errorf("solver: the state is of another network: it remembers %d weights of parameter %d %q, "+
					"which has %d", len(m), i, params[i].Name, n)
			}
		}
	}
	return nil
}
