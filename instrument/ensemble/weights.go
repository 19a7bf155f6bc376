package ensemble

import (
	"fmt"
	"slices"

	"calorimeter/instrument"

	G "gorgonia.org/gorgonia"
)

// setWeights writes weights into the parameters of a network.
func setWeights(params G.Nodes, theta [][]float64) {
	for i, p := range params {
		w32, w64 := live(p)
		for j := range w32 {
			w32[j] = float32(theta[i][j])
		}
		copy(w64, theta[i])
	}
}

// weights reads the parameters of a network, one slice each, into theta where it has room.
func weights(theta [][]float64, params G.Nodes) [][]float64 {
	if theta == nil {
		theta = make([][]float64, len(params))
	}
	for i, p := range params {
		w32, w64 := live(p)
		theta[i] = append(slices.Grow(theta[i][:0], len(w32)+len(w64)), w64...)
		for _, w := range w32 {
			theta[i] = append(theta[i], float64(w))
		}
	}
	return theta
}

// live is the memory of a parameter that was looked at before.
func live(p *G.Node) ([]float32, []float64) {
	w32, w64, err := instrument.Floats(p.Value())
	if err != nil {
		panic(fmt.Sprintf("ensemble: parameter %q: %v", p.Name(), err))
	}
	return w32, w64
}
