package model

import (
	"calorimeter/internal/vector"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// freeEnergy is the node of R numbers of (a, z, c), R x 1, R x H and H,
//
//	y_i = -a_i - sum_j softplus(z_ij + c_j),
//
// the free energies of rows with a = v b and z = v W. It replaces a broadcast sum and a chain of elementwise operations
// by one pass, and is stable for arguments of any size. Its derivatives are dy_i/da_i = -1 and dy_i/dz_ij =
// -sigmoid(z_ij + c_j). Of float32, the arguments of the last rows are left in last, as many as it holds.
func freeEnergy(a, z, c *G.Node, last []float32) *G.Node {
	o := &op.Operation{
		Name: "FreeEnergy", Ranks: []int{2, 2, 1, 1}, Shape: oneARow,
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) {
			z, c := in[1], in[2]
			for i, a := range in[0] {
				out[i] = -(a + float32(vector.SoftplusSum(z[i*len(c):(i+1)*len(c)], c)))
			}
			for last, z := last, z[len(z)-len(last):]; len(last) > 0; last, z = last[len(c):], z[len(c):] {
				vector.Add(last[:len(c)], z, c)
			}
		},
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) {
			z, c := in[1], in[2]
			for i, a := range in[0] {
				sum := 0.
				for j, t := range z[i*len(c) : (i+1)*len(c)] {
					sum += softplus64(t + c[j])
				}
				out[i] = -(a + sum)
			}
		},
		Diff: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			da := op.Like("Negative", negative[float32], negative[float64], in[0], dy)
			dz := op.Like("HiddenSigmoid", hiddenSigmoid32, hiddenSigmoid64, in[1], in[2], dy)
			return G.Nodes{da, dz, op.Like("HiddenSum", sumOfRows32, sumOfRows64, in[2], dz)}
		},
	}
	return o.Apply(a, z, c)
}

// hiddenSigmoid32 fills out with -dy_i sigmoid(z_ij + c_j).
func hiddenSigmoid32(out []float32, in [][]float32, _ tensor.Shape) {
	z, c := in[0], in[1]
	for i, d := range in[2] {
		row := out[i*len(c) : (i+1)*len(c)]
		vector.Add(row, z[i*len(c):], c)
		vector.Sigmoid(row, row)
		for j := range row {
			row[j] *= -d
		}
	}
}

func hiddenSigmoid64(out []float64, in [][]float64, _ tensor.Shape) {
	c, dy := in[1], in[2]
	for i, z := range in[0] {
		out[i] = -dy[i/len(c)] * sigmoid64(z+c[i%len(c)])
	}
}

func negative[T float32 | float64](da []T, in [][]T, _ tensor.Shape) {
	for i, d := range in[1] {
		da[i] = -d
	}
}

// sumOfRows32 fills sum, as long as a row, with the sum of the rows in[1].
func sumOfRows32(sum []float32, in [][]float32, _ tensor.Shape) {
	clear(sum)
	for rows := in[1]; len(rows) > 0; rows = rows[len(sum):] {
		vector.Add(sum, sum, rows)
	}
}

func sumOfRows64(sum []float64, in [][]float64, _ tensor.Shape) {
	clear(sum)
	for i, v := range in[1] {
		sum[i%len(sum)] += v
	}
}

// signedSum is the scalar node of sum_i s_i y_i. The signs s are held.
func signedSum(signs, y *G.Node) *G.Node {
	o := &op.Operation{
		Name: "SignedSum", Ranks: []int{1, 1, 0}, Held: []int{0},
		Of32: sumOfProducts[float32], Of64: sumOfProducts[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{nil, op.Like("SignedSumGrad", multiples[float32], multiples[float64], in[0], grad)}
		},
	}
	return o.Apply(signs, y)
}

func sumOfProducts[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	out[0] = 0
	for i, s := range in[0] {
		out[0] += T(s * in[1][i]) // rounded before it is added, on every processor
	}
}

func multiples[T float32 | float64](dy []T, in [][]T, _ tensor.Shape) {
	for i, s := range in[0] {
		dy[i] = s * in[1][0]
	}
}
