package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/stat/distuv"
)

// Deliberate errors and what caught them (kernel, langevin, path):
//
//	noise sqrt(h) for sqrt(2h)                    WorkOfLangevinDynamics, MALAIsInvariant, UnadjustedStepHasItsKnownBias
//	transition density with 2h for 4h             LangevinLogDensityIsNormalised, MALAIsInvariant, PathEntropyProduction
//	its constant without d/2                      LangevinLogDensityIsNormalised
//	acceptance with the energies exchanged        MALAIsInvariant, WorkOfLangevinDynamics
//	acceptance without the transition densities   MALAIsInvariant, WorkOfLangevinDynamics
//	alpha with - h|grad|^2/4                      WorkOfLangevinDynamics, WeightedWorkIsALogRatio
//	alpha without the 1/2                         WorkOfLangevinDynamics, WeightedWorkIsALogRatio
//	naive work with the heat in it                WorkOfLangevinDynamics, WeightedWorkIsALogRatio
//	forward + reverse log density                 PathEntropyProduction
//	reverse step not reversed                     PathEntropyProduction

// trap is the harmonic potential k |x|^2 / 2.
func trap(k float64) Potential {
	return func(grad, x []float64) float64 {
		e := 0.0
		for i, v := range x {
			e += k * v * v / 2
			if grad != nil {
				grad[i] = k * v
			}
		}
		return e
	}
}

// doubleWell is 2 (x^2-1)^2 + x/2.
func doubleWell(grad, x []float64) float64 {
	v := x[0]
	if grad != nil {
		grad[0] = 8*v*(v*v-1) + 0.5
	}
	return 2*(v*v-1)*(v*v-1) + v/2
}

// naiveTrapDeltaF is what -ln <exp(-naive work)> of unadjusted Langevin steps tends to in a trap of changing stiffness,
// exactly: the weighted density stays Gaussian, so its mass and variance are followed.
func naiveTrapDeltaF(stiffness []float64, h float64) float64 {
	v, logMass := 1/stiffness[0], 0.0
	for j := 1; j < len(stiffness); j++ {
		a := 1 - h*stiffness[j-1]
		v = a*a*v + 2*h
		shrink := 1 + (stiffness[j]-stiffness[j-1])*v
		v /= shrink
		logMass -= math.Log(shrink) / 2
	}
	return -logMass
}

// Stiffness 1 -> 4 in 50 steps, dF = ln 2: the naive work misses it by what the exact recursion says, the weighted work
// and the work of MALA do not.
func TestWorkOfLangevinDynamics(t *testing.T) {
	const paths, steps = 10_000, 50
	stiffness := make([]float64, steps+1)
	for j := range stiffness {
		stiffness[j] = 1 + 3*float64(j)/steps
	}
	for _, c := range []struct{ h, naive float64 }{{0.05, 0.722}, {0.1, 0.765}, {0.2, 0.878}} {
		assert.InDelta(t, c.naive, naiveTrapDeltaF(stiffness, c.h), 5e-4)
		rng := rand.New(rand.NewPCG(1, 2))
		naive, weighted := make([]float64, paths), make([]float64, paths)
		adjusted := make([]float64, paths)
		driver, mala := NewWeightedLangevin(1, c.h), NewMALA(1, c.h)
		for p := range paths {
			x := []float64{rng.NormFloat64()}
			y := []float64{x[0]}
			for j := range steps {
				before, after := trap(stiffness[j]), trap(stiffness[j+1])
				w, weight, err := driver.Step(x, before, after, rng)
				require.NoError(t, err)
				naive[p] += w
				weighted[p] += weight
				require.NoError(t, mala.Move(y, before, rng))
				adjusted[p] += after(nil, y) - before(nil, y)
			}
		}
		n, w := Jarzynski(naive, nil).DeltaF, Jarzynski(weighted, nil).DeltaF
		a := Jarzynski(adjusted, nil).DeltaF
		t.Logf("h = %v: naive %.4f +- %.4f, weighted %.4f +- %.4f (z %.2f), MALA %.4f +- %.4f (acceptance %.3f)",
			c.h, n.Value, n.SE, w.Value, w.SE, w.Z(math.Ln2), a.Value, a.SE, float64(mala.Accepted)/float64(mala.Proposed))
		assert.Less(t, math.Abs(n.Z(naiveTrapDeltaF(stiffness, c.h))), 3.5, "naive, h = %v", c.h)
		assert.Greater(t, n.Z(math.Ln2), 4., "naive work must miss, h = %v", c.h)
		assert.Less(t, math.Abs(w.Z(math.Ln2)), 3.5, "weighted, h = %v", c.h)
		assert.Less(t, math.Abs(a.Z(math.Ln2)), 3.5, "MALA, h = %v", c.h)
		assert.Less(t, w.SE, 0.01)
		assert.Empty(t, w.Warnings)
	}
}

