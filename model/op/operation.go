package op

import (
	"fmt"
	"hash"
	"hash/fnv"

	"calorimeter/model/internal/flat"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Operation is an operation for Gorgonia's graphs that fills one tensor from others: see the package's example. The
// inputs and the output have the same type of numbers, are contiguous and row-major, and are handed to the kernel as
// flat slices; of rank 0 they are scalars, slices of one number.
//
// The output is a buffer that belongs to the operation and is filled anew by every run: an Operation serves one node of
// one graph, and the value of that node holds until its graph runs again.
type Operation struct {
	// Name tells the operation from all others, with its parameters: Gorgonia takes two operations of one name on the same
	// inputs for one.
	Name string
	// Ranks are the numbers of dimensions of the inputs in order, and of the output last.
	Ranks []int
	// Shape returns the shape of the output. Where it is nil, that is the shape of the first input.
	Shape func(in []tensor.Shape) (tensor.Shape, error)
	// Of32 and Of64 fill out, whose content is arbitrary, from the inputs. shape is that of the first input. One of them
	// may be nil; such numbers are then an error.
	Of32 func(out []float32, in [][]float32, shape tensor.Shape)
	Of64 func(out []float64, in [][]float64, shape tensor.Shape)
	// Diff returns the derivative of the loss with respect to each input, nil where there is none, from the inputs, the
	// output and the derivative with respect to the output. Where it is nil, the operation cannot be differentiated.
	Diff func(in G.Nodes, out, grad *G.Node) G.Nodes
	// Held names the inputs that have no derivative.
	Held []int

	out32 []float32
	out64 []float64
	in32  [][]float32
	in64  [][]float64
}

// Apply adds the operation to the graph of its inputs. It panics where their ranks or types do not fit, as Gorgonia's
// own operations do under Must: a graph is built by a programmer.
func (o *Operation) Apply(in ...*G.Node) *G.Node {
	n, err := G.ApplyOp(o, in...)
	if err != nil {
		panic(fmt.Sprintf("op: %s: %v", o.Name, err))
	}
	return n
}

// Like adds an operation whose output has the shape of its first input to the graph of its inputs, which most
// derivatives are. The kernels are those of an [Operation]; it has no derivative itself.
func Like(name string, of32 func(out []float32, in [][]float32, shape tensor.Shape),
	of64 func(out []float64, in [][]float64, shape tensor.Shape), in ...*G.Node) *G.Node {
	o := &Operation{Name: name, Of32: of32, Of64: of64}
	for _, n := range append(in[:len(in):len(in)], in[0]) {
		o.Ranks = append(o.Ranks, n.Dims())
	}
	return o.Apply(in...)
}

// Arity implements Gorgonia's Op.
func (o *Operation) Arity() int { return len(o.Ranks) - 1 }

// Type implements Gorgonia's Op.
func (o *Operation) Type() hm.Type {
	a := hm.TypeVariable('a')
	types := make([]hm.Type, len(o.Ranks))
	for i, rank := range o.Ranks {
		types[i] = a
		if rank > 0 {
			types[i] = G.TensorType{Dims: rank, Of: a}
		}
	}
	return hm.NewFnType(types...)
}

// InferShape implements Gorgonia's Op.
func (o *Operation) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, s := range in {
		shapes[i] = s.(tensor.Shape)
	}
	return o.shape(shapes)
}

func (o *Operation) shape(in []tensor.Shape) (tensor.Shape, error) {
	switch {
	case o.Ranks[len(in)] == 0:
		return tensor.ScalarShape(), nil
	case o.Shape == nil:
		return in[0].Clone(), nil
	}
	return o.Shape(in)
}

// DiffWRT implements Gorgonia's SDOp.
func (o *Operation) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	for i := range wrt {
		wrt[i] = o.Diff != nil
	}
	for _, i := range o.Held {
		wrt[i] = false
	}
	return wrt
}

// SymDiff implements Gorgonia's SDOp.
func (o *Operation) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	if o.Diff == nil {
		return nil, fmt.Errorf("op: %s has no derivative", o.Name)
	}
	return o.Diff(in, out, grad), nil
}

// Do implements Gorgonia's Op. It returns an error for numbers that are neither float32 nor float64.
func (o *Operation) Do(in ...G.Value) (G.Value, error) {
	if _, ok := in[0].(*tensor.Dense); !ok {
		return nil, fmt.Errorf("op: the first input of %s is a %T, not a tensor", o.Name, in[0])
	}
	shapes := make([]tensor.Shape, len(in))
	for i, v := range in {
		shapes[i] = v.Shape()
	}
	shape, err := o.shape(shapes)
	if err != nil {
		return nil, fmt.Errorf("op: %s: %w", o.Name, err)
	}
	return o.UsePreallocDo(o.output(shape, in[0].Dtype()), in...)
}

// output returns the buffer of the operation as a value of a shape. A header of its own is made every time, because
// products transpose headers in place.
func (o *Operation) output(shape tensor.Shape, of tensor.Dtype) G.Value {
	switch {
	case of == tensor.Float32 && shape.IsScalar():
		return new(G.F32)
	case of == tensor.Float32:
		o.out32 = grown(o.out32, shape.TotalSize())
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(o.out32))
	case of == tensor.Float64 && shape.IsScalar():
		return new(G.F64)
	case of == tensor.Float64:
		o.out64 = grown(o.out64, shape.TotalSize())
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(o.out64))
	}
	return nil
}

func grown[T float32 | float64](buffer []T, n int) []T {
	if cap(buffer) < n {
		return make([]T, n)
	}
	return buffer[:n]
}

// UsePreallocDo implements Gorgonia's UsePreallocDoer: it fills out, which has the shape and the type of the output,
// and returns it. It allocates nothing after its first call.
func (o *Operation) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	switch of := in[0].Dtype(); {
	case of == tensor.Float32 && o.Of32 != nil:
		o.in32 = o.in32[:0]
		for _, v := range in {
			o.in32 = append(o.in32, flat.Float32s(v))
		}
		o.Of32(flat.Float32s(out), o.in32, in[0].Shape())
	case of == tensor.Float64 && o.Of64 != nil:
		o.in64 = o.in64[:0]
		for _, v := range in {
			o.in64 = append(o.in64, flat.Float64s(v))
		}
		o.Of64(flat.Float64s(out), o.in64, in[0].Shape())
	default:
		return nil, fmt.Errorf("op: %s of %v", o.Name, of)
	}
	return out, nil
}

// ReturnsPtr implements Gorgonia's Op.
func (o *Operation) ReturnsPtr() bool { return false }

// CallsExtern implements Gorgonia's Op.
func (o *Operation) CallsExtern() bool { return false }

// OverwritesInput implements Gorgonia's Op: inputs are left alone.
func (o *Operation) OverwritesInput() int { return -1 }

// String returns the operation's name.
func (o *Operation) String() string { return o.Name }

// WriteHash and Hashcode implement Gorgonia's Op.
func (o *Operation) WriteHash(h hash.Hash) { fmt.Fprint(h, o.Name) }

// Hashcode is a hash of the name.
func (o *Operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}
