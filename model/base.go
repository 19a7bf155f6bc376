package model

import (
	"errors"
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// base is what the models share: parameters, a graph of them for training batches and another for evaluation, and the
// methods of [PPM] that follow. A model has its own where it differs.
type base struct {
	dim             int
	precision       Precision
	kernel          Kernel
	names           []string        // of the parameters
	tensors         []*tensor.Dense // all parameters
	weights, biases []*tensor.Dense // those of affine layers: W_l, fan-in x fan-out, and b_l, 1 x fan-out
	free            [][]bool        // as tensors; nil where all are free
	params          G.Nodes         // of the training graph
	train           *program        // batch to loss, with its gradient
	eval            *program        // rows to energies, or to what they are made of
}

// parameter adds one, zero.
func (b *base) parameter(name string, shape ...int) *tensor.Dense {
	t := b.precision.zeros(shape...)
	b.names, b.tensors = append(b.names, name), append(b.tensors, t)
	return t
}

// affine adds the parameters of a layer, w0 and b0 of the first.
func (b *base) affine(in, out int) {
	l := len(b.weights)
	b.weights = append(b.weights, b.parameter(fmt.Sprintf("w%d", l), in, out))
	b.biases = append(b.biases, b.parameter(fmt.Sprintf("b%d", l), 1, out))
}

// draw draws the free weights of affine layers from N(0, sd(fan-in)^2), and sets all others and the biases to 0.
func (b *base) draw(rng *rand.Rand, sd func(fanIn float64) float64) {
	for l, w := range b.weights {
		free, s := b.Free(2*l), sd(float64(w.Shape()[0]))
		fill(w, func(i int) float64 {
			if free != nil && !free[i] {
				return 0
			}
			return s * rng.NormFloat64()
		})
		b.biases[l].Zero()
	}
}

// graph begins a graph of so many rows.
func (b *base) graph(rows, inputs int) (x *G.Node, params G.Nodes) {
	g := G.NewGraph()
	for i, t := range b.tensors {
		params = append(params, node(g, b.names[i], t))
	}
	return node(g, "x", b.precision.zeros(rows, inputs)), params
}

// compile makes both graphs, for batches and for evaluation of so many rows at once.
func (b *base) compile(inputs, batch, evalBatch int,
	build func(x *G.Node, params G.Nodes, training bool) *G.Node) error {
	x, params := b.graph(batch, inputs)
	b.params = params
	var err, err2 error
	b.train, err = compile(x, build(x, params, true), params)
	x, params = b.graph(evalBatch, inputs)
	b.eval, err2 = compile(x, build(x, params, false), nil)
	return errors.Join(err, err2)
}

// Dim implements [PPM].
func (b *base) Dim() int { return b.dim }

// Params implements [PPM]: all weights, in the order in which the model's description names them.
func (b *base) Params() G.Nodes { return b.params }

// Free implements [PPM].
func (b *base) Free(i int) []bool {
	if b.free == nil {
		return nil
	}
	return b.free[i]
}

// Loss implements [PPM]: the mean energy of the batch, nats a sample.
func (b *base) Loss(batch []float32) (float64, error) { return b.train.loss(batch) }

// Energies implements [PPM].
func (b *base) Energies(dst []float64, x []float32) error { return b.eval.energies(dst, x) }

// Kernel implements [PPM].
func (b *base) Kernel() Kernel { return b.kernel }

// LogZ implements [PPM]: 0, p is normalised.
func (b *base) LogZ() (float64, bool) { return 0, true }

// Close implements [PPM].
func (b *base) Close() error { return errors.Join(b.train.Close(), b.eval.Close()) }

// rows returns the number of rows of x, and panics where they are not whole.
func (b *base) rows(x []float32) int {
	if len(x)%b.dim != 0 {
		panic(fmt.Sprintf("model: %d values are not rows of %d", len(x), b.dim))
	}
	return len(x) / b.dim
}
