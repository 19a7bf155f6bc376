package ssl

import (
	"fmt"
	"math"
	"slices"
)

// sinkhornTolerance is the largest relative deviation of a label's occupation from equal shares at which Sinkhorn's
// iteration stops.
const sinkhornTolerance = 1e-9

// Balance says how a balancing of self-labels went.
type Balance struct {
	Field      []float64 // lambda_k, one for each label, in the gauge sum_k lambda_k = 0; conjugate to its occupation
	Iterations int       // rounds that were made
	Imbalance  float64   // largest |o_k labels/samples - 1| of the labels returned, o_k = sum_i q_ik; 0 is perfect balance
	Converged  bool      // Imbalance is at most 1e-9
}

// Sinkhorn fills q with balanced self-labels of samples with the given scores, both samples x labels, row-major: of all
// q with rows that sum to 1 and columns that sum to samples/labels, the one that maximises
//
//	sum_ik q_ik score_ik - eps sum_ik q_ik ln q_ik,
//
// which is q_ik = exp(score_ik/eps + lambda_k + nu_i). Rows and columns are scaled in turn (Sinkhorn & Knopp, Pacific
// J. Math. 21, 343 (1967); Cuturi, arXiv:1306.0895; for self-labels, Caron et al., arXiv:2006.09882), rows last, until
// every column is within 1e-9 of its share or after iterations rounds. The form of q is exact after every round; only
// the balance converges. It panics unless q and scores hold whole rows of labels values, eps > 0 and iterations >= 1.
// Scores that are not finite, or that spread over more than 600 eps in a row, are an error.
func Sinkhorn(q, scores []float64, labels int, eps float64, iterations int) (Balance, error) {
	if labels < 1 || len(scores) == 0 || len(scores)%labels != 0 || len(q) != len(scores) || !(eps > 0) || iterations < 1 {
		panic(fmt.Sprintf("ssl: Sinkhorn of %d scores into %d labels of %d, eps %v, %d iterations",
			len(scores), len(q), labels, eps, iterations))
	}
	samples := len(scores) / labels
	for i := range samples {
		row := scores[i*labels : (i+1)*labels]
		top := slices.Max(row)
		if spread := (top - slices.Min(row)) / eps; !(spread <= 600) {
			return Balance{}, fmt.Errorf("ssl: the scores of sample %d spread over %.3g eps, beyond what floating point can "+
				"balance: raise epsilon", i, spread)
		}
		for k, s := range row {
			q[i*labels+k] = math.Exp((s - top) / eps)
		}
	}
	b := Balance{Field: make([]float64, labels)}
	column, factor := make([]float64, labels), slices.Repeat([]float64{1}, labels)
	share := float64(samples) / float64(labels)
	for {
		clear(column)
		for row := range slices.Chunk(q, labels) {
			var total float64
			for k, v := range row {
				total += v * factor[k]
			}
			for k, v := range row {
				column[k] += v * factor[k] / total
			}
		}
		b.Imbalance = 0
		for _, c := range column {
			b.Imbalance = max(b.Imbalance, math.Abs(c/share-1))
		}
		b.Converged = b.Imbalance <= sinkhornTolerance
		if b.Converged || b.Iterations == iterations {
			break
		}
		b.Iterations++
		for k, c := range column {
			factor[k] *= share / c
		}
	}
	var mean float64
	for k, f := range factor {
		b.Field[k] = math.Log(f)
		mean += b.Field[k] / float64(labels)
	}
	for k := range b.Field {
		b.Field[k] -= mean
	}
	for row := range slices.Chunk(q, labels) {
		var total float64
		for k, v := range row {
			total += v * factor[k]
		}
		scale := math.Ldexp(1, -math.Ilogb(total)) // exact, and keeps small products from losing digits
		for k, v := range row {
			row[k] = v * (factor[k] * scale) / (total * scale)
		}
	}
	return b, nil
}
