package model

import (
	"math"

	"calorimeter/internal/vector"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// bernoulliNLL is the node of the b negative log-likelihoods of (logits l, bits x), both b x d,
//
//	y_i = sum_j softplus(l_ij) - x_ij l_ij
//
// of independent bits with P(x_ij = 1) = sigmoid(l_ij), in nats. It replaces a chain of elementwise operations by
// one pass, and is stable for logits of any size. Its derivative is dy_i/dl_ij = sigmoid(l_ij) - x_ij; it has none
// with respect to the bits.
func bernoulliNLL(logits, bits *G.Node) *G.Node {
	o := &op.Operation{
		Name: "BernoulliNLL", Ranks: []int{2, 2, 1}, Held: []int{1}, Shape: oneARow,
		Of32: nllRows(vector.BernoulliNLL), Of64: nllRows(bernoulliNLL64),
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			gradient := op.Like("BernoulliNLLGrad", gradRows(vector.BernoulliNLLGrad), gradRows(bernoulliNLLGrad64),
				in[0], in[1], grad)
			return G.Nodes{gradient, nil}
		},
	}
	return o.Apply(logits, bits)
}

// oneARow is the shape of one number for each row of a matrix.
func oneARow(in []tensor.Shape) (tensor.Shape, error) { return tensor.Shape{in[0][0]}, nil }

func nllRows[T float32 | float64](nll func(logits, bits []T) float64) func(out []T, in [][]T, shape tensor.Shape) {
	return func(out []T, in [][]T, shape tensor.Shape) {
		for i, cols := 0, shape[1]; i < len(out); i++ {
			out[i] = T(nll(in[0][i*cols:(i+1)*cols], in[1][i*cols:(i+1)*cols]))
		}
	}
}

func gradRows[T float32 | float64](
	nllGrad func(out, logits, bits []T, d T),
) func(out []T, in [][]T, shape tensor.Shape) {
	return func(out []T, in [][]T, shape tensor.Shape) {
		cols := shape[1]
		for i, d := range in[2] {
			from, to := i*cols, (i+1)*cols
			nllGrad(out[from:to], in[0][from:to], in[1][from:to], d)
		}
	}
}

func bernoulliNLL64(logits, bits []float64) (nll float64) {
	for j, x := range bits {
		nll += softplus64(logits[j]) - x*logits[j]
	}
	return nll
}

func bernoulliNLLGrad64(out, logits, bits []float64, d float64) {
	for j, x := range bits {
		out[j] = d * (sigmoid64(logits[j]) - x)
	}
}

func softplus64(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }
func sigmoid64(z float64) float64  { return 1 / (1 + math.Exp(-z)) }
