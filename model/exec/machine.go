package exec

import (
	"fmt"
	"slices"

	"calorimeter/internal/vector"
	"calorimeter/model/internal/flat"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Machine evaluates some nodes of a graph, and adds gradients to the dual values of its parameters. It is a
// gorgonia.VM.
type Machine struct {
	inputs  []bound // nodes whose values are given
	steps   []step  // every operation after those that it needs
	values  []G.Value
	outputs []bound
	params  []bound // a parameter, and the place of its gradient
}

// bound is a node and the place of a value among those of the machine.
type bound struct {
	node *G.Node
	at   int
}

// step is one operation.
type step struct {
	node *G.Node
	do   kernel
	in   []int // places of its inputs
	out  int   // place of its output, which holds a buffer where the kernel fills one
	args []G.Value
}

// New plans the evaluation of outputs and, where there are params, of the gradients with respect to them, which
// gorgonia.Grad has added to the graph before. As NewTapeMachine does, it sets operations that differ in training, such
// as BatchNorm, to training. It returns an error that names the node for a parameter without a gradient, and for a
// statement, such as what gorgonia.Read of one of the nodes adds to the graph. It panics without outputs and params.
func New(outputs, params G.Nodes) (*Machine, error) {
	roots := slices.Clone(outputs)
	for _, n := range params {
		if n.Deriv() == nil {
			return nil, fmt.Errorf("exec: %s has no gradient: gorgonia.Grad adds it, before the machine is made", n.Name())
		}
		roots = append(roots, n.Deriv())
	}
	if len(roots) == 0 {
		panic("exec: nothing to evaluate")
	}
	p := planner{Machine: &Machine{}, graph: roots[0].Graph().ExactSubgraphRoots(roots...),
		places: map[*G.Node]int{}, fixed: map[int]bool{}}
	for _, n := range outputs {
		at, err := p.place(n)
		if err != nil {
			return nil, err
		}
		if n.Op() != nil {
			p.outputs = append(p.outputs, bound{n, at})
		}
	}
	for _, n := range params {
		at, err := p.place(n.Deriv())
		if err != nil {
			return nil, err
		}
		p.params = append(p.params, bound{n, at})
	}
	return p.Machine, p.unread(roots[0].Graph())
}

// RunAll evaluates the outputs, which nodes then have as their values, and adds the gradients to the dual values of the
// parameters. It returns an error that names the node for an input without a value and for an operation that fails;
// dual values are then as they were.
func (m *Machine) RunAll() error {
	for _, in := range m.inputs {
		v := in.node.Value()
		if v == nil {
			return fmt.Errorf("exec: %s has no value", in.node.Name())
		}
		m.values[in.at] = v
	}
	for i := range m.steps {
		if err := m.run(&m.steps[i]); err != nil {
			return err
		}
	}
	for _, out := range m.outputs {
		if v := m.values[out.at]; out.node.Value() != v {
			if err := G.UnsafeLet(out.node, v); err != nil {
				return fmt.Errorf("exec: %w", err)
			}
		}
	}
	for _, p := range m.params {
		if err := accumulate(p.node, m.values[p.at]); err != nil {
			return err
		}
	}
	return nil
}

// run makes one step.
func (m *Machine) run(s *step) error {
	for i, at := range s.in {
		s.args[i] = m.values[at]
	}
	v, err := s.do(m.values[s.out], s.args...)
	if err != nil {
		return fmt.Errorf("exec: %s, of shape %v: %w", s.node.Name(), s.node.Shape(), err)
	}
	m.values[s.out] = v
	return nil
}

// Reset does nothing: a machine can run again at once.
func (m *Machine) Reset() {}

// Close does nothing: there is nothing to release.
func (m *Machine) Close() error { return nil }

// accumulate adds a gradient to the dual value of n, which is made where there is none.
func accumulate(n *G.Node, gradient G.Value) error {
	dual, err := n.Grad()
	if err != nil {
		return fmt.Errorf("exec: gradient of %s: %w", n.Name(), err)
	}
	if dual == nil || dual == n.Deriv().Value() { // what Grad returns of a node without a dual value
		dual = newValue(n)
		G.WithGrad(dual)(n)
	}
	if dual.Dtype() == tensor.Float32 {
		sum := flat.Float32s(dual)
		vector.Add(sum, sum, flat.Float32s(gradient))
	} else {
		sum := flat.Float64s(dual)
		G.WhichBLAS().Daxpy(len(sum), 1, flat.Float64s(gradient), 1, sum, 1)
	}
	return nil
}
