package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model/internal/graph"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	bias left out                                TestConvAgainstPlainLoops
//	border of 1, not 2                           TestConvAgainstPlainLoops
//	window of 3 at every side                    TestConvAgainstPlainLoops
//	border filled from the next row              TestConvAgainstPlainLoops
//	patch shifted by the border                  TestConvAgainstPlainLoops
//	window upside down                           TestConvAgainstPlainLoops
//	a pixel left out of the pooling              TestConvAgainstPlainLoops
//	pooled side rounded down                     TestConvAgainstPlainLoops
//	adjoint overwrites, does not add             TestConvOperations
//	derivative of the pooling at a wrong pixel   TestConvOperations
//	derivative at the last of several largest    TestPoolTies

// images is a stack of planes, one a channel, for the plain loops.
type images [][][]float64

func planes(channels, side int) images {
	out := make(images, channels)
	for c := range out {
		for range side {
			out[c] = append(out[c], make([]float64, side))
		}
	}
	return out
}

// convolution of in with the filters w (window^2 channels x filters: row, column and channel of the window), a border
// of pad zeros.
func convolution(in images, w *tensor.Dense, window, pad int) images {
	filters, side := w.Shape()[1], len(in[0])
	out := planes(filters, side+2*pad-window+1)
	for f := range out {
		for r := range out[f] {
			for c := range out[f][r] {
				for i := range window {
					for j := range window {
						for channel := range in {
							y, x := r+i-pad, c+j-pad
							if y >= 0 && y < side && x >= 0 && x < side {
								out[f][r][c] += in[channel][y][x] * at(w, ((i*window+j)*len(in)+channel)*filters+f)
							}
						}
					}
				}
			}
		}
	}
	return out
}

// activation pools, adds the bias and takes ReLU, bias and ReLU before the pooling.
func activation(in images, b *tensor.Dense) images {
	side := len(in[0])
	out := planes(len(in), (side+1)/2)
	for f := range out {
		for r := range side {
			for c := range side {
				v := max(0, in[f][r][c]+at(b, f))
				out[f][r/2][c/2] = max(out[f][r/2][c/2], v)
			}
		}
	}
	return out
}

// The energies against convolutions in plain loops, for every kind of side: kernels of 5 and 3, pooling that cuts a
// block or not.
func TestConvAgainstPlainLoops(t *testing.T) {
	for _, side := range []int{12, 13, 14, 17, 20, 21, 28} {
		m, err := NewConv(ConvSettings{Side: side, Channels: [2]int{2, 3}, Hidden: 4, Labels: 3, Batch: 1,
			Precision: Float64})
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(1, uint64(side)))
		m.Init(rng)
		for _, b := range m.biases {
			fill(b, func(int) float64 { return rng.NormFloat64() / 3 })
		}
		x := inputs(m, 3, rng)
		phi := make([]float64, 3)
		require.NoError(t, m.Energies(phi, x))
		for i := range phi {
			row := x[i*m.Dim() : (i+1)*m.Dim()]
			in := planes(1, side)
			for k := range side * side {
				in[0][k/side][k%side] = float64(row[k])
			}
			window := 5
			if side < 20 {
				window = 3
			}
			in = activation(convolution(in, m.weights[0], 5, 2), m.biases[0])
			in = activation(convolution(in, m.weights[1], window, 0), m.biases[1])
			var flat []float64
			for r := range in[0] {
				for c := range in[0] {
					for channel := range in {
						flat = append(flat, in[channel][r][c])
					}
				}
			}
			require.InDelta(t, energy(dense(m.classifier, 2, flat), int(row[m.Dim()-1])), phi[i], 1e-10, "side %d", side)
		}
		require.NoError(t, m.Close())
	}
}

