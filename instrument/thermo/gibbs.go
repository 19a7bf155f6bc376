package thermo

import (
	"math"
	"slices"
)

// gibbsWeights sets w_k = exp(-(E_k - lowest)) and returns the lowest energy and z = sum_k w_k: the Gibbs state is w/z,
// its free energy F = lowest - ln z. A label that is forbidden has the energy +Inf and gets the weight 0.
func gibbsWeights(w, energy []float64) (lowest, z float64) {
	lowest = slices.Min(energy)
	for k, e := range energy {
		w[k] = math.Exp(lowest - e)
		z += w[k]
	}
	return lowest, z
}
