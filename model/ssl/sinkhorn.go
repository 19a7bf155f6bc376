package ssl

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/model/internal/lse"

	"gonum.org/v1/gonum/floats"
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

// widest is the largest spread of scores in a row, in eps, that is balanced: beyond it logarithms of labels are rounded
// by more than 1e-9.
const widest = 1e6

// Sinkhorn fills q with balanced self-labels of samples with the given scores, both samples x labels, row-major: of all
// q with rows that sum to 1 and columns that sum to samples/labels, the one that maximises
//
//	sum_ik q_ik score_ik - eps sum_ik q_ik ln q_ik,
//
// which is q_ik = exp(score_ik/eps + lambda_k + nu_i). Rows and columns are scaled in turn (Sinkhorn & Knopp, Pacific
// J. Math. 21, 343 (1967); Cuturi, arXiv:1306.0895; for self-labels, Caron et al., arXiv:2006.09882), rows last, until
// every column is within 1e-9 of its share or after iterations rounds. The form of q is exact after every round; only
// the balance converges. Labels too small for a floating-point number are 0. It panics unless q and scores hold whole
// rows of labels values, eps > 0 and iterations >= 1. Scores that are not finite, or that spread over more than 1e6 eps
// in a row, are an error.
func Sinkhorn(q, scores []float64, labels int, eps float64, iterations int) (Balance, error) {
	if labels < 1 || len(scores) == 0 || len(scores)%labels != 0 || len(q) != len(scores) || !(eps > 0) || iterations < 1 {
		panic(fmt.Sprintf("ssl: Sinkhorn of %d scores into %d labels of %d, eps %v, %d iterations",
			len(scores), len(q), labels, eps, iterations))
	}
	kern := kernel{scores: scores, labels: labels, eps: eps, field: make([]float64, labels)}
	wide := false // beyond what numbers hold: the field is not 0 in the kernel
	samples := len(scores) / labels
	for i := range samples {
		spread := (slices.Max(kern.row(i)) - slices.Min(kern.row(i))) / eps
		if !(spread <= widest) {
			return Balance{}, fmt.Errorf("ssl: the scores of sample %d spread over %.3g eps, beyond what floating point can "+
				"balance: raise epsilon", i, spread)
		}
		wide = wide || spread > 600
	}
	b := Balance{}
	if wide { // whole columns may be too small for a number before they are scaled
		kern.scaleColumns()
		b.Iterations = 1
	}
	kern.fill(q)
	column, factor := make([]float64, labels), slices.Repeat([]float64{1}, labels)
	share := float64(samples) / float64(labels)
	for {
		clear(column)
		for row := range slices.Chunk(q, labels) {
			floats.AddScaled(column, 1/floats.Dot(row, factor), row)
		}
		floats.Mul(column, factor)
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
		if slices.Max(factor) > 1e130 || slices.Min(factor) < 1e-130 {
			kern.take(factor)
			kern.fill(q)
			wide = true
		}
	}
	if wide { // labels that were too small for the kernel
		kern.take(factor)
		kern.fill(q)
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
	kern.take(factor)
	var mean float64
	for _, l := range kern.field {
		mean += l / float64(labels)
	}
	floats.AddConst(-mean, kern.field)
	b.Field = kern.field
	return b, nil
}

// kernel is exp(score/eps + field) of all samples and labels, each row in units of its largest.
type kernel struct {
	scores []float64
	labels int
	eps    float64
	field  []float64
}

// row returns the scores of a sample.
func (k *kernel) row(sample int) []float64 { return k.scores[sample*k.labels : (sample+1)*k.labels] }

// logs fills a row with the logarithms of the kernel but for a constant.
func (k *kernel) logs(dst, scores []float64) {
	top := slices.Max(scores)
	for j, s := range scores {
		dst[j] = (s-top)/k.eps + k.field[j]
	}
}

// fill fills q with the kernel.
func (k *kernel) fill(q []float64) {
	for i := range len(q) / k.labels {
		out := q[i*k.labels : (i+1)*k.labels]
		k.logs(out, k.row(i))
		top := slices.Max(out)
		for j, l := range out {
			out[j] = math.Exp(l - top)
		}
	}
}

// take moves factors of the labels into the field.
func (k *kernel) take(factor []float64) {
	for j, f := range factor {
		k.field[j] += math.Log(f)
		factor[j] = 1
	}
}

// scaleColumns makes the columns equal, of rows that sum to 1 before, in the logarithm.
func (k *kernel) scaleColumns() {
	columns := make([][]float64, k.labels)
	logs := make([]float64, k.labels)
	for i := range len(k.scores) / k.labels {
		k.logs(logs, k.row(i))
		nu := -lse.LogSumExp(logs)
		for j, l := range logs {
			columns[j] = append(columns[j], l+nu)
		}
	}
	for j, column := range columns {
		k.field[j] -= lse.LogSumExp(column)
	}
}
