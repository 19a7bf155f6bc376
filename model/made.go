package model

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MADESettings describe a [MADE].
type MADESettings struct {
	Dim       int       // D, number of bits of a sample; at least 2
	Hidden    []int     // widths of the hidden layers, first to last; at least one
	Seed      uint64    // of the degree assignment, which is part of the architecture
	Batch     int       // rows of a training batch
	EvalBatch int       // rows evaluated at once by Energies; 0 means 64
	Precision Precision // of the weights
}

// Validate returns an error for what [NewMADE] refuses whatever the samples are: it does not look at Dim.
func (s MADESettings) Validate() error {
	return cmp.Or(atLeast("made", "number of hidden layers", len(s.Hidden), 1), widths("made", s.Hidden),
		batches("made", s.Batch, s.EvalBatch))
}

// MADE is a masked autoencoder for distribution estimation (Germain et al. 2015, arXiv:1502.03509): a network whose
// output i is the logit of bit i given the bits before it,
//
//	-ln p(x|theta) = phi_theta(x) = sum_i softplus(l_i) - x_i l_i,   l_i = l_i(x_1 .. x_{i-1}),
//
// so that p is normalised exactly (ln Z = 0) and can be sampled exactly, bit after bit. The layers are
//
//	h = ReLU(x (W0 o M0) + b0), ..., l = h (Wn o Mn) + bn
//
// with parameters W0, b0, W1, b1, ... and fixed masks M that hold the order: every hidden unit has a degree m in
// 1..D-1, drawn from the seed; it sees inputs (or units) of degree at most m, and output i sees units of degree below
// i. Units are sorted by degree, so what a unit sees is a prefix of the layer below.
//
// Weights behind a zero of the mask are not part of theta (see Free): nothing depends on them, though Langevin noise
// moves them from 0.
type MADE struct {
	base
	widths  []int           // Dim, hidden widths, Dim
	sees    [][]int         // sees[l][j]: unit j of layer l+1 sees the first sees[l][j] units of layer l
	final   [][]int         // final[l][i]: units of hidden layer l settled once the first i inputs are known
	masks   []*tensor.Dense // M_l, 0 or 1, as W_l
	sampler interface {     // scratch of ancestral sampling, in the weights' precision
		sample(m *MADE, x []float32, rng *rand.Rand)
	}
}

// NewMADE builds the graphs. The weights are 0 until Init. It returns an error for a dimension below 2, no hidden
// layer, a width or batch below 1.
func NewMADE(s MADESettings) (*MADE, error) {
	preset(&s.EvalBatch, 64)
	if err := cmp.Or(atLeast("made", "number of bits", s.Dim, 2), s.Validate()); err != nil {
		return nil, err
	}
	m := &MADE{
		base:   base{dim: s.Dim, precision: s.Precision, kernel: Kernel{Name: "ancestral sampling", Exact: true}},
		widths: slices.Concat([]int{s.Dim}, s.Hidden, []int{s.Dim}),
	}
	m.order(rand.New(rand.NewPCG(s.Seed, 0x6d616465)))
	for l, sees := range m.sees {
		in, out := m.widths[l], m.widths[l+1]
		mask, free := s.Precision.zeros(in, out), make([]bool, in*out)
		fill(mask, func(i int) float64 {
			free[i] = i/out < sees[i%out]
			return float64(one(free[i]))
		})
		m.masks, m.free = append(m.masks, mask), append(m.free, free, nil)
		m.affine(in, out)
	}
	m.sampler = newAncestral[float32](m.widths)
	if s.Precision == Float64 {
		m.sampler = newAncestral[float64](m.widths)
	}
	return m, m.compile(s.Dim, s.Batch, s.EvalBatch, m.build)
}

// order draws the degrees and derives what each unit sees. Degrees of a layer are at least the smallest degree of
// the layer below, so that no unit is blind.
func (m *MADE) order(rng *rand.Rand) {
	below := make([]int, m.dim) // degrees of the layer below; input i has degree i+1
	for i := range below {
		below[i] = i + 1
	}
	for l := 1; l < len(m.widths); l++ {
		last := l == len(m.widths)-1
		degrees := make([]int, m.widths[l])
		for j := range degrees {
			degrees[j] = j // output j sees degrees up to j
			if !last {
				degrees[j] = below[0] + rng.IntN(m.dim-below[0])
			}
		}
		slices.Sort(degrees)
		sees := make([]int, len(degrees))
		for j, d := range degrees {
			sees[j], _ = slices.BinarySearch(below, d+1)
		}
		m.sees = append(m.sees, sees)
		if !last {
			final := make([]int, m.dim)
			for i := range final {
				final[i], _ = slices.BinarySearch(degrees, i+1)
			}
			m.final = append(m.final, final)
		}
		below = degrees
	}
}

// build adds the mean loss, or the energies, to a graph.
func (m *MADE) build(x *G.Node, params G.Nodes, training bool) *G.Node {
	h := x
	for l, mask := range m.masks {
		w := op.Masked(params[2*l], node(x.Graph(), fmt.Sprintf("mask%d", l), mask))
		z, bias := m.stairs(l).times(h, w), params[2*l+1]
		if l == len(m.masks)-1 {
			h = op.Bias(z, bias)
		} else {
			h = op.BiasReLU(z, bias)
		}
	}
	out := bernoulliNLL(h, x)
	if training {
		out = op.Mean(out)
	}
	return out
}

// Init draws the free weights of layer l from N(0, 1/widths[l]) and sets biases to 0.
func (m *MADE) Init(rng *rand.Rand) { m.draw(rng, func(n float64) float64 { return 1 / math.Sqrt(n) }) }

// Move implements [PPM]: every row of x becomes an independent exact draw from p(.|theta).
func (m *MADE) Move(x []float32, rng *rand.Rand) error {
	m.rows(x)
	m.sampler.sample(m, x, rng)
	return nil
}
