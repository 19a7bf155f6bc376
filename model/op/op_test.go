package op

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate error -> what caught it:
//
//	rectifier's slope 1 below 0, or from z instead of z + b  -> TestGradients (BiasReLU), TestGate
//	rectifier's slope 0 at 0                                 -> TestGate
//	bias's gradient of the last row only                     -> TestGradients (Bias, BiasReLU)
//	mask left out of the derivative                          -> TestGradients (Masked)
//	sums not cleared between runs                            -> TestGradients, every operation with a bias
//	one buffer for all sizes                                 -> TestAnotherSize
//	mean's gradient not divided by the number of elements    -> TestGradients (Mean)
//	mean added up in double precision                        -> TestMean

// program runs loss = sum of weight * node elementwise, and holds the gradients.
type program struct {
	in   G.Nodes
	loss G.Value
	vm   G.VM
}

func build(t *testing.T, values []*tensor.Dense, make func(in G.Nodes) *G.Node) *program {
	g := G.NewGraph()
	p := &program{}
	for i, v := range values {
		p.in = append(p.in,
			G.NewMatrix(g, v.Dtype(), G.WithShape(v.Shape()...), G.WithName(fmt.Sprint("in", i)), G.WithValue(v)))
	}
	y := make(p.in)
	// squares, so that the derivative depends on the value
	loss := G.Must(G.Sum(G.Must(G.Square(y))))
	G.Read(loss, &p.loss)
	_, err := G.Grad(loss, p.in[0], p.in[1])
	require.NoError(t, err)
	p.vm = G.NewTapeMachine(g, G.BindDualValues(p.in[0], p.in[1]))
	return p
}

func (p *program) run(t *testing.T) float64 {
	for _, n := range p.in[:2] {
		if dual, err := n.Grad(); err == nil && dual != nil {
			dual.(*tensor.Dense).Zero()
		}
	}
	require.NoError(t, p.vm.RunAll())
	p.vm.Reset()
	return p.loss.Data().(float64)
}

func normal(rng *rand.Rand, rows, cols int) *tensor.Dense {
	x := make([]float64, rows*cols)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(x))
}

// Every operation in float64: gradients with respect to both inputs by central differences, in a graph that runs many
// times.
func TestGradients(t *testing.T) {
	product := func(in G.Nodes) *G.Node { return G.Must(G.Mul(in[0], in[2])) }
	for name, make := range map[string]func(in G.Nodes) *G.Node{
		"Bias":     func(in G.Nodes) *G.Node { return Bias(product(in), in[1]) },
		"BiasReLU": func(in G.Nodes) *G.Node { return BiasReLU(product(in), in[1]) },
		"Mean": func(in G.Nodes) *G.Node {
			y := Bias(product(in), in[1])
			return G.Must(G.Mul(y, Mean(y)))
		},
		"two": func(in G.Nodes) *G.Node {
			return Bias(G.Must(G.Mul(BiasReLU(product(in), in[1]), in[2])), in[1])
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			values := []*tensor.Dense{normal(rng, 5, 3), normal(rng, 1, 3), normal(rng, 3, 3)}
			checkGradients(t, values, build(t, values, make))
		})
	}
	t.Run("Masked", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		mask := tensor.New(tensor.WithShape(4, 3), tensor.WithBacking([]float64{1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1}))
		values := []*tensor.Dense{normal(rng, 4, 3), normal(rng, 3, 4), mask}
		checkGradients(t, values,
			build(t, values, func(in G.Nodes) *G.Node { return G.Must(G.Mul(Masked(in[0], in[2]), in[1])) }))
	})
}

