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
	var roots32 []float32 // of the last evaluation, which the slope follows in every run: it takes its output
	var roots64 []float64
	o := &op.Operation{
		Name: "BiasSquareplus", Ranks: []int{2, 2, 2},
		Of32: func(y []float32, in [][]float32, _ tensor.Shape) { roots32 = squareplusRows(y, in, roots32) },
		Of64: func(y []float64, in [][]float64, _ tensor.Shape) { roots64 = squareplusRows(y, in, roots64) },
		Diff: func(in G.Nodes, y, grad *G.Node) G.Nodes {
			dz := op.Like("BiasSquareplusGrad",
				func(dz []float32, in [][]float32, _ tensor.Shape) { slopeRows(dz, in, roots32) },
				func(dz []float64, in [][]float64, _ tensor.Shape) { slopeRows(dz, in, roots64) },
				in[0], in[1], y, grad)
			return G.Nodes{dz, op.ColumnSum(dz)}
		},
	}
	return o.Apply(z, b)
}

func root[T float32 | float64](a T) T { return T(math.Sqrt(float64(a))) }

// squareplusRows fills y and the roots, which it returns.
func squareplusRows[T float32 | float64](y []T, in [][]T, roots []T) []T {
	z, bias := in[0], in[1]
	if len(roots) != len(z) {
		roots = make([]T, len(z))
	}
	for i := 0; i < len(z); i += len(bias) {
		row, out := z[i:][:len(bias)], y[i:][:len(bias)]
		rooted := roots[i:][:len(bias)]
		for j, b := range bias {
			a := row[j] + b
			r := root(a*a + 4)
			rooted[j] = r
			out[j] = (a+r)/2 - 1
		}
	}
	return roots
}

func slopeRows[T float32 | float64](dz []T, in [][]T, roots []T) {
	z, bias := in[0], in[1]
	dy := in[3]
	for i := 0; i < len(z); i += len(bias) {
		row, from := z[i:][:len(bias)], dy[i:][:len(bias)]
		to, rooted := dz[i:][:len(bias)], roots[i:][:len(bias)]
		for j, b := range bias {
			a := row[j] + b
			to[j] = from[j] * (1 + a/rooted[j]) / 2
		}
	}
}
