package model

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
)

// PPM is a parametric probabilistic model
//
//	p(x|theta) = exp(-phi_theta(x)) / Z(theta)
//
// as a Gorgonia graph: energies of given samples, the gradient of its training loss by autodiff, one move of a
// Markov kernel that leaves p(.|theta) invariant, and ln Z(theta) where it is known. Energies are in nats
// (k_B T = 1). A normalised model has phi = -ln p and ln Z = 0.
//
// Samples are rows of float32, row-major, Dim values each, whatever the precision of the weights. A conditional
// model p(y|u, theta) has rows (u, y) with the label y last; Move changes y alone.
//
// An error of Loss, Energies or Move says what of the input, or which weight, the model cannot work with; a number of
// values that is not whole rows, or not the batch's, is a programmer's error.
//
// A PPM is not safe for concurrent use: it owns graphs and machines. Weights may be overwritten in place
// (through the values of Params) between any two calls; a PPM holds nothing that was derived from them.
type PPM interface {
	// Dim is the number of components of one sample.
	Dim() int
	// Params returns theta as Gorgonia nodes, in a fixed order; Loss leaves its gradient in their dual values.
	Params() G.Nodes
	// Free reports which components of parameter i are part of theta; nil means all. Components that the
	// energy does not depend on (weights behind a mask) are not.
	Free(i int) []bool
	// Init draws theta_0 from the model's initial distribution.
	Init(rng *rand.Rand)
	// Loss returns the mean training loss of one batch (nats a sample) and adds its gradient to the dual values
	// of Params. The batch has exactly the number of rows that the model was built for.
	Loss(batch []float32) (float64, error)
	// Energies writes phi_theta of each row of x, in nats, into dst, whose length is the number of rows.
	Energies(dst []float64, x []float32) error
	// Move advances every row of x by one application of the kernel.
	Move(x []float32, rng *rand.Rand) error
	// Kernel describes Move.
	Kernel() Kernel
	// LogZ returns ln Z(theta); ok is false where it is not known.
	LogZ() (lnZ float64, ok bool)
	// Close releases the graphs and their machines.
	Close() error
}

// Kernel describes the move of a [PPM] under which p(.|theta) is exactly invariant.
type Kernel struct {
	Name  string // such as "ancestral sampling"
	Exact bool   // one move is an independent draw from p(.|theta), whatever the state before it
}
