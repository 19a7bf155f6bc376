package op

import (
	"calorimeter/internal/vector"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Mean is the scalar node of the mean of all elements of x, of any shape. They are added one after the other in the
// precision of x, as Gorgonia's Mean adds them. Its derivative is dL/dy over their number, for each.
func Mean(x *G.Node) *G.Node {
	o := &Operation{
		Name: "Mean", Ranks: []int{x.Dims(), 0}, Of32: mean[float32], Of64: mean[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{Like("MeanGrad", spread[float32], spread[float64], in[0], grad)}
		},
	}
	return o.Apply(x)
}

func mean[T float32 | float64](out []T, in [][]T, _ tensor.Shape) {
	var sum T
	for _, v := range in[0] {
		sum += v
	}
	out[0] = sum / T(len(in[0]))
}

// spread fills dx with dy over their number.
func spread[T float32 | float64](dx []T, in [][]T, _ tensor.Shape) {
	share := in[1][0] / T(len(dx))
	for i := range dx {
		dx[i] = share
	}
}

// ColumnSum is the node of shape (1, units) that holds the sums of z, of shape (rows, units), over its rows. They are
// taken in double precision. It has no derivative: it is one.
func ColumnSum(z *G.Node) *G.Node {
	var sums []float64
	o := &Operation{
		Name: "ColumnSum", Ranks: []int{2, 2},
		Shape: func(in []tensor.Shape) (tensor.Shape, error) { return tensor.Shape{1, in[0][1]}, nil },
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) {
			if len(sums) != len(out) {
				sums = make([]float64, len(out))
			}
			clear(sums)
			for z := in[0]; len(z) > 0; z = z[len(sums):] {
				vector.Accumulate(sums, z)
			}
			for j, s := range sums {
				out[j] = float32(s)
			}
		},
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) {
			clear(out)
			for i, v := range in[0] {
				out[i%len(out)] += v
			}
		},
	}
	return o.Apply(z)
}
