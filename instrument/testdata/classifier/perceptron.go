package main

import (
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// perceptron is a network of one hidden layer: a graph that trains it, and one that guesses labels with the same
// weights.
type perceptron struct {
	params gorgonia.Nodes
	x, y   *gorgonia.Node
	cost   *gorgonia.Node // mean of -ln p(y|u) over the batch
	vm     gorgonia.VM

	images, logits *gorgonia.Node
	guess          gorgonia.VM
}

func newPerceptron(seed uint64) *perceptron {
	rng := rand.New(rand.NewPCG(seed, 1))
	weights := func(rows, cols int, scale float64) *tensor.Dense {
		w := make([]float32, rows*cols)
		for i := range w {
			w[i] = float32(rng.NormFloat64() * scale)
		}
		return matrix(rows, cols, w)
	}
	values := []*tensor.Dense{
		weights(pixels, hidden, 0.1), weights(1, hidden, 0), weights(hidden, classes, 0.1), weights(1, classes, 0),
	}
	p := &perceptron{}
	p.x, p.params, p.logits = layers(values)
	g := p.x.Graph()
	p.y = gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, classes), gorgonia.WithName("y"))
	// -ln softmax, of logits less the largest of their row: Log(SoftMax(x)) of Gorgonia 0.9.18 is wrong
	most := gorgonia.Must(gorgonia.Reshape(gorgonia.Must(gorgonia.Max(p.logits, 1)), tensor.Shape{batch, 1}))
	shifted := gorgonia.Must(gorgonia.BroadcastSub(p.logits, most, nil, []byte{1}))
	lnZ := gorgonia.Must(gorgonia.Log(gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Exp(shifted)), 1))))
	right := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(shifted, p.y)), 1))
	p.cost = gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Sub(lnZ, right))))
	if _, err := gorgonia.Grad(p.cost, p.params...); err != nil {
		log.Fatal(err)
	}
	p.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(p.params...))

	p.images, _, p.logits = layers(values)
	p.guess = gorgonia.NewTapeMachine(p.images.Graph())
	return p
}

// layers is a new graph from images to logits. It has the memory of the weights, not a copy.
func layers(values []*tensor.Dense) (x *gorgonia.Node, params gorgonia.Nodes, logits *gorgonia.Node) {
	g := gorgonia.NewGraph()
	for i, v := range values {
		own := tensor.New(tensor.WithShape(v.Shape()...), tensor.WithBacking(v.Data()))
		params = append(params, gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(v.Shape()...),
			gorgonia.WithName([]string{"w0", "b0", "w1", "b1"}[i]), gorgonia.WithValue(own)))
	}
	x = gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, pixels), gorgonia.WithName("x"))
	affine := func(x *gorgonia.Node, i int) *gorgonia.Node {
		return gorgonia.Must(gorgonia.BroadcastAdd(gorgonia.Must(gorgonia.Mul(x, params[i])), params[i+1], nil, []byte{0}))
	}
	return x, params, affine(gorgonia.Must(gorgonia.Rectify(affine(x, 0))), 2)
}

// fit makes the steps of a training.
func (p *perceptron) fit(solver gorgonia.Solver, examples []float32, steps int, rng *rand.Rand) error {
	var order []int
	images, labels := make([]float32, batch*pixels), make([]float32, batch*classes)
	for range steps {
		if len(order) < batch {
			order = rng.Perm(len(examples) / width)
		}
		clear(labels)
		for i, e := range order[:batch] {
			row := examples[e*width : (e+1)*width]
			copy(images[i*pixels:], row[:pixels])
			labels[i*classes+int(row[pixels])] = 1
		}
		order = order[batch:]
		if err := gorgonia.Let(p.x, matrix(batch, pixels, images)); err != nil {
			return err
		}
		if err := gorgonia.Let(p.y, matrix(batch, classes, labels)); err != nil {
			return err
		}
		if err := p.vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(p.params)); err != nil {
			return err
		}
		p.vm.Reset()
	}
	return nil
}

// guesses hands on ln p(y|u) of all labels, row by row.
func (p *perceptron) guesses(x []float32, each func(row int, lnP []float64)) error {
	images, lnP := make([]float32, batch*pixels), make([]float64, classes)
	for first := 0; first < len(x)/width; first += batch {
		n := min(batch, len(x)/width-first)
		for i := range n {
			copy(images[i*pixels:(i+1)*pixels], x[(first+i)*width:])
		}
		if err := gorgonia.Let(p.images, matrix(batch, pixels, images)); err != nil {
			return err
		}
		if err := p.guess.RunAll(); err != nil {
			return err
		}
		logits := p.logits.Value().Data().([]float32)
		for i := range n {
			var z float64
			for y, l := range logits[i*classes : (i+1)*classes] {
				lnP[y] = float64(l)
				z += math.Exp(lnP[y])
			}
			for y := range lnP {
				lnP[y] -= math.Log(z)
			}
			each(first+i, lnP)
		}
		p.guess.Reset()
	}
	return nil
}

// accuracy is the share of rows whose label is the most probable one.
func (p *perceptron) accuracy(x []float32) (share float64, err error) {
	err = p.guesses(x, func(row int, lnP []float64) {
		best := 0
		for y, v := range lnP {
			if v > lnP[best] {
				best = y
			}
		}
		if best == int(x[row*width+pixels]) {
			share += float64(width) / float64(len(x))
		}
	})
	return share, err
}

func (p *perceptron) close() {
	p.vm.Close()
	p.guess.Close()
}

func matrix(rows, cols int, x []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(x))
}

// fingerprint is a hash of all weights, which changes with their last bit.
func fingerprint(params gorgonia.Nodes) uint64 {
	h := fnv.New64a()
	for _, p := range params {
		fmt.Fprintf(h, "%b", p.Value().Data())
	}
	return h.Sum64()
}
