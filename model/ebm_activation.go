package model

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// biasSquareplus is the Gorgonia operation (z, b) to
//
//	y = (a + sqrt(a^2 + 4))/2 - 1,   a = z + b,
//
// for z of shape (rows, units) and b of shape (1, units): a layer's bias and activation in one pass. The activation
// (squareplus, Barron 2021, arXiv:2112.11687, less its value at 0) is a smooth ReLU with one square root and no exponential; its
// slope (1 + a/sqrt(a^2 + 4))/2 lies in (0, 1). Without the -1 the features' large mean slows learning.
var biasSquareplus = &differentiable{
	operation: operation{
		name: "BiasSquareplus", inputs: []int{2, 2}, output: 2,
		do32: squareplusRows[float32], do64: squareplusRows[float64],
	},
	wrt: []bool{true, true},
	gradient: func(in G.Nodes, dy *G.Node) (G.Nodes, error) {
		dz, err := G.ApplyOp(biasSquareplusGrad, in[0], in[1], dy)
		if err != nil {
			return nil, err
		}
		db, err := G.ApplyOp(columnSum, dz)
		return G.Nodes{dz, db}, err
	},
}

// biasSquareplusGrad is (z, b, dL/dy) to dL/dz.
var biasSquareplusGrad = &operation{
	name: "BiasSquareplusGrad", inputs: []int{2, 2, 2}, output: 2,
	do32: slopeRows[float32], do64: slopeRows[float64],
}

// columnSum is dL/dz to dL/db, the sum over rows, in double precision.
var columnSum = &operation{
	name: "ColumnSum", inputs: []int{2}, output: 2,
	shape: func(first tensor.Shape) (tensor.Shape, error) { return tensor.Shape{1, first[1]}, nil },
	do32:  sumRows[float32], do64: sumRows[float64],
}

func root[T float32 | float64](a T) T { return T(math.Sqrt(float64(a))) }

func squareplusRows[T float32 | float64](out []T, in [maxInputs][]T) {
	z, bias := in[0], in[1]
	for ; len(z) > 0; out, z = out[len(bias):], z[len(bias):] {
		for j, b := range bias {
			a := z[j] + b
			out[j] = (a+root(a*a+4))/2 - 1
		}
	}
}

func slopeRows[T float32 | float64](out []T, in [maxInputs][]T) {
	z, bias, dy := in[0], in[1], in[2]
	for ; len(z) > 0; out, z, dy = out[len(bias):], z[len(bias):], dy[len(bias):] {
		for j, b := range bias {
			a := z[j] + b
			out[j] = dy[j] * (1 + a/root(a*a+4)) / 2
		}
	}
}

func sumRows[T float32 | float64](out []T, in [maxInputs][]T) {
	sums := make([]float64, len(out))
	for z := in[0]; len(z) > 0; z = z[len(out):] {
		for j := range sums {
			sums[j] += float64(z[j])
		}
	}
	for j, s := range sums {
		out[j] = T(s)
	}
}
