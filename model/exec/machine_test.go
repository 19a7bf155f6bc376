package exec_test

import (
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"testing"

	"calorimeter/model/exec"
	"calorimeter/model/op"

	"github.com/chewxy/hm"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate error -> what caught it:
//
//	gradient stored instead of added                     -> TestDualValues
//	a dual value made anew in every run                  -> TestDualValues
//	factors of a product transposed wrongly, lda for ldb -> TestProducts, TestModels
//	random numbers folded                                -> TestRandomNodes
//	training mode not set                                -> TestGorgoniasOperations (batch norm)
//	a view taken for an array of its shape               -> TestProductOfAView
//	outputs bound once                                   -> TestTwoMachines
//	memory of the last run left to an operation          -> TestGorgoniasOperations (slice, max pool)

// pair is one computation on both machines.
type pair struct {
	in  [2]G.Nodes
	out [2]*G.Node
	vm  [2]G.VM
}

func newPair(t *testing.T, of tensor.Dtype, shapes []tensor.Shape, make func(in G.Nodes) *G.Node) *pair {
	p := &pair{}
	for i, machine := range []func(outputs, params G.Nodes) (G.VM, error){
		newTape, func(outputs, params G.Nodes) (G.VM, error) { return exec.New(outputs, params) },
	} {
		p.in[i] = nodes(of, shapes)
		y := make(p.in[i])
		loss := G.Must(G.Sum(G.Must(G.Square(y))))
		_, err := G.Grad(loss, p.in[i]...)
		require.NoError(t, err)
		p.out[i] = loss
		p.vm[i], err = machine(G.Nodes{loss}, p.in[i])
		require.NoError(t, err)
	}
	return p
}

// nodes are inputs of a new graph.
func nodes(of tensor.Dtype, shapes []tensor.Shape) (in G.Nodes) {
	g := G.NewGraph()
	for i, s := range shapes {
		v := tensor.New(tensor.WithShape(s...), tensor.Of(of))
		in = append(in, G.NewTensor(g, of, len(s), G.WithShape(s...), G.WithName(fmt.Sprint("in", i)), G.WithValue(v)))
	}
	return in
}

// run gives both the same numbers, and returns the losses and gradients of either.
func (p *pair) run(t *testing.T, seed uint64) (numbers [2][]float64) {
	for i, vm := range p.vm {
		rng := rand.New(rand.NewPCG(seed, 2))
		for _, n := range p.in[i] {
			fill(n.Value(), func() float64 { return 0.5 + rng.Float64() })
		}
		require.NoError(t, vm.RunAll())
		numbers[i] = append(numbers[i], scalar(p.out[i]))
		for _, n := range p.in[i] {
			gradient, err := n.Grad()
			require.NoError(t, err)
			numbers[i] = append(numbers[i], floats(gradient)...)
			fill(gradient, func() float64 { return 0 })
		}
	}
	return numbers
}

func fill(v G.Value, f func() float64) {
	switch data := v.Data().(type) {
	case []float32:
		for i := range data {
			data[i] = float32(f())
		}
	case []float64:
		for i := range data {
			data[i] = f()
		}
	}
}

func scalar(n *G.Node) float64 {
	if v, ok := n.Value().Data().(float32); ok {
		return float64(v)
	}
	return n.Value().Data().(float64)
}

// Losses and gradients of Gorgonia's own operations, in three runs: the bits of its machine.
func TestGorgoniasOperations(t *testing.T) {
	matrices := []tensor.Shape{{4, 3}, {4, 3}}
	images := []tensor.Shape{{2, 2, 6, 6}, {3, 2, 3, 3}}
	constant := func(of tensor.Dtype, v float64) *G.Node {
		if of == tensor.Float32 {
			return G.NewConstant(float32(v))
		}
		return G.NewConstant(v)
	}
	unary := func(f func(*G.Node) (*G.Node, error)) func(tensor.Dtype, G.Nodes) *G.Node {
		return func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Add(G.Must(f(G.Must(G.Add(in[0], in[1])))), in[1]))
		}
	}
	for name, c := range map[string]struct {
		shapes []tensor.Shape
		make   func(of tensor.Dtype, in G.Nodes) *G.Node
	}{
		"add": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node { return G.Must(G.Add(in[0], in[1])) }},
		"sub": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node { return G.Must(G.Sub(in[0], in[1])) }},
		"product and quotient": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.HadamardDiv(G.Must(G.HadamardProd(in[0], in[1])), in[1]))
		}},
		"power": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node { return G.Must(G.Pow(in[0], in[1])) }},
		"scalars": {matrices, func(of tensor.Dtype, in G.Nodes) *G.Node {
			y := G.Must(G.Sub(constant(of, 3), G.Must(G.Mul(in[0], constant(of, 0.7)))))
			return G.Must(G.Add(G.Must(G.Div(constant(of, 0.3), y)), G.Must(G.Sub(in[1], constant(of, 0.1)))))
		}},
		"comparison": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			larger := G.Must(G.HadamardProd(in[0], G.Must(G.Gt(in[0], in[1], true))))
			return G.Must(G.Add(larger, in[1]))
		}},
		"broadcast": {[]tensor.Shape{{4, 3}, {1, 3}, {4, 1}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			y := G.Must(G.BroadcastHadamardProd(in[0], in[1], nil, []byte{0}))
			return G.Must(G.BroadcastAdd(y, in[2], nil, []byte{1}))
		}},
		"sums": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Add(G.Must(G.Sum(in[0], 0)), G.Must(G.Sum(G.Must(G.Square(in[1])), 0))))
		}},
		"mean": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Mul(in[0], G.Must(G.Mean(in[1]))))
		}},
		"max": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Add(G.Must(G.Max(in[0], 1)), G.Must(G.Sum(in[1], 1))))
		}},
		"transposed": {[]tensor.Shape{{4, 3}, {4, 3}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Mul(in[0], G.Must(G.Transpose(in[1], 1, 0))))
		}},
		"slice": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			h := G.Must(G.Square(in[0]))
			parts := G.Must(G.Concat(0, G.Must(G.Slice(h, G.S(2, 4))), G.Must(G.Slice(h, G.S(0, 2)))))
			return G.Must(G.HadamardProd(parts, in[1]))
		}},
		"reshape": {[]tensor.Shape{{4, 3}, {2, 5}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Mul(G.Must(G.Reshape(in[0], tensor.Shape{6, 2})), in[1]))
		}},
		"matrix and vector": {[]tensor.Shape{{4, 3}, {3}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.Mul(G.Must(G.Tanh(in[0])), in[1]))
		}},
		"many products": {[]tensor.Shape{{2, 4, 3}, {2, 3, 5}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.BatchedMatMul(in[0], in[1]))
		}},
		"max pool": {images, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			y := G.Must(G.Conv2d(in[0], in[1], tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
			return G.Must(G.MaxPool2D(G.Must(G.Rectify(y)), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
		}},
		"batch norm": {[]tensor.Shape{{4, 3, 2, 2}, {1, 3, 1, 1}, {1, 3, 1, 1}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			y, _, _, o, err := G.BatchNorm(in[0], in[1], in[2], 0.9, 1e-5)
			o.SetTraining(false) // both machines set it
			return G.Must(y, err)
		}},
		"softmax": {matrices, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			return G.Must(G.HadamardProd(G.Must(G.SoftMax(in[0])), in[1]))
		}},
		"network": {[]tensor.Shape{{5, 4}, {4, 3}, {1, 3}, {3, 2}}, func(_ tensor.Dtype, in G.Nodes) *G.Node {
			h := G.Must(G.Tanh(G.Must(G.BroadcastAdd(G.Must(G.Mul(in[0], in[1])), in[2], nil, []byte{0}))))
			return G.Must(G.Sigmoid(G.Must(G.Mul(h, in[3]))))
		}},
		"neg": {matrices, unary(G.Neg)}, "exp": {matrices, unary(G.Exp)}, "log": {matrices, unary(G.Log)},
		"sigmoid": {matrices, unary(G.Sigmoid)}, "tanh": {matrices, unary(G.Tanh)}, "abs": {matrices, unary(G.Abs)},
		"softplus": {matrices, unary(G.Softplus)}, "rectify": {matrices, unary(G.Rectify)},
		"sqrt": {matrices, unary(G.Sqrt)}, "cube": {matrices, unary(G.Cube)}, "sin": {matrices, unary(G.Sin)},
	} {
		for _, of := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			t.Run(fmt.Sprint(name, " ", of), func(t *testing.T) {
				p := newPair(t, of, c.shapes, func(in G.Nodes) *G.Node { return c.make(of, in) })
				for seed := range uint64(3) {
					numbers := p.run(t, seed)
					require.Equal(t, numbers[0], numbers[1])
					require.NotZero(t, numbers[0][0])
				}
			})
		}
	}
}

