package model

import "math/rand/v2"

// What a [PPM] may be besides. A caller asks by a type assertion; a model that lacks a role does without it.

// ChainTrained is a [PPM] whose gradient is estimated with Markov chains of its own: persistent chains, a replay
// buffer. They belong to the state of a training run, beside the weights, and they never measure anything: a chain that
// feeds the gradient makes theta depend on it, and the fluctuation theorems, which observer chains are there for, then
// fail.
type ChainTrained interface {
	PPM
	// NewTraining returns the state before the first step, at the present weights, begun from examples (rows of Dim) where
	// the chains begin at data. Everything random in it, now and later, comes from the stream, which it keeps.
	NewTraining(examples []float32, stream *rand.PCG) (*Training, error)
	// Use makes Loss read and advance t, and Move take its step size, until the next call of Use. The model keeps no other
	// state between calls: whoever saves weights and t can go on from them bit for bit.
	Use(t *Training)
}

// Training is the state of a training run besides the weights, as a value that encoding/gob saves and restores.
type Training struct {
	Chains []float32 // rows of Dim
	Hidden []float32 // of models with a hidden layer: that of each chain, drawn with the last gradient; nil before it
	Step   float64   // step size of the kernel; 0 where it has none. Adapted with these chains only, never with observers
	Stream *rand.PCG
}

// Starter is a [PPM] that says where observer chains begin, before they are burned in; other models' begin at 0. A
// conditional model copies inputs u from held-out rows; a model whose p(.|theta_0) can be drawn from exactly does so.
type Starter interface {
	PPM
	// Start fills the rows of x from held-out examples and rng.
	Start(x, heldOut []float32, rng *rand.Rand) error
}

// Annealer is a [PPM] whose ln Z(theta) can be estimated by annealed importance sampling (Neal, Statistics and
// Computing 11, 125 (2001)): chains start in a distribution with known ln Z and are carried to p(.|theta) along
// intermediate ones by kernels that leave each invariant; their log importance weights are minus the work of that
// process, plus the known ln Z.
type Annealer interface {
	PPM
	// LogWeights fills dst with independent log importance weights, one a chain, along so many intermediate distributions:
	// the mean of exp(dst) is an unbiased estimate of Z(theta).
	LogWeights(dst []float64, distributions int, rng *rand.Rand) error
}

// Metropolis is a [PPM] whose kernel rejects a part of its proposals.
type Metropolis interface {
	PPM
	// Accepted returns the proposals that Move has accepted and made since the last call of Accepted.
	Accepted() (accepted, proposed int)
}

// Classifier is a conditional [PPM] p(y|u, theta) over labels y = 0 .. Labels()-1. Its rows are (u, y).
type Classifier interface {
	PPM
	Labels() int
	// Accuracy returns the fraction of rows whose label is the most probable one given their input.
	Accuracy(x []float32) (float64, error)
}

// What the models of this package are.
var (
	_ = []PPM{(*MADE)(nil), (*Gaussian)(nil)}
	_ = []ChainTrained{(*RBM)(nil), (*EBM)(nil)}
	_ = []Annealer{(*RBM)(nil), (*EBM)(nil)}
	_ = []Metropolis{(*EBM)(nil)}
	_ = []Classifier{(*MLP)(nil), (*Conv)(nil)}
	_ = []Starter{(*RBM)(nil), (*EBM)(nil), (*MLP)(nil), (*Conv)(nil)}
)
