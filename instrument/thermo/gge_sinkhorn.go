package thermo

import (
	"fmt"
	"math"
)

// Sinkhorn writes balanced self-labels to q and returns the ensemble that they are: of all q with sum_k q_ik = 1 and each
// label occupied equally, (1/samples) sum_i q_ik = 1/labels, the one that minimises
//
//	sum_ik q_ik E_ik + eps sum_ik q_ik ln q_ik,
//
// ln q_ik = -E_ik/eps + lambda_k + nu_i (Cuturi 2013, arXiv:1306.0895), as SwAV uses it (Caron et al. 2020,
// arXiv:2006.09882; there E = -z.c, eps = 0.05, 3 iterations). energy[i*labels+k] = E_ik, row-major as q. Each of the
// iterations first balances the labels (lambda), then normalises the samples (nu), in the logarithm, so that no eps
// underflows before the last exponential. q therefore sums to 1 in each row, whatever the number of iterations, and
// MarginalError is what is left to balance: beyond [BalanceTolerance] a warning says that more iterations are needed. It stops early
// once MarginalError is at most tolerance; 0 makes all iterations.
//
// The residual of the GGE is evaluated from q and the energies anew. An error names an energy that is not finite. It
// panics on lengths that do not match, labels < 2, iterations < 1, or eps that is not positive. Cost: two passes of
// exponentials an iteration.
func Sinkhorn(q, energy []float64, labels int, eps float64, iterations int, tolerance float64) (GGE, error) {
	n := len(energy) / max(labels, 1)
	if labels < 2 || n < 1 || len(energy) != n*labels || len(q) != len(energy) || iterations < 1 || !(eps > 0) || math.IsInf(eps, 1) {
		panic(fmt.Sprintf("thermo: Sinkhorn on %d energies to %d self-labels of %d labels, eps = %v, %d iterations", len(energy), len(q), labels, eps, iterations))
	}
	for j, e := range energy {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return GGE{}, fmt.Errorf("thermo: energy of sample %d, label %d is %v", j/labels, j%labels, e)
		}
	}
	lambda, nu := make([]float64, labels), make([]float64, n)
	next, top, sum := make([]float64, labels), make([]float64, labels), make([]float64, labels)
	normalise(nu, lambda, energy, eps)
	done := 0
	for done < iterations {
		if off := balance(next, lambda, nu, energy, eps, top, sum); off <= tolerance {
			break
		}
		copy(lambda, next)
		normalise(nu, lambda, energy, eps)
		done++
	}
	for i, nu := range nu {
		for k, l := range lambda {
			q[i*labels+k] = math.Exp(l + nu - energy[i*labels+k]/eps)
		}
	}
	return FitGGE(energy, q, labels, eps, done, true)
}

// normalise sets nu_i = -ln sum_k exp(lambda_k - E_ik/eps).
func normalise(nu, lambda, energy []float64, eps float64) {
	for i := range nu {
		row := energy[i*len(lambda):][:len(lambda)]
		top := math.Inf(-1)
		for k, l := range lambda {
			if v := l - row[k]/eps; v > top {
				top = v
			}
		}
		sum := 0.0
		for k, l := range lambda {
			sum += math.Exp(l - row[k]/eps - top)
		}
		nu[i] = -top - math.Log(sum)
	}
}

// balance sets next_k = ln(samples/labels) - ln sum_i exp(nu_i - E_ik/eps), going through the energies by rows, and
// returns how far the occupations are from balance with lambda as it was, max_k |exp(lambda_k - next_k) - 1|. top and sum
// are scratch.
func balance(next, lambda, nu, energy []float64, eps float64, top, sum []float64) (off float64) {
	for k := range top {
		top[k], sum[k] = math.Inf(-1), 0
	}
	for i, nu := range nu {
		for k, e := range energy[i*len(top):][:len(top)] {
			if v := nu - e/eps; v > top[k] {
				top[k] = v
			}
		}
	}
	for i, nu := range nu {
		for k, e := range energy[i*len(top):][:len(top)] {
			sum[k] += math.Exp(nu - e/eps - top[k])
		}
	}
	share := math.Log(float64(len(nu)) / float64(len(top)))
	for k, l := range lambda {
		next[k] = share - top[k] - math.Log(sum[k])
		off = max(off, math.Abs(math.Exp(l-next[k])-1))
	}
	return off
}
