package model

import (
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// hiddenSoftplus is the node of R numbers of (z, c), R x H and H,
//
//	y_i = sum_j softplus(z_ij + c_j),
//
// the part of a free energy, sign apart, that hidden units with biases c contribute. It replaces a broadcast sum and a
// chain of elementwise operations by one pass, and is stable for arguments of any size. Its derivative is dy_i/dz_ij =
// sigmoid(z_ij + c_j). Of float32, the arguments of the last rows are left in last, as many as it holds.
func hiddenSoftplus(z, c *G.Node, last []float32) *G.Node {
	o := &op.Operation{
		Name: "HiddenSoftplus", Ranks: []int{2, 1, 1}, Shape: oneARow,
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) {
			z, c := in[0], in[1]
			for i := range out {
				out[i] = float32(softplusSum32(z[i*len(c):(i+1)*len(c)], c))
			}
			for i, t := range z[len(z)-len(last):] {
				last[i] = t + c[i%len(c)]
			}
		},
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) {
			z, c := in[0], in[1]
			for i := range out {
				out[i] = 0
				for j, t := range z[i*len(c) : (i+1)*len(c)] {
					out[i] += softplus64(t + c[j])
				}
			}
		},
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			dz := op.Like("HiddenSigmoid",
				func(out []float32, in [][]float32, _ tensor.Shape) { sigmoidRows(out, in[0], in[1], in[2], logistic) },
				func(out []float64, in [][]float64, _ tensor.Shape) { sigmoidRows(out, in[0], in[1], in[2], sigmoid64) },
				in[0], in[1], grad)
			return G.Nodes{dz, G.Must(G.Sum(dz, 0))}
		},
	}
	return o.Apply(z, c)
}

// sigmoidRows is inlined with its sigmoid: a call for each element would slow training.
func sigmoidRows[T float32 | float64](out, z, c, dy []T, sigmoid func(float64) float64) {
	for i, d := range dy {
		o, row := out[i*len(c):(i+1)*len(c)], z[i*len(c):(i+1)*len(c)]
		for j, b := range c {
			o[j] = d * T(sigmoid(float64(row[j]+b)))
		}
	}
}
