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
// for z of shape (rows, units) and b of shape (1, units): a layer's bias and activation in one pass. The activation
// (squareplus, Barron 2021, arXiv:2112.11687, less its value at 0) is a smooth ReLU with one square root and no exponential; its
// slope (1 + a/sqrt(a^2 + 4))/2 lies in (0, 1). Without the -1 the features' large mean slows learning.
type biasSquareplus struct{}

// biasSquareplusGrad is (z, b, dL/dy) to dL/dz.
type biasSquareplusGrad struct{}

// columnSum is dL/dz to dL/db, the sum over rows, in double precision.
type columnSum struct{}

func (biasSquareplus) Arity() int { return 2 }
func (biasSquareplus) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m, m)
}
func (biasSquareplus) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (biasSquareplus) DiffWRT(int) []bool { return []bool{true, true} }
func (biasSquareplus) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	dz, err := G.ApplyOp(biasSquareplusGrad{}, in[0], in[1], grad)
	if err != nil {
		return nil, err
	}
	db, err := G.ApplyOp(columnSum{}, dz)
	return G.Nodes{dz, db}, err
}

func (biasSquareplus) Do(in ...G.Value) (G.Value, error) {
	z, b := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()...), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		squareplusRows(out.Float32s(), zd, b.Float32s())
	case []float64:
		squareplusRows(out.Float64s(), zd, b.Float64s())
	default:
		return nil, fmt.Errorf("model: biasSquareplus of %T", zd)
	}
	return out, nil
}

func (biasSquareplusGrad) Arity() int { return 3 }
func (biasSquareplusGrad) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m, m, m)
}
func (biasSquareplusGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (biasSquareplusGrad) Do(in ...G.Value) (G.Value, error) {
	z, b, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense), in[2].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()...), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		slopeRows(out.Float32s(), zd, b.Float32s(), dy.Float32s())
	case []float64:
		slopeRows(out.Float64s(), zd, b.Float64s(), dy.Float64s())
	default:
		return nil, fmt.Errorf("model: biasSquareplusGrad of %T", zd)
	}
	return out, nil
}

func (columnSum) Arity() int { return 1 }
func (columnSum) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m)
}
func (columnSum) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{1, in[0].(tensor.Shape)[1]}, nil
}

func (columnSum) Do(in ...G.Value) (G.Value, error) {
	z := in[0].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(1, z.Shape()[1]), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		sumRows(out.Float32s(), zd)
	case []float64:
		sumRows(out.Float64s(), zd)
	default:
		return nil, fmt.Errorf("model: columnSum of %T", zd)
	}
	return out, nil
}

func root[T float32 | float64](a T) T { return T(math.Sqrt(float64(a))) }

func squareplusRows[T float32 | float64](out, z, bias []T) {
	for ; len(z) > 0; out, z = out[len(bias):], z[len(bias):] {
		for j, b := range bias {
			a := z[j] + b
			out[j] = (a+root(a*a+4))/2 - 1
		}
	}
}

func slopeRows[T float32 | float64](out, z, bias, dy []T) {
	for ; len(z) > 0; out, z, dy = out[len(bias):], z[len(bias):], dy[len(bias):] {
		for j, b := range bias {
			a := z[j] + b
			out[j] = dy[j] * (1 + a/root(a*a+4)) / 2
		}
	}
}

func sumRows[T float32 | float64](out, z []T) {
	sums := make([]float64, len(out))
	for ; len(z) > 0; z = z[len(out):] {
		for j := range sums {
			sums[j] += float64(z[j])
		}
	}
	for j, s := range sums {
		out[j] = T(s)
	}
}

func (biasSquareplus) ReturnsPtr() bool        { return false }
func (biasSquareplus) CallsExtern() bool       { return false }
func (biasSquareplus) OverwritesInput() int    { return -1 }
func (biasSquareplus) String() string          { return "BiasSquareplus" }
func (o biasSquareplus) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o biasSquareplus) Hashcode() uint32      { return hashcode(o) }

func (biasSquareplusGrad) ReturnsPtr() bool        { return false }
func (biasSquareplusGrad) CallsExtern() bool       { return false }
func (biasSquareplusGrad) OverwritesInput() int    { return -1 }
func (biasSquareplusGrad) String() string          { return "BiasSquareplusGrad" }
func (o biasSquareplusGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o biasSquareplusGrad) Hashcode() uint32      { return hashcode(o) }

func (columnSum) ReturnsPtr() bool        { return false }
func (columnSum) CallsExtern() bool       { return false }
func (columnSum) OverwritesInput() int    { return -1 }
func (columnSum) String() string          { return "ColumnSum" }
func (o columnSum) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o columnSum) Hashcode() uint32      { return hashcode(o) }
