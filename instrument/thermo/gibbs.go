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

// gibbsEntropy returns the mean entropy of the rows of energies at inverse temperature beta, and its derivative with
// respect to ln beta, -beta^2 Var(E).
func gibbsEntropy(energy []float64, labels int, beta float64) (entropy, slope float64) {
	for i := 0; i < len(energy); i += labels {
		row := energy[i : i+labels]
		lowest := slices.Min(row)
		var z, first, second float64
		for _, e := range row {
			if x := beta * (e - lowest); x < 700 {
				w := math.Exp(-x)
				z += w
				first += w * x
				second += w * x * x
			}
		}
		mean := first / z
		entropy += math.Log(z) + mean
		slope -= second/z - mean*mean
	}
	n := float64(len(energy) / labels)
	return entropy / n, slope / n
}
