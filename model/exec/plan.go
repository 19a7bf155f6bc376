package exec

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// planner fills a machine.
type planner struct {
	*Machine
	graph  *G.ExprGraph // what the machine needs of it
	places map[*G.Node]int
	fixed  map[int]bool // places of values that are the same in every run
}

// place returns where the value of n stands, and plans what makes it.
func (p *planner) place(n *G.Node) (int, error) {
	if at, ok := p.places[n]; ok {
		return at, nil
	}
	s, fixed := step{node: n}, true
	for children := p.graph.From(n.ID()); children.Next(); {
		at, err := p.place(children.Node().(*G.Node))
		if err != nil {
			return 0, err
		}
		s.in = append(s.in, at)
		fixed = fixed && p.fixed[at]
	}
	s.out, s.args = len(p.values), make([]G.Value, len(s.in))
	p.places[n] = s.out
	p.values = append(p.values, nil)
	if o, ok := n.Op().(G.TrainModeOp); ok {
		if err := o.SetTraining(true); err != nil {
			return 0, fmt.Errorf("exec: training mode of %s: %w", n.Name(), err)
		}
	}
	var err error
	switch class := classOf(n); {
	case class == input:
		p.inputs = append(p.inputs, bound{n, s.out})
	case class == statement:
		err = fmt.Errorf("exec: %s is a statement and has no value: name the node that it reads", n.Name())
	case class == size:
		p.values[s.out], err = sizeOf(p.graph, n)
		p.fixed[s.out] = true
	case class == pure && fixed:
		s.do, p.values[s.out] = kernelOf(n)
		err = p.run(&s)
		p.fixed[s.out] = true
	default:
		s.do, p.values[s.out] = kernelOf(n)
		p.steps = append(p.steps, s)
	}
	return s.out, err
}

// unread returns an error where gorgonia.Read wants a value of the machine, which would stay nil.
func (p *planner) unread(whole *G.ExprGraph) error {
	for _, n := range whole.AllNodes() {
		if classOf(n) != statement {
			continue
		}
		for children := whole.From(n.ID()); children.Next(); {
			if of := children.Node().(*G.Node); p.has(of) {
				return fmt.Errorf("exec: gorgonia.Read of %s is for tape machines: take its Value after RunAll", of.Name())
			}
		}
	}
	return nil
}

func (p *planner) has(n *G.Node) bool {
	_, planned := p.places[n]
	return planned
}

// sizeOf is the value of a size: that of an array of the shape of its input, whose numbers do not matter.
func sizeOf(g *G.ExprGraph, n *G.Node) (G.Value, error) {
	children := g.From(n.ID())
	children.Next()
	return n.Op().Do(newValue(children.Node().(*G.Node)))
}

// class is what a node does.
type class int

const (
	impure    class = iota // an operation of which nothing is known
	pure                   // an operation whose output depends on its inputs alone
	size                   // an operation whose output depends on the shape of its input alone
	input                  // it has a value
	statement              // it has none
)

// classOf tells Gorgonia's operations by the names of their types, which it does not export.
func classOf(n *G.Node) class {
	if n.Op() == nil {
		return input
	}
	switch fmt.Sprintf("%T", n.Op()) {
	case "gorgonia.readOp", "gorgonia.letOp":
		return statement
	case "gorgonia.sizeOp":
		return size
	case "gorgonia.constantScalar", "gorgonia.constantTensor", "gorgonia.reshapeOp", "gorgonia.elemBinOp",
		"gorgonia.elemUnaryOp", "*gorgonia.repeatOp":
		return pure
	}
	return impure
}