// recorder keeps the calls of products.
type recorder struct {
	gonum.Implementation
	calls []string
}

func (r *recorder) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32,
	ldb int, beta float32, c []float32, ldc int) {
	r.calls = append(r.calls, fmt.Sprint(tA, tB, m, n, k, alpha, lda, ldb, beta, ldc))
	r.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// A product is the call of the BLAS that Gorgonia makes, which gives the same bits with any BLAS.
func TestProducts(t *testing.T) {
	defer G.Use(gonum.Implementation{})
	for _, s := range [][3]int{{3, 4, 5}, {1, 4, 5}, {3, 1, 5}, {3, 4, 1}, {1, 4, 2}, {2, 1, 3}} {
		p := newPair(t, tensor.Float32, []tensor.Shape{{s[0], s[1]}, {s[1], s[2]}},
			func(in G.Nodes) *G.Node { return G.Must(G.Mul(in[0], in[1])) })
		var calls [2][]string
		for i, vm := range p.vm {
			r := &recorder{}
			G.Use(r)
			require.NoError(t, vm.RunAll())
			calls[i] = r.calls
		}
		require.Len(t, calls[0], 3)
		require.ElementsMatch(t, calls[0], calls[1], "%v", s)
	}
}

// Factors may be given by a transposed view.
func TestProductOfAView(t *testing.T) {
	shapes := []tensor.Shape{{3, 4}, {4, 2}}
	p := newPair(t, tensor.Float64, shapes, func(in G.Nodes) *G.Node { return G.Must(G.Mul(in[0], in[1])) })
	for i := range p.in {
		view := tensor.New(tensor.WithShape(4, 3), tensor.WithBacking(tensor.Range(tensor.Float64, 0, 12)))
		require.NoError(t, view.T())
		require.NoError(t, G.Let(p.in[i][0], view))
		fill(p.in[i][1].Value(), func() float64 { return 1 })
		require.NoError(t, p.vm[i].RunAll())
		require.Equal(t, 2.*(18*18+22*22+26*26), scalar(p.out[i]))
	}
}

// The gradient of w x is x; dual values are Gorgonia's, and add up.
func TestDualValues(t *testing.T) {
	g := G.NewGraph()
	w := G.NewScalar(g, tensor.Float64, G.WithName("w"), G.WithValue(2.0))
	x := G.NewScalar(g, tensor.Float64, G.WithName("x"), G.WithValue(3.0))
	loss := G.Must(G.Mul(w, x))
	_, err := exec.New(G.Nodes{loss}, G.Nodes{w})
	require.EqualError(t, err, "exec: w has no gradient: gorgonia.Grad adds it, before the machine is made")
	_, err = G.Grad(loss, w)
	require.NoError(t, err)
	vm, err := exec.New(G.Nodes{loss}, G.Nodes{w})
	require.NoError(t, err)
	theirs, err := newTape(G.Nodes{loss}, G.Nodes{w})
	require.NoError(t, err)
	dual, err := w.Grad()
	require.NoError(t, err)
	require.Nil(t, dual, "as before the first run of a TapeMachine")
	for i, m := range []G.VM{vm, vm, theirs, vm} {
		require.NoError(t, m.RunAll())
		dual, err = w.Grad()
		require.NoError(t, err)
		require.Equal(t, 3*float64(i+1), dual.Data())
	}
	require.NoError(t, G.NewVanillaSolver(G.WithLearnRate(0.1)).Step(G.NodesToValueGrads(G.Nodes{w})))
	require.NoError(t, G.Let(x, -1.0))
	require.NoError(t, vm.RunAll())
	require.InDelta(t, -(2 - 0.1*12), scalar(loss), 1e-12, "the new weight, the new input")
	dual, err = w.Grad()
	require.NoError(t, err)
	require.Equal(t, -1.0, dual.Data(), "cleared by the solver")
}

// Machines on one graph, run in turn: the value of a node is that of the last run.
func TestTwoMachines(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(1, 2), G.WithName("x"))
	y := op.Mean(x)
	first, err := exec.New(G.Nodes{y}, nil)
	require.NoError(t, err)
	second, err := exec.New(G.Nodes{y, x}, nil)
	require.NoError(t, err)
	require.EqualError(t, first.RunAll(), "exec: x has no value")
	for i, vm := range []G.VM{first, second, first} {
		v := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{float64(i), 0}))
		require.NoError(t, G.Let(x, v))
		require.NoError(t, vm.RunAll())
		require.Equal(t, float64(i)/2, scalar(y))
	}
	vm := G.VM(first)
	vm.Reset()
	require.NoError(t, vm.Close())
}