// One weighted step is the log ratio of path probabilities, in several dimensions and for an anharmonic energy.
func TestWeightedWorkIsALogRatio(t *testing.T) {
	quartic := func(grad, x []float64) float64 {
		e := 0.0
		for i, v := range x {
			e += v*v*v*v/4 + v
			if grad != nil {
				grad[i] = v*v*v + 1
			}
		}
		return e
	}
	rng := rand.New(rand.NewPCG(2, 2))
	const h = 0.1
	x := []float64{0.3, -0.7, 1.1}
	y := append([]float64(nil), x...)
	naive, weighted, err := NewWeightedLangevin(3, h).Step(y, trap(2), quartic, rng)
	require.NoError(t, err)
	gx, gy := make([]float64, 3), make([]float64, 3)
	ratio := quartic(gy, y) - trap(2)(gx, x) + langevinLogDensity(x, y, gx, h) - langevinLogDensity(y, x, gy, h)
	assert.InDelta(t, ratio, weighted, 1e-12)
	assert.InDelta(t, quartic(nil, y)-trap(2)(nil, y), naive, 1e-12)
}

func TestLangevinLogDensityIsNormalised(t *testing.T) {
	const h = 0.3
	x, y := []float64{2, 1, -0.5}, []float64{2.2, 0, 0.3}
	grad := []float64{1.5, -1, 0}
	want := 0.0
	for i := range x {
		want += distuv.Normal{Mu: x[i] - h*grad[i], Sigma: math.Sqrt(2 * h)}.LogProb(y[i])
	}
	assert.InDelta(t, want, langevinLogDensity(x, y, grad, h), 1e-12)
	assert.Panics(t, func() { langevinLogDensity([]float64{1}, []float64{1, 2}, []float64{1}, h) })
}

// binned returns chi-squared of n chains that began in exact equilibrium of the double well and made 40 moves, over 20
// bins.
func binned(t *testing.T, move func(x []float64) error, rng *rand.Rand, n int) float64 {
	const lo, hi, bins, fine = -2.5, 2.5, 20, 400
	cumulative := make([]float64, bins*fine+1)
	width := (hi - lo) / (bins * fine)
	for i := range bins * fine {
		cumulative[i+1] = cumulative[i] + math.Exp(-doubleWell(nil, []float64{lo + (float64(i)+0.5)*width}))
	}
	total := cumulative[len(cumulative)-1]
	counts := make([]float64, bins)
	x := make([]float64, 1)
	for range n {
		for { // rejection from the uniform; the energy is above -0.6 everywhere
			x[0] = lo + (hi-lo)*rng.Float64()
			if rng.Float64() < math.Exp(-doubleWell(nil, x)-0.6) {
				break
			}
		}
		for range 40 {
			require.NoError(t, move(x))
		}
		counts[min(bins-1, max(0, int((x[0]-lo)/(hi-lo)*bins)))]++
	}
	chi2, cells := 0.0, 0.0
	expected, observed := 0.0, 0.0
	for b := range counts { // bins are joined until 10 are expected
		expected += float64(n) * (cumulative[(b+1)*fine] - cumulative[b*fine]) / total
		observed += counts[b]
		if expected > 10 {
			chi2 += (observed - expected) * (observed - expected) / expected
			expected, observed = 0, 0
			cells++
		}
	}
	return distuv.ChiSquared{K: cells - 1}.Survival(chi2)
}

func TestMALAIsInvariant(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	const h, n = 0.03, 20_000
	mala := NewMALA(1, h)
	p := binned(t, func(x []float64) error { return mala.Move(x, doubleWell, rng) }, rng, n)
	assert.Greater(t, p, 0.001, "MALA")
	assert.Equal(t, 40*n, mala.Proposed)
	assert.InDelta(t, 0.9, float64(mala.Accepted)/float64(mala.Proposed), 0.06)
	assert.Less(t, binned(t, unadjusted(1, h, doubleWell, rng), rng, n), 1e-9, "without Metropolis")
}

// unadjusted is the Langevin step alone, that of the driver at one energy.
func unadjusted(dim int, h float64, phi Potential, rng *rand.Rand) func(x []float64) error {
	driver := NewWeightedLangevin(dim, h)
	return func(x []float64) error {
		_, _, err := driver.Step(x, phi, phi, rng)
		return err
	}
}

// The stationary variance of the step alone in a trap is 1/(k (1 - hk/2)).
func TestUnadjustedStepHasItsKnownBias(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	const k, h, chains = 2., 0.3, 20_000
	move, x := unadjusted(chains, h, trap(k), rng), make([]float64, chains)
	for range 60 {
		require.NoError(t, move(x))
	}
	for i := range x {
		x[i] *= x[i]
	}
	e := estimate.Mean(x)
	assert.Less(t, math.Abs(e.Z(1/(k*(1-h*k/2)))), 3.5)
	assert.Greater(t, e.Z(1/k), 10.)
}

func TestGradientsOfTheTestPotentials(t *testing.T) {
	for _, x := range []float64{-1.3, 0.2, 0.9} {
		g := make([]float64, 1)
		doubleWell(g, []float64{x})
		assert.InDelta(t, fd.Derivative(func(x float64) float64 { return doubleWell(nil, []float64{x}) }, x, nil), g[0], 1e-5)
	}
}

