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

// mixture is p(x) = sum_k softmax(a)_k prod_j Bernoulli(x_j; sigmoid(w_jk)), a graph that trains it, and loops that
// evaluate and sample it.
type mixture struct {
	params gorgonia.Nodes // w, pixels x parts, and a, 1 x parts
	x      *gorgonia.Node
	cost   *gorgonia.Node // -ln p(x), nats an example, mean over the batch
	vm     gorgonia.VM
}

func newMixture(seed uint64) *mixture {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := make([]float32, pixels*parts)
	for i := range w {
		w[i] = float32(rng.NormFloat64() * 1)
	}
	g := gorgonia.NewGraph()
	weights := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(pixels, parts), gorgonia.WithName("w"),
		gorgonia.WithValue(matrix(pixels, parts, w)))
	a := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(1, parts), gorgonia.WithName("a"),
		gorgonia.WithValue(matrix(1, parts, make([]float32, parts))))
	m := &mixture{params: gorgonia.Nodes{weights, a}}
	m.x = gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, pixels), gorgonia.WithName("x"))
	// ln p(x,k) + ln sum exp(a) = x w_k - sum_j softplus(w_jk) + a_k
	logZ := must(gorgonia.Sum(must(gorgonia.Softplus(weights)), 0))
	joint := must(gorgonia.BroadcastSub(must(gorgonia.Mul(m.x, weights)), logZ, nil, []byte{0}))
	joint = must(gorgonia.BroadcastAdd(joint, a, nil, []byte{0}))
	most := must(gorgonia.Reshape(must(gorgonia.Max(joint, 1)), tensor.Shape{batch, 1}))
	shifted := must(gorgonia.Exp(must(gorgonia.BroadcastSub(joint, most, nil, []byte{1}))))
	lnP := must(gorgonia.Add(must(gorgonia.Log(must(gorgonia.Sum(shifted, 1)))), must(gorgonia.Max(joint, 1))))
	prior := must(gorgonia.Log(must(gorgonia.Sum(must(gorgonia.Exp(a))))))
	m.cost = must(gorgonia.Sub(prior, must(gorgonia.Mean(lnP))))
	if _, err := gorgonia.Grad(m.cost, m.params...); err != nil {
		log.Fatal(err)
	}
	m.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(m.params...))
	return m
}

func must(n *gorgonia.Node, err error) *gorgonia.Node { return gorgonia.Must(n, err) }

// fit makes the steps of a training.
func (m *mixture) fit(solver gorgonia.Solver, examples []float32, steps int, rng *rand.Rand) error {
	var order []int
	x := make([]float32, batch*pixels)
	for range steps {
		if len(order) < batch {
			order = rng.Perm(len(examples) / pixels)
		}
		for i, e := range order[:batch] {
			copy(x[i*pixels:], examples[e*pixels:(e+1)*pixels])
		}
		order = order[batch:]
		if err := gorgonia.Let(m.x, matrix(batch, pixels, x)); err != nil {
			return err
		}
		if err := m.vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(m.params)); err != nil {
			return err
		}
		m.vm.Reset()
	}
	return nil
}

// logits are the weights as they are: w_jk and a_k.
func (m *mixture) logits() (w, a []float32) {
	return m.params[0].Value().Data().([]float32), m.params[1].Value().Data().([]float32)
}

// energies writes -ln p(x) of each image.
func (m *mixture) energies(dst []float64, x []float32) error {
	w, a := m.logits()
	none := make([]float64, parts) // ln p(x,k) + ln sum exp(a) of an image without a set pixel
	for k := range none {
		none[k] = float64(a[k])
	}
	for i, v := range w {
		none[i%parts] -= math.Log1p(math.Exp(float64(v)))
	}
	prior, joint := make([]float64, parts), make([]float64, parts)
	for k := range prior {
		prior[k] = float64(a[k])
	}
	for i := range dst {
		copy(joint, none)
		for j, v := range x[i*pixels : (i+1)*pixels] {
			if v == 0 {
				continue
			}
			for k, v := range w[j*parts : (j+1)*parts] {
				joint[k] += float64(v)
			}
		}
		dst[i] = logSumExp(prior) - logSumExp(joint)
	}
	return nil
}

// sample draws each image anew: its part, and then its pixels.
func (m *mixture) sample(x []float32, rng *rand.Rand) error {
	w, a := m.logits()
	prior := make([]float64, parts)
	for k := range prior {
		prior[k] = float64(a[k])
	}
	lnZ := logSumExp(prior)
	for i := 0; i < len(x); i += pixels {
		k := 0
		for left := rng.Float64() - math.Exp(prior[0]-lnZ); left > 0 && k < parts-1; {
			k++
			left -= math.Exp(prior[k] - lnZ)
		}
		for j := range pixels {
			x[i+j] = 0
			if rng.Float64() < 1/(1+math.Exp(-float64(w[j*parts+k]))) {
				x[i+j] = 1
			}
		}
	}
	return nil
}

func logSumExp(x []float64) float64 {
	most, sum := math.Inf(-1), 0.0
	for _, v := range x {
		most = max(most, v)
	}
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

func (m *mixture) close() { m.vm.Close() }

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