// No value is computed in the place of another. (On a TapeMachine, a product after a reshape overwrites what was
// reshaped.)
func TestNothingIsOverwritten(t *testing.T) {
	w := nodes(tensor.Float64, []tensor.Shape{{2, 2}})[0]
	copy(w.Value().Data().([]float64), []float64{1, 2, 3, 4})
	h := G.Must(G.Square(w))
	column := G.Must(G.Reshape(h, tensor.Shape{4, 1}))
	y := G.Must(G.HadamardProd(column, column))
	vm, err := exec.New(G.Nodes{y, h}, nil)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, vm.RunAll())
		require.Equal(t, []float64{1, 2, 3, 4}, floats(w.Value()))
		require.Equal(t, []float64{1, 4, 9, 16}, floats(h.Value()))
		require.Equal(t, []float64{1, 16, 81, 256}, floats(y.Value()))
	}
}

// Nodes of random numbers are drawn anew in every run.
func TestRandomNodes(t *testing.T) {
	y := G.Must(G.Square(G.GaussianRandomNode(G.NewGraph(), tensor.Float64, 0, 1, 2, 3)))
	vm, err := exec.New(G.Nodes{y}, nil)
	require.NoError(t, err)
	require.NoError(t, vm.RunAll())
	before := floats(y.Value())[0]
	require.NoError(t, vm.RunAll())
	require.NotEqual(t, before, floats(y.Value())[0])
}

