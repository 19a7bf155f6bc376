package model

import (
	"math"

	"calorimeter/model/internal/lse"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// crossEntropy is the node of the b negative log-likelihoods of (logits l, labels y), b x k and b x 1,
//
//	-ln softmax(l_i)[y_i] = ln sum_j exp(l_ij) - l_i,y_i
//
// in nats. The largest logit of a row is subtracted before the exponentials are taken, so that logits of any size are
// safe. Its derivative is softmax(l_i)_j - [j = y_i]; it has none with respect to the labels, which must be whole
// numbers 0 to k-1.
func crossEntropy(logits, labels *G.Node) *G.Node {
	o := &op.Operation{
		Name: "CrossEntropy", Ranks: []int{2, 2, 1}, Held: []int{1},
		Shape: oneARow, Of32: crossEntropyRows[float32], Of64: crossEntropyRows[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			dl := op.Like("CrossEntropyGrad", crossEntropyGradRows[float32], crossEntropyGradRows[float64], in[0], in[1], grad)
			return G.Nodes{dl, nil}
		},
	}
	return o.Apply(logits, labels)
}

func crossEntropyRows[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	logits, labels := in[0], in[1]
	k := len(logits) / len(out)
	for i, y := range labels {
		row := logits[i*k : (i+1)*k]
		out[i] = T(lse.LogSumExp(row) - float64(row[int(y)]))
	}
}

func crossEntropyGradRows[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	logits, labels := in[0], in[1]
	dloss := in[2]
	k := len(logits) / len(labels)
	for i, y := range labels {
		row, o := logits[i*k:(i+1)*k], out[i*k:(i+1)*k]
		d := float64(dloss[i])
		total := lse.LogSumExp(row)
		for j, l := range row {
			o[j] = T(d * math.Exp(float64(l)-total))
		}
		o[int(y)] -= T(d)
	}
}
