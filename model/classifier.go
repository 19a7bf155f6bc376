package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/model/internal/graph"
	"calorimeter/model/internal/lse"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// classifier is what [MLP] and [Conv] share: a network from inputs u (n values) to logits l(u), one a label, and
//
//	p(y|u, theta) = exp(l_y(u)) / sum_j exp(l_j(u)).
//
// Its parameters are affine layers, W0, b0, W1, b1, ..., each W fan-in x fan-out and each b 1 x fan-out, whatever the
// network does between them.
type classifier struct {
	base
	name           string // in errors
	inputs, labels int
	y              *tensor.Dense // labels of the training batch, rows x 1
	batch          []float32     // the same, whatever the precision of y
	u              []float32     // inputs of the rows at work
}

// newClassifier makes the weights, layers[l] = (fan-in, fan-out), and both graphs; net makes logits (rows x labels) of
// inputs (rows x n) and the parameters.
func newClassifier(name string, inputs, labels, batch, evalBatch int, p Precision, layers [][2]int,
	net func(u *G.Node, params G.Nodes) *G.Node) (*classifier, error) {
	c := &classifier{
		base: base{dim: inputs + 1, precision: p, kernel: Kernel{Name: "drawn label", Exact: true}},
		name: name, inputs: inputs, labels: labels, y: p.zeros(batch, 1), batch: make([]float32, batch),
		u: make([]float32, max(batch, evalBatch)*inputs),
	}
	for _, l := range layers {
		c.affine(l[0], l[1])
	}
	return c, c.compile(inputs, batch, evalBatch, func(u *G.Node, params G.Nodes, training bool) *G.Node {
		logits := net(u, params)
		if !training {
			return logits
		}
		return op.Mean(crossEntropy(logits, node(u.Graph(), "y", c.y)))
	})
}

// labels returns an error for too few labels.
func labels(model string, n int) error {
	if n < 0 || n == 1 {
		return fmt.Errorf("model: %s needs 2 or more labels, not %d", model, n)
	}
	return nil
}

// Labels implements [Classifier].
func (c *classifier) Labels() int { return c.labels }

// Init draws the weights of every layer from N(0, 2/fan-in) (He et al. 2015, arXiv:1502.01852) and sets biases to 0.
func (c *classifier) Init(rng *rand.Rand) {
	c.draw(rng, func(n float64) float64 { return math.Sqrt(2 / n) })
}

// Loss implements [PPM]: the mean of -ln p(y|u, theta) over the batch, nats an example. It returns an error for a label
// that is not a whole number 0 to Labels()-1, and leaves the gradient alone then.
func (c *classifier) Loss(batch []float32) (float64, error) {
	expect(batch, c.train.rows, c.dim)
	for i := range c.train.rows {
		y, err := c.label(batch, i)
		if err != nil {
			return 0, err
		}
		c.batch[i] = float32(y)
	}
	graph.Set(c.y, c.batch)
	return c.train.loss(c.split(batch))
}

// Energies implements [PPM]: -ln p(y|u, theta) = ln sum_j exp(l_j) - l_y, in nats. It returns an error for a label that
// is not a whole number 0 to Labels()-1.
func (c *classifier) Energies(dst []float64, x []float32) error {
	expect(x, len(dst), c.dim)
	return c.logits(x, func(i int, logits []float64) error {
		y, err := c.label(x, i)
		if err == nil {
			dst[i] = lse.LogSumExp(logits) - logits[y]
		}
		return err
	})
}

// Move implements [PPM]: the label of every row is drawn anew, exactly and independently, from p(.|u, theta) at the
// row's inputs u, which stay. The label that was there does not matter. It returns an error where the logits are not
// finite.
func (c *classifier) Move(x []float32, rng *rand.Rand) error {
	return c.logits(x, func(i int, logits []float64) error {
		total := lse.LogSumExp(logits)
		if err := c.finite(i, total); err != nil {
			return err
		}
		y, left := 0, rng.Float64()
		for ; y < c.labels-1; y++ {
			left -= math.Exp(logits[y] - total)
			if left < 0 {
				break
			}
		}
		x[(i+1)*c.dim-1] = float32(y)
		return nil
	})
}

// Start implements [Starter]: every row takes the inputs of a held-out row, chosen uniformly and independently, and a
// label drawn from p(.|u, theta) by Move. The labels of the held-out rows are not used. It returns an error if there
// are no held-out rows.
func (c *classifier) Start(x, heldOut []float32, rng *rand.Rand) error {
	dim, rows := c.dim, c.rows(heldOut)
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
		return c.finite(i, lse.LogSumExp(logits))
	})
	return float64(right) / float64(rows), err
}

// label returns the label of row i.
func (c *classifier) label(x []float32, i int) (int, error) {
	v := x[(i+1)*c.dim-1]
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
	dim, rows := c.dim, c.rows(x)
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
		if err := c.eval.run(c.split(x[first*c.dim : (first+n)*c.dim])); err != nil {
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
