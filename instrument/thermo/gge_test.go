package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
)

// Each formula was broken once by hand; what noticed:
//
//	deliberate error                                      caught by
//	-E/eps with its sign changed                          CheckGGE, CheckGGEOfACentre, CheckGGEOfTinyLabels
//	fields not centred                                    CheckGGE, CheckGGEOfACentre
//	marginal error not relative                           CheckGGE
//	occupation of labels that are not normalised          CheckGGE
//	nu fitted to the labels, not from the normalisation   CheckGGE
//	only labels of exactly 0 left out                     CheckGGEOfTinyLabels

// softmax fills q with exp(-E/eps + lambda), normalised.
func softmax(q, energy, lambda []float64, eps float64) {
	for k, e := range energy {
		q[k] = lambda[k] - e/eps
	}
	lse := floats.LogSumExp(q)
	for k, v := range q {
		q[k] = math.Exp(v - lse)
	}
}

// normals returns n draws from N(0, sd^2).
func normals(rng *rand.Rand, n int, sd float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = sd * rng.NormFloat64()
	}
	return x
}

// ensemble returns energies and self-labels softmax(-E/eps + lambda), with lambda of mean 0.
func ensemble(rng *rand.Rand, n, k int, eps float64) (energy, target, lambda []float64) {
	lambda, energy = normals(rng, k, 1), normals(rng, n*k, 1)
	target = make([]float64, n*k)
	floats.AddConst(-floats.Sum(lambda)/float64(k), lambda)
	for i := 0; i < n*k; i += k {
		softmax(target[i:i+k], energy[i:i+k], lambda, eps)
	}
	return energy, target, lambda
}

func TestCheckGGE(t *testing.T) {
	energy, target, lambda := ensemble(rand.New(rand.NewPCG(2, 2)), 30, 6, 0.4)
	shifted := append([]float64(nil), lambda...)
	floats.AddConst(3, shifted)
	for i := range 6 {
		target[i] *= 1 + 5e-5 // as rounded to float32
	}
	g, err := CheckGGE(energy, target, 6, 0.4, shifted)
	require.NoError(t, err)
	assert.InDeltaSlice(t, lambda, g.Lambda, 1e-14)
	assert.Less(t, g.Residual, 1e-12)
	assert.InDelta(t, 1, floats.Sum(g.Occupation), 1e-12)
	assert.Zero(t, g.Zeros)
	worst := 0.0
	for k := range 6 {
		occupation := 0.0
		for i := range 30 {
			occupation += target[i*6+k] / 30 / floats.Sum(target[i*6:(i+1)*6])
		}
		assert.InDelta(t, occupation, g.Occupation[k], 1e-14)
		worst = max(worst, math.Abs(6*occupation-1))
	}
	assert.InDelta(t, worst, g.MarginalError, 1e-12)
	for i, nu := range g.Nu {
		assert.InDelta(t, math.Log(target[i*6]/floats.Sum(target[i*6:(i+1)*6])), nu+lambda[0]-energy[i*6]/0.4, 1e-12)
	}

	// What is no GGE with these fields has a residual: of another temperature, with another field, or in one entry.
	g, err = CheckGGE(energy, target, 6, 0.5, lambda)
	require.NoError(t, err)
	assert.Greater(t, g.Residual, 0.3)
	shifted[1] += 0.01
	g, err = CheckGGE(energy, target, 6, 0.4, shifted)
	require.NoError(t, err)
	assert.Greater(t, g.Residual, 0.005)
	p := target[3] / floats.Sum(target[:6])
	energy[3] += 0.04 // 0.1 in ln q, of which the normalisation takes a part
	g, err = CheckGGE(energy, target, 6, 0.4, lambda)
	require.NoError(t, err)
	nu := -math.Log1p(p * math.Expm1(-0.1))
	assert.InDelta(t, max(nu, 0.1-nu), g.Residual, 1e-12)
	energy[3] -= 0.04

	// An entry left out does not count for itself, but its neighbours have what it lacks.
	target[7] = 0
	floats.Scale(1/floats.Sum(target[6:12]), target[6:12])
	g, err = CheckGGE(energy, target, 6, 0.4, lambda)
	require.NoError(t, err)
	assert.Equal(t, 1, g.Zeros)
	assert.Greater(t, g.Residual, 1e-3)
	assert.Less(t, g.Residual, 1.0)

	target[0] += 0.1
	_, err = CheckGGE(energy, target, 6, 0.4, lambda)
	assert.ErrorContains(t, err, "targets of sample 0 sum to 1.1")
	target[0] = -0.1
	_, err = CheckGGE(energy, target, 6, 0.4, lambda)
	assert.ErrorContains(t, err, "target of sample 0, label 0 is -0.1")
	energy[0] = math.NaN()
	_, err = CheckGGE(energy, target, 6, 0.4, lambda)
	assert.ErrorContains(t, err, "sample 0, label 0 is NaN")
	lambda[2] = math.NaN()
	_, err = CheckGGE(energy, target, 6, 0.4, lambda)
	assert.ErrorContains(t, err, "label 2 of 6 is NaN")
	assert.Panics(t, func() { _, _ = CheckGGE(energy, target[1:], 6, 0.4, lambda) })
	assert.Panics(t, func() { _, _ = CheckGGE(energy, target, 6, 0.4, lambda[1:]) })
	assert.Panics(t, func() { _, _ = CheckGGE(energy, target, 6, 0, lambda) })
}

