package thermo

import (
	"math"
	"slices"
)

// Gibbs writes the Gibbs state p_k = exp(-E_k)/Z of the energies, the softmax of -E, into p, which may be energy
// itself, and returns its free energy F = -ln Z in nats. A label that is forbidden has the energy +Inf and gets
// probability 0. It panics if p is longer than energy, or if energy is empty.
func Gibbs(p, energy []float64) (freeEnergy float64) {
	lowest, z := gibbsWeights(p, energy)
	for k := range p {
		p[k] /= z
	}
	return lowest - math.Log(z)
}

// gibbsWeights sets w_k = exp(-(E_k - lowest)) and returns the lowest energy and z = sum_k w_k: F = lowest - ln z.
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
