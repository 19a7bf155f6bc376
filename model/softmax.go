package model

import (
	"fmt"
	"hash"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// crossEntropy is the Gorgonia operation (logits l, labels y), b x k and b x 1, to the b negative log-likelihoods
//
//	-ln softmax(l_i)[y_i] = ln sum_j exp(l_ij) - l_i,y_i
//
// in nats. The largest logit of a row is subtracted before the exponentials are taken, so that logits of any size are
// safe. Its derivative is softmax(l_i)_j - [j = y_i]; it has none with respect to the labels, which must be whole numbers
// 0 to k-1.
type crossEntropy struct{}

// crossEntropyGrad is (l, y, dL/dloss) to dL/dl.
type crossEntropyGrad struct{}

func (crossEntropy) Arity() int { return 2 }
func (crossEntropy) Type() hm.Type {
	a := hm.TypeVariable('a')
	m := G.TensorType{Dims: 2, Of: a}
	return hm.NewFnType(m, m, G.TensorType{Dims: 1, Of: a})
}
func (crossEntropy) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{in[0].(tensor.Shape)[0]}, nil
}
func (crossEntropy) DiffWRT(int) []bool { return []bool{true, false} }
func (crossEntropy) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(crossEntropyGrad{}, in[0], in[1], grad)
	return G.Nodes{d, nil}, err
}

func (crossEntropy) Do(in ...G.Value) (G.Value, error) {
	l, y := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(l.Shape()[0]), tensor.Of(l.Dtype()))
	switch ld := l.Data().(type) {
	case []float32:
		crossEntropyRows(out.Float32s(), ld, y.Float32s())
	case []float64:
		crossEntropyRows(out.Float64s(), ld, y.Float64s())
	default:
		return nil, fmt.Errorf("model: crossEntropy of %T", ld)
	}
	return out, nil
}

func (crossEntropyGrad) Arity() int { return 3 }
func (crossEntropyGrad) Type() hm.Type {
	a := hm.TypeVariable('a')
	m := G.TensorType{Dims: 2, Of: a}
	return hm.NewFnType(m, m, G.TensorType{Dims: 1, Of: a}, m)
}
func (crossEntropyGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (crossEntropyGrad) Do(in ...G.Value) (G.Value, error) {
	l, y, dloss := in[0].(*tensor.Dense), in[1].(*tensor.Dense), in[2].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(l.Shape()...), tensor.Of(l.Dtype()))
	switch ld := l.Data().(type) {
	case []float32:
		crossEntropyGradRows(out.Float32s(), ld, y.Float32s(), dloss.Float32s())
	case []float64:
		crossEntropyGradRows(out.Float64s(), ld, y.Float64s(), dloss.Float64s())
	default:
		return nil, fmt.Errorf("model: crossEntropyGrad of %T", ld)
	}
	return out, nil
}

func crossEntropyRows[T float32 | float64](out, logits, labels []T) {
	k := len(logits) / len(out)
	for i, y := range labels {
		row := logits[i*k : (i+1)*k]
		out[i] = T(logSumExp(row) - float64(row[int(y)]))
	}
}

func crossEntropyGradRows[T float32 | float64](out, logits, labels, dloss []T) {
	k := len(logits) / len(labels)
	for i, y := range labels {
		row, o, d := logits[i*k:(i+1)*k], out[i*k:(i+1)*k], float64(dloss[i])
		lse := logSumExp(row)
		for j, l := range row {
			o[j] = T(d * math.Exp(float64(l)-lse))
		}
		o[int(y)] -= T(d)
	}
}

// logSumExp returns ln sum_j exp(l_j); NaN if one of the logits is.
func logSumExp[T float32 | float64](logits []T) float64 {
	top := logits[0]
	for _, l := range logits[1:] {
		top = max(top, l)
	}
	var sum float64
	for _, l := range logits {
		sum += math.Exp(float64(l - top))
	}
	return float64(top) + math.Log(sum)
}

func (crossEntropy) ReturnsPtr() bool        { return false }
func (crossEntropy) CallsExtern() bool       { return false }
func (crossEntropy) OverwritesInput() int    { return -1 }
func (crossEntropy) String() string          { return "CrossEntropy" }
func (o crossEntropy) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o crossEntropy) Hashcode() uint32      { return hashcode(o) }

func (crossEntropyGrad) ReturnsPtr() bool        { return false }
func (crossEntropyGrad) CallsExtern() bool       { return false }
func (crossEntropyGrad) OverwritesInput() int    { return -1 }
func (crossEntropyGrad) String() string          { return "CrossEntropyGrad" }
func (o crossEntropyGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o crossEntropyGrad) Hashcode() uint32      { return hashcode(o) }
