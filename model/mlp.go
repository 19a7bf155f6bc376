package model

import (
	"fmt"
	"slices"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
)

// MLPSettings describe an [MLP].
type MLPSettings struct {
	Inputs    int       // n, values of an input; 0 means 784
	Hidden    []int     // widths of the hidden layers, first to last; nil means 512, 256
	Labels    int       // 0 means 10
	Batch     int       // rows of a training batch
	EvalBatch int       // rows evaluated at once by Energies, Move and Accuracy; 0 means 256
	Precision Precision // of the weights
}

// Validate returns an error for what [NewMLP] refuses.
func (s MLPSettings) Validate() error {
	switch {
	case s.Inputs < 0:
		return fmt.Errorf("model: mlp needs 1 or more inputs, not %d", s.Inputs)
	case len(s.Hidden) > 0 && slices.Min(s.Hidden) < 1:
		return fmt.Errorf("model: mlp's hidden widths are %v; each must be 1 or more", s.Hidden)
	case s.Labels < 0 || s.Labels == 1:
		return fmt.Errorf("model: mlp needs 2 or more labels, not %d", s.Labels)
	case s.Batch < 1:
		return fmt.Errorf("model: mlp's batch is %d rows; it must be 1 or more", s.Batch)
	case s.EvalBatch < 0:
		return fmt.Errorf("model: mlp evaluates %d rows at once; it must be 1 or more", s.EvalBatch)
	}
	return nil
}

// MLP is a multilayer perceptron that classifies: a conditional model of labels y = 0 .. k-1 given inputs u,
//
//	-ln p(y|u, theta) = phi_theta(u, y) = ln sum_j exp(l_j) - l_y,
//	h1 = ReLU(u W0 + b0), h2 = ReLU(h1 W1 + b1), ..., l = h Wn + bn,
//
// normalised exactly for every u (ln Z = 0). A row of a sample is (u_1 .. u_n, y), the label last.
//
// Measured: 784-512-256-10 on the grey pixels (0 to 1) of MNIST's 60000 training images, plain SGD at the constant rate
// 0.1, batches of 50, one seed: of the 10000 test images 95.8, 96.9, 97.5, 97.7 and 97.7 % are classified rightly after
// epochs 1 to 5.
type MLP struct{ *classifier }

// NewMLP builds the graphs. The weights are 0 until Init. It returns an error for fewer than one input, two labels, or
// a width or batch below 1.
func NewMLP(s MLPSettings) (*MLP, error) {
	preset(&s.Inputs, 784)
	if s.Hidden == nil {
		s.Hidden = []int{512, 256}
	}
	preset(&s.Labels, 10)
	preset(&s.EvalBatch, 256)
	if err := s.Validate(); err != nil {
		return nil, err
	}
	widths := slices.Concat([]int{s.Inputs}, s.Hidden, []int{s.Labels})
	var layers [][2]int
	for l := range widths[1:] {
		layers = append(layers, [2]int{widths[l], widths[l+1]})
	}
	c, err := newClassifier("mlp", s.Inputs, s.Labels, s.Batch, s.EvalBatch, s.Precision, layers, perceptron)
	if err != nil {
		return nil, err
	}
	return &MLP{c}, nil
}

// perceptron is affine layers with ReLU between them.
func perceptron(h *G.Node, params G.Nodes) *G.Node {
	for ; len(params) > 2; params = params[2:] {
		h = op.BiasReLU(G.Must(G.Mul(h, params[0])), params[1])
	}
	return op.Bias(G.Must(G.Mul(h, params[0])), params[1])
}

var (
	_ Classifier = (*MLP)(nil)
	_ Starter    = (*MLP)(nil)
)
