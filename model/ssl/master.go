package ssl

import (
	"calorimeter/model/internal/graph"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// master is a parameter as a solver sees it, a gorgonia.ValueGrad: the weights of a [State] themselves and their
// gradient, in float64.
type master struct {
	name           string
	weights, slope *tensor.Dense
}

func newMaster(n *G.Node) *master {
	return &master{name: n.Name(), slope: tensor.New(tensor.WithShape(n.Shape()...), tensor.Of(tensor.Float64))}
}

// take shows the solver these weights, without a copy, and a copy of their gradient.
func (p *master) take(theta []float64, grad *tensor.Dense) {
	p.weights = tensor.New(tensor.WithShape(grad.Shape()...), tensor.WithBacking(theta))
	if grad.Dtype() == tensor.Float32 {
		graph.Set(p.slope, grad.Float32s())
	} else {
		graph.Set(p.slope, grad.Float64s())
	}
}

func (p *master) Name() string           { return p.name }
func (p *master) Value() G.Value         { return p.weights }
func (p *master) Grad() (G.Value, error) { return p.slope, nil }
