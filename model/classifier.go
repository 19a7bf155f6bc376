package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/model/internal/graph"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// classifier is what [MLP] and [Conv] share: a network from inputs u (n values) to logits l(u), one a label, and
//
//	p(y|u, theta) = exp(l_y(u)) / sum_j exp(l_j(u)).
//
// Its parameters are affine layers, whatever the network does between them.
type classifier struct {
	name           string // in errors
	inputs, labels int
	weights        []*tensor.Dense // W_l, fan-in x fan-out
	biases         []*tensor.Dense // b_l, 1 x fan-out
	params         G.Nodes         // W0, b0, W1, b1, ... of the training graph
	train          *program        // inputs (and labels, in y) to the mean cross-entropy and its gradient
	eval           *program        // inputs to logits
	y              *tensor.Dense   // labels of the training batch, rows x 1
	u              []float32       // inputs of the rows at work
}

// network builds logits (rows x labels) from inputs (rows x n) and the parameters W0, b0, W1, b1, ...
type network func(u *G.Node, params G.Nodes) *G.Node

// newClassifier makes the weights, layers[l] = (fan-in, fan-out), and both graphs.
func newClassifier(name string, inputs, labels, batch, evalBatch int, p Precision, layers [][2]int,
	net network) (*classifier, error) {
	c := &classifier{name: name, inputs: inputs, labels: labels, y: p.zeros(batch, 1),
		u: make([]float32, max(batch, evalBatch)*inputs)}
	for _, l := range layers {
		c.weights = append(c.weights, p.zeros(l[0], l[1]))
		c.biases = append(c.biases, p.zeros(1, l[1]))
	}
	var err error
	c.params, c.train, c.eval, err = pair(func(rows int, gradient bool) (G.Nodes, *program, error) {
		return c.build(rows, gradient, p, net)
	}, batch, evalBatch)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *classifier) build(rows int, gradient bool, precision Precision, net network) (G.Nodes, *program, error) {
	g := G.NewGraph()
	u := matrix(g, "u", precision.zeros(rows, c.inputs))
	var params, constants G.Nodes
	for l := range c.weights {
		params = append(params, matrix(g, fmt.Sprintf("w%d", l), c.weights[l]), matrix(g, fmt.Sprintf("b%d", l), c.biases[l]))
	}
	out := net(u, params)
	if gradient {
		y := matrix(g, "y", c.y)
		out, constants = G.Must(G.Mean(crossEntropy(out, y))), G.Nodes{y}
	}
	p, err := compile(u, out, constants, params, gradient)
	return params, p, err
}

// Dim implements [PPM]: the inputs and the label.
func (c *classifier) Dim() int { return c.inputs + 1 }

// Labels implements [Classifier].
func (c *classifier) Labels() int { return c.labels }

// Params implements [PPM]: W0, b0, W1, b1, ..., each W fan-in x fan-out and each b 1 x fan-out.
func (c *classifier) Params() G.Nodes { return c.params }

// Free implements [PPM]: every weight is part of theta.
func (c *classifier) Free(int) []bool { return nil }

// Init draws the weights of every layer from N(0, 2/fan-in) (He et al. 2015, arXiv:1502.01852) and sets biases to 0.
func (c *classifier) Init(rng *rand.Rand) {
	for l, w := range c.weights {
		sd := math.Sqrt(2 / float64(w.Shape()[0]))
		fill(w, func(int) float64 { return sd * rng.NormFloat64() })
		c.biases[l].Zero()
	}
}

// Loss implements [PPM]: the mean of -ln p(y|u, theta) over the batch, nats an example. It returns an error for a label
// that is not a whole number 0 to Labels()-1, and leaves the gradient alone then.
func (c *classifier) Loss(batch []float32) (float64, error) {
	rows := c.rows(batch)
	if rows != c.train.rows {
		panic(fmt.Sprintf("model: a batch of %d values is not %d rows of %d", len(batch), c.train.rows, c.Dim()))
	}
	for i := range rows {
		if _, err := c.label(batch, i); err != nil {
			return 0, err
		}
	}
	fill(c.y, func(i int) float64 { return float64(batch[(i+1)*c.Dim()-1]) })
	return c.train.loss(c.split(batch))
}

// Energies implements [PPM]: -ln p(y|u, theta) = ln sum_j exp(l_j) - l_y, in nats. It returns an error for a label that
// is not a whole number 0 to Labels()-1.
func (c *classifier) Energies(dst []float64, x []float32) error {
	if c.rows(x) != len(dst) {
		panic(fmt.Sprintf("model: %d values are not %d rows of %d", len(x), len(dst), c.Dim()))
	}
	return c.logits(x, func(i int, logits []float64) error {
		y, err := c.label(x, i)
		if err == nil {
			dst[i] = op.LogSumExp(logits) - logits[y]
		}
		return err
	})
}

