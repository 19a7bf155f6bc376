package thermo

import (
	"math"
	"slices"

	"calorimeter/internal/vector"

	"gonum.org/v1/gonum/floats"
)

// effectiveTemperature returns the temperature at which N softmax systems of the given energies, in thermal contact,
// would have the given mean entropy in nats, defined here as the tau = 1/beta >= 0 with
//
//	(1/N) sum_i S( softmax(-beta E_i) ) = entropy
//
// where energy[i*labels+k] = E_ik; a label with energy +Inf is forbidden. It places any state of these energies, such
// as a self-label q, on a diagram of temperature and entropy; the Gibbs state p = softmax(-E) has tau = 1. It looks at
// the entropy alone: a q that is sharp has a low temperature wherever its weight lies (how far it is from p, KL(q||p)
// says). It is +Inf for the entropy of the uniform state, and 0 at or below that of the ground states.
//
// It solves for y = ln beta by Newton's method, kept inside a bracket by bisection, in some ten passes over the
// energies, which must be finite or +Inf. excess is scratch of their length.
func effectiveTemperature(energy []float64, labels int, entropy float64, excess []float64) float64 {
	const tolerance = 1e-12
	hot, cold := extremeEntropies(energy, labels, excess)
	switch {
	case entropy >= hot-tolerance:
		return math.Inf(1)
	case entropy <= cold+tolerance:
		return 0
	}
	at := func(y float64) float64 {
		s, _ := gibbsEntropy(excess, labels, math.Exp(y))
		return s
	}
	y := 0.0
	s, slope := gibbsEntropy(excess, labels, 1)
	lo, hi := y, y // to be S(lo) > entropy > S(hi)
	if s >= entropy {
		hi = 1
		for hi < 700 && at(hi) >= entropy {
			hi *= 2
		}
	} else {
		lo = -1
		for lo > -700 && at(lo) <= entropy {
			lo *= 2
		}
	}
	for range 200 {
		next := y + (entropy-s)/slope
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-y) < tolerance {
			break
		}
		y = next
		s, slope = gibbsEntropy(excess, labels, math.Exp(y))
		if s >= entropy {
			lo = y
		} else {
			hi = y
		}
	}
	return math.Exp(-y)
}

// extremeEntropies returns the mean entropies of the rows at infinite and at zero temperature, and fills excess with
// the energies above the lowest of their row.
func extremeEntropies(energy []float64, labels int, excess []float64) (hot, cold float64) {
	for i := 0; i < len(energy); i += labels {
		row := energy[i : i+labels]
		lowest := slices.Min(row)
		allowed, ground := 0, 0
		for k, e := range row {
			excess[i+k] = e - lowest
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

// gibbsEntropy returns the mean entropy of the rows of energies, above the lowest of each row, at inverse temperature
// beta, and its derivative with respect to ln beta, -beta^2 Var(E).
func gibbsEntropy(excess []float64, labels int, beta float64) (entropy, slope float64) {
	var logs, weights [64]float64
	for row := range slices.Chunk(excess, labels) {
		var z, first, second float64
		for part := range slices.Chunk(row, len(logs)) {
			x, w := logs[:len(part)], weights[:len(part)]
			for k, e := range part {
				x[k] = max(-beta*e, -710) // of weight 0, and finite
			}
			z += vector.Exp(w, x, 0)
			first -= floats.Dot(w, x)
			floats.Mul(w, x)
			second += floats.Dot(w, x)
		}
		mean := first / z
		entropy += math.Log(z) + mean
		slope -= second/z - mean*mean
	}
	n := float64(len(excess) / labels)
	return entropy / n, slope / n
}