// DINO: q = softmax((l - c)/tau), E = -l, so that lambda = -(c - mean c)/tau and not +.
func TestCheckGGEOfACentre(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const (
		n   = 20
		k   = 8
		tau = 0.07
	)
	centre, logits := normals(rng, k, 0.1), normals(rng, n*k, 0.3)
	target := make([]float64, n*k)
	floats.AddConst(0.2, centre)
	for i := 0; i < n*k; i += k {
		z := 0.0
		for j, l := range logits[i : i+k] {
			target[i+j] = math.Exp((l - centre[j]) / tau)
			z += target[i+j]
		}
		floats.Scale(1/z, target[i:i+k])
	}
	floats.Scale(-1, logits) // energies
	lambda := make([]float64, k)
	floats.AddScaled(lambda, -1/tau, centre)
	g, err := CheckGGE(logits, target, k, tau, lambda)
	require.NoError(t, err)
	assert.Less(t, g.Residual, 1e-11)
	assert.InDelta(t, 0, floats.Sum(g.Lambda), 1e-12)
	floats.Scale(-1, lambda)
	g, err = CheckGGE(logits, target, k, tau, lambda)
	require.NoError(t, err)
	assert.Greater(t, g.Residual, 1.0)
}

// Energies that differ by hundreds of eps, balanced by three rounds of Sinkhorn's iteration in the logarithm: labels
// reach down into the numbers that have lost digits, whose logarithm is wrong by up to 35 on some processors.
func TestCheckGGEOfTinyLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const (
		n      = 3000
		k      = 8
		eps    = 0.05
		rounds = 3
	)
	energy, q := normals(rng, n*k, 11), make([]float64, n*k)
	lambda, nu := make([]float64, k), make([]float64, n)
	terms := make([]float64, n)
	for range rounds {
		for i := range n {
			row := terms[:k]
			for j, l := range lambda {
				row[j] = l - energy[i*k+j]/eps
			}
			nu[i] = -floats.LogSumExp(row)
		}
		for j := range lambda {
			for i, v := range nu {
				terms[i] = v - energy[i*k+j]/eps
			}
			lambda[j] = math.Log(n/float64(k)) - floats.LogSumExp(terms)
		}
	}
	subnormal := 0
	for i := 0; i < n*k; i += k {
		softmax(q[i:i+k], energy[i:i+k], lambda, eps)
		for _, v := range q[i : i+k] {
			if v > 0 && v < 0x1p-1022 {
				subnormal++
			}
		}
	}
	require.Greater(t, subnormal, 100)
	g, err := CheckGGE(energy, q, k, eps, lambda)
	require.NoError(t, err)
	assert.Less(t, g.Residual, 2e-12)
	assert.Greater(t, g.Zeros, subnormal)
	assert.Less(t, g.Zeros, n*k/5)
}
