package model

import (
	"fmt"
	"slices"

	"calorimeter/model/internal/graph"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// program is one compiled graph: an input of a fixed number of rows, an output, and, for training, the gradients of
// that output.
type program struct {
	*graph.Program
	rows, dim     int
	input, output *G.Node
}

// compile prunes the graph to what output needs and, with params, to what the gradients of output with respect to them
// need.
func compile(x, output *G.Node, params G.Nodes) (*program, error) {
	p, err := graph.Compile(G.Nodes{output}, params)
	return &program{Program: p, rows: x.Shape()[0], dim: x.Shape()[1], input: x, output: output}, err
}

// run evaluates the output for up to p.rows rows, zero-padded; the output stays in p.output until the next run.
func (p *program) run(x []float32) error {
	graph.Put(p.input, x)
	return p.Run()
}

// loss evaluates a scalar program on exactly one batch.
func (p *program) loss(batch []float32) (float64, error) {
	expect(batch, p.rows, p.dim)
	if err := p.run(batch); err != nil {
		return 0, err
	}
	return graph.Scalar(p.output), nil
}

// energies evaluates a program whose output is one energy a row, on any number of rows.
func (p *program) energies(dst []float64, x []float32) error {
	expect(x, len(dst), p.dim)
	for len(dst) > 0 {
		n := min(p.rows, len(dst))
		if err := p.run(x[:n*p.dim]); err != nil {
			return err
		}
		graph.Get(dst[:n], p.output, 1)
		dst, x = dst[n:], x[n*p.dim:]
	}
	return nil
}

// expect panics unless x holds so many rows.
func expect(x []float32, rows, dim int) {
	if len(x) != rows*dim {
		panic(fmt.Sprintf("model: %d values are not %d rows of %d", len(x), rows, dim))
	}
}

// Precision is the floating-point type of a model's weights.
type Precision int

const (
	Float32 Precision = iota // the default
	Float64                  // for tests against exact answers and central differences
)

// Dtype is the element type of tensors of this precision.
func (p Precision) Dtype() tensor.Dtype {
	if p == Float64 {
		return tensor.Float64
	}
	return tensor.Float32
}

// zeros returns a contiguous tensor of zeros.
func (p Precision) zeros(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(p.Dtype()))
}

// node adds a named node with a header of its own on the numbers of value: a tensor must not be shared by two machines,
// because a matrix product transposes its operands in place.
func node(g *G.ExprGraph, name string, value *tensor.Dense) *G.Node {
	v := tensor.New(tensor.WithShape(value.Shape()...), tensor.WithBacking(value.Data()))
	return G.NewTensor(g, v.Dtype(), v.Dims(), G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
}

// fill sets every element of t to f(i), i the row-major index.
func fill(t *tensor.Dense, f func(i int) float64) {
	values := make([]float64, t.Shape().TotalSize())
	for i := range values {
		values[i] = f(i)
	}
	graph.Set(t, values)
}

// doubles returns a copy of the elements of t.
func doubles(t *tensor.Dense) []float64 {
	if data, ok := t.Data().([]float64); ok {
		return slices.Clone(data)
	}
	out := make([]float64, t.Shape().TotalSize())
	for i, v := range t.Float32s() {
		out[i] = float64(v)
	}
	return out
}
