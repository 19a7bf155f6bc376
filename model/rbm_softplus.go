package model

import G "gorgonia.org/gorgonia"

// newHiddenSoftplus returns the Gorgonia operation (z, c), R x H and H, to the R numbers
//
//	y_i = sum_j softplus(z_ij + c_j),
//
// the part of a free energy, sign apart, that hidden units with biases c contribute. It replaces a broadcast sum and a chain of
// elementwise operations by one pass, and is stable for arguments of any size. Its derivative is
// dy_i/dz_ij = sigmoid(z_ij + c_j). Of float32, the arguments of the last rows are left in last, as many as it holds.
func newHiddenSoftplus(last []float32) *differentiable {
	return &differentiable{
		operation: operation{
			name: "HiddenSoftplus", inputs: []int{2, 1}, output: 1, shape: oneARow,
			do32: func(out []float32, in [maxInputs][]float32) {
				z, c := in[0], in[1]
				for i := range out {
					out[i] = float32(softplusSum32(z[i*len(c):(i+1)*len(c)], c))
				}
				for i, t := range z[len(z)-len(last):] {
					last[i] = t + c[i%len(c)]
				}
			},
			do64: func(out []float64, in [maxInputs][]float64) {
				z, c := in[0], in[1]
				for i := range out {
					for j, t := range z[i*len(c) : (i+1)*len(c)] {
						out[i] += softplus64(t + c[j])
					}
				}
			},
		},
		wrt: []bool{true, true},
		gradient: func(in G.Nodes, dy *G.Node) (G.Nodes, error) {
			dz, err := G.ApplyOp(hiddenSigmoid, in[0], in[1], dy)
			if err != nil {
				return nil, err
			}
			dc, err := G.Sum(dz, 0)
			return G.Nodes{dz, dc}, err
		},
	}
}

// hiddenSigmoid is (z, c, dL/dy) to dL/dz.
var hiddenSigmoid = &operation{
	name: "HiddenSigmoid", inputs: []int{2, 1, 1}, output: 2,
	do32: func(out []float32, in [maxInputs][]float32) { sigmoidRows(out, in[0], in[1], in[2], logistic) },
	do64: func(out []float64, in [maxInputs][]float64) { sigmoidRows(out, in[0], in[1], in[2], sigmoid64) },
}

func sigmoidRows[T float32 | float64](out, z, c, dy []T, sigmoid func(float64) float64) {
	for i, d := range dy {
		o, row := out[i*len(c):(i+1)*len(c)], z[i*len(c):(i+1)*len(c)]
		for j, b := range c {
			o[j] = d * T(sigmoid(float64(row[j]+b)))
		}
	}
}
