package thermo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// WeightedLangevin drives a chain by unadjusted Langevin steps while the energy changes, and keeps the work that makes
// the fluctuation theorems exact at any step size.
//
// One step moves x to y at the energy phi_j with x' = x - h grad phi_j(x) + sqrt(2h) xi, then switches the energy to
// phi_{j+1}. The usual work is w = phi_{j+1}(y) - phi_j(y); because the step does not leave exp(-phi_j) invariant,
// <exp(-sum w)> is not Z_J/Z_0. Weighting the path against the time-reversed one instead gives (Carbone, Hua, Coste &
// Vanden-Eijnden, NeurIPS 2023, arXiv:2305.19414)
//
//	W = alpha_{j+1}(y, x) - alpha_j(x, y),
//	alpha_j(x, y) = phi_j(x) + (y-x).grad phi_j(x)/2 + h |grad phi_j(x)|^2 / 4,
//
// which is phi_{j+1}(y) - phi_j(x) + ln t_j(x -> y) - ln t_{j+1}(y -> x) with t the transition densities of the steps,
// the common factors cancelled: W sums to the log ratio of the probabilities of the forward path, begun in equilibrium
// at phi_0, and of the backward one, begun in equilibrium at phi_J. So <exp(-sum W)> = Z_J/Z_0 exactly, and sum W may
// be given to [Jarzynski]. As h -> 0 both works agree.
type WeightedLangevin struct{ langevinStep }

// NewWeightedLangevin returns the driver in dim dimensions with step h. It panics unless dim > 0 and h > 0 is finite.
func NewWeightedLangevin(dim int, h float64) *WeightedLangevin {
	return &WeightedLangevin{newLangevinStep(dim, h)}
}

// Step moves x in place at the energy before and switches to the energy after. It returns the naive work, which is
// biased at finite h, and the weighted work, which is not, both in nats. An energy or gradient that is not finite, on
// either side, is an error and leaves x unchanged. Step panics if x has not the dimension of the driver.
func (k *WeightedLangevin) Step(x []float64, before, after Potential, rng *rand.Rand) (naive, weighted float64,
	err error) {
	start, err := evaluate(k.gradX, x, before)
	if err != nil {
		return 0, 0, err
	}
	langevin(k.y, x, k.gradX, k.h, rng)
	end, err := evaluate(k.gradY, k.y, after)
	if err != nil {
		return 0, 0, err
	}
	naive = end - before(nil, k.y)
	weighted = alpha(end, k.y, x, k.gradY, k.h) - alpha(start, x, k.y, k.gradX, k.h)
	if math.IsNaN(naive+weighted) || math.IsInf(naive+weighted, 0) {
		return 0, 0, fmt.Errorf("thermo: work is %v (weighted %v): an energy is not finite", naive, weighted)
	}
	copy(x, k.y)
	return naive, weighted, nil
}

// alpha returns phi(x) + (y-x).grad phi(x)/2 + h |grad phi(x)|^2 / 4.
func alpha(phi float64, x, y, gradX []float64, h float64) float64 {
	sum := phi
	for i, g := range gradX {
		sum += (y[i]-x[i])*g/2 + h*g*g/4
	}
	return sum
}
