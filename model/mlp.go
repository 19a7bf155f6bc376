package model

import (
	"cmp"
	"slices"

	"calorimeter/model/op"
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
	return cmp.Or(atLeast("mlp", "number of inputs", s.Inputs, 0), widths("mlp", s.Hidden), labels("mlp", s.Labels),
		batches("mlp", s.Batch, s.EvalBatch))
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
	c, err := newClassifier("mlp", s.Inputs, s.Labels, s.Batch, s.EvalBatch, s.Precision, layers, op.Perceptron)
	return &MLP{c}, err
}
