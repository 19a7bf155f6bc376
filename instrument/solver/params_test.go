package solver

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is a parameter without a graph.
type param struct{ value, grad G.Value }

func (p *param) Value() G.Value         { return p.value }
func (p *param) Grad() (G.Value, error) { return p.grad, nil }
func (p *param) Name() string           { return "w" }

// network is two parameters of some kind in the landscape
//
//	L(w) = sum_i a_i w_i^2/2 + cos(w_i),   a_i = 1 + i/2,
//
// shaken by a force that depends on the step: gradients of all sizes and both signs.
type network struct {
	params []*param
	n      int // steps made
}

// kinds make a parameter of so many weights.
var kinds = map[string]func(n int) *param{
	"dense64":  func(n int) *param { return &param{zeros(tensor.Float64, n), zeros(tensor.Float64, n)} },
	"dense32":  func(n int) *param { return &param{zeros(tensor.Float32, n), zeros(tensor.Float32, n)} },
	"scalar64": func(int) *param { return &param{new(G.F64), new(G.F64)} },
	"scalar32": func(int) *param { return &param{new(G.F32), new(G.F32)} },
}

func zeros(of tensor.Dtype, n int) *tensor.Dense {
	return tensor.New(tensor.WithShape(n), tensor.Of(of))
}

// newNetwork begins with weights around 1 and -1, which float32 holds exactly.
func newNetwork(kind string, sizes ...int) *network {
	var nw network
	for k, n := range sizes {
		p := kinds[kind](n)
		set(p.value, func(i int, _ float64) float64 { return float64(1-2*(k%2)) * (1 + float64(i)/8) })
		nw.params = append(nw.params, p)
	}
	return &nw
}

// set replaces each number of a value by a function of its place and itself.
func set(v G.Value, f func(i int, x float64) float64) {
	switch v := v.(type) {
	case *G.F64:
		*v = G.F64(f(0, float64(*v)))
	case *G.F32:
		*v = G.F32(f(0, float64(*v)))
	case *tensor.Dense:
		switch data := v.Data().(type) {
		case []float64:
			for i, x := range data {
				data[i] = f(i, x)
			}
		case []float32:
			for i, x := range data {
				data[i] = float32(f(i, float64(x)))
			}
		}
	}
}

func numbers(v G.Value) (all []float64) {
	set(v, func(_ int, x float64) float64 { all = append(all, x); return x })
	return all
}

// weights are those of all parameters.
func (nw *network) weights() (all []float64) {
	for _, p := range nw.params {
		all = append(all, numbers(p.value)...)
	}
	return all
}

func slopeOf(i, n int, w float64) float64 {
	return (1+float64(i)/2)*w - math.Sin(w) + 3*math.Sin(float64(n*(i+2)))*math.Exp(-float64(n%7))
}

// gradients fills in the gradient at the present weights.
func (nw *network) gradients() (model []G.ValueGrad) {
	i := 0
	for _, p := range nw.params {
		w := numbers(p.value)
		set(p.grad, func(k int, _ float64) float64 { i++; return slopeOf(i-1, nw.n, w[k]) })
		model = append(model, p)
	}
	nw.n++
	return model
}

// train makes steps and demands that each leaves the gradient cleared.
func (nw *network) train(t *testing.T, s G.Solver, steps int) *network {
	t.Helper()
	for range steps {
		require.NoError(t, s.Step(nw.gradients()))
		for _, p := range nw.params {
			for _, g := range numbers(p.grad) {
				require.Zero(t, g)
			}
		}
	}
	return nw
}
