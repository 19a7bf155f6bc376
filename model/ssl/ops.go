package ssl

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// crossEntropy is the Gorgonia operation (logits l, labels q), both n x k, to the scalar
//
//	loss = 1/n sum_i sum_j q_ij (ln sum_m exp(l_im) - l_ij),
//
// the mean cross-entropy between q_i and softmax(l_i) in nats. It is stable for logits of any size. The labels are
// held: it has no derivative with respect to them (a stop-gradient), and dloss/dl_ij = (p_ij sum_m q_im - q_ij)/n with
// p_i = softmax(l_i).
type crossEntropy struct{ rule }

// crossEntropyGrad is (l, q, d/dloss) to d/dl.
type crossEntropyGrad struct{ rule }

// unitRows is the Gorgonia operation n x d to n x d that divides every row by its Euclidean norm,
//
//	y_i = x_i/|x_i|,    dL/dx_i = (dL/dy_i - y_i (y_i . dL/dy_i))/|x_i|.
//
// A row shorter than tiny is divided by tiny instead.
type unitRows struct{ rule }

// unitRowsGrad is (x, dL/dy) to dL/dx.
type unitRowsGrad struct{ rule }

const tiny = 1e-12

// rule is what all operations of this package share: each is known to Gorgonia by its name,
// returns a new value and leaves its inputs alone.
type rule string

func (rule) ReturnsPtr() bool        { return false }
func (rule) CallsExtern() bool       { return false }
func (rule) OverwritesInput() int    { return -1 }
func (r rule) String() string        { return string(r) }
func (r rule) WriteHash(h hash.Hash) { fmt.Fprint(h, string(r)) }
func (r rule) Hashcode() uint32 {
	h := fnv.New32a()
	r.WriteHash(h)
	return h.Sum32()
}

func (crossEntropy) Arity() int     { return 2 }
func (crossEntropyGrad) Arity() int { return 3 }
func (unitRows) Arity() int         { return 1 }
func (unitRowsGrad) Arity() int     { return 2 }

func types() (scalar hm.Type, matrix hm.Type) {
	a := hm.TypeVariable('a')
	return a, G.TensorType{Dims: 2, Of: a}
}

func (crossEntropy) Type() hm.Type {
	a, m := types()
	return hm.NewFnType(m, m, a)
}

func (crossEntropyGrad) Type() hm.Type {
	a, m := types()
	return hm.NewFnType(m, m, a, m)
}

func (unitRows) Type() hm.Type {
	_, m := types()
	return hm.NewFnType(m, m)
}

func (unitRowsGrad) Type() hm.Type {
	_, m := types()
	return hm.NewFnType(m, m, m)
}

func (crossEntropy) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.Shape{}, nil }
func (crossEntropyGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (unitRows) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (unitRowsGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (crossEntropy) DiffWRT(int) []bool { return []bool{true, false} }
func (crossEntropy) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(crossEntropyGrad{"SoftCrossEntropyGrad"}, in[0], in[1], grad)
	return G.Nodes{d, nil}, err
}

func (unitRows) DiffWRT(int) []bool { return []bool{true} }
func (unitRows) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(unitRowsGrad{"UnitRowsGrad"}, in[0], grad)
	return G.Nodes{d}, err
}

func (crossEntropy) Do(in ...G.Value) (G.Value, error) {
	l, q := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	cols := l.Shape()[1]
	switch data := l.Data().(type) {
	case []float32:
		loss := G.F32(crossEntropyRows(data, q.Float32s(), nil, cols, 0))
		return &loss, nil
	case []float64:
		loss := G.F64(crossEntropyRows(data, q.Float64s(), nil, cols, 0))
		return &loss, nil
	}
	return nil, fmt.Errorf("ssl: cross-entropy of %T", l.Data())
}

func (crossEntropyGrad) Do(in ...G.Value) (G.Value, error) {
	l, q := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	cols := l.Shape()[1]
	out := tensor.New(tensor.WithShape(l.Shape()...), tensor.Of(l.Dtype()))
	switch data := l.Data().(type) {
	case []float32:
		crossEntropyRows(data, q.Float32s(), out.Float32s(), cols, float64(in[2].Data().(float32)))
	case []float64:
		crossEntropyRows(data, q.Float64s(), out.Float64s(), cols, in[2].Data().(float64))
	default:
		return nil, fmt.Errorf("ssl: gradient of the cross-entropy of %T", data)
	}
	return out, nil
}

// crossEntropyRows returns the loss and, where dl is not nil, fills it with g times the gradient.
func crossEntropyRows[T float32 | float64](l, q, dl []T, cols int, g float64) (loss float64) {
	n := float64(len(l) / cols)
	for at := 0; at < len(l); at += cols {
		row, label := l[at:at+cols], q[at:at+cols]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		var z, total, dot float64
		for j, v := range row {
			z += math.Exp(float64(v - top))
			total += float64(label[j])
			dot += float64(label[j]) * float64(v-top)
		}
		loss += total*math.Log(z) - dot
		if dl == nil {
			continue
		}
		for j, v := range row {
			dl[at+j] = T(g / n * (total*math.Exp(float64(v-top))/z - float64(label[j])))
		}
	}
	return loss / n
}

func (unitRows) Do(in ...G.Value) (G.Value, error) {
	x := in[0].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(x.Shape()...), tensor.Of(x.Dtype()))
	switch data := x.Data().(type) {
	case []float32:
		normalise(out.Float32s(), data, x.Shape()[1])
	case []float64:
		normalise(out.Float64s(), data, x.Shape()[1])
	default:
		return nil, fmt.Errorf("ssl: unit rows of %T", data)
	}
	return out, nil
}

func (unitRowsGrad) Do(in ...G.Value) (G.Value, error) {
	x, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(x.Shape()...), tensor.Of(x.Dtype()))
	switch data := x.Data().(type) {
	case []float32:
		normaliseGrad(out.Float32s(), data, dy.Float32s(), x.Shape()[1])
	case []float64:
		normaliseGrad(out.Float64s(), data, dy.Float64s(), x.Shape()[1])
	default:
		return nil, fmt.Errorf("ssl: gradient of unit rows of %T", data)
	}
	return out, nil
}

func norm[T float32 | float64](row []T) float64 {
	var s float64
	for _, v := range row {
		s += float64(v) * float64(v)
	}
	return max(math.Sqrt(s), tiny)
}

func normalise[T float32 | float64](out, x []T, cols int) {
	for at := 0; at < len(x); at += cols {
		row := x[at : at+cols]
		scale := 1 / norm(row)
		for j, v := range row {
			out[at+j] = T(float64(v) * scale)
		}
	}
}

func normaliseGrad[T float32 | float64](dx, x, dy []T, cols int) {
	for at := 0; at < len(x); at += cols {
		row, g := x[at:at+cols], dy[at:at+cols]
		scale := 1 / norm(row)
		var along float64
		for j, v := range row {
			along += float64(v) * scale * float64(g[j])
		}
		for j, v := range row {
			dx[at+j] = T((float64(g[j]) - float64(v)*scale*along) * scale)
		}
	}
}
