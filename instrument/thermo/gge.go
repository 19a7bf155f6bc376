package thermo

import (
	"fmt"
	"math"
)

// GGE describes self-labels as a generalized Gibbs ensemble: besides the energy they conserve the occupation of each
// label, to which a field lambda_k is conjugate. With energies E_ik and the temperature eps,
//
//	ln q_ik = -E_ik/eps + lambda_k + nu_i,    sum_k lambda_k = 0
//
// where nu_i normalises sample i and sum_k lambda_k = 0 fixes the constant that both could carry. The self-labels of
// SwAV are of this form by construction (entropic optimal transport: Cuturi 2013, arXiv:1306.0895; Caron et al. 2020,
// arXiv:2006.09882), and lambda is what the balance of labels costs: the field on a label that the bare energies
// would leave empty is positive. Those of DINO are too, with the centre c in the place of the field, lambda_k =
// -(c_k - mean c)/tau_t at eps = tau_t, E = minus the teacher's logits (Caron et al. 2021, arXiv:2104.14294). That
// the ensemble is a GGE is the reading of Salazar, Phys. Lett. A (2021), arXiv:2106.08981.
type GGE struct {
	Samples, Labels int
	Eps             float64
	Lambda          []float64 // labels; mean 0
	Nu              []float64 // samples
	Occupation      []float64 // mean over samples of q_ik, sums to 1
	Residual        float64   // largest |ln q_ik + E_ik/eps - lambda_k - nu_i|, zero to rounding for a GGE
	MarginalError   float64   // largest |labels Occupation_k - 1|: how far the labels are from balance
	Iterations      int       // of Sinkhorn's algorithm; 0 if the labels came from elsewhere
	Zeros           int       // entries with q_ik = 0, which no finite field gives; they are left out of the residual
	Warnings        []string  // reasons not to take it at face value
}

// balanceTolerance is the marginal error beyond which self-labels that ought to be balanced carry a warning.
const balanceTolerance = 0.01

// FitGGE finds the fields of given self-labels by least squares over all entries: energy[i*labels+k] = E_ik, target =
// q_ik (rows sum to 1 to 1e-4 and are normalised). Residual then tells whether they are a GGE at all. balanced says
// that they ought to occupy all labels equally, as SwAV's: a marginal error beyond 0.01 is then a warning. iterations
// is how many were made to balance them, for the record.
//
// Entries that are 0, by underflow for example, are left out and counted, with a warning. An error names the entry that
// is not finite, the row that does not sum to 1, or a label without any entry left. It panics on lengths that do not
// match, labels < 2, or eps that is not positive. Cost: O(samples x labels); a few times that with zeros.
func FitGGE(energy, target []float64, labels int, eps float64, iterations int, balanced bool) (GGE, error) {
	g, r, err := newGGE(energy, target, labels, eps, iterations)
	if err != nil {
		return g, err
	}
	// Least squares by alternating means: exact after one round where no entry is left out.
	for range 1000 {
		moved := g.fitNu(r)
		moved = max(moved, g.fitLambda(r))
		if g.Zeros == 0 || moved < 1e-13 {
			break
		}
	}
	for k, l := range g.Lambda {
		if math.IsNaN(l) {
			return g, fmt.Errorf("thermo: label %d is 0 for all %d samples: it has no finite field", k, g.Samples)
		}
	}
	g.centre()
	g.fitNu(r)
	g.check(r, balanced)
	return g, nil
}

// CheckGGE is [FitGGE] for fields that are known, such as -centre/tau of DINO: lambda (up to a constant) is taken as it
// is given, and Residual tells how far the self-labels are from the ensemble with these fields.
func CheckGGE(energy, target []float64, labels int, eps float64, lambda []float64) (GGE, error) {
	if len(lambda) != labels {
		panic(fmt.Sprintf("thermo: %d fields for %d labels", len(lambda), labels))
	}
	if err := finite("field", "label", lambda); err != nil {
		return GGE{}, fmt.Errorf("thermo: %w", err)
	}
	g, r, err := newGGE(energy, target, labels, eps, 0)
	if err != nil {
		return g, err
	}
	copy(g.Lambda, lambda)
	g.centre()
	g.fitNu(r)
	g.check(r, false)
	return g, nil
}

