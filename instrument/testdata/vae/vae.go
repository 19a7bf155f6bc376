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

// vae has a graph that trains it, and one each of its encoder and decoder, with the same weights.
type vae struct {
	params gorgonia.Nodes
	x, eps *gorgonia.Node
	cost   *gorgonia.Node // the negative ELBO, nats an example, mean over the batch
	vm     gorgonia.VM

	images, mean, lnSD *gorgonia.Node // of the encoder
	encoder            gorgonia.VM
	z, logits          *gorgonia.Node // of the decoder
	decoder            gorgonia.VM
}

// shapes are those of weights and biases: of the encoder's two layers, the second of them for means and one for ln sd,
// and of the decoder's two.
var shapes = [][2]int{
	{pixels, hidden}, {1, hidden}, {hidden, latent}, {1, latent}, {hidden, latent}, {1, latent},
	{latent, hidden}, {1, hidden}, {hidden, pixels}, {1, pixels},
}

func newVAE(seed uint64) *vae {
	rng := rand.New(rand.NewPCG(seed, 1))
	values := make([][]float32, len(shapes))
	for i, s := range shapes {
		values[i] = make([]float32, s[0]*s[1])
		for j := range values[i] {
			if s[0] > 1 {
				values[i][j] = float32(rng.NormFloat64() / math.Sqrt(float64(s[0])) / 3)
			}
		}
	}
	g := gorgonia.NewGraph()
	v := &vae{params: nodes(g, values)}
	v.x, v.eps = input(g, "x", pixels), input(g, "eps", latent)
	mean, lnSD := encode(v.params, v.x)
	sd := must(gorgonia.Exp(lnSD))
	logits := decode(v.params, must(gorgonia.Add(mean, must(gorgonia.HadamardProd(sd, v.eps)))))
	// -ln p(x|z) = sum softplus(l) - l x; KL(q(z|x)||p(z)) = sum (mean^2 + sd^2 - 1)/2 - ln sd
	nll := must(gorgonia.Sub(total(must(gorgonia.Softplus(logits))), total(must(gorgonia.HadamardProd(logits, v.x)))))
	squares := must(gorgonia.Add(total(must(gorgonia.Square(mean))), total(must(gorgonia.Square(sd)))))
	squares = must(gorgonia.Sub(squares, gorgonia.NewConstant(float32(batch*latent))))
	half := must(gorgonia.Mul(squares, gorgonia.NewConstant(float32(0.5))))
	kl := must(gorgonia.Sub(half, total(lnSD)))
	v.cost = must(gorgonia.Mul(must(gorgonia.Add(nll, kl)), gorgonia.NewConstant(float32(1.0/batch))))
	if _, err := gorgonia.Grad(v.cost, v.params...); err != nil {
		log.Fatal(err)
	}
	v.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(v.params...))

	g = gorgonia.NewGraph()
	v.images = input(g, "x", pixels)
	v.mean, v.lnSD = encode(nodes(g, values), v.images)
	v.encoder = gorgonia.NewTapeMachine(g)
	g = gorgonia.NewGraph()
	v.z = input(g, "z", latent)
	v.logits = decode(nodes(g, values), v.z)
	v.decoder = gorgonia.NewTapeMachine(g)
	return v
}

// nodes puts the weights into a graph: their memory, not a copy.
func nodes(g *gorgonia.ExprGraph, values [][]float32) (params gorgonia.Nodes) {
	for i, s := range shapes {
		params = append(params, gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(s[0], s[1]),
			gorgonia.WithName(fmt.Sprintf("w%d", i)), gorgonia.WithValue(matrix(s[0], s[1], values[i]))))
	}
	return params
}

func input(g *gorgonia.ExprGraph, name string, cols int) *gorgonia.Node {
	return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, cols), gorgonia.WithName(name))
}

func encode(params gorgonia.Nodes, x *gorgonia.Node) (mean, lnSD *gorgonia.Node) {
	h := must(gorgonia.Tanh(affine(x, params[0:])))
	return affine(h, params[2:]), affine(h, params[4:])
}

func decode(params gorgonia.Nodes, z *gorgonia.Node) (logits *gorgonia.Node) {
	return affine(must(gorgonia.Tanh(affine(z, params[6:]))), params[8:])
}

func affine(x *gorgonia.Node, params gorgonia.Nodes) *gorgonia.Node {
	return must(gorgonia.BroadcastAdd(must(gorgonia.Mul(x, params[0])), params[1], nil, []byte{0}))
}

func total(x *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Sum(x)) }

func must(n *gorgonia.Node, err error) *gorgonia.Node { return gorgonia.Must(n, err) }

// fit makes the steps of a training.
func (v *vae) fit(solver gorgonia.Solver, examples []float32, steps int, rng *rand.Rand) error {
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
		if err := gorgonia.Let(v.x, matrix(batch, pixels, x)); err != nil {
			return err
		}
		if err := gorgonia.Let(v.eps, matrix(batch, latent, normal(batch*latent, rng))); err != nil {
			return err
		}
		if err := v.vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(v.params)); err != nil {
			return err
		}
		v.vm.Reset()
	}
	return nil
}

// run runs a machine on rows of x, a batch at a time, and hands on each batch by its first row and its number of rows.
func run(vm gorgonia.VM, in *gorgonia.Node, x []float32, each func(first, n int)) error {
	cols := in.Shape()[1]
	buffer := make([]float32, batch*cols)
	for first := 0; first < len(x)/cols; first += batch {
		n := copy(buffer, x[first*cols:]) / cols
		if err := gorgonia.Let(in, matrix(batch, cols, buffer)); err != nil {
			return err
		}
		if err := vm.RunAll(); err != nil {
			return err
		}
		each(first, n)
		vm.Reset()
	}
	return nil
}

// encode writes the mean and ln variance of q(z|x) of each row.
func (v *vae) encode(mean, logVar, x []float32) error {
	return run(v.encoder, v.images, x, func(first, n int) {
		copy(mean[first*latent:(first+n)*latent], v.mean.Value().Data().([]float32))
		for i, s := range v.lnSD.Value().Data().([]float32)[:n*latent] {
			logVar[first*latent+i] = 2 * s
		}
	})
}

// logLikelihood writes ln p(x|z) of each pair of rows.
func (v *vae) logLikelihood(dst []float64, x, z []float32) error {
	return run(v.decoder, v.z, z, func(first, n int) {
		logits := v.logits.Value().Data().([]float32)
		for i := range n {
			dst[first+i] = 0
			odds := 1.0 // product of 1 + exp(-l): one logarithm for 14 pixels
			for j, l := range logits[i*pixels : (i+1)*pixels] {
				if x[(first+i)*pixels+j] == 0 {
					l = -l
				}
				odds *= 1 + math.Exp(-float64(l))
				if j%14 == 13 {
					dst[first+i] -= math.Log(odds)
					odds = 1
				}
			}
		}
	})
}

// decode draws an image for each z.
func (v *vae) decode(x, z []float32, rng *rand.Rand) error {
	return run(v.decoder, v.z, z, func(first, n int) {
		for i, l := range v.logits.Value().Data().([]float32)[:n*pixels] {
			x[first*pixels+i] = 0
			if rng.Float64() < 1/(1+math.Exp(-float64(l))) {
				x[first*pixels+i] = 1
			}
		}
	})
}

func (v *vae) close() {
	v.vm.Close()
	v.encoder.Close()
	v.decoder.Close()
}

func normal(n int, rng *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
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
