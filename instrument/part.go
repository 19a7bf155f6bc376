package instrument

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
)

// part is a group of parameters that are stepped together, with its own count of steps and its own memory of them.
type part struct {
	ids        []identity
	quantities []Quantity // fresh ones, in the order of Track
	due        []bool
	readings   []Reading
	step       Step           // reused: its Number is the next step
	cost       *gorgonia.Node // in the graph of the parameters; nil if it has none
	doubtful   bool           // it may be another part, whose graph was rebuilt
}

// identity is what a parameter is recognised by at its place among the values given to the solver: its node, or, where
// the node is another one (a rebuilt graph) or none, its name and the memory of its weights, or, where that is another
// one too, its name, shape and weights.
type identity struct {
	value   gorgonia.ValueGrad
	node    *gorgonia.Node
	name    string
	address uintptr
}

func identify(vg gorgonia.ValueGrad) (id identity) {
	id.value = vg
	if n, ok := vg.(gorgonia.Namer); ok {
		id.name = n.Name()
	}
	id.node, _ = vg.(*gorgonia.Node)
	if v := vg.Value(); v != nil {
		id.address = v.Uintptr()
	}
	return id
}

// isNode reports whether vg is the node of the parameter, or, as the parameter, none.
func (id *identity) isNode(vg gorgonia.ValueGrad) bool {
	node, _ := vg.(*gorgonia.Node)
	return node == id.node
}

// is reports whether vg is the parameter.
func (id *identity) is(vg gorgonia.ValueGrad) bool {
	if id.node != nil && id.isNode(vg) {
		return true
	}
	other := identify(vg)
	return other.name == id.name && other.address == id.address
}

// resembles reports whether vg has the name and the shape of the parameter.
func (id *identity) resembles(vg gorgonia.ValueGrad) bool {
	a, b := id.value.Value(), vg.Value()
	return a != nil && b != nil && identify(vg).name == id.name && a.Dtype() == b.Dtype() && a.Shape().Eq(b.Shape())
}

// isCopied reports whether vg resembles the parameter and holds the same weights.
func (id *identity) isCopied(vg gorgonia.ValueGrad) bool {
	if !id.resembles(vg) {
		return false
	}
	a32, a64, errA := Floats(id.value.Value())
	b32, b64, errB := Floats(vg.Value())
	return errA == nil && errB == nil && slices.Equal(a32, b32) && slices.Equal(a64, b64)
}

// matches reports whether each value of the model is the parameter at its place, in the sense of same.
func (p *part) matches(model []gorgonia.ValueGrad, same func(*identity, gorgonia.ValueGrad) bool) bool {
	if len(p.ids) != len(model) {
		return false
	}
	for i, vg := range model {
		if !same(&p.ids[i], vg) {
			return false
		}
	}
	return true
}

// adopt takes the values of the model for the parameters from now on, and looks for the cost node where their graph is
// another one.
func (p *part) adopt(model []gorgonia.ValueGrad) {
	for i, vg := range model {
		p.ids[i] = identify(vg)
	}
	node := p.ids[0].node
	if p.cost == nil || node == nil || node.Graph() == p.cost.Graph() {
		return
	}
	twins := slices.DeleteFunc(slices.Clone(node.Graph().AllNodes()), func(n *gorgonia.Node) bool {
		return n.Name() != p.cost.Name() || n.Shape().TotalSize() != 1
	})
	if len(twins) == 1 {
		p.cost = twins[0]
	}
}

// moved returns the first place at which the model has a parameter of the part that belongs elsewhere, and where; false
// unless it has the same parameters in another order.
func (p *part) moved(model []gorgonia.ValueGrad) (at, from int, ok bool) {
	if len(p.ids) != len(model) {
		return 0, 0, false
	}
	for i := len(model) - 1; i >= 0; i-- {
		j := slices.IndexFunc(p.ids, func(id identity) bool { return id.is(model[i]) })
		if j < 0 {
			return 0, 0, false
		}
		if i != j {
			at, from = i, j
		}
	}
	return at, from, at != from
}

// manyParts is how many parts that resemble each other, and made a single step each, are more than networks trained in
// turns are likely to be.
const manyParts = 32

// part returns the part of the model that a solver is asked to step, a new one if it was never seen. The error is of a
// part whose parameters come in another order.
func (m *Meter) part(model []gorgonia.ValueGrad) (*part, error) {
	at := slices.IndexFunc(m.parts, func(p *part) bool { return p.matches(model, (*identity).is) })
	rebuilt := at >= 0 && !m.parts[at].matches(model, (*identity).isNode)
	if at < 0 {
		at = slices.IndexFunc(m.parts, func(p *part) bool { return p.matches(model, (*identity).isCopied) })
		rebuilt = at >= 0
	}
	if at < 0 {
		for _, p := range m.parts {
			if i, from, ok := p.moved(model); ok {
				return nil, fmt.Errorf("instrument: step %d: the parameters come in another order than before: %q is at place %d "+
					"and was at %d. Solvers keep what they remember by place: collect the nodes once, in a slice (the order of a "+
					"map is random)", p.step.Number, p.ids[from].name, i, from)
			}
		}
		at = len(m.parts)
		m.parts = append(m.parts, m.newPart(model))
	}
	p := m.parts[at]
	if rebuilt {
		p.adopt(model)
	}
	for _, t := range m.tracked[len(p.quantities):] {
		q := t.quantity
		if s, ok := q.(Stateful); ok {
			q = s.Fresh()
		}
		p.quantities = append(p.quantities, q)
		p.due = append(p.due, false)
		p.readings = append(p.readings, Reading{})
	}
	return p, nil
}

// newPart is the next part, before its first step.
func (m *Meter) newPart(model []gorgonia.ValueGrad) *part {
	p := &part{ids: make([]identity, len(model))}
	for i, vg := range model {
		p.ids[i] = identify(vg)
	}
	if m.cost != nil && (len(model) == 0 || p.ids[0].node == nil || p.ids[0].node.Graph() == m.cost.Graph()) {
		p.cost = m.cost
	}
	p.step = Step{Number: m.start, Part: len(m.parts), names: p.ids, lastGood: -1}
	alike := 0
	for _, other := range m.parts {
		if other.step.Number == m.start+1 && other.matches(model, (*identity).resembles) {
			alike++
		}
	}
	p.doubtful = alike >= manyParts
	return p
}
