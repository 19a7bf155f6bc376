package model

import (
	"fmt"
	"hash"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// biasSquareplus is the Gorgonia operation (z, b) to
//
//	y = (a + sqrt(a^2 + 4))/2 - 1,   a = z + b,
//
// for z of shape (rows, channels, ...) and a bias b of shape (1, channels) that is added along every other axis: a layer's bias
// and activation in one pass. The activation (squareplus, Barron 2021, arXiv:2112.11687, less its value at 0) is a smooth ReLU with
// one square root and no exponential; its slope (1 + a/sqrt(a^2 + 4))/2 lies in (0, 1). Without the -1 the features' large mean
// makes deep networks unstable under plain SGD.
type biasSquareplus struct{ dims int }

// biasSquareplusGrad is (z, b, dL/dy) to dL/dz.
type biasSquareplusGrad struct{ dims int }

// channelSum is dL/dz to dL/db, the sum over all axes but the channels, in double precision.
type channelSum struct{ dims int }

func (o biasSquareplus) Arity() int { return 2 }
func (o biasSquareplus) Type() hm.Type {
	t, b := biasTypes(o.dims)
	return hm.NewFnType(t, b, t)
}
func (o biasSquareplus) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (o biasSquareplus) DiffWRT(int) []bool { return []bool{true, true} }
func (o biasSquareplus) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	dz, err := G.ApplyOp(biasSquareplusGrad{o.dims}, in[0], in[1], grad)
	if err != nil {
		return nil, err
	}
	db, err := G.ApplyOp(channelSum{o.dims}, dz)
	return G.Nodes{dz, db}, err
}

func (o biasSquareplus) Do(in ...G.Value) (G.Value, error) {
	z, b := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()...), tensor.Of(z.Dtype()))
	_, channels, inner := layout(z)
	switch zd := z.Data().(type) {
	case []float32:
		squareplusChannels(out.Float32s(), zd, b.Float32s(), channels, inner)
	case []float64:
		squareplusChannels(out.Float64s(), zd, b.Float64s(), channels, inner)
	default:
		return nil, fmt.Errorf("model: biasSquareplus of %T", zd)
	}
	return out, nil
}

func (o biasSquareplusGrad) Arity() int { return 3 }
func (o biasSquareplusGrad) Type() hm.Type {
	t, b := biasTypes(o.dims)
	return hm.NewFnType(t, b, t, t)
}
func (o biasSquareplusGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (o biasSquareplusGrad) Do(in ...G.Value) (G.Value, error) {
	z, b, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense), in[2].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()...), tensor.Of(z.Dtype()))
	_, channels, inner := layout(z)
	switch zd := z.Data().(type) {
	case []float32:
		slopeChannels(out.Float32s(), zd, b.Float32s(), dy.Float32s(), channels, inner)
	case []float64:
		slopeChannels(out.Float64s(), zd, b.Float64s(), dy.Float64s(), channels, inner)
	default:
		return nil, fmt.Errorf("model: biasSquareplusGrad of %T", zd)
	}
	return out, nil
}

func (o channelSum) Arity() int { return 1 }
func (o channelSum) Type() hm.Type {
	t, b := biasTypes(o.dims)
	return hm.NewFnType(t, b)
}
func (o channelSum) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{1, in[0].(tensor.Shape)[1]}, nil
}

func (o channelSum) Do(in ...G.Value) (G.Value, error) {
	z := in[0].(*tensor.Dense)
	_, channels, inner := layout(z)
	out := tensor.New(tensor.WithShape(1, channels), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		sumChannels(out.Float32s(), zd, inner)
	case []float64:
		sumChannels(out.Float64s(), zd, inner)
	default:
		return nil, fmt.Errorf("model: channelSum of %T", zd)
	}
	return out, nil
}

func biasTypes(dims int) (full, bias hm.Type) {
	a := hm.TypeVariable('a')
	return G.TensorType{Dims: dims, Of: a}, G.TensorType{Dims: 2, Of: a}
}

// layout reads a contiguous tensor as rows x channels x inner.
func layout(z *tensor.Dense) (rows, channels, inner int) {
	s := z.Shape()
	return s[0], s[1], s.TotalSize() / (s[0] * s[1])
}

func root[T float32 | float64](a T) T { return T(math.Sqrt(float64(a))) }

func squareplusChannels[T float32 | float64](out, z, bias []T, channels, inner int) {
	for c := 0; len(z) > 0; c = (c + 1) % channels {
		b := bias[c]
		for i, v := range z[:inner] {
			a := v + b
			out[i] = (a+root(a*a+4))/2 - 1
		}
		out, z = out[inner:], z[inner:]
	}
}

func slopeChannels[T float32 | float64](out, z, bias, dy []T, channels, inner int) {
	for c := 0; len(z) > 0; c = (c + 1) % channels {
		b := bias[c]
		for i, v := range z[:inner] {
			a := v + b
			out[i] = dy[i] * (1 + a/root(a*a+4)) / 2
		}
		out, z, dy = out[inner:], z[inner:], dy[inner:]
	}
}

func sumChannels[T float32 | float64](out, z []T, inner int) {
	sums := make([]float64, len(out))
	for c := 0; len(z) > 0; c = (c + 1) % len(out) {
		for _, v := range z[:inner] {
			sums[c] += float64(v)
		}
		z = z[inner:]
	}
	for c, s := range sums {
		out[c] = T(s)
	}
}

func (o biasSquareplus) ReturnsPtr() bool      { return false }
func (o biasSquareplus) CallsExtern() bool     { return false }
func (o biasSquareplus) OverwritesInput() int  { return -1 }
func (o biasSquareplus) String() string        { return fmt.Sprintf("BiasSquareplus%d", o.dims) }
func (o biasSquareplus) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o biasSquareplus) Hashcode() uint32      { return hashcode(o) }

func (o biasSquareplusGrad) ReturnsPtr() bool      { return false }
func (o biasSquareplusGrad) CallsExtern() bool     { return false }
func (o biasSquareplusGrad) OverwritesInput() int  { return -1 }
func (o biasSquareplusGrad) String() string        { return fmt.Sprintf("BiasSquareplusGrad%d", o.dims) }
func (o biasSquareplusGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o biasSquareplusGrad) Hashcode() uint32      { return hashcode(o) }

func (o channelSum) ReturnsPtr() bool      { return false }
func (o channelSum) CallsExtern() bool     { return false }
func (o channelSum) OverwritesInput() int  { return -1 }
func (o channelSum) String() string        { return fmt.Sprintf("ChannelSum%d", o.dims) }
func (o channelSum) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o channelSum) Hashcode() uint32      { return hashcode(o) }
