package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model/internal/graph"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate error -> what caught it: depth of the first column of a block for its last; columns that nothing reaches
// not cleared; rows of the derivative below the stairs not cleared; the first column that reaches a block of rows one
// block late (all TestStaircase).

// Products with a staircase, and their derivatives where it has numbers, are those of a matrix with zeros.
func TestStaircase(t *testing.T) {
	for _, c := range []struct{ rows, inner, columns int }{{50, 196, 128}, {50, 128, 196}, {3, 200, 1}, {1, 65, 300}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			sees := make([]int, c.columns)
			for j := range sees {
				sees[j] = max(0, rng.IntN(c.inner+60)-60) // a part sees nothing
			}
			slices.Sort(sees)
			shown := func(i int) float64 { return float64(one(i/c.columns < sees[i%c.columns])) }
			values := make([]float64, c.inner*c.columns)
			for i := range values {
				values[i] = rng.NormFloat64() * shown(i)
			}
			s := &staircase{name: "Stairs", rows: c.inner, sees: sees}
			products := []func(h, w *G.Node) *G.Node{s.times, func(h, w *G.Node) *G.Node { return G.Must(G.Mul(h, w)) }}
			var results [2][]float64
			for k, times := range products {
				g := G.NewGraph()
				h, w := Float64.zeros(c.rows, c.inner), Float64.zeros(c.inner, c.columns)
				of := rand.New(rand.NewPCG(3, 4))
				fill(h, func(int) float64 { return of.NormFloat64() })
				fill(w, func(i int) float64 { return values[i] })
				in := G.Nodes{node(g, "h", h), node(g, "w", w)}
				y := times(in[0], in[1])
				p, err := graph.Compile(G.Nodes{G.Must(G.Sum(G.Must(G.Square(y)))), y}, in)
				require.NoError(t, err)
				for range 2 { // what the first left in memory must not show
					require.NoError(t, p.Run())
				}
				results[k] = append(results[k], doubles(y.Value().(*tensor.Dense))...)
				for i, n := range in {
					gradient, err := n.Grad()
					require.NoError(t, err)
					for j, v := range doubles(gradient.(*tensor.Dense)) {
						if i == 1 {
							v *= shown(j)
						}
						results[k] = append(results[k], v)
					}
				}
			}
			require.InDeltaSlice(t, results[1], results[0], 1e-9)

			dw := slices.Repeat([]float64{7}, len(values)) // memory of something else
			outer(s, dw, make([]float64, c.rows*c.inner), make([]float64, c.rows*c.columns), dgemm)
			require.Equal(t, make([]float64, len(dw)), dw)
			dh := slices.Repeat([]float64{7}, c.rows*c.inner)
			productBack(s, dh, values, make([]float64, c.rows*c.columns), dgemm)
			require.Equal(t, make([]float64, len(dh)), dh)
			y := slices.Repeat([]float64{7}, c.rows*c.columns)
			product(s, y, make([]float64, c.rows*c.inner), values, dgemm)
			require.Equal(t, make([]float64, len(y)), y)
		})
	}
}