func TestKernelsRefuseWhatIsNotFinite(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	broken := func(grad, x []float64) float64 {
		if grad != nil {
			grad[0], grad[1] = 0, math.NaN()
		}
		return 0
	}
	infinite := func(grad, x []float64) float64 { clear(grad); return math.Inf(1) }
	driver := NewWeightedLangevin(2, 0.1)
	for name, err := range map[string]func(x []float64) error{
		"MALA":            func(x []float64) error { return NewMALA(2, 0.1).Move(x, broken, rng) },
		"MALA, energy":    func(x []float64) error { return NewMALA(2, 0.1).Move(x, infinite, rng) },
		"driver, before":  func(x []float64) error { _, _, err := driver.Step(x, broken, trap(1), rng); return err },
		"driver, after":   func(x []float64) error { _, _, err := driver.Step(x, trap(1), broken, rng); return err },
		"driver, energy":  func(x []float64) error { _, _, err := driver.Step(x, trap(1), infinite, rng); return err },
		"driver, energy0": func(x []float64) error { _, _, err := driver.Step(x, infinite, trap(1), rng); return err },
	} {
		x := []float64{1, 2}
		assert.Error(t, err(x), name)
		assert.Equal(t, []float64{1, 2}, x, name)
	}
	wall := func(grad, x []float64) float64 { // a wall at 0 that any step may hit
		if grad != nil {
			grad[0] = 0
		}
		if x[0] < 0 {
			return math.Inf(1)
		}
		return x[0]
	}
	mala, x := NewMALA(1, 1), []float64{0.1}
	for range 200 {
		require.NoError(t, mala.Move(x, wall, rng))
		assert.GreaterOrEqual(t, x[0], 0.)
	}
	assert.Panics(t, func() { NewMALA(0, 1) })
	assert.Panics(t, func() { NewMALA(1, math.NaN()) })
	assert.Panics(t, func() { _ = NewMALA(1, 1).Move([]float64{1, 2}, trap(1), rng) })
}

// An overdamped particle on a ring, force f: f^2 h of entropy a step. And a relaxing Gaussian, exact at any step.
func TestPathEntropyProduction(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 2))
	const h, f, steps, paths = 0.2, 1.3, 10, 20_000
	density := func(gradient func(x float64) float64) LogTransition {
		return func(_ int, from, to []float64) float64 {
			return langevinLogDensity(from, to, []float64{gradient(from[0])}, h)
		}
	}
	ring := density(func(float64) float64 { return -f })
	const k, v0, a = 2., 3., 1 - h*2.
	relax := density(func(x float64) float64 { return k * x })
	variance, mean := v0, 0.0
	for range steps {
		next := a*a*variance + 2*h
		mean += -0.5 + (variance-2*a*a*variance+a*a*next)/(4*h)
		variance = next
	}
	mean += (math.Log(variance / v0)) / 2 // <ln p_0 - ln p_T>: both exponents average 1/2
	start, end := distuv.Normal{Sigma: math.Sqrt(v0)}, distuv.Normal{Sigma: math.Sqrt(variance)}
	onRing, relaxing := make([]float64, paths), make([]float64, paths)
	for p := range paths {
		path, decay := [][]float64{{0}}, [][]float64{{math.Sqrt(v0) * rng.NormFloat64()}}
		for j := range steps {
			path = append(path, []float64{path[j][0] + h*f + math.Sqrt(2*h)*rng.NormFloat64()})
			decay = append(decay, []float64{a*decay[j][0] + math.Sqrt(2*h)*rng.NormFloat64()})
		}
		var err error
		onRing[p], err = PathEntropyProduction(path, ring, ring)
		require.NoError(t, err)
		relaxing[p], err = PathEntropyProduction(decay, relax, relax)
		require.NoError(t, err)
		relaxing[p] += start.LogProb(decay[0][0]) - end.LogProb(decay[steps][0])
	}
	assert.Less(t, math.Abs(estimate.Mean(onRing).Z(f*f*h*steps)), 3.5)
	assert.Less(t, math.Abs(estimate.Mean(relaxing).Z(mean)), 3.5)
	assert.Greater(t, mean, 0.2)
	for _, total := range [][]float64{onRing, relaxing} {
		assert.Less(t, math.Abs(FluctuationAverage([][]float64{total}, []float64{0}).Z), 3.5)
	}
	impossible := func(int, []float64, []float64) float64 { return math.Inf(-1) }
	_, err := PathEntropyProduction([][]float64{{0}, {0}, {0}}, ring, impossible)
	assert.ErrorContains(t, err, "step 0 of 2")
	none, err := PathEntropyProduction([][]float64{{0}}, ring, ring)
	assert.NoError(t, err)
	assert.Zero(t, none)
}

func TestMovesDoNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 2))
	x := make([]float64, 32)
	phi := trap(1)
	mala := NewMALA(32, 0.1)
	assert.Zero(t, testing.AllocsPerRun(50, func() { _ = mala.Move(x, phi, rng) }))
	driver := NewWeightedLangevin(32, 0.1)
	assert.Zero(t, testing.AllocsPerRun(50, func() { _, _, _ = driver.Step(x, phi, phi, rng) }))
}
