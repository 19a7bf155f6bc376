package ssl

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// network is the shape of the encoder, of its projection head and of the prototypes. Its parameters are, in this
// order, weights (in x out) and biases (1 x out) of every layer, then the prototypes (labels x projection) where there
// are any.
type network struct {
	widths     []int // pixels, hidden layers, representation, layers of the head, projection
	encoder    int   // layers up to the representation
	prototypes int   // labels of their own; 0 for none
}

// parameters returns the name and shape of every parameter.
func (n *network) parameters() []Parameter {
	var out []Parameter
	for l := range len(n.widths) - 1 {
		part, i := "encoder", l
		if l >= n.encoder {
			part, i = "head", l-n.encoder
		}
		out = append(out,
			Parameter{Name: fmt.Sprintf("%s.w%d", part, i), Rows: n.widths[l], Cols: n.widths[l+1]},
			Parameter{Name: fmt.Sprintf("%s.b%d", part, i), Rows: 1, Cols: n.widths[l+1]})
	}
	if n.prototypes > 0 {
		out = append(out, Parameter{Name: "prototypes", Rows: n.prototypes, Cols: n.widths[len(n.widths)-1]})
	}
	return out
}

// draw returns initial parameters: weights from N(0, 2/in), biases 0, prototypes uniform on the sphere.
func (n *network) draw(rng *rand.Rand) [][]float64 {
	var theta [][]float64
	for i, s := range n.parameters() {
		p := make([]float64, s.Rows*s.Cols)
		sd := math.Sqrt(2 / float64(s.Rows))
		switch {
		case i == 2*(len(n.widths)-1):
			sd = 1
		case i%2 == 1:
			sd = 0
		}
		for j := range p {
			p[j] = sd * rng.NormFloat64()
		}
		theta = append(theta, p)
	}
	return theta
}

// nodes adds the parameters to a graph, as values of their own.
func (n *network) nodes(g *G.ExprGraph, dtype tensor.Dtype) G.Nodes {
	var params G.Nodes
	for _, p := range n.parameters() {
		params = append(params, input(g, p.Name, dtype, p.Rows, p.Cols))
	}
	return params
}

// embedding adds encoder and head, with rows scaled to unit length.
func (n *network) embedding(x *G.Node, params G.Nodes) *G.Node {
	return unitRows(op.Perceptron(x, params[:2*(len(n.widths)-1)]))
}

// scores adds the products of such rows z with the prototypes (rows of unit length too), or, without prototypes, of
// each half's rows with the other half's.
func (n *network) scores(z *G.Node, params G.Nodes) *G.Node {
	if n.prototypes > 0 {
		c := unitRows(params[len(params)-1])
		return G.Must(G.Mul(z, G.Must(G.Transpose(c, 1, 0))))
	}
	return pairs(z)
}

func input(g *G.ExprGraph, name string, dtype tensor.Dtype, rows, cols int) *G.Node {
	v := tensor.New(tensor.WithShape(rows, cols), tensor.Of(dtype))
	return G.NewMatrix(g, dtype, G.WithShape(rows, cols), G.WithName(name), G.WithValue(v))
}
