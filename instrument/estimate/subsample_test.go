package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat"
)

// A mean with an artificial bias c n^-1/2 has a known variance and a known bias.
//
// Deliberate errors, all caught: se without size/n; lag left out of n + lag; bias of the opposite sign; interval not
// stretched; biasSE without 1/m.
func TestSubsamples(t *testing.T) {
	const n, m, size, c, reps = 400, 10, 40, 2.0, 2000
	rng := rand.New(rand.NewPCG(1, 2))
	statistic := func(x []float64) float64 { return stat.Mean(x, nil) + c/math.Sqrt(float64(len(x))) }
	x, subsets := make([]float64, n), make([]float64, m)
	var variance, biases, biasVariance []float64
	missLow, missHigh := 0, 0
	for range reps {
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		for s := range subsets {
			subsets[s] = statistic(x[s*size : (s+1)*size])
		}
		e, bias, biasSE := Subsamples(statistic(x), n, subsets, size, 0, 0.5)
		variance = append(variance, e.SE*e.SE)
		biases, biasVariance = append(biases, bias), append(biasVariance, biasSE*biasSE)
		if e.Hi < 0 {
			missHigh++
		}
		if e.Lo > 0 {
			missLow++
		}
	}
	sem := stat.StdDev(biases, nil) / math.Sqrt(reps)
	assert.InDelta(t, 1.0/n, stat.Mean(variance, nil), 5*math.Sqrt(2.0/(m-1)/reps)/n, "se")
	assert.InDelta(t, -c/math.Sqrt(n), stat.Mean(biases, nil), 5*sem+1e-12, "bias")
	f := math.Sqrt(n/size) - 1
	assert.InDelta(t, 1.0/n/f/f, stat.Mean(biasVariance, nil), 5*math.Sqrt(2.0/(m-1)/reps)/n/f/f, "biasSE")
	coverage := 1 - float64(missLow+missHigh)/reps
	assert.GreaterOrEqual(t, coverage, 0.92)

	plain, _, _ := Subsamples(1, n, subsets, size, 0, 0.5)
	lagged, _, _ := Subsamples(1, n, subsets, size, 60, 0.5)
	assert.InEpsilon(t, math.Sqrt(100.0/460/0.1), lagged.SE/plain.SE, 1e-12, "lag")

	few, bias, _ := Subsamples(3, n, subsets[:2], size, 0, 0.5)
	assert.True(t, few.Known() && !few.HasInterval() && len(few.Warnings) == 1 && math.IsNaN(bias))
	bad, _, _ := Subsamples(3, n, []float64{1, math.NaN(), 2}, size, 0, 0.5)
	assert.False(t, bad.Known())
	assert.Panics(t, func() { Subsamples(3, n, subsets, n, 0, 0.5) })
	assert.Panics(t, func() { Subsamples(3, n, subsets, size, 0, 0) })
}
