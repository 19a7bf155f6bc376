package ssl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"
	"calorimeter/model/internal/graph"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the tests that caught them:
//
//	gradient of the loss not divided by n                    TestGradients, TestOperations
//	labels that do not sum to 1 taken as if they did         TestOperations
//	unit rows: radial part added, or 1/|x| forgotten         TestGradients, TestOperations

// lossAt evaluates the loss of held labels at weights theta.
func lossAt(t *testing.T, m *Model, theta [][]float64) float64 {
	m.load(theta)
	require.NoError(t, m.forward.Run())
	return graph.Scalar(m.loss)
}

// The gradient of every weight against central differences, with the labels held; no input is changed by a run.
func TestGradients(t *testing.T) {
	for _, a := range algorithms {
		t.Run(string(a), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			m := newModel(t, small(a, model.Float64))
			st := m.NewState(rng)
			for _, p := range st.Theta { // biases away from 0
				for j := range p {
					p[j] += 0.05 * rng.NormFloat64()
				}
			}
			views := uniforms(rng, m.Samples()*12)
			graph.Put(m.x, views)
			var teacher []float64 // its energies, which labels exchange in place
			if a == DINO {
				require.NoError(t, m.teach(st))
				teacher = slices.Clone(m.target)
			}
			m.at = st
			for range 2 { // the second run meets whatever the first left behind
				copy(m.target, teacher)
				m.load(st.Theta)
				require.NoError(t, m.train.Run())
				require.NoError(t, m.unmade)
				graph.Put(m.q, m.labels)
				loss := graph.Scalar(m.trained)
				var grads [][]float64
				for i, p := range m.params {
					g, err := gradient(p)
					require.NoError(t, err)
					grads = append(grads, slices.Clone(g.Float64s()))
					g.Zero()
					assert.Equal(t, st.Theta[i], p.Value().Data(), "%s was changed", p.Name())
				}
				for i, v := range m.x.Value().Data().([]float64) {
					require.Equal(t, float64(views[i]), v)
				}
				assert.InDelta(t, loss, lossAt(t, m, st.Theta), 1e-14)
				const h = 1e-5
				largest := 0.0
				theta := cloneAll(st.Theta)
				for i, p := range theta {
					for j, w := range p {
						p[j] = w + h
						up := lossAt(t, m, theta)
						p[j] = w - h
						down := lossAt(t, m, theta)
						p[j] = w
						require.InDelta(t, (up-down)/(2*h), grads[i][j], 1e-6*(0.01+math.Abs(grads[i][j])), "%s[%d]", m.params[i].Name(),
							j)
						largest = max(largest, math.Abs(grads[i][j]))
					}
				}
				assert.Greater(t, largest, 1e-2, "a gradient of zeros would pass")
			}
		})
	}
}

// The two operations against central differences in their inputs, including rows of different length and labels that do
// not sum to 1.
func TestOperations(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	const (
		n = 4
		k = 3
		h = 1e-6
	)
	x, w := make([]float64, n*k), make([]float64, n*k)
	q := make([]float64, n*k)
	for i := range x {
		x[i], w[i] = 3*rng.NormFloat64(), rng.NormFloat64()
		q[i] = rng.Float64()
	}
	unit := func(x []float64) (sum float64) {
		y := make([]float64, len(x))
		normalise(y, [][]float64{x}, tensor.Shape{n, k})
		for i, v := range y {
			sum += w[i] * v
		}
		return sum
	}
	shape := tensor.Shape{n, k}
	last, loss := new(softmaxes), make([]float64, 1)
	entropy := func(x []float64) float64 {
		crossEntropyLoss[float64](last)(loss, [][]float64{x, q}, shape)
		return loss[0]
	}
	unitGrad, entropyGrad := make([]float64, n*k), make([]float64, n*k)
	normaliseGrad(unitGrad, [][]float64{x, w}, tensor.Shape{n, k})
	entropy(x)
	crossEntropyGrad[float64](last)(entropyGrad, [][]float64{x, q, loss, {1}}, shape)
	for i, v := range x {
		for _, c := range []struct {
			f    func([]float64) float64
			grad float64
		}{{unit, unitGrad[i]}, {entropy, entropyGrad[i]}} {
			x[i] = v + h
			up := c.f(x)
			x[i] = v - h
			down := c.f(x)
			x[i] = v
			assert.InDelta(t, (up-down)/(2*h), c.grad, 1e-8)
		}
	}
	far := make([]float32, 1)
	crossEntropyLoss[float32](last)(far, [][]float32{{1e30, -1e30}, {1, 0}}, tensor.Shape{1, 2})
	assert.Zero(t, far[0])
	zero := make([]float64, 3)
	normalise(zero, [][]float64{zero}, tensor.Shape{1, 3})
	assert.Equal(t, []float64{0, 0, 0}, zero)
}