// Each operation alone, gradient with respect to its input by central differences, and no input changed, with an
// elementwise operation before and after it.
func TestConvOperations(t *testing.T) {
	for name, op := range map[string]interface{ apply(*G.Node) *G.Node }{
		"patches padded": newPatches(4, 2, 3, 1), "patches strided": newStridedPatches(4, 2, 3, 1, 2),
		"patches": newPatches(4, 2, 3, 0), "patches all": newPatches(4, 2, 4, 0),
		"pool": maxPool{side: 4}, "pool cut": maxPool{side: 5},
	} {
		for _, p := range []Precision{Float32, Float64} {
			t.Run(fmt.Sprint(name, p), func(t *testing.T) {
				shape := []int{3 * 16, 2}
				if name == "pool cut" {
					shape = []int{2 * 25, 3}
				}
				rng := rand.New(rand.NewPCG(1, 2))
				in := p.zeros(shape...)
				fill(in, func(int) float64 { return rng.NormFloat64() })
				before := in.Clone().(*tensor.Dense)
				g := G.NewGraph()
				x := node(g, "x", in)
				y := op.apply(G.Must(G.Tanh(x)))
				weights := p.zeros(y.Shape()...)
				fill(weights, func(int) float64 { return rng.NormFloat64() })
				w := node(g, "w", weights)
				program, err := compile(x, G.Must(G.Sum(G.Must(G.HadamardProd(G.Must(G.Square(y)), w)))), G.Nodes{x})
				require.NoError(t, err)
				loss := func() float64 {
					require.NoError(t, program.Run())
					return graph.Scalar(program.output)
				}
				loss()
				require.Equal(t, before.Data(), x.Value().Data(), "the input was changed")
				require.Equal(t, before.Data(), in.Data(), "the input was changed")
				dual, err := x.Grad()
				require.NoError(t, err)
				grad := dual.(*tensor.Dense).Clone().(*tensor.Dense)
				h, tolerance := 1e-5, 1e-8
				if p == Float32 {
					h, tolerance = 1e-2, 0.02
				}
				set := func(i int, v float64) {
					fill(in, func(j int) float64 {
						if j == i {
							return v
						}
						return at(before, j)
					})
				}
				for i := range in.Shape().TotalSize() {
					set(i, at(before, i)+h)
					up := loss()
					set(i, at(before, i)-h)
					down := loss()
					set(i, at(before, i))
					require.InDelta(t, (up-down)/(2*h), at(grad, i), tolerance, "element %d", i)
				}
				require.NoError(t, program.Close())
			})
		}
	}
}

// Where several pixels are largest, the first one has the derivative, once.
func TestPoolTies(t *testing.T) {
	dx, x := make([]float64, 9), make([]float64, 9)
	y := make([]float64, 4)
	unpool2x2[float64](maxPool{side: 3})(dx, [][]float64{x, y, {1, 2, 3, 4}}, tensor.Shape{9, 1})
	require.Equal(t, []float64{1, 0, 2, 0, 0, 0, 3, 0, 4}, dx)
}

// NaN is not lost in the pooling.
func TestPoolNaN(t *testing.T) {
	for i := range 4 {
		x, y := make([]float32, 4), make([]float32, 1)
		x[i] = float32(math.NaN())
		pool2x2[float32](maxPool{side: 2})(y, [][]float32{x}, tensor.Shape{4, 1})
		require.True(t, math.IsNaN(float64(y[0])))
	}
}

func TestConvSettings(t *testing.T) {
	m, err := NewConv(ConvSettings{Batch: 1})
	require.NoError(t, err)
	require.Equal(t, 785, m.Dim())
	var shapes []tensor.Shape
	for _, p := range m.Params() {
		shapes = append(shapes, p.Shape())
	}
	require.Equal(t, []tensor.Shape{{25, 8}, {1, 8}, {200, 16}, {1, 16}, {400, 128}, {1, 128}, {128, 10}, {1, 10}}, shapes)
	small, err := NewConv(ConvSettings{Side: 14, Batch: 1})
	require.NoError(t, err)
	require.True(t, slices.Equal([]int{144, 128}, small.Params()[4].Shape()), "3 x 3 of 16 channels")

	for _, s := range []ConvSettings{
		{Side: 11, Batch: 1}, {Channels: [2]int{-1, 2}, Batch: 1}, {Hidden: -1, Batch: 1},
		{Labels: 1, Batch: 1}, {Batch: 0}, {Batch: 1, EvalBatch: -1},
	} {
		_, err := NewConv(s)
		require.ErrorContains(t, err, "conv", "%+v", s)
	}
}
