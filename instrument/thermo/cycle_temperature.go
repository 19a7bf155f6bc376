package thermo

import (
	"fmt"
	"math"
)

// EffectiveTemperature returns the temperature at which N softmax systems of the given energies, in thermal contact, would
// have the given mean entropy in nats, defined here as the tau = 1/beta >= 0 with
//
//	(1/N) sum_i S( softmax(-beta E_i) ) = entropy
//
// where energy[i*labels+k] = E_ik; a label with energy +Inf is forbidden. It places any state of these energies, such
// as a self-label q, on a diagram of temperature and entropy; the Gibbs state p = softmax(-E) has tau = 1. It looks at the entropy
// alone: a q that is sharp has a low temperature wherever its weight lies (how far it is from p, KL(q||p) says).
//
// It is +Inf for the entropy of the uniform state, and 0 at or below that of the ground states. An error names an
// energy that is not finite, or an entropy beyond ln labels (by more than 1e-6). It panics unless len(energy) is a multiple
// of labels > 1. Cost: some ten passes over the energies.
func EffectiveTemperature(energy []float64, labels int, entropy float64) (float64, error) {
	if labels < 2 || len(energy) == 0 || len(energy)%labels != 0 {
		panic(fmt.Sprintf("thermo: %d energies are no rows of %d labels", len(energy), labels))
	}
	for j, e := range energy {
		if math.IsNaN(e) || math.IsInf(e, -1) {
			return math.NaN(), fmt.Errorf("thermo: energy of sample %d, label %d is %v", j/labels, j%labels, e)
		}
	}
	if !(entropy >= -1e-6 && entropy <= math.Log(float64(labels))+1e-6) {
		return math.NaN(), fmt.Errorf("thermo: an entropy of %v nats: %d labels have between 0 and %.4g", entropy, labels, math.Log(float64(labels)))
	}
	return solveTemperature(energy, labels, entropy), nil
}

// solveTemperature solves for y = ln beta by Newton's method, kept inside a bracket by bisection.
func solveTemperature(energy []float64, labels int, entropy float64) float64 {
	const tolerance = 1e-12
	hot, cold := extremeEntropies(energy, labels)
	switch {
	case entropy >= hot-tolerance:
		return math.Inf(1)
	case entropy <= cold+tolerance:
		return 0
	}
	lo, hi := -1.0, 1.0 // to be S(lo) > entropy > S(hi)
	for s := 0.0; lo > -700; lo *= 2 {
		if s, _ = gibbsEntropy(energy, labels, math.Exp(lo)); s > entropy {
			break
		}
	}
	for s := 0.0; hi < 700; hi *= 2 {
		if s, _ = gibbsEntropy(energy, labels, math.Exp(hi)); s < entropy {
			break
		}
	}
	y := 0.0
	for range 200 {
		s, slope := gibbsEntropy(energy, labels, math.Exp(y))
		if s >= entropy {
			lo = y
		} else {
			hi = y
		}
		next := y + (entropy-s)/slope
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-y) < tolerance {
			break
		}
		y = next
	}
	return math.Exp(-y)
}

// extremeEntropies returns the mean entropies of the rows at infinite and at zero temperature.
func extremeEntropies(energy []float64, labels int) (hot, cold float64) {
	for i := 0; i < len(energy); i += labels {
		row := energy[i : i+labels]
		lowest, allowed, ground := math.Inf(1), 0, 0
		for _, e := range row {
			lowest = min(lowest, e)
		}
		for _, e := range row {
			if !math.IsInf(e, 1) {
				allowed++
			}
			if e == lowest {
				ground++
			}
		}
		hot += math.Log(float64(allowed))
		cold += math.Log(float64(ground))
	}
	n := float64(len(energy) / labels)
	return hot / n, cold / n
}

// gibbsEntropy returns the mean entropy of the rows at inverse temperature beta, and its derivative with respect to
// ln beta, -beta^2 Var(E).
func gibbsEntropy(energy []float64, labels int, beta float64) (entropy, slope float64) {
	for i := 0; i < len(energy); i += labels {
		row := energy[i : i+labels]
		lowest := row[0]
		for _, e := range row {
			if e < lowest {
				lowest = e
			}
		}
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
