package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors and what caught them:
//
//	tau = 1 + sum rho                                AutocorrelationTimeOfAR1, AutocorrelationTimeCoverage
//	window of one tau for five                       AutocorrelationTimeOfAR1, AutocorrelationTimeCoverage
//	half the variance of tau                         AutocorrelationTimeCoverage
//	no padding of the transform; mean not taken off  AutocorrelationByDefinition
//	no warning of short chains                       AutocorrelationTimeOfAR1

// ar1 is a stationary chain x_t = a x_{t-1} + noise of unit variance.
func ar1(rng *rand.Rand, n int, a float64) []float64 {
	x := make([]float64, n)
	x[0] = 3 + rng.NormFloat64()
	for t := 1; t < n; t++ {
		x[t] = 3 + a*(x[t-1]-3) + math.Sqrt(1-a*a)*rng.NormFloat64()
	}
	return x
}

// The transform gives the autocorrelation by its definition, without wrapping around.
func TestAutocorrelationByDefinition(t *testing.T) {
	x := []float64{1, 4, 2, 8, 5, 7, 7.5, 3}
	mean := stat.Mean(x, nil)
	direct, rho := make([]float64, len(x)), make([]float64, len(x))
	for m := range x {
		for i := range len(x) - m {
			direct[m] += (x[i] - mean) * (x[i+m] - mean)
		}
	}
	addAutocovariance(rho, x, mean)
	for m := range x {
		assert.InDelta(t, direct[m], rho[m], 1e-12)
	}
}

// Chains of 100 tau are short for a mean of their own: their common mean keeps tau within 3 % and its interval honest.
// (Centred one by one, 8 chains came out 10 % low and covered in 86 %.)
func TestAutocorrelationTimeOfManyShortChains(t *testing.T) {
	const reps = 200
	rng := rand.New(rand.NewPCG(7, 3))
	covered, mean := 0, 0.0
	for range reps {
		chains := make([][]float64, 8)
		for c := range chains {
			chains[c] = ar1(rng, 1900, 0.9)
		}
		r := AutocorrelationTime(chains)
		mean += r.Time.Value / reps
		if r.Time.Covers(19) {
			covered++
		}
	}
	assert.InEpsilon(t, 19, mean, 0.03)
	assert.GreaterOrEqual(t, covered, 182)
}

// tau of an AR(1) chain is (1+a)/(1-a): 19 for a = 0.9.
func TestAutocorrelationTimeOfAR1(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	for _, a := range []float64{0.9, 0.5, 0, -0.3} {
		r := AutocorrelationTime([][]float64{ar1(rng, 100_000, a), ar1(rng, 100_000, a)})
		truth := (1 + a) / (1 - a)
		assert.Less(t, math.Abs(r.Time.Z(truth)), 3.5, "a = %v: %v", a, r.Time)
		assert.Less(t, r.Time.SE, 0.06*truth)
		assert.Empty(t, r.Time.Warnings)
		assert.InDelta(t, 200_000/truth, r.Effective, 0.1*200_000/truth)
		assert.GreaterOrEqual(t, float64(r.Window), 5*r.Time.Value)
	}
	silent := 0
	for range 200 { // 16 tau long
		r := AutocorrelationTime([][]float64{ar1(rng, 300, 0.9)})
		assert.True(t, r.Time.Known())
		if len(r.Time.Warnings) == 0 {
			silent++
		}
	}
	assert.Less(t, silent, 20, "short chains that were taken for long ones")
	hopeless := AutocorrelationTime([][]float64{{1, 2, 3, 4, 5, 6}})
	assert.NotEmpty(t, hopeless.Time.Warnings)
	for _, chain := range [][]float64{{1}, {2, 2, 2}, {1, math.NaN(), 2}} {
		r := AutocorrelationTime([][]float64{chain})
		assert.False(t, r.Time.Known())
		assert.NotEmpty(t, r.Time.Warnings)
	}
	assert.Panics(t, func() { AutocorrelationTime(nil) })
	assert.Panics(t, func() { AutocorrelationTime([][]float64{{1, 2}, {1}}) })
}

func TestAutocorrelationTimeCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	rng := rand.New(rand.NewPCG(8, 2))
	const reps = 1000
	covered := 0
	for range reps {
		if AutocorrelationTime([][]float64{ar1(rng, 8000, 0.7), ar1(rng, 8000, 0.7)}).Time.Covers(1.7 / 0.3) {
			covered++
		}
	}
	c := float64(covered) / reps
	t.Logf("covers in %.3f", c)
	assert.True(t, c >= 0.92 && c <= 0.98, "covers in %.3f of repetitions", c)
}
