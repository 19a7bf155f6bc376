package model

import (
	"fmt"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// maxPool is the operation that halves both sides of images by the largest value in every block of 2 x 2,
// channel by channel; a block that the edge cuts has fewer. Images are matrices with a row a pixel, a column a channel:
//
//	(b side side x channels) -> (b out out x channels),   out = ceil(side/2).
//
// Its derivative goes to the pixel that was largest, to the first of them where several were.
type maxPool struct{ side int }

func (p maxPool) out() int { return (p.side + 1) / 2 }

// apply adds the pooled images to the graph of the images.
func (p maxPool) apply(images *G.Node) *G.Node {
	o := &op.Operation{
		Name: p.name(), Ranks: []int{2, 2}, Shape: p.shape, Of32: pool2x2[float32](p), Of64: pool2x2[float64](p),
		Diff: func(in G.Nodes, out, grad *G.Node) G.Nodes {
			return G.Nodes{op.Like(p.name()+"Grad", unpool2x2[float32](p), unpool2x2[float64](p), in[0], out, grad)}
		},
	}
	return o.Apply(images)
}

func (p maxPool) name() string { return fmt.Sprintf("MaxPool(%d)", p.side) }

func (p maxPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	if in[0][0]%(p.side*p.side) != 0 {
		return nil, fmt.Errorf("model: %v is not images of %d x %d", in[0], p.side, p.side)
	}
	return tensor.Shape{in[0][0] / (p.side * p.side) * p.out() * p.out(), in[0][1]}, nil
}

// pool2x2 fills y with the largest values of the blocks of x.
func pool2x2[T float32 | float64](p maxPool) func(y []T, in [][]T, shape tensor.Shape) {
	return func(y []T, in [][]T, shape tensor.Shape) {
		x, channels := in[0], shape[1]
		p.blocks(len(x), channels, func(block int, at [4]int) {
			to := y[block : block+channels]
			x0, x1 := x[at[0]:][:len(to)], x[at[1]:][:len(to)]
			x2, x3 := x[at[2]:][:len(to)], x[at[3]:][:len(to)]
			for c := range to {
				to[c] = max(x0[c], x1[c], x2[c], x3[c])
			}
		})
	}
}

// unpool2x2 puts dy where x is the largest of its block, y, and 0 elsewhere. Which of the four it is cannot be
// foreseen: it is computed, because jumps would be mispredicted.
func unpool2x2[T float32 | float64](p maxPool) func(dx []T, in [][]T, shape tensor.Shape) {
	return func(dx []T, in [][]T, shape tensor.Shape) {
		x, channels := in[0], shape[1]
		y, dy := in[1], in[2]
		clear(dx)
		p.blocks(len(x), channels, func(block int, at [4]int) {
			from := dy[block : block+channels]
			top := y[block:][:len(from)]
			x0, x1 := x[at[0]:][:len(from)], x[at[1]:][:len(from)]
			x2 := x[at[2]:][:len(from)]
			for c, d := range from {
				past0 := one(x0[c] != top[c])
				past1 := past0 & one(x1[c] != top[c])
				past2 := past1 & one(x2[c] != top[c])
				dx[at[(past0+past1+past2)&3]+c] = d
			}
		})
	}
}

// one is 1 for true, 0 for false.
func one(b bool) (i int) {
	if b {
		i = 1
	}
	return i
}

// blocks calls f with the offset of every block in the pooled images and the offsets of its four pixels, row by row, in
// elements. In a block that the edge cuts, a pixel stands in for its missing neighbour.
func (p maxPool) blocks(size, channels int, f func(block int, at [4]int)) {
	block := 0
	for image := 0; image < size; image += p.side * p.side * channels {
		for top := 0; top < p.side; top += 2 {
			row := image + top*p.side*channels
			below := row
			if top+1 < p.side {
				below += p.side * channels
			}
			for left := 0; left < p.side; left += 2 {
				a, b := left*channels, min(left+1, p.side-1)*channels
				f(block, [4]int{row + a, row + b, below + a, below + b})
				block += channels
			}
		}
	}
}
