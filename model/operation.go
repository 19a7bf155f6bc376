package model

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// operation is a Gorgonia operation on matrices and vectors of one floating-point type. It returns a new value and leaves its
// inputs alone. Two operations of one name are taken for the same.
type operation struct {
	name   string
	inputs []int                                          // dimensions of each input, of three at most
	output int                                            // dimensions of the result
	shape  func(first tensor.Shape) (tensor.Shape, error) // of the result, told by the first input; nil means the same
	do32   func(out []float32, in [maxInputs][]float32)   // fills the result, which is 0
	do64   func(out []float64, in [maxInputs][]float64)   // likewise
}

const maxInputs = 3

// differentiable is an operation with a derivative.
type differentiable struct {
	operation
	wrt      []bool                                        // the inputs that it has a derivative with respect to
	gradient func(in G.Nodes, dy *G.Node) (G.Nodes, error) // dL/dinput of each, nil where it has none, from dL/dresult
}

func (o *operation) Arity() int { return len(o.inputs) }
func (o *operation) Type() hm.Type {
	a := hm.TypeVariable('a')
	var types []hm.Type
	for _, dims := range append(o.inputs[:len(o.inputs):len(o.inputs)], o.output) {
		types = append(types, G.TensorType{Dims: dims, Of: a})
	}
	return hm.NewFnType(types...)
}

func (o *operation) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	first, ok := in[0].(tensor.Shape)
	switch {
	case !ok:
		return nil, fmt.Errorf("model: %s: the shape of an input is a %T", o.name, in[0])
	case o.shape == nil:
		return first.Clone(), nil
	}
	return o.shape(first)
}

func (o *operation) Do(in ...G.Value) (G.Value, error) {
	first := in[0].(*tensor.Dense)
	shape := first.Shape()
	if o.shape != nil {
		var err error
		if shape, err = o.shape(shape); err != nil {
			return nil, err
		}
	}
	out := tensor.New(tensor.WithShape(shape...), tensor.Of(first.Dtype()))
	switch to := out.Data().(type) {
	case []float32:
		var data [maxInputs][]float32
		for i, v := range in {
			data[i] = v.(*tensor.Dense).Float32s()
		}
		o.do32(to, data)
	case []float64:
		var data [maxInputs][]float64
		for i, v := range in {
			data[i] = v.(*tensor.Dense).Float64s()
		}
		o.do64(to, data)
	default:
		return nil, fmt.Errorf("model: %s of %T", o.name, to)
	}
	return out, nil
}

func (o *operation) ReturnsPtr() bool      { return false }
func (o *operation) CallsExtern() bool     { return false }
func (o *operation) OverwritesInput() int  { return -1 }
func (o *operation) String() string        { return o.name }
func (o *operation) WriteHash(h hash.Hash) { fmt.Fprint(h, o.name) }
func (o *operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *differentiable) DiffWRT(int) []bool { return o.wrt }
func (o *differentiable) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	return o.gradient(in, dy)
}

// towardsFirst is the gradient of an operation that has a derivative with respect to its first input alone, given by the
// operation (inputs, dL/dresult) to dL/dinput.
func towardsFirst(gradient G.Op) func(in G.Nodes, dy *G.Node) (G.Nodes, error) {
	return func(in G.Nodes, dy *G.Node) (G.Nodes, error) {
		d, err := G.ApplyOp(gradient, append(in[:len(in):len(in)], dy)...)
		return append(G.Nodes{d}, make(G.Nodes, len(in)-1)...), err
	}
}

// oneARow is the shape of one number for every row.
func oneARow(first tensor.Shape) (tensor.Shape, error) { return tensor.Shape{first[0]}, nil }