func TestStatement(t *testing.T) {
	x := G.NewScalar(G.NewGraph(), tensor.Float64, G.WithName("x"), G.WithValue(2.0))
	var v G.Value
	_, err := exec.New(G.Nodes{G.Read(x, &v)}, nil)
	require.ErrorContains(t, err, "is a statement and has no value: name the node that it reads")
	_, err = exec.New(G.Nodes{G.Must(G.Neg(x))}, nil)
	require.ErrorContains(t, err, "gorgonia.Read of x is for tape machines: take its Value after RunAll")
}

// broken is an operation that fails, or panics.
type broken struct{ err error }

const aNumber = hm.TypeVariable('a')

func (broken) Arity() int                                     { return 1 }
func (broken) Type() hm.Type                                  { return hm.NewFnType(aNumber, aNumber) }
func (broken) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.ScalarShape(), nil }
func (broken) ReturnsPtr() bool                               { return false }
func (broken) CallsExtern() bool                              { return false }
func (broken) OverwritesInput() int                           { return -1 }
func (broken) WriteHash(h hash.Hash)                          { fmt.Fprint(h, "broken") }
func (broken) Hashcode() uint32                               { return 1 }
func (broken) String() string                                 { return "Broken" }
func (b broken) Do(...G.Value) (G.Value, error) {
	if b.err == nil {
		panic("broken")
	}
	return nil, b.err
}

// What goes wrong in an operation goes wrong in the caller.
func TestBrokenOperation(t *testing.T) {
	for _, err := range []error{errors.New("it broke"), nil} {
		x := G.NewScalar(G.NewGraph(), tensor.Float64, G.WithName("x"), G.WithValue(2.0))
		vm, err2 := exec.New(G.Nodes{G.Must(G.ApplyOp(broken{err}, x))}, nil)
		require.NoError(t, err2)
		if err == nil {
			require.PanicsWithValue(t, "broken", func() { vm.RunAll() })
			continue
		}
		require.ErrorIs(t, vm.RunAll(), err)
		require.ErrorContains(t, vm.RunAll(), "exec: Broken(%0), of shape (): it broke")
	}
}

// Products and operations of package op allocate nothing.
func TestNoAllocation(t *testing.T) {
	for _, of := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		in := nodes(of, []tensor.Shape{{5, 4}, {4, 3}, {1, 3}, {3, 2}, {1, 2}})
		loss := op.Mean(op.Perceptron(in[0], in[1:]))
		_, err := G.Grad(loss, in...)
		require.NoError(t, err)
		vm, err := exec.New(G.Nodes{loss}, in)
		require.NoError(t, err)
		require.NoError(t, vm.RunAll())
		require.Zero(t, testing.AllocsPerRun(10, func() { vm.RunAll() }))
	}
}
