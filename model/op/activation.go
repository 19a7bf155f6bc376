package op

import (
	"math"

	"calorimeter/internal/vector"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Bias is the node z + b, for z of shape (rows, units) and b of shape (1, units): the bias b added to every row. Its
// derivatives are dL/dy and the sum of dL/dy over the rows.
func Bias(z, b *G.Node) *G.Node {
	o := &Operation{
		Name: "Bias", Ranks: []int{2, 2, 2},
		Of32: shifted32(float32(math.Inf(-1))), Of64: shifted64(math.Inf(-1)),
		Diff: func(_ G.Nodes, _, grad *G.Node) G.Nodes { return G.Nodes{grad, ColumnSum(grad)} },
	}
	return o.Apply(z, b)
}

// BiasReLU is the node max(z + b, 0), for z of shape (rows, units) and b of shape (1, units): a layer's bias and
// rectifier in one pass. Its slope is 1 from z + b = 0 upward, as that of Gorgonia's Rectify: a unit that sees nothing
// at the start, when its bias is 0, can still learn one.
func BiasReLU(z, b *G.Node) *G.Node {
	o := &Operation{
		Name: "BiasReLU", Ranks: []int{2, 2, 2},
		Of32: shifted32(0), Of64: shifted64(0),
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			dz := Like("BiasReLUGrad", gate32, gate64, in[0], in[1], grad)
			return G.Nodes{dz, ColumnSum(dz)}
		},
	}
	return o.Apply(z, b)
}

// Perceptron is affine layers with rectifiers between them, h W + b with params W0, b0, W1, b1, ...
func Perceptron(h *G.Node, params G.Nodes) *G.Node {
	for ; len(params) > 2; params = params[2:] {
		h = BiasReLU(G.Must(G.Mul(h, params[0])), params[1])
	}
	return Bias(G.Must(G.Mul(h, params[0])), params[1])
}

// Masked is the node w mask, element by element, both of one shape (rows, columns): weights of which some are not
// there. The mask is held; the derivative is dL/dy mask.
func Masked(w, mask *G.Node) *G.Node {
	o := &Operation{
		Name: "Masked", Ranks: []int{2, 2, 2}, Held: []int{1},
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) { vector.Mul(out, in[0], in[1]) },
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) { floats.MulTo(out, in[0], in[1]) },
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes { return G.Nodes{Masked(grad, in[1]), nil} },
	}
	return o.Apply(w, mask)
}

// shifted32 returns the kernel of max(z + b, least).
func shifted32(least float32) func(out []float32, in [][]float32, _ tensor.Shape) {
	return func(out []float32, in [][]float32, _ tensor.Shape) {
		z, bias := in[0], in[1]
		for ; len(z) > 0; out, z = out[len(bias):], z[len(bias):] {
			vector.AddMax(out[:len(bias)], z, bias, least)
		}
	}
}

func shifted64(least float64) func(out []float64, in [][]float64, _ tensor.Shape) {
	return func(out []float64, in [][]float64, _ tensor.Shape) {
		bias := in[1]
		for i, z := range in[0] {
			out[i] = max(z+bias[i%len(bias)], least)
		}
	}
}

// gate32 fills dz with dy where z + b, in[0] and in[1], is not below 0, and with 0 elsewhere.
func gate32(dz []float32, in [][]float32, _ tensor.Shape) {
	z, bias := in[0], in[1]
	dy := in[2]
	for i := 0; i < len(z); i += len(bias) {
		vector.Gate(dz[i:i+len(bias)], z[i:], bias, dy[i:])
	}
}

func gate64(dz []float64, in [][]float64, _ tensor.Shape) {
	bias := in[1]
	for i, z := range in[0] {
		dz[i] = 0
		if !math.Signbit(z + bias[i%len(bias)]) {
			dz[i] = in[2][i]
		}
	}
}
