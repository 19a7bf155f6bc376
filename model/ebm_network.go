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
		m.affine(in, width)
		in = width
	}
	if s.Net == "conv" {
		all := newPatches(side, in, side, 0) // one patch an image: all of it
		m.patches = append(m.patches, all)
		in = all.columns()
	}
	m.last = m.parameter("last", in, 1)
}

// squareRoot is the side of a square of n pixels, rounded.
func squareRoot(n int) int { return int(math.Round(math.Sqrt(float64(n)))) }

// network adds f to the graph of u (rows x dim): a column of one value a row.
func (m *EBM) network(h *G.Node, params G.Nodes) *G.Node {
	for l := range len(m.weights) + 1 {
		if m.patches != nil {
			h = m.patches[l].apply(h)
		}
		h = G.Must(G.Mul(h, params[2*l]))
		if l < len(m.weights) {
			h = biasSquareplus(h, params[2*l+1])
		}
	}
	return h
}

// build adds f or, for training with 2 x batch rows, data above chains, the loss
//
//	mean f(data) - mean f(chains) + gauge/2 (mean f(all))^2.
//
// Both means are products with a row of coefficients.
func (m *EBM) build(u *G.Node, params G.Nodes, training bool) *G.Node {
	f := m.network(u, params)
	if !training {
		return f
	}
	rows, n := 2*m.settings.Batch, float64(m.settings.Batch)
	sign, gauge := m.precision.zeros(1, rows), m.precision.zeros(1, rows)
	fill(sign, func(i int) float64 {
		if i < m.settings.Batch {
			return 1 / n
		}
		return -1 / n
	})
	fill(gauge, func(int) float64 { return math.Sqrt(max(m.settings.Gauge, 0)/2) / (2 * n) })
	contrast := G.Must(G.Mul(node(u.Graph(), "sign", sign), f)) // 1 x 1
	offset := G.Must(G.Mul(node(u.Graph(), "gauge", gauge), f))
	return G.Must(G.Sum(G.Must(G.Add(contrast, G.Must(G.Square(offset))))))
}

// forces is f of a batch with its gradient with respect to the rows, df/du.
type forces struct {
	*program
	gradient *G.Node
}

func (m *EBM) buildForces() (*forces, error) {
	u, params := m.graph(m.settings.EvalBatch, m.dim)
	f := m.network(u, params)
	grads, err := G.Grad(G.Must(G.Sum(f)), u) // rows do not mix: row i of the gradient is that of f(u_i)
	if err != nil {
		return nil, fmt.Errorf("model: gradient of the energy with respect to x: %w", err)
	}
	p, err := graph.Compile(G.Nodes{f, grads[0]}, nil)
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
