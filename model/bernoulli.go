package model

import "math"

// bernoulliNLL is the Gorgonia operation (logits l, bits x), both b x d, to the b negative log-likelihoods
//
//	y_i = sum_j softplus(l_ij) - x_ij l_ij
//
// of independent bits with P(x_ij = 1) = sigmoid(l_ij), in nats. It replaces a chain of elementwise operations by
// one pass, and is stable for logits of any size. Its derivative is dy_i/dl_ij = sigmoid(l_ij) - x_ij; it has none
// with respect to the bits.
var bernoulliNLL = &differentiable{
	operation: operation{
		name: "BernoulliNLL", inputs: []int{2, 2}, output: 1, shape: oneARow,
		do32: func(out []float32, in [maxInputs][]float32) { nllRows(out, in[0], in[1], bernoulliNLL32) },
		do64: func(out []float64, in [maxInputs][]float64) { nllRows(out, in[0], in[1], bernoulliNLL64) },
	},
	wrt: []bool{true, false}, gradient: towardsFirst(bernoulliGrad),
}

// bernoulliGrad is (l, x, dL/dy) to dL/dl.
var bernoulliGrad = &operation{
	name: "BernoulliNLLGrad", inputs: []int{2, 2, 1}, output: 2,
	do32: func(out []float32, in [maxInputs][]float32) { gradRows(out, in[0], in[1], in[2], sigmoid32) },
	do64: func(out []float64, in [maxInputs][]float64) { gradRows(out, in[0], in[1], in[2], sigmoid64) },
}

func nllRows[T float32 | float64](out, logits, bits []T, row func(logits, bits []T) float64) {
	cols := len(logits) / len(out)
	for i := range out {
		out[i] = T(row(logits[i*cols:(i+1)*cols], bits[i*cols:(i+1)*cols]))
	}
}

func gradRows[T float32 | float64](out, logits, bits, dy []T, sigmoid func(T) T) {
	cols := len(logits) / len(dy)
	for i, d := range dy {
		o, row := out[i*cols:(i+1)*cols], logits[i*cols:(i+1)*cols]
		for j, x := range bits[i*cols : (i+1)*cols] {
			o[j] = d * (sigmoid(row[j]) - x)
		}
	}
}

func bernoulliNLL64(logits, bits []float64) (nll float64) {
	for j, x := range bits {
		nll += softplus64(logits[j]) - x*logits[j]
	}
	return nll
}

func softplus64(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }
func sigmoid64(z float64) float64  { return 1 / (1 + math.Exp(-z)) }
