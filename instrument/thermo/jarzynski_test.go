package thermo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

// Deliberate errors and what caught them (jarzynski, tail):
//
//	exp(+W)                                               JarzynskiSmallExactCase, QuenchedOscillators
//	error with n instead of n-1                           JarzynskiSmallExactCase
//	error without - 1/n                                   JarzynskiSmallExactCase, FreeEnergyCoverage, JarzynskiBias
//	twice the bias                                        JarzynskiSmallExactCase, JarzynskiBias
//	no warning of a small effective sample size           JarzynskiSmallExactCase
//	tail shape not drawn to 1/2; prior ten times narrower ParetoShape
//	mean - variance for Gaussian work                     GaussianWorkSmallExactCase, DraggedTrap
//	error of the variance without its 1/2                 GaussianWorkSmallExactCase

func TestJarzynskiSmallExactCase(t *testing.T) {
	r := Jarzynski([]float64{math.Log(2), -math.Log(1.5), 0, -math.Log(2)}, nil)
	assert.InDelta(t, -math.Log(1.25), r.DeltaF.Value, 1e-12)
	assert.InDelta(t, 25/7.5, r.ESS, 1e-12)
	variance := (0.75*0.75 + 0.25*0.25*2 + 0.75*0.75) / 3 / 4 / (1.25 * 1.25) // of the mean of e^-W, relative
	assert.InDelta(t, math.Sqrt(variance), r.DeltaF.SE, 1e-12)
	assert.InDelta(t, variance/2, r.Bias, 1e-12)
	assert.False(t, r.Bootstrap.HasInterval())
	assert.Contains(t, r.DeltaF.Warnings[0], "effective sample size 3.33 of 4")

	far := Jarzynski([]float64{5000 + math.Log(2), 5000 - math.Log(1.5), 5000, 5000 - math.Log(2)}, nil)
	assert.InDelta(t, 5000-math.Log(1.25), far.DeltaF.Value, 1e-9)
	assert.InDelta(t, math.Sqrt(variance), far.DeltaF.SE, 1e-9)
}

func TestGaussianWorkSmallExactCase(t *testing.T) {
	e := GaussianWork([]float64{1, 2, 3, 6})
	const s2 = 14. / 3
	assert.InDelta(t, 3-s2/2, e.Value, 1e-12)
	assert.InDelta(t, math.Sqrt(s2/4+s2*s2/6), e.SE, 1e-12)
	assert.Contains(t, e.Warnings[0], "too few")
}

// The upward bias of Jarzynski's estimator and its estimate agree.
func TestJarzynskiBias(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	const reps, n = 20_000, 20
	values, biases := make([]float64, reps), make([]float64, reps)
	for i := range reps {
		r := Jarzynski(gaussianWork(rng, n, 0, 0.5), nil)
		values[i], biases[i] = r.DeltaF.Value-r.Bias, r.Bias
	}
	left, removed := estimate.Mean(values), estimate.Mean(biases)
	assert.Less(t, math.Abs(left.Value), removed.Value/4+2*left.SE, "what is left of the bias after its estimate is "+
		"taken off")
	assert.Greater(t, removed.Value, 6*left.SE, "a bias that this test can see")
}

// Draws from a generalised Pareto distribution of shape k: x = ((1-u)^-k - 1)/k.
func TestParetoShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for _, k := range []float64{-0.4, 0.3, 0.7} {
		shapes := make([]float64, 200)
		for i := range shapes {
			x := make([]float64, 400)
			for j := range x {
				x[j] = (math.Pow(1-rng.Float64(), -k) - 1) / k
			}
			slices.Sort(x)
			shapes[i] = paretoShape(x)
		}
		drawn := (k*400 + 5) / 410 // towards 1/2
		assert.InDelta(t, drawn, estimate.Mean(shapes).Value, 0.015, "shape %v", k)
	}
	assert.True(t, math.IsNaN(tailShape(make([]float64, 24))))
	assert.Less(t, tailShape(make([]float64, 100)), 0., "equal weights have no tail")
}
