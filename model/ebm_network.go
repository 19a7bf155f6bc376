package model

import (
	"fmt"
	"math"

	"calorimeter/model/internal/graph"

	G "gorgonia.org/gorgonia"
)

// Convolutions have a window of 4 x 4, a stride of 2 and a border of 1: each halves the side of its images.
const (
	ebmWindow = 4
	ebmStride = 2
	ebmBorder = 1
)

// allocate makes the weights and biases of all layers, zero, and what gathers the inputs of those that convolve.
func (m *EBM) allocate() {
	s := m.settings
	in, side := s.Dim, 0
	if s.Net == "conv" {
		in, side = 1, squareRoot(s.Dim)
	}
	for _, width := range s.Hidden {
		if s.Net == "conv" {
			p := newStridedPatches(side, in, ebmWindow, ebmBorder, ebmStride)
			m.patches = append(m.patches, p)
			in, side = p.columns(), p.out
		}
		m.weights = append(m.weights, s.Precision.zeros(in, width))
		m.biases = append(m.biases, s.Precision.zeros(1, width))
		in = width
	}
	if s.Net == "conv" {
		all := newPatches(side, in, side, 0) // one patch an image: all of it
		m.patches = append(m.patches, all)
		in = all.columns()
	}
	m.last = s.Precision.zeros(in, 1)
}

// squareRoot is the side of a square of n pixels, rounded.
func squareRoot(n int) int { return int(math.Round(math.Sqrt(float64(n)))) }

// network adds f to the graph of u (rows x dim): a column of one value a row.
func (m *EBM) network(u *G.Node) (f *G.Node, params G.Nodes) {
	h := u
	gather := func(l int) {
		if m.patches != nil {
			h = m.patches[l].apply(h)
		}
	}
	for l := range m.weights {
		w := matrix(u.Graph(), fmt.Sprintf("w%d", l), m.weights[l])
		b := matrix(u.Graph(), fmt.Sprintf("b%d", l), m.biases[l])
		params = append(params, w, b)
		gather(l)
		h = biasSquareplus(G.Must(G.Mul(h, w)), b)
	}
	gather(len(m.weights))
	last := matrix(u.Graph(), "last", m.last)
	return G.Must(G.Mul(h, last)), append(params, last)
}

// buildTraining compiles, for 2 x batch rows, data above chains, the loss
//
//	mean f(data) - mean f(chains) + gauge/2 (mean f(all))^2
//
// with its gradient. Both means are products with a row of coefficients.
func (m *EBM) buildTraining() (G.Nodes, *program, error) {
	g := G.NewGraph()
	n := float64(m.settings.Batch)
	sign, gauge := m.settings.Precision.zeros(1, 2*m.settings.Batch), m.settings.Precision.zeros(1, 2*m.settings.Batch)
	fill(sign, func(i int) float64 {
		if i < m.settings.Batch {
			return 1 / n
		}
		return -1 / n
	})
	fill(gauge, func(int) float64 { return math.Sqrt(max(m.settings.Gauge, 0)/2) / (2 * n) })
	u := matrix(g, "u", m.settings.Precision.zeros(2*m.settings.Batch, m.settings.Dim))
	constants := G.Nodes{matrix(g, "sign", sign), matrix(g, "gauge", gauge)}
	f, params := m.network(u)
	contrast, offset := G.Must(G.Mul(constants[0], f)), G.Must(G.Mul(constants[1], f)) // 1 x 1
	loss := G.Must(G.Sum(G.Must(G.Add(contrast, G.Must(G.Square(offset))))))
	p, err := compile(u, loss, constants, params, true)
	return params, p, err
}

// buildEvaluation compiles f of a batch.
func (m *EBM) buildEvaluation() (*program, error) {
	u := matrix(G.NewGraph(), "u", m.settings.Precision.zeros(m.settings.EvalBatch, m.settings.Dim))
	f, params := m.network(u)
	return compile(u, f, nil, params, false)
}

// forces is f of a batch with its gradient with respect to the rows, df/du.
type forces struct {
	*program
	gradient *G.Node
}

func (m *EBM) buildForces() (*forces, error) {
	g := G.NewGraph()
	u := matrix(g, "u", m.settings.Precision.zeros(m.settings.EvalBatch, m.settings.Dim))
	f, params := m.network(u)
	grads, err := G.Grad(G.Must(G.Sum(f)), u) // rows do not mix: row i of the gradient is that of f(u_i)
	if err != nil {
		return nil, fmt.Errorf("model: gradient of the energy with respect to x: %w", err)
	}
	p, err := graph.Compile(append(G.Nodes{u}, params...), G.Nodes{f, grads[0]}, nil)
	return &forces{
		program:  &program{Program: p, rows: u.Shape()[0], dim: u.Shape()[1], input: u, output: f},
		gradient: grads[0],
	}, err
}

// at writes f and df/du of up to p.rows rows u.
func (p *forces) at(f, gradient, u []float64) error {
	graph.Put(p.input, u)
	if err := p.Run(); err != nil {
		return err
	}
	graph.Get(f, p.output, 1)
	graph.Get(gradient, p.gradient, 1)
	return nil
}
