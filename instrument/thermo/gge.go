package thermo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// GGE describes self-labels as a generalized Gibbs ensemble: besides the energy they conserve the occupation of each
// label, to which a field lambda_k is conjugate. With energies E_ik and the temperature eps,
//
//	ln q_ik = -E_ik/eps + lambda_k + nu_i,    nu_i = -ln sum_k exp(-E_ik/eps + lambda_k),    sum_k lambda_k = 0
//
// where nu_i normalises sample i and sum_k lambda_k = 0 fixes the constant that both could carry. The self-labels of
// SwAV are of this form by construction (entropic optimal transport: Cuturi 2013, arXiv:1306.0895; Caron et al. 2020,
// arXiv:2006.09882), and lambda is what the balance of labels costs: the field on a label that the bare energies
// would leave empty is positive. Those of DINO are too, with the centre c in the place of the field, lambda_k =
// -(c_k - mean c)/tau_t at eps = tau_t, E = minus the teacher's logits (Caron et al. 2021, arXiv:2104.14294). That
// the ensemble is a GGE is the reading of Salazar, Phys. Lett. A (2021), arXiv:2106.08981.
type GGE struct {
	Lambda        []float64 // labels; mean 0
	Nu            []float64 // samples
	Occupation    []float64 // mean over samples of q_ik, sums to 1
	Residual      float64   // largest |ln q_ik + E_ik/eps - lambda_k - nu_i|, zero to rounding for a GGE
	MarginalError float64   // largest |labels Occupation_k - 1|: how far the labels are from balance
	Zeros         int       // entries with q_ik = 0, which no finite field gives; they are left out of the residual
}

// smallestLabel is the smallest normal number. What lies below has lost digits, and the logarithm of it may be wrong
// (golang.org/issue/56600).
const smallestLabel = 0x1p-1022

// CheckGGE holds self-labels against the ensemble with the fields that whoever made them says they have:
// energy[i*labels+k] = E_ik, target = q_ik (rows sum to 1 to 1e-4 and are normalised), lambda up to a constant. Nothing
// is fitted, so that Residual tells how far the labels are from that ensemble. Entries below 2.2e-308, the smallest
// normal number, count as 0 and as Zeros.
//
// An error names the entry or the field that is not finite, or the row that does not sum to 1. It panics on lengths
// that do not match, labels < 2, or eps that is not positive. Cost: O(samples x labels).
func CheckGGE(energy, target []float64, labels int, eps float64, lambda []float64) (GGE, error) {
	n := len(energy) / max(labels, 1)
	if labels < 2 || n < 1 || len(energy) != n*labels || len(target) != n*labels || len(lambda) != labels {
		panic(fmt.Sprintf("thermo: %d energies and %d targets of %d labels, %d fields",
			len(energy), len(target), labels, len(lambda)))
	}
	if !(eps > 0) || math.IsInf(eps, 1) {
		panic(fmt.Sprintf("thermo: self-labels at eps = %v", eps))
	}
	if err := finite("field", "label", lambda); err != nil {
		return GGE{}, fmt.Errorf("thermo: %w", err)
	}
	g := GGE{Lambda: append([]float64(nil), lambda...), Nu: make([]float64, n), Occupation: make([]float64, labels)}
	floats.AddConst(-floats.Sum(lambda)/float64(labels), g.Lambda)
	logits := make([]float64, labels)
	for i := range n {
		e, q := energy[i*labels:(i+1)*labels], target[i*labels:(i+1)*labels]
		sum := 0.0
		for k, v := range e {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return g, fmt.Errorf("thermo: energy of sample %d, label %d is %v", i, k, v)
			}
			if !(q[k] >= 0) {
				return g, fmt.Errorf("thermo: target of sample %d, label %d is %v: probabilities are wanted", i, k, q[k])
			}
			logits[k] = g.Lambda[k] - v/eps
			sum += q[k]
		}
		if !(math.Abs(sum-1) <= 1e-4) {
			return g, fmt.Errorf("thermo: the targets of sample %d sum to %v, not to 1", i, sum)
		}
		g.Nu[i] = -floats.LogSumExp(logits)
		for k, v := range q {
			p := v / sum
			g.Occupation[k] += p / float64(n)
			if p < smallestLabel {
				g.Zeros++
				continue
			}
			g.Residual = max(g.Residual, math.Abs(math.Log(p)-logits[k]-g.Nu[i]))
		}
	}
	for _, o := range g.Occupation {
		g.MarginalError = max(g.MarginalError, math.Abs(float64(labels)*o-1))
	}
	return g, nil
}
