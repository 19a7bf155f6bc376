package instrument

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// network is a small graph with everything a training loop needs.
type network struct {
	cost   *G.Node
	params G.Nodes
	vm     G.VM
}

// step is the body of a training loop.
func (n *network) step(t testing.TB, s G.Solver) error {
	t.Helper()
	require.NoError(t, n.vm.RunAll())
	err := s.Step(G.NodesToValueGrads(n.params))
	n.vm.Reset()
	return err
}

func (n *network) train(t testing.TB, s G.Solver, steps int) {
	t.Helper()
	for range steps {
		require.NoError(t, n.step(t, s))
	}
}

// weights returns all weights of the network as float64, which is exact for both types.
func (n *network) weights(t testing.TB) (w []float64) {
	t.Helper()
	for _, p := range n.params {
		f32, f64, err := Floats(p.Value())
		require.NoError(t, err)
		w = appendFloat64(append(w, f64...), f32)
	}
	return w
}

// dense returns a tensor of standard normal numbers times scale.
func dense(dt tensor.Dtype, rng *rand.Rand, scale float64, shape ...int) *tensor.Dense {
	n := tensor.Shape(shape).TotalSize()
	if dt == tensor.Float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(scale * rng.NormFloat64())
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * rng.NormFloat64()
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

func scalarValue(dt tensor.Dtype, x float64) any {
	if dt == tensor.Float32 {
		return float32(x)
	}
	return x
}

func (n *network) compile(t testing.TB, inputs G.Nodes) *network {
	t.Helper()
	grads, err := G.Grad(n.cost, n.params...)
	require.NoError(t, err)
	prog, loc, err := G.CompileFunction(n.cost.Graph(), append(inputs, n.params...), append(G.Nodes{n.cost}, grads...))
	require.NoError(t, err)
	n.vm = G.NewTapeMachine(n.cost.Graph(), G.WithPrecompiled(prog, loc), G.BindDualValues(n.params...))
	t.Cleanup(func() { n.vm.Close() })
	return n
}

// newMLP is a multi-layer perceptron in-hidden-out with biases, the mean square error, and a batch of 8.
func newMLP(t testing.TB, dt tensor.Dtype, in, hidden, out int) *network {
	rng := rand.New(rand.NewPCG(1, 2))
	g := G.NewGraph()
	n := &network{}
	param := func(name string, scale float64, shape ...int) *G.Node {
		p := G.NewMatrix(g, dt, G.WithShape(shape...), G.WithName(name), G.WithValue(dense(dt, rng, scale, shape...)))
		n.params = append(n.params, p)
		return p
	}
	x := G.NewMatrix(g, dt, G.WithShape(8, in), G.WithName("x"), G.WithValue(dense(dt, rng, 1, 8, in)))
	y := G.NewMatrix(g, dt, G.WithShape(8, out), G.WithName("y"), G.WithValue(dense(dt, rng, 1, 8, out)))
	affine := func(x, w, b *G.Node) *G.Node {
		return G.Must(G.BroadcastAdd(G.Must(G.Mul(x, w)), b, nil, []byte{0}))
	}
	h := G.Must(G.Tanh(affine(x, param("w0", 0.5, in, hidden), param("b0", 0.1, 1, hidden))))
	z := affine(h, param("w1", 0.5, hidden, out), param("b1", 0.1, 1, out))
	n.cost = G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(z, y))))))
	return n.compile(t, G.Nodes{x, y})
}

// newLine is the regression y = a x, a scalar parameter, beside a vector one.
func newLine(t testing.TB, dt tensor.Dtype) *network {
	rng := rand.New(rand.NewPCG(3, 4))
	g := G.NewGraph()
	x := G.NewVector(g, dt, G.WithShape(5), G.WithName("x"), G.WithValue(dense(dt, rng, 1, 5)))
	y := G.NewVector(g, dt, G.WithShape(5), G.WithName("y"), G.WithValue(dense(dt, rng, 1, 5)))
	a := G.NewScalar(g, dt, G.WithName("a"), G.WithValue(scalarValue(dt, 0.7)))
	b := G.NewVector(g, dt, G.WithShape(5), G.WithName("b"), G.WithValue(dense(dt, rng, 1, 5)))
	z := G.Must(G.Add(G.Must(G.HadamardProd(x, a)), b))
	n := &network{params: G.Nodes{a, b}}
	n.cost = G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(z, y))))))
	return n.compile(t, G.Nodes{x, y})
}

// newScalar has a single scalar weight and no pruned program: the plainest of Gorgonia programs.
func newScalar(t testing.TB, dt tensor.Dtype) *network {
	g := G.NewGraph()
	a := G.NewScalar(g, dt, G.WithName("a"), G.WithValue(scalarValue(dt, 0.7)))
	c := G.NewScalar(g, dt, G.WithName("c"), G.WithValue(scalarValue(dt, 2)))
	n := &network{params: G.Nodes{a}, cost: G.Must(G.Square(G.Must(G.Sub(a, c))))}
	_, err := G.Grad(n.cost, a)
	require.NoError(t, err)
	n.vm = G.NewTapeMachine(g, G.BindDualValues(a))
	t.Cleanup(func() { n.vm.Close() })
	return n
}

// networks are the test networks by name, in both precisions.
var networks = map[string]func(testing.TB) *network{
	"mlp32":    func(t testing.TB) *network { return newMLP(t, tensor.Float32, 6, 5, 3) },
	"mlp64":    func(t testing.TB) *network { return newMLP(t, tensor.Float64, 6, 5, 3) },
	"line32":   func(t testing.TB) *network { return newLine(t, tensor.Float32) },
	"line64":   func(t testing.TB) *network { return newLine(t, tensor.Float64) },
	"scalar32": func(t testing.TB) *network { return newScalar(t, tensor.Float32) },
	"scalar64": func(t testing.TB) *network { return newScalar(t, tensor.Float64) },
}

// vectorParam is a parameter without a graph, for tests that make their own gradients.
type vectorParam struct {
	name        string
	value, grad *tensor.Dense
}

func (p *vectorParam) Value() G.Value         { return p.value }
func (p *vectorParam) Grad() (G.Value, error) { return p.grad, nil }
func (p *vectorParam) Name() string           { return p.name }

func newVectorParam(name string, d int) *vectorParam {
	return &vectorParam{
		name:  name,
		value: tensor.New(tensor.WithShape(d), tensor.Of(tensor.Float64)),
		grad:  tensor.New(tensor.WithShape(d), tensor.Of(tensor.Float64)),
	}
}

// solverFunc is a solver made of a function.
type solverFunc func([]G.ValueGrad) error

func (f solverFunc) Step(model []G.ValueGrad) error { return f(model) }

func nothing([]G.ValueGrad) error { return nil }
