// Package graph compiles Gorgonia's graphs for the models, and moves numbers into and out of them.
package graph

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Program is a graph pruned to some of its outputs. Between runs it holds nothing but those.
type Program struct{ vm G.VM }

// Compile prunes the graph to what outputs need. With params it needs the gradients of the first output with respect to
// them too, and binds them to the dual values of params. Inputs are all nodes that have a value, params among them. An
// output that others are computed from may be overwritten in place by them.
func Compile(inputs, outputs, params G.Nodes) (*Program, error) {
	var opts []G.VMOpt
	if params != nil {
		grads, err := G.Grad(outputs[0], params...)
		if err != nil {
			return nil, fmt.Errorf("model: gradient of the loss: %w", err)
		}
		outputs = append(outputs[:len(outputs):len(outputs)], grads...)
		opts = append(opts, G.BindDualValues(params...))
	}
	prog, loc, err := G.CompileFunction(inputs[0].Graph(), inputs, outputs)
	if err != nil {
		return nil, fmt.Errorf("model: compiling the graph: %w", err)
	}
	opts = append(opts, G.WithPrecompiled(prog, loc))
	return &Program{G.NewTapeMachine(inputs[0].Graph(), opts...)}, nil
}

// Run evaluates the outputs, and adds the gradients to the dual values. The values of outputs hold until the next run.
func (p *Program) Run() error {
	if err := p.vm.RunAll(); err != nil {
		return fmt.Errorf("model: running the graph: %w", err)
	}
	p.vm.Reset()
	return nil
}

// Close releases the virtual machine.
func (p *Program) Close() error { return p.vm.Close() }

// Put copies values into an input; what lies beyond them becomes 0.
func Put[T float32 | float64](n *G.Node, values []T) { Set(n.Value().Data(), values) }

// Set copies values into a slice of either precision; what lies beyond them becomes 0.
func Set[T float32 | float64](data any, values []T) {
	switch data := data.(type) {
	case []float32:
		put(data, values)
	case []float64:
		put(data, values)
	}
}

func put[A, B float32 | float64](dst []A, src []B) {
	if same, ok := any(src).([]A); ok {
		copy(dst, same)
	} else {
		for i, v := range src {
			dst[i] = A(v)
		}
	}
	clear(dst[len(src):])
}

// Get copies the head of the value of an output, times a factor.
func Get(dst []float64, n *G.Node, factor float64) {
	switch data := n.Value().Data().(type) {
	case []float32:
		for i := range dst {
			dst[i] = factor * float64(data[i])
		}
	case []float64:
		for i := range dst {
			dst[i] = factor * data[i]
		}
	}
}

// Scalar returns the value of an output that is one number.
func Scalar(n *G.Node) float64 {
	if v, ok := n.Value().Data().(float32); ok {
		return float64(v)
	}
	return n.Value().Data().(float64)
}
