package model

import (
	"math"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// biasSquareplus is the node of (z, b)
//
//	y = (a + sqrt(a^2 + 4))/2 - 1,   a = z + b,
//
// for z of shape (rows, units) and b of shape (1, units): a layer's bias and activation in one pass. The activation
// (squareplus, Barron 2021, arXiv:2112.11687, less its value at 0) is a smooth ReLU with one square root and no
// exponential; its slope (1 + a/sqrt(a^2 + 4))/2 lies in (0, 1). Without the -1 the features' large mean slows
// learning.
func biasSquareplus(z, b *G.Node) *G.Node {
	o := &op.Operation{
		Name: "BiasSquareplus", Ranks: []int{2, 2, 2},
		Of32: squareplusRows[float32], Of64: squareplusRows[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			dz := op.Like("BiasSquareplusGrad", slopeRows[float32], slopeRows[float64], in[0], in[1], grad)
			return G.Nodes{dz, op.ColumnSum(dz)}
		},
	}
	return o.Apply(z, b)
}

func root[T float32 | float64](a T) T { return T(math.Sqrt(float64(a))) }

func squareplusRows[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	z, bias := in[0], in[1]
	for ; len(z) > 0; out, z = out[len(bias):], z[len(bias):] {
		for j, b := range bias {
			a := z[j] + b
			out[j] = (a+root(a*a+4))/2 - 1
		}
	}
}

func slopeRows[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	z, bias := in[0], in[1]
	dy := in[2]
	for i := 0; i < len(z); i += len(bias) {
		row, from := z[i:][:len(bias)], dy[i:][:len(bias)]
		to := out[i:][:len(bias)]
		for j, b := range bias {
			a := row[j] + b
			to[j] = from[j] * (1 + a/root(a*a+4)) / 2
		}
	}
}
