package model

import (
	"errors"
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
	switch {
	case len(s.Hidden) == 0:
		return fmt.Errorf("model: made needs at least one hidden layer")
	case slices.Min(s.Hidden) < 1:
		return fmt.Errorf("model: made's hidden widths are %v; each must be 1 or more", s.Hidden)
	case s.Batch < 1:
		return fmt.Errorf("model: made's batch is %d rows; it must be 1 or more", s.Batch)
	case s.EvalBatch < 0:
		return fmt.Errorf("model: made evaluates %d rows at once; it must be 1 or more", s.EvalBatch)
	}
	return nil
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
// with fixed masks M that hold the order: every hidden unit has a degree m in 1..D-1, drawn from the seed; it sees
// inputs (or units) of degree at most m, and output i sees units of degree below i. Units are sorted by degree, so
// what a unit sees is a prefix of the layer below.
//
// Weights behind a zero of the mask are not part of theta (see Free): nothing depends on them, though Langevin noise
// moves them from 0.
type MADE struct {
	dim     int
	widths  []int           // Dim, hidden widths, Dim
	sees    [][]int         // sees[l][j]: unit j of layer l+1 sees the first sees[l][j] units of layer l
	final   [][]int         // final[l][i]: units of hidden layer l settled once the first i inputs are known
	weights []*tensor.Dense // W_l, widths[l] x widths[l+1]
	biases  []*tensor.Dense // b_l, 1 x widths[l+1]
	masks   []*tensor.Dense // M_l, 0 or 1, as W_l
	free    [][]bool        // as Params
	params  G.Nodes         // W0, b0, W1, b1, ... of the training graph
	train   *program        // mean loss and its gradient
	eval    *program        // energies
	sampler interface {     // scratch of ancestral sampling, in the weights' precision
		sample(m *MADE, x []float32, rng *rand.Rand)
	}
}

// NewMADE builds the graphs. The weights are 0 until Init. It returns an error for a dimension below 2, no hidden
// layer, a width or batch below 1.
func NewMADE(s MADESettings) (*MADE, error) {
	preset(&s.EvalBatch, 64)
	if s.Dim < 2 {
		return nil, fmt.Errorf("model: made needs samples of 2 or more bits, not %d", s.Dim)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	m := &MADE{dim: s.Dim, widths: append(append([]int{s.Dim}, s.Hidden...), s.Dim)}
	m.order(rand.New(rand.NewPCG(s.Seed, 0x6d616465)))
	for l, sees := range m.sees {
		in, out := m.widths[l], m.widths[l+1]
		mask := s.Precision.zeros(in, out)
		fill(mask, func(i int) float64 {
			if i/out < sees[i%out] {
				return 1
			}
			return 0
		})
		free := make([]bool, in*out)
		for i := range free {
			free[i] = i/out < sees[i%out]
		}
		m.masks = append(m.masks, mask)
		m.free = append(m.free, free, nil)
		m.weights = append(m.weights, s.Precision.zeros(in, out))
		m.biases = append(m.biases, s.Precision.zeros(1, out))
	}
	var err error
	m.params, m.train, m.eval, err = pair(m.build, s.Batch, s.EvalBatch)
	if err != nil {
		return nil, err
	}
	if s.Precision == Float64 {
		m.sampler = newAncestral[float64](m.widths)
	} else {
		m.sampler = newAncestral[float32](m.widths)
	}
	return m, nil
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

// build makes the graph for batches of the given number of rows: the mean loss with its gradient, or the energies.
func (m *MADE) build(rows int, gradient bool) (G.Nodes, *program, error) {
	g := G.NewGraph()
	dtype := m.weights[0].Dtype()
	x := matrix(g, "x", tensor.New(tensor.WithShape(rows, m.dim), tensor.Of(dtype)))
	var params, masks G.Nodes
	h := x
	for l := range m.weights {
		w := matrix(g, fmt.Sprintf("w%d", l), m.weights[l])
		b := matrix(g, fmt.Sprintf("b%d", l), m.biases[l])
		mask := matrix(g, fmt.Sprintf("mask%d", l), m.masks[l])
		params, masks = append(params, w, b), append(masks, mask)
		z := G.Must(G.Mul(h, op.Masked(w, mask)))
		if l < len(m.weights)-1 {
			h = op.BiasReLU(z, b)
		} else {
			h = op.Bias(z, b)
		}
	}
	out := bernoulliNLL(h, x)
	if gradient {
		out = G.Must(G.Mean(out))
	}
	p, err := compile(x, out, masks, params, gradient)
	return params, p, err
}

// Dim implements [PPM].
func (m *MADE) Dim() int { return m.dim }

// Params implements [PPM]: W0, b0, W1, b1, ...
func (m *MADE) Params() G.Nodes { return m.params }

// Free implements [PPM]: the weights that the masks let through, and every bias.
func (m *MADE) Free(i int) []bool { return m.free[i] }

// Init draws the free weights of layer l from N(0, 1/widths[l]) and sets biases to 0.
func (m *MADE) Init(rng *rand.Rand) {
	for l, w := range m.weights {
		free, sd := m.free[2*l], 1/math.Sqrt(float64(m.widths[l]))
		fill(w, func(i int) float64 {
			if !free[i] {
				return 0
			}
			return sd * rng.NormFloat64()
		})
		m.biases[l].Zero()
	}
}

// Loss implements [PPM]: the mean negative log-likelihood of the batch, nats a sample.
func (m *MADE) Loss(batch []float32) (float64, error) { return m.train.loss(batch) }

// Energies implements [PPM]: -ln p(x|theta) in nats.
func (m *MADE) Energies(dst []float64, x []float32) error { return m.eval.energies(dst, x) }

// Move implements [PPM]: every row of x becomes an independent exact draw from p(.|theta).
func (m *MADE) Move(x []float32, rng *rand.Rand) error {
	if len(x)%m.dim != 0 {
		panic(fmt.Sprintf("model: %d values are not rows of %d", len(x), m.dim))
	}
	m.sampler.sample(m, x, rng)
	return nil
}

// Kernel implements [PPM].
func (m *MADE) Kernel() Kernel { return Kernel{Name: "ancestral sampling", Exact: true} }

// LogZ implements [PPM]: 0, p is normalised.
func (m *MADE) LogZ() (float64, bool) { return 0, true }

// Close implements [PPM].
func (m *MADE) Close() error { return errors.Join(m.train.Close(), m.eval.Close()) }

var _ PPM = (*MADE)(nil)