// Move implements [PPM]: the label of every row is drawn anew, exactly and independently, from p(.|u, theta) at the
// row's inputs u, which stay. The label that was there does not matter. It returns an error where the logits are not
// finite.
func (c *classifier) Move(x []float32, rng *rand.Rand) error {
	dim := c.Dim()
	return c.logits(x, func(i int, logits []float64) error {
		lse := op.LogSumExp(logits)
		if err := c.finite(i, lse); err != nil {
			return err
		}
		y, left := 0, rng.Float64()
		for ; y < c.labels-1; y++ {
			left -= math.Exp(logits[y] - lse)
			if left < 0 {
				break
			}
		}
		x[(i+1)*dim-1] = float32(y)
		return nil
	})
}

// Kernel implements [PPM].
func (c *classifier) Kernel() Kernel { return Kernel{Name: "drawn label", Exact: true} }

// LogZ implements [PPM]: 0, p(.|u, theta) is normalised for every u.
func (c *classifier) LogZ() (float64, bool) { return 0, true }

// Start implements [Starter]: every row takes the inputs of a held-out row, chosen uniformly and independently, and a
// label drawn from p(.|u, theta) by Move. The labels of the held-out rows are not used. It returns an error if there
// are no held-out rows.
func (c *classifier) Start(x, heldOut []float32, rng *rand.Rand) error {
	dim, rows := c.Dim(), c.rows(heldOut)
	if rows == 0 {
		return fmt.Errorf("model: %s: observer chains begin at the inputs of held-out rows, and there are none", c.name)
	}
	for i := range c.rows(x) {
		e := rng.IntN(rows)
		copy(x[i*dim:(i+1)*dim-1], heldOut[e*dim:])
	}
	return c.Move(x, rng)
}

// Accuracy implements [Classifier], for any number of rows, 1 or more. It returns an error where the logits are not
// finite, for a label that is not a whole number 0 to Labels()-1, and for no rows.
func (c *classifier) Accuracy(x []float32) (float64, error) {
	rows, right := c.rows(x), 0
	if rows == 0 {
		return 0, fmt.Errorf("model: %s: accuracy of no rows", c.name)
	}
	err := c.logits(x, func(i int, logits []float64) error {
		y, err := c.label(x, i)
		if err != nil {
			return err
		}
		best := 0
		for j, l := range logits {
			if l > logits[best] {
				best = j
			}
		}
		if best == y {
			right++
		}
		return c.finite(i, op.LogSumExp(logits))
	})
	return float64(right) / float64(rows), err
}

// Close implements [PPM].
func (c *classifier) Close() error { return errors.Join(c.train.Close(), c.eval.Close()) }

// rows returns the number of rows of x.
func (c *classifier) rows(x []float32) int {
	if len(x)%c.Dim() != 0 {
		panic(fmt.Sprintf("model: %d values are not rows of %d", len(x), c.Dim()))
	}
	return len(x) / c.Dim()
}

// label returns the label of row i.
func (c *classifier) label(x []float32, i int) (int, error) {
	v := x[(i+1)*c.Dim()-1]
	y := int(v)
	if float32(y) != v || y < 0 || y >= c.labels {
		return 0, fmt.Errorf("model: %s: row %d has the label %v, its last value; labels are whole numbers 0 to %d",
			c.name, i, v, c.labels-1)
	}
	return y, nil
}

// finite reports logits that probabilities cannot be made of.
func (c *classifier) finite(row int, lse float64) error {
	if math.IsNaN(lse) || math.IsInf(lse, 0) {
		return fmt.Errorf("model: %s: the logits of row %d are not finite; training has diverged, try a smaller learning "+
			"rate", c.name, row)
	}
	return nil
}

// split copies the inputs of rows that fit the scratch, and returns the copy.
func (c *classifier) split(x []float32) []float32 {
	dim, rows := c.Dim(), c.rows(x)
	for i := range rows {
		copy(c.u[i*c.inputs:(i+1)*c.inputs], x[i*dim:])
	}
	return c.u[:rows*c.inputs]
}

// logits calls f with the logits of every row of x, in order; f must not keep them.
func (c *classifier) logits(x []float32, f func(i int, logits []float64) error) error {
	logits := make([]float64, c.eval.rows*c.labels)
	for first, rows := 0, c.rows(x); first < rows; first += c.eval.rows {
		n := min(c.eval.rows, rows-first)
		if err := c.eval.run(c.split(x[first*c.Dim() : (first+n)*c.Dim()])); err != nil {
			return err
		}
		graph.Get(logits[:n*c.labels], c.eval.output, 1)
		for i := range n {
			if err := f(first+i, logits[i*c.labels:(i+1)*c.labels]); err != nil {
				return err
			}
		}
	}
	return nil
}