// newGGE checks the arguments and returns r_ik = ln q_ik + E_ik/eps, -Inf where q_ik = 0.
func newGGE(energy, target []float64, labels int, eps float64, iterations int) (GGE, []float64, error) {
	n := len(energy) / max(labels, 1)
	if labels < 2 || n < 1 || len(energy) != n*labels || len(target) != n*labels || !(eps > 0) || math.IsInf(eps, 1) {
		panic(fmt.Sprintf("thermo: %d energies and %d targets of %d labels at eps = %v",
			len(energy), len(target), labels, eps))
	}
	g := GGE{
		Samples: n, Labels: labels, Eps: eps, Iterations: iterations,
		Lambda: make([]float64, labels), Nu: make([]float64, n), Occupation: make([]float64, labels),
	}
	r := make([]float64, len(energy))
	for i := range n {
		sum := 0.0
		for k := range labels {
			j := i*labels + k
			if e := energy[j]; math.IsNaN(e) || math.IsInf(e, 0) {
				return g, nil, fmt.Errorf("thermo: energy of sample %d, label %d is %v", i, k, e)
			}
			if !(target[j] >= 0) {
				return g, nil, fmt.Errorf("thermo: target of sample %d, label %d is %v: probabilities are wanted", i, k, target[j])
			}
			sum += target[j]
		}
		if !(math.Abs(sum-1) <= 1e-4) {
			return g, nil, fmt.Errorf("thermo: the targets of sample %d sum to %v, not to 1", i, sum)
		}
		for k := range labels {
			j := i*labels + k
			g.Occupation[k] += target[j] / sum / float64(n)
			r[j] = math.Log(target[j]/sum) + energy[j]/eps
			if target[j] == 0 {
				g.Zeros++
			}
		}
	}
	return g, r, nil
}

// fitNu sets each nu_i to the mean of r_ik - lambda_k over the labels, and returns the largest change.
func (g *GGE) fitNu(r []float64) (moved float64) {
	for i := range g.Nu {
		sum, n := 0.0, 0.0
		for k, l := range g.Lambda {
			if v := r[i*g.Labels+k]; !math.IsInf(v, -1) {
				sum, n = sum+v-l, n+1
			}
		}
		moved = max(moved, math.Abs(sum/n-g.Nu[i]))
		g.Nu[i] = sum / n
	}
	return moved
}

// fitLambda sets each lambda_k to the mean of r_ik - nu_i over the samples, and returns the largest change.
func (g *GGE) fitLambda(r []float64) (moved float64) {
	for k := range g.Lambda {
		sum, n := 0.0, 0.0
		for i, nu := range g.Nu {
			if v := r[i*g.Labels+k]; !math.IsInf(v, -1) {
				sum, n = sum+v-nu, n+1
			}
		}
		moved = max(moved, math.Abs(sum/n-g.Lambda[k]))
		g.Lambda[k] = sum / n
	}
	return moved
}

// centre makes the mean of the fields 0.
func (g *GGE) centre() {
	mean := 0.0
	for _, l := range g.Lambda {
		mean += l / float64(g.Labels)
	}
	for k := range g.Lambda {
		g.Lambda[k] -= mean
	}
}

// check sets the residual, the marginal error and the warnings.
func (g *GGE) check(r []float64, balanced bool) {
	for i, nu := range g.Nu {
		for k, l := range g.Lambda {
			if v := r[i*g.Labels+k]; !math.IsInf(v, -1) {
				g.Residual = max(g.Residual, math.Abs(v-l-nu))
			}
		}
	}
	for _, o := range g.Occupation {
		g.MarginalError = max(g.MarginalError, math.Abs(float64(g.Labels)*o-1))
	}
	if g.Zeros > 0 {
		g.Warnings = append(g.Warnings, fmt.Sprintf("%d of %d self-labels are 0 and were left out: compute them in "+
			"float64, or raise eps = %g",
			g.Zeros, len(r), g.Eps))
	}
	if balanced && g.MarginalError > balanceTolerance {
		g.Warnings = append(g.Warnings, fmt.Sprintf("Sinkhorn has not converged: a label's occupation is off by %.3g of "+
			"1/%d after %d iterations; make more, or raise eps = %g",
			g.MarginalError, g.Labels, g.Iterations, g.Eps))
	}
}
