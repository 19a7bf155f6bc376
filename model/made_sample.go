package model

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"
)

// ancestral draws exact samples of a MADE at the cost of one forward pass a sample: a hidden unit is computed once,
// when the last input that it sees has been drawn. Because units are sorted by degree, each computation is one dot
// product of prefixes.
type ancestral[T float32 | float64] struct {
	transposed [][]T // W_l transposed: row j holds what unit j of layer l+1 sees
	hidden     [][]T // activations of one sample, layer by layer; the first is the sample itself
}

func newAncestral[T float32 | float64](widths []int) *ancestral[T] {
	a := &ancestral[T]{}
	for l, w := range widths[:len(widths)-1] {
		a.hidden = append(a.hidden, make([]T, w))
		a.transposed = append(a.transposed, make([]T, w*widths[l+1]))
	}
	return a
}

func (a *ancestral[T]) sample(m *MADE, x []float32, rng *rand.Rand) {
	biases := make([][]T, len(m.biases))
	for l, w := range m.weights {
		transpose(a.transposed[l], values[T](w), m.widths[l], m.widths[l+1])
		biases[l] = values[T](m.biases[l])
	}
	out := len(m.weights) - 1
	for row := x; len(row) > 0; row = row[m.dim:] {
		for i := range m.dim {
			for l, final := range m.final {
				first := 0
				if i > 0 {
					first = final[i-1]
				}
				for j := first; j < final[i]; j++ {
					a.hidden[l+1][j] = max(0, a.activate(l, j, m.sees[l][j], m.widths[l])+biases[l][j])
				}
			}
			logit := a.activate(out, i, m.sees[out][i], m.widths[out]) + biases[out][i]
			var bit float32
			if rng.Float64() < 1/(1+math.Exp(-float64(logit))) {
				bit = 1
			}
			row[i], a.hidden[0][i] = bit, T(bit)
		}
	}
}

// activate returns the input to unit j of layer l+1 from the first n units of layer l.
func (a *ancestral[T]) activate(l, j, n, width int) T {
	return dot(a.hidden[l][:n], a.transposed[l][j*width:])
}

func values[T float32 | float64](t *tensor.Dense) []T { return t.Data().([]T) }

// transpose writes the transpose of the rows x cols matrix src into dst, block by block.
func transpose[T float32 | float64](dst, src []T, rows, cols int) {
	const block = 16
	for i0 := 0; i0 < rows; i0 += block {
		for j0 := 0; j0 < cols; j0 += block {
			for i := i0; i < min(i0+block, rows); i++ {
				for j := j0; j < min(j0+block, cols); j++ {
					dst[j*rows+i] = src[i*cols+j]
				}
			}
		}
	}
}

// dot returns the inner product of x with the head of y, summed in a fixed order.
func dot[T float32 | float64](x, y []T) T {
	y = y[:len(x)]
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return s0 + s1 + (s2 + s3)
}