func checkGradients(t *testing.T, values []*tensor.Dense, p *program) {
	before := make([][]float64, len(values))
	for i, v := range values {
		before[i] = slices.Clone(v.Float64s())
	}
	for i, n := range p.in[:2] {
		p.run(t)
		require.Equal(t, before[i], values[i].Float64s(), "an input was changed")
		dual, err := n.Grad()
		require.NoError(t, err)
		grad, x := slices.Clone(dual.Data().([]float64)), values[i].Float64s()
		require.Greater(t, slices.Max(grad), 1e-3, "a gradient of zeros would pass")
		for j, v := range x {
			const h = 1e-5
			x[j] = v + h
			up := p.run(t)
			x[j] = v - h
			down := p.run(t)
			x[j] = v
			require.InDelta(t, (up-down)/(2*h), grad[j], 1e-8*(1+math.Abs(grad[j])), "input %d, element %d", i, j)
		}
	}
	require.NoError(t, p.vm.Close())
}

// The mean is Gorgonia's to the bit.
func TestMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 1000)
	for i := range x {
		x[i] = rng.Float32()
	}
	g := G.NewGraph()
	n := G.NewMatrix(g, tensor.Float32, G.WithShape(10, 100), G.WithName("x"),
		G.WithValue(tensor.New(tensor.WithShape(10, 100), tensor.WithBacking(x))))
	own, theirs := Mean(n), G.Must(G.Mean(n))
	require.NoError(t, G.NewTapeMachine(g).RunAll())
	require.Equal(t, theirs.Value().Data(), own.Value().Data())
}

// The rectifier's gate works on bits. At 0 it is open.
func TestGate(t *testing.T) {
	z, bias := []float64{0, 5e-324, 1, math.Inf(1), -2, -2, -5e-324, math.Inf(-1)}, []float64{0, 0, 0, 0}
	dy := []float64{-3, -3, -3, -3, -3, -3, -3, -3}
	dz := make([]float64, 8)
	gate64(dz, [][]float64{z, bias, dy}, nil)
	require.Equal(t, []float64{-3, -3, -3, -3, 0, 0, 0, 0}, dz)
	dz32 := make([]float32, 4)
	gate32(dz32, [][]float32{{-1, -1, 1, 1}, {2, 1, -1, -2}, {7, 7, 7, 7}}, nil)
	require.Equal(t, []float32{7, 7, 7, 0}, dz32)
}

// NaN is not rectified away.
func TestRectifierKeepsNaN(t *testing.T) {
	out := make([]float32, 2)
	shifted32(0)(out, [][]float32{{float32(math.NaN()), -1}, {0, 0}}, nil)
	require.True(t, math.IsNaN(float64(out[0])))
	require.Zero(t, out[1])
}

// One operation may meet another number of rows or another type, where a graph is rebuilt around it.
func TestAnotherSize(t *testing.T) {
	o := &Operation{Name: "Twice", Ranks: []int{2, 2},
		Of32: func(out []float32, in [][]float32, _ tensor.Shape) {
			for i, v := range in[0] {
				out[i] = 2 * v
			}
		},
		Of64: func(out []float64, in [][]float64, _ tensor.Shape) {
			for i, v := range in[0] {
				out[i] = 2 * v
			}
		},
	}
	for _, rows := range []int{3, 1, 4, 2} {
		x := normal(rand.New(rand.NewPCG(1, 2)), rows, 2)
		y, err := o.Do(x)
		require.NoError(t, err)
		require.Equal(t, tensor.Shape{rows, 2}, y.Shape())
		for i, v := range y.Data().([]float64) {
			require.Equal(t, 2*x.Float64s()[i], v)
		}
	}
	y, err := o.Do(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float32{1, 2})))
	require.NoError(t, err)
	require.Equal(t, []float32{2, 4}, y.Data())

	_, err = o.Do(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]int{1, 2})))
	require.EqualError(t, err, "op: Twice of int")
	_, err = o.Do(G.NewF64(1))
	require.ErrorContains(t, err, "op: the first input of Twice is a *gorgonia.F64, not a tensor")
}

// An operation that holds its only input has no derivative, and says so.
func TestNoDerivative(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("x"))
	_, err := G.Grad(G.Must(G.Sum(ColumnSum(x))), x)
	require.Error(t, err)
	require.Panics(t, func() { Bias(G.NewScalar(g, tensor.Float64, G.WithName("s")), x) })
}
