package model

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// hiddenSoftplus is the Gorgonia operation (z, c), R x H and H, to the R numbers
//
//	y_i = sum_j softplus(z_ij + c_j),
//
// the part of a free energy, sign apart, that hidden units with biases c contribute. It replaces a broadcast sum and a chain of
// elementwise operations by one pass, and is stable for arguments of any size. Its derivative is
// dy_i/dz_ij = sigmoid(z_ij + c_j). Of float32, the arguments of the last rows are left in last, as many as it holds.
type hiddenSoftplus struct{ last []float32 }

// hiddenSigmoid is (z, c, dL/dy) to dL/dz.
type hiddenSigmoid struct{}

func (hiddenSoftplus) Arity() int { return 2 }
func (hiddenSoftplus) Type() hm.Type {
	a := hm.TypeVariable('a')
	v := G.TensorType{Dims: 1, Of: a}
	return hm.NewFnType(G.TensorType{Dims: 2, Of: a}, v, v)
}
func (hiddenSoftplus) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{in[0].(tensor.Shape)[0]}, nil
}
func (hiddenSoftplus) DiffWRT(int) []bool { return []bool{true, true} }
func (hiddenSoftplus) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	dz, err := G.ApplyOp(hiddenSigmoid{}, in[0], in[1], grad)
	if err != nil {
		return nil, err
	}
	dc, err := G.Sum(dz, 0)
	return G.Nodes{dz, dc}, err
}

func (o hiddenSoftplus) Do(in ...G.Value) (G.Value, error) {
	z, c := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()[0]), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		cd := c.Float32s()
		for i := range out.Float32s() {
			out.Float32s()[i] = float32(softplusSum32(zd[i*len(cd):(i+1)*len(cd)], cd))
		}
		for i, t := range zd[len(zd)-len(o.last):] {
			o.last[i] = t + cd[i%len(cd)]
		}
	case []float64:
		cd := c.Float64s()
		for i := range out.Float64s() {
			var sum float64
			for j, t := range zd[i*len(cd) : (i+1)*len(cd)] {
				sum += softplus64(t + cd[j])
			}
			out.Float64s()[i] = sum
		}
	default:
		return nil, fmt.Errorf("model: hiddenSoftplus of %T", zd)
	}
	return out, nil
}

func (hiddenSigmoid) Arity() int { return 3 }
func (hiddenSigmoid) Type() hm.Type {
	a := hm.TypeVariable('a')
	m, v := G.TensorType{Dims: 2, Of: a}, G.TensorType{Dims: 1, Of: a}
	return hm.NewFnType(m, v, v, m)
}
func (hiddenSigmoid) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (hiddenSigmoid) Do(in ...G.Value) (G.Value, error) {
	z, c, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense), in[2].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(z.Shape()...), tensor.Of(z.Dtype()))
	switch zd := z.Data().(type) {
	case []float32:
		sigmoidRows(out.Float32s(), zd, c.Float32s(), dy.Float32s(), logistic)
	case []float64:
		sigmoidRows(out.Float64s(), zd, c.Float64s(), dy.Float64s(), sigmoid64)
	default:
		return nil, fmt.Errorf("model: hiddenSigmoid of %T", zd)
	}
	return out, nil
}

func sigmoidRows[T float32 | float64](out, z, c, dy []T, sigmoid func(float64) float64) {
	for i, d := range dy {
		o, row := out[i*len(c):(i+1)*len(c)], z[i*len(c):(i+1)*len(c)]
		for j, b := range c {
			o[j] = d * T(sigmoid(float64(row[j]+b)))
		}
	}
}

func (hiddenSoftplus) ReturnsPtr() bool        { return false }
func (hiddenSoftplus) CallsExtern() bool       { return false }
func (hiddenSoftplus) OverwritesInput() int    { return -1 }
func (hiddenSoftplus) String() string          { return "HiddenSoftplus" }
func (o hiddenSoftplus) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o hiddenSoftplus) Hashcode() uint32      { return hashcode(o) }

func (hiddenSigmoid) ReturnsPtr() bool        { return false }
func (hiddenSigmoid) CallsExtern() bool       { return false }
func (hiddenSigmoid) OverwritesInput() int    { return -1 }
func (hiddenSigmoid) String() string          { return "HiddenSigmoid" }
func (o hiddenSigmoid) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o hiddenSigmoid) Hashcode() uint32      { return hashcode(o) }
