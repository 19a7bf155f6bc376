package instrument

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// part is a group of parameters that are stepped together, with its own count of steps and its own memory of them.
type part struct {
	ids        []identity
	quantities []Quantity // fresh ones, in the order of Track
	due        []bool
	readings   []Reading
	step       Step // reused: its Number is the next step
}

// identity is what a parameter is recognised by at its place among the values given to the solver: its node, or,
// where the node is another one (a rebuilt graph) or none, its name and the memory of its weights.
type identity struct {
	node    *gorgonia.Node
	name    string
	address uintptr
}

func identify(vg gorgonia.ValueGrad) (id identity) {
	if n, ok := vg.(gorgonia.Namer); ok {
		id.name = n.Name()
	}
	id.node, _ = vg.(*gorgonia.Node)
	if v := vg.Value(); v != nil {
		id.address = v.Uintptr()
	}
	return id
}

// is reports whether vg is the parameter, and remembers its node if the graph was rebuilt.
func (id *identity) is(vg gorgonia.ValueGrad) bool {
	node, _ := vg.(*gorgonia.Node)
	if node != nil && node == id.node {
		return true
	}
	other := identify(vg)
	if other.name != id.name || other.address != id.address {
		return false
	}
	*id = other
	return true
}

// is reports whether the model is the part.
func (p *part) is(model []gorgonia.ValueGrad) bool {
	if len(p.ids) != len(model) {
		return false
	}
	for i, vg := range model {
		if !p.ids[i].is(vg) {
			return false
		}
	}
	return true
}

// part returns the part of the model that a solver is asked to step, a new one if it was never seen.
func (m *Meter) part(model []gorgonia.ValueGrad) *part {
	at := slices.IndexFunc(m.parts, func(p *part) bool { return p.is(model) })
	if at < 0 {
		at = len(m.parts)
		p := &part{ids: make([]identity, len(model))}
		for i, vg := range model {
			p.ids[i] = identify(vg)
		}
		p.step = Step{Number: m.start, Part: at, names: p.ids, lastGood: -1}
		m.parts = append(m.parts, p)
	}
	p := m.parts[at]
	for _, t := range m.tracked[len(p.quantities):] {
		q := t.quantity
		if s, ok := q.(Stateful); ok {
			q = s.Fresh()
		}
		p.quantities = append(p.quantities, q)
		p.due = append(p.due, false)
		p.readings = append(p.readings, Reading{})
	}
	return p
}
