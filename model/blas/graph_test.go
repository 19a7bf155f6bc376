package blas

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// network returns the mean squared output of a two-layer network and its gradients, computed by Gorgonia in the given
// precision.
func network(t *testing.T, dt tensor.Dtype) (loss float64, grads [][]float64) {
	const (
		batch  = 50
		in     = 196
		hidden = 128
		out    = 30
	)
	rng := rand.New(rand.NewPCG(7, 8))
	g := G.NewGraph()
	matrix := func(name string, rows, cols int, scale float64) *G.Node {
		values := normals(rng, rows*cols)
		for i := range values {
			values[i] = float64(float32(values[i] * scale))
		}
		var backing any = values
		if dt == tensor.Float32 {
			backing = single(values)
		}
		return G.NewMatrix(g, dt, G.WithName(name), G.WithShape(rows, cols),
			G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(backing))))
	}
	x, w1 := matrix("x", batch, in, 1), matrix("w1", in, hidden, 0.07)
	w2 := matrix("w2", hidden, out, 0.09)
	cost := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Mul(G.Must(G.Tanh(G.Must(G.Mul(x, w1)))), w2))))))
	_, err := G.Grad(cost, w1, w2)
	require.NoError(t, err)
	vm := G.NewTapeMachine(g, G.BindDualValues(w1, w2))
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	flat := func(v any) []float64 {
		switch v := v.(type) {
		case []float32:
			return double(v)
		case []float64:
			return slices.Clone(v)
		case float32:
			return []float64{float64(v)}
		case float64:
			return []float64{v}
		}
		t.Fatalf("a value of type %T", v)
		return nil
	}
	for _, w := range []*G.Node{w1, w2} {
		grad, err := w.Grad()
		require.NoError(t, err)
		grads = append(grads, flat(grad.Data()))
	}
	return flat(cost.Value().Data())[0], grads
}

func norm(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

func TestGraph(t *testing.T) {
	defer G.Use(gonum.Implementation{})
	G.Use(gonum.Implementation{})
	wantLoss, wantGrads := network(t, tensor.Float64)
	require.Greater(t, norm(wantGrads[0]), 1e-3)
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			choice, err := Use(name)
			if err != nil {
				t.Skip(err)
			}
			t.Log(choice)
			for _, precision := range []struct {
				dt  tensor.Dtype
				eps float64
			}{{tensor.Float32, 1e-6}, {tensor.Float64, 1e-14}} {
				loss, grads := network(t, precision.dt)
				assert.InEpsilon(t, wantLoss, loss, precision.eps)
				for i, grad := range grads {
					diff := slices.Clone(grad)
					for j := range diff {
						diff[j] -= wantGrads[i][j]
					}
					assert.Less(t, norm(diff), precision.eps*norm(wantGrads[i]), "%v, gradient %d", precision.dt, i)
				}
			}
		})
	}
}
