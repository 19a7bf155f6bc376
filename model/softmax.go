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
	var totals []float64 // of the last evaluation, which the derivative follows in every run: it takes its output
	o := &op.Operation{
		Name: "CrossEntropy", Ranks: []int{2, 2, 1}, Held: []int{1}, Shape: oneARow,
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) { totals = crossEntropyRows(out, in, totals) },
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) { totals = crossEntropyRows(out, in, totals) },
		Diff: func(in G.Nodes, out, grad *G.Node) G.Nodes {
			dl := op.Like("CrossEntropyGrad",
				func(dl []float32, in [][]float32, _ tensor.Shape) { crossEntropyGradRows(dl, in, totals) },
				func(dl []float64, in [][]float64, _ tensor.Shape) { crossEntropyGradRows(dl, in, totals) },
				in[0], in[1], out, grad)
			return G.Nodes{dl, nil}
		},
	}
	return o.Apply(logits, labels)
}

// crossEntropyRows fills out, and ln sum_j exp(l_ij) of every row, which it returns.
func crossEntropyRows[T float32 | float64](out []T, in [][]T, totals []float64) []float64 {
	logits, labels := in[0], in[1]
	k := len(logits) / len(out)
	if len(totals) != len(out) {
		totals = make([]float64, len(out))
	}
	for i, y := range labels {
		row := logits[i*k : (i+1)*k]
		totals[i] = lse.LogSumExp(row)
		out[i] = T(totals[i] - float64(row[int(y)]))
	}
	return totals
}

func crossEntropyGradRows[T float32 | float64](dl []T, in [][]T, totals []float64) {
	logits, labels := in[0], in[1]
	dloss := in[3]
	k := len(logits) / len(labels)
	for i, y := range labels {
		row, o := logits[i*k:(i+1)*k], dl[i*k:(i+1)*k]
		d := float64(dloss[i])
		for j, l := range row {
			o[j] = T(d * math.Exp(float64(l)-totals[i]))
		}
		o[int(y)] -= T(d)
	}
}
