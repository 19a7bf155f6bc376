package model

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// bernoulliNLL is the Gorgonia operation (logits l, bits x), both b x d, to the b negative log-likelihoods
//
//	y_i = sum_j softplus(l_ij) - x_ij l_ij
//
// of independent bits with P(x_ij = 1) = sigmoid(l_ij), in nats. It replaces a chain of elementwise operations by
// one pass, and is stable for logits of any size. Its derivative is dy_i/dl_ij = sigmoid(l_ij) - x_ij; it has none
// with respect to the bits.
type bernoulliNLL struct{}

// bernoulliGrad is (l, x, dL/dy) to dL/dl.
type bernoulliGrad struct{}

func (bernoulliNLL) Arity() int { return 2 }
func (bernoulliNLL) Type() hm.Type {
	a := hm.TypeVariable('a')
	m := G.TensorType{Dims: 2, Of: a}
	return hm.NewFnType(m, m, G.TensorType{Dims: 1, Of: a})
}
func (bernoulliNLL) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{in[0].(tensor.Shape)[0]}, nil
}
func (bernoulliNLL) DiffWRT(int) []bool { return []bool{true, false} }
func (bernoulliNLL) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(bernoulliGrad{}, in[0], in[1], grad)
	return G.Nodes{d, nil}, err
}

func (bernoulliNLL) Do(in ...G.Value) (G.Value, error) {
	l, x := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	rows, cols := l.Shape()[0], l.Shape()[1]
	out := tensor.New(tensor.WithShape(rows), tensor.Of(l.Dtype()))
	switch ld := l.Data().(type) {
	case []float32:
		nllRows(out.Float32s(), ld, x.Float32s(), cols, bernoulliNLL32)
	case []float64:
		nllRows(out.Float64s(), ld, x.Float64s(), cols, bernoulliNLL64)
	default:
		return nil, fmt.Errorf("model: bernoulliNLL of %T", ld)
	}
	return out, nil
}

func (bernoulliGrad) Arity() int { return 3 }
func (bernoulliGrad) Type() hm.Type {
	a := hm.TypeVariable('a')
	m := G.TensorType{Dims: 2, Of: a}
	return hm.NewFnType(m, m, G.TensorType{Dims: 1, Of: a}, m)
}
func (bernoulliGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (bernoulliGrad) Do(in ...G.Value) (G.Value, error) {
	l, x, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense), in[2].(*tensor.Dense)
	cols := l.Shape()[1]
	out := tensor.New(tensor.WithShape(l.Shape()...), tensor.Of(l.Dtype()))
	switch ld := l.Data().(type) {
	case []float32:
		gradRows(out.Float32s(), ld, x.Float32s(), dy.Float32s(), cols, sigmoid32)
	case []float64:
		gradRows(out.Float64s(), ld, x.Float64s(), dy.Float64s(), cols, sigmoid64)
	default:
		return nil, fmt.Errorf("model: bernoulliGrad of %T", ld)
	}
	return out, nil
}

func nllRows[T float32 | float64](out, logits, bits []T, cols int, row func(logits, bits []T) float64) {
	for i := range out {
		out[i] = T(row(logits[i*cols:(i+1)*cols], bits[i*cols:(i+1)*cols]))
	}
}

func gradRows[T float32 | float64](out, logits, bits, dy []T, cols int, sigmoid func(T) T) {
	for i, d := range dy {
		o, row := out[i*cols:(i+1)*cols], logits[i*cols:(i+1)*cols]
		for j, x := range bits[i*cols : (i+1)*cols] {
			o[j] = d * (sigmoid(row[j]) - x)
		}
	}
}

func bernoulliNLL64(logits, bits []float64) (nll float64) {
	for j, x := range bits {
		nll += softplus64(logits[j]) - x*logits[j]
	}
	return nll
}

func softplus64(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }
func sigmoid64(z float64) float64  { return 1 / (1 + math.Exp(-z)) }

func (bernoulliNLL) ReturnsPtr() bool        { return false }
func (bernoulliNLL) CallsExtern() bool       { return false }
func (bernoulliNLL) OverwritesInput() int    { return -1 }
func (bernoulliNLL) String() string          { return "BernoulliNLL" }
func (o bernoulliNLL) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o bernoulliNLL) Hashcode() uint32      { return hashcode(o) }

func (bernoulliGrad) ReturnsPtr() bool        { return false }
func (bernoulliGrad) CallsExtern() bool       { return false }
func (bernoulliGrad) OverwritesInput() int    { return -1 }
func (bernoulliGrad) String() string          { return "BernoulliNLLGrad" }
func (o bernoulliGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o bernoulliGrad) Hashcode() uint32      { return hashcode(o) }

func hashcode(o interface{ WriteHash(hash.Hash) }) uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}
