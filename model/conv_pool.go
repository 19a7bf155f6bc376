package model

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// maxPool is the Gorgonia operation that halves both sides of images by the largest value in every block of 2 x 2,
// channel by channel; a block that the edge cuts has fewer. Images are matrices with a row a pixel, a column a channel:
//
//	(b side side x channels) -> (b out out x channels),   out = ceil(side/2).
//
// Its derivative goes to the pixel that was largest, to the first of them where several were.
type maxPool struct{ side int }

// maxPoolGrad is (images, dL/dy) to dL/dimages.
type maxPoolGrad struct{ maxPool }

func (p maxPool) out() int { return (p.side + 1) / 2 }

func (p maxPool) Arity() int { return 1 }
func (p maxPool) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m)
}
func (p maxPool) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	s := in[0].(tensor.Shape)
	if s[0]%(p.side*p.side) != 0 {
		return nil, fmt.Errorf("model: %v is not images of %d x %d", s, p.side, p.side)
	}
	return tensor.Shape{s[0] / (p.side * p.side) * p.out() * p.out(), s[1]}, nil
}
func (p maxPool) DiffWRT(int) []bool { return []bool{true} }
func (p maxPool) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(maxPoolGrad{p}, in[0], grad)
	return G.Nodes{d}, err
}

func (p maxPool) Do(in ...G.Value) (G.Value, error) {
	x := in[0].(*tensor.Dense)
	shape, err := p.InferShape(x.Shape())
	if err != nil {
		return nil, err
	}
	out := tensor.New(tensor.WithShape(shape...), tensor.Of(x.Dtype()))
	switch xd := x.Data().(type) {
	case []float32:
		pool2x2(p, out.Float32s(), xd, shape[1])
	case []float64:
		pool2x2(p, out.Float64s(), xd, shape[1])
	default:
		return nil, fmt.Errorf("model: maxPool of %T", xd)
	}
	return out, nil
}

func (o maxPoolGrad) Arity() int { return 2 }
func (o maxPoolGrad) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m, m)
}
func (o maxPoolGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (o maxPoolGrad) Do(in ...G.Value) (G.Value, error) {
	x, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(x.Shape()...), tensor.Of(x.Dtype()))
	switch xd := x.Data().(type) {
	case []float32:
		unpool2x2(o.maxPool, out.Float32s(), xd, dy.Float32s(), x.Shape()[1])
	case []float64:
		unpool2x2(o.maxPool, out.Float64s(), xd, dy.Float64s(), x.Shape()[1])
	default:
		return nil, fmt.Errorf("model: maxPoolGrad of %T", xd)
	}
	return out, nil
}

// pool2x2 fills y with the largest values of the blocks of x.
func pool2x2[T float32 | float64](p maxPool, y, x []T, channels int) {
	p.blocks(len(x), channels, func(block int, at [4]int) {
		to := y[block : block+channels]
		x0, x1, x2, x3 := x[at[0]:][:len(to)], x[at[1]:][:len(to)], x[at[2]:][:len(to)], x[at[3]:][:len(to)]
		for c := range to {
			to[c] = max(x0[c], x1[c], x2[c], x3[c])
		}
	})
}

// unpool2x2 puts dy where x is largest in its block; dx is 0 at first. Which of the four it is cannot be foreseen: it is
// computed, because jumps would be mispredicted and take twice the time.
func unpool2x2[T float32 | float64](p maxPool, dx, x, dy []T, channels int) {
	p.blocks(len(x), channels, func(block int, at [4]int) {
		from := dy[block : block+channels]
		n := len(from)
		x0, x1, x2, x3 := x[at[0]:][:n], x[at[1]:][:n], x[at[2]:][:n], x[at[3]:][:n]
		for c, d := range from {
			upper, lower := one(x1[c] > x0[c]), 2+one(x3[c] > x2[c])
			largest := upper + (lower-upper)*one(max(x2[c], x3[c]) > max(x0[c], x1[c]))
			dx[at[largest&3]+c] = d
		}
	})
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

func (p maxPool) ReturnsPtr() bool      { return false }
func (p maxPool) CallsExtern() bool     { return false }
func (p maxPool) OverwritesInput() int  { return -1 }
func (p maxPool) String() string        { return fmt.Sprintf("MaxPool(%d)", p.side) }
func (p maxPool) WriteHash(h hash.Hash) { fmt.Fprint(h, p.String()) }
func (p maxPool) Hashcode() uint32      { return hashcode(p) }

func (o maxPoolGrad) String() string        { return o.maxPool.String() + "Grad" }
func (o maxPoolGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o maxPoolGrad) Hashcode() uint32      { return hashcode(o) }
