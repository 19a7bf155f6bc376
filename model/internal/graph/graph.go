// Package graph compiles Gorgonia's graphs for the models, and moves numbers into and out of them.
package graph

import (
	"fmt"

	"calorimeter/model/exec"
	"calorimeter/model/internal/flat"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Program is a graph pruned to some of its outputs. Between runs it holds nothing but those.
type Program struct{ vm G.VM }

// NewMachine makes the machine of a program. Tests put Gorgonia's own in its place, to compare.
var NewMachine = func(outputs, params G.Nodes) (G.VM, error) { return exec.New(outputs, params) }

// Compile prunes the graph to what outputs need. With params it needs the gradients of the first output with respect to
// them too, and adds them to the dual values of params.
func Compile(outputs, params G.Nodes) (*Program, error) {
	if params != nil {
		if _, err := G.Grad(outputs[0], params...); err != nil {
			return nil, fmt.Errorf("model: gradient of the loss: %w", err)
		}
	}
	vm, err := NewMachine(outputs, params)
	if err != nil {
		return nil, fmt.Errorf("model: compiling the graph: %w", err)
	}
	return &Program{vm}, nil
}

// Run evaluates the outputs, and adds the gradients to the dual values. The values of outputs hold until the next run.
func (p *Program) Run() error {
	if err := p.vm.RunAll(); err != nil {
		return fmt.Errorf("model: running the graph: %w", err)
	}
	p.vm.Reset()
	return nil
}

// Close releases the machine.
func (p *Program) Close() error { return p.vm.Close() }

// Put copies values into an input; what lies beyond them becomes 0.
func Put[T float32 | float64](n *G.Node, values []T) { Set(n.Value().(*tensor.Dense), values) }

// Set copies values into a tensor of either precision; what lies beyond them becomes 0.
func Set[T float32 | float64](t *tensor.Dense, values []T) {
	if t.Dtype() == tensor.Float32 {
		put(t.Float32s(), values)
	} else {
		put(t.Float64s(), values)
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
	if n.Dtype() == tensor.Float32 {
		get(dst, flat.Float32s(n.Value()), factor)
	} else {
		get(dst, flat.Float64s(n.Value()), factor)
	}
}

func get[T float32 | float64](dst []float64, src []T, factor float64) {
	for i, v := range src[:len(dst)] {
		dst[i] = factor * float64(v)
	}
}

// Scalar returns the value of an output that is one number.
func Scalar(n *G.Node) float64 {
	var v [1]float64
	Get(v[:], n, 1)
	return v[0]
}
