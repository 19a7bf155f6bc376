package ssl

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// program is a graph pruned to some of its outputs. Between runs it holds nothing but those.
type program struct{ vm G.VM }

// compile prunes the graph to what outputs need. The dual values of bound are bound to their gradients.
func compile(inputs, outputs, bound G.Nodes) (*program, error) {
	g := inputs[0].Graph()
	prog, loc, err := G.CompileFunction(g, inputs, outputs)
	if err != nil {
		return nil, fmt.Errorf("ssl: compiling the graph: %w", err)
	}
	opts := []G.VMOpt{G.WithPrecompiled(prog, loc)}
	if bound != nil {
		opts = append(opts, G.BindDualValues(bound...))
	}
	return &program{G.NewTapeMachine(g, opts...)}, nil
}

func (p *program) run() error {
	if err := p.vm.RunAll(); err != nil {
		return fmt.Errorf("ssl: running the graph: %w", err)
	}
	p.vm.Reset()
	return nil
}

// put copies values into an input; what lies beyond them becomes 0.
func put[T float32 | float64](n *G.Node, values []T) {
	switch data := n.Value().Data().(type) {
	case []float32:
		for i, v := range values {
			data[i] = float32(v)
		}
		clear(data[len(values):])
	case []float64:
		for i, v := range values {
			data[i] = float64(v)
		}
		clear(data[len(values):])
	}
}

// get copies the value of an output, times a factor.
func get(dst []float64, n *G.Node, factor float64) {
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

func scalar(n *G.Node) float64 {
	if v, ok := n.Value().Data().(float32); ok {
		return float64(v)
	}
	return n.Value().Data().(float64)
}

// gradient returns the dual value of a bound parameter.
func gradient(n *G.Node) (*tensor.Dense, error) {
	g, err := n.Grad()
	if err != nil {
		return nil, fmt.Errorf("ssl: gradient of %s: %w", n.Name(), err)
	}
	return g.(*tensor.Dense), nil
}
