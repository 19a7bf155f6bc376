// Package model holds the parametric probabilistic models (PPMs) that calorimeter trains, each as a Gorgonia graph
// with gradients by automatic differentiation, behind one interface, [PPM]:
//
//	p(x|theta) = exp(-phi_theta(x)) / Z(theta)
//
// A PPM evaluates energies phi of given samples (nats, k_B T = 1), the gradient of its training loss, one move of a
// Markov kernel that leaves p(.|theta) exactly invariant, and ln Z where it is known.
//
//   - [MADE], a masked autoencoder for distribution estimation: deep, exact ln p, exact samples;
//   - [RBM], a restricted Boltzmann machine: binary data, block Gibbs, ln Z exact for small ones and by annealing else;
//   - [EBM], a deep energy-based model of grey images or other continuous data: exact Langevin moves, ln Z from work;
//   - [MLP] and [Conv], classifiers p(y|u, theta) of a label given an input: exact ln p, exact draws of the label;
//   - [Gaussian], a model of location in which everything that calorimeter measures has a closed form.
//
// A model of your own needs nothing of this package but the interface: package ensemble has a whole one for an example.
// Here a model is one file (and its sampler). To add one, embed base, which holds the parameters, compiles the graph
// once for training batches and once for evaluation, and implements most of [PPM]; write what adds the model to a
// graph, Init and Move; and give it the tests of model_test.go, which run over all models: gradients against central
// differences in float64, inputs untouched, loss equal to the mean energy. A model that trains with chains of its own,
// whose loss moves them, has these tests on chains held still.
//
// # What of Gorgonia is used, and how
//
// Graphs are cut down to what is needed, the loss and the named gradients, and run by package exec, which gives the
// bits of Gorgonia's tape machine in the caller's goroutine; every node has its own name; weights are never reshaped;
// two graphs share weights through separate tensor headers on one slice, because operations change headers. The
// likelihoods of bits and of labels are operations of their own (package op; one pass, stable for logits of any size),
// because the logarithm of a sigmoid or softmax is not; so are the patches and the pooling of a convolution, channels
// last, which make it one matrix product without a transposition or a reshape, and a layer's bias with its rectifier,
// for speed. Weights are float32, or float64 on request.
package model

// Gorgonia panics at start on Go 1.21 and later with an older version of this package than go.mod demands.
import _ "go4.org/unsafe/assume-no-moving-gc"
