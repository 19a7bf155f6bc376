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

// reader is a recurrent network: h_t = tanh(x_{t-1} wx + h_{t-1} wh + b), and row t of the image has independent pixels
// with logits h_t wo + bo. It has a graph unrolled over all rows, which trains it, and one of a single row, with the
// same weights.
type reader struct {
	params gorgonia.Nodes
	x      []*gorgonia.Node // the rows of the images
	first  []*gorgonia.Node // what is there before the first row: x and h
	cost   *gorgonia.Node   // -ln p(x), nats an example, mean over the batch
	vm     gorgonia.VM

	row, before   *gorgonia.Node // x_{t-1} and h_{t-1}
	after, logits *gorgonia.Node // h_t and what it says of x_t
	cell          gorgonia.VM
}

var (
	names  = []string{"wx", "wh", "b", "wo", "bo"}
	shapes = [][2]int{{side, hidden}, {hidden, hidden}, {1, hidden}, {hidden, side}, {1, side}}
)

func newReader(seed uint64) *reader {
	rng := rand.New(rand.NewPCG(seed, 1))
	values := make([][]float32, len(shapes))
	for i, s := range shapes {
		values[i] = make([]float32, s[0]*s[1])
		for j := range values[i] {
			if s[0] > 1 {
				values[i][j] = float32(rng.NormFloat64() / math.Sqrt(float64(s[0])) / 2)
			}
		}
	}
	g := gorgonia.NewGraph()
	r := &reader{params: nodes(g, values)}
	row, h := input(g, "nothing", side), input(g, "start", hidden)
	r.first = []*gorgonia.Node{row, h}
	var sum *gorgonia.Node
	for t := range side {
		var logits *gorgonia.Node
		h, logits = step(r.params, row, h)
		row = input(g, fmt.Sprintf("x%d", t), side)
		r.x = append(r.x, row)
		// -ln p = sum softplus(l) - l x
		nll := must(gorgonia.Sum(must(gorgonia.Sub(must(gorgonia.Softplus(logits)),
			must(gorgonia.HadamardProd(logits, row))))))
		if sum == nil {
			sum = nll
		} else {
			sum = must(gorgonia.Add(sum, nll))
		}
	}
	r.cost = must(gorgonia.Mul(sum, gorgonia.NewConstant(float32(1.0/batch))))
	if _, err := gorgonia.Grad(r.cost, r.params...); err != nil {
		log.Fatal(err)
	}
	r.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(r.params...))

	g = gorgonia.NewGraph()
	r.row, r.before = input(g, "x", side), input(g, "h", hidden)
	r.after, r.logits = step(nodes(g, values), r.row, r.before)
	r.cell = gorgonia.NewTapeMachine(g)
	return r
}

// nodes puts the weights into a graph: their memory, not a copy.
func nodes(g *gorgonia.ExprGraph, values [][]float32) (params gorgonia.Nodes) {
	for i, s := range shapes {
		params = append(params, gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(s[0], s[1]),
			gorgonia.WithName(names[i]), gorgonia.WithValue(matrix(s[0], s[1], values[i]))))
	}
	return params
}

func input(g *gorgonia.ExprGraph, name string, cols int) *gorgonia.Node {
	return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, cols), gorgonia.WithName(name))
}

// step is one row of the network.
func step(params gorgonia.Nodes, row, h *gorgonia.Node) (after, logits *gorgonia.Node) {
	read := must(gorgonia.Add(must(gorgonia.Mul(row, params[0])), must(gorgonia.Mul(h, params[1]))))
	after = must(gorgonia.Tanh(must(gorgonia.BroadcastAdd(read, params[2], nil, []byte{0}))))
	return after, must(gorgonia.BroadcastAdd(must(gorgonia.Mul(after, params[3])), params[4], nil, []byte{0}))
}

func must(n *gorgonia.Node, err error) *gorgonia.Node { return gorgonia.Must(n, err) }

// fit makes the steps of a training.
func (r *reader) fit(solver gorgonia.Solver, examples []float32, steps int, rng *rand.Rand) error {
	for _, n := range r.first {
		if err := gorgonia.Let(n, matrix(batch, n.Shape()[1], nil)); err != nil {
			return err
		}
	}
	var order []int
	for range steps {
		if len(order) < batch {
			order = rng.Perm(len(examples) / pixels)
		}
		for t, n := range r.x {
			x := make([]float32, 0, batch*side)
			for _, e := range order[:batch] {
				x = append(x, examples[e*pixels+t*side:][:side]...)
			}
			if err := gorgonia.Let(n, matrix(batch, side, x)); err != nil {
				return err
			}
		}
		order = order[batch:]
		if err := r.vm.RunAll(); err != nil {
			return err
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(r.params)); err != nil {
			return err
		}
		r.vm.Reset()
	}
	return nil
}

// read lets the network read images, a batch at a time, and tells of each row the logit of each pixel before it is
// read; what pixel does with x is read.
func (r *reader) read(x []float32, pixel func(image int, x *float32, logit float64)) error {
	for first := 0; first < len(x)/pixels; first += batch {
		n := min(batch, len(x)/pixels-first)
		row, h := make([]float32, batch*side), make([]float32, batch*hidden)
		for t := range side {
			if err := gorgonia.Let(r.row, matrix(batch, side, row)); err != nil {
				return err
			}
			if err := gorgonia.Let(r.before, matrix(batch, hidden, h)); err != nil {
				return err
			}
			if err := r.cell.RunAll(); err != nil {
				return err
			}
			copy(h, r.after.Value().Data().([]float32))
			for i, l := range r.logits.Value().Data().([]float32)[:n*side] {
				at := &x[(first+i/side)*pixels+t*side+i%side]
				pixel(first+i/side, at, float64(l))
				row[i] = *at
			}
			r.cell.Reset()
		}
	}
	return nil
}

// energies writes -ln p(x) of each image.
func (r *reader) energies(dst []float64, x []float32) error {
	clear(dst)
	return r.read(x, func(image int, x *float32, logit float64) {
		if *x == 0 {
			logit = -logit
		}
		dst[image] += math.Log1p(math.Exp(-logit))
	})
}

// sample draws each image anew, row by row.
func (r *reader) sample(x []float32, rng *rand.Rand) error {
	return r.read(x, func(_ int, x *float32, logit float64) {
		*x = 0
		if rng.Float64() < 1/(1+math.Exp(-logit)) {
			*x = 1
		}
	})
}

func (r *reader) close() {
	r.vm.Close()
	r.cell.Close()
}

// matrix has zeros where x is nil.
func matrix(rows, cols int, x []float32) *tensor.Dense {
	if x == nil {
		x = make([]float32, rows*cols)
	}
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
