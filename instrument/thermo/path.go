package thermo

import (
	"fmt"
	"math"
)

// LogTransition is the log of the transition density of step j of a process, from one state to the next.
type LogTransition func(j int, from, to []float64) float64

// PathEntropyProduction returns the entropy that the surroundings gain along one trajectory path[0], ..., path[T] of a
// Markov process, the log ratio of the probabilities of its steps and of the reversed ones,
//
//	sum_{j<T} [ forward(j, path[j], path[j+1]) - reverse(j, path[j+1], path[j]) ],
//
// in nats (Crooks, Phys. Rev. E 60, 2721 (1999); Seifert, Phys. Rev. Lett. 95, 040602 (2005)). forward(j, ., .) is the
// log density of step j, reverse(j, ., .) that of the step that undoes it in the time-reversed process; for a process
// whose protocol does not change they are the same function. Odd variables (velocities) must be reversed by the caller
// inside reverse.
//
// The total entropy production adds the boundary term ln p_0(path[0]) - ln p_T(path[T]); in a steady state it averages
// to zero. The total obeys <exp(-total)> = 1 exactly, at any step size, and its mean is the Kullback-Leibler divergence
// of forward from reversed paths, >= 0. A term that is not finite is an error that names the step; a path of fewer than
// two states has no steps and produces 0.
func PathEntropyProduction(path [][]float64, forward, reverse LogTransition) (float64, error) {
	sum := 0.0
	for j := 0; j+1 < len(path); j++ {
		f, r := forward(j, path[j], path[j+1]), reverse(j, path[j+1], path[j])
		if d := f - r; math.IsNaN(d) || math.IsInf(d, 0) {
			return math.NaN(), fmt.Errorf("thermo: step %d of %d has log density %v forward and %v in reverse",
				j, len(path)-1, f, r)
		}
		sum += f - r
	}
	return sum, nil
}
