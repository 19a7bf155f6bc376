package graph

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the test that caught them: rest of an input not cleared; gradients not bound; factor left out
// (all TestProgram).

// f = sum (x w)^2 and y = x w: by hand, for rows (1, 2) and (0, 0) and w = (3, -1), y = (1, 0) and
// df/dw = 2 y x = (2, 4).
func TestProgram(t *testing.T) {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		g := G.NewGraph()
		node := func(name string, rows, cols int) *G.Node {
			v := tensor.New(tensor.WithShape(rows, cols), tensor.Of(dtype))
			return G.NewMatrix(g, dtype, G.WithShape(rows, cols), G.WithName(name), G.WithValue(v))
		}
		x, w := node("x", 2, 2), node("w", 2, 1)
		y := G.Must(G.Mul(x, w))
		f := G.Must(G.Sum(G.Must(G.Square(y))))
		p, err := Compile(G.Nodes{f, y}, G.Nodes{w})
		require.NoError(t, err)
		Put(x, []float64{9, 9, 9, 9})
		Put(x, []float32{1, 2})
		Put(w, []float64{3, -1})
		require.NoError(t, p.Run())
		require.NoError(t, p.Run()) // gradients add up
		require.Equal(t, 1.0, Scalar(f))
		grad, err := w.Grad()
		require.NoError(t, err)
		d := grad.(*tensor.Dense)
		want := map[tensor.Dtype]any{tensor.Float32: []float32{4, 8}, tensor.Float64: []float64{4, 8}}
		require.Equal(t, want[dtype], d.Data())
		rows := make([]float64, 2)
		Get(rows, y, -3)
		require.InDeltaSlice(t, []float64{-3, 0}, rows, 0)
		require.NoError(t, p.Close())
	}
}
