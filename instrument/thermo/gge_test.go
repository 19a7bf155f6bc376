package thermo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
)

// Each formula was broken once by hand; what noticed:
//
//	deliberate error                                      caught by
//	-E/eps with its sign changed                          CheckGGEOfACentre, FitGGEFindsTheFields, BalancedLabelsAreAGGE
//	fields not centred                                    FitGGEFindsTheFields
//	one round of alternating means with entries left out  FitGGEFindsTheFields
//	marginal error not relative                           FitGGEFindsTheFields

// sinkhorn balances labels by its definition: q_ik = exp(-E_ik/eps) with its columns, then its rows scaled in turn.
func sinkhorn(energy []float64, labels int, eps float64, rounds int) []float64 {
	n := len(energy) / labels
	q := make([]float64, len(energy))
	for j, e := range energy {
		q[j] = math.Exp(-e / eps)
	}
	for range rounds {
		for k := range labels {
			sum := 0.0
			for i := range n {
				sum += q[i*labels+k]
			}
			for i := range n {
				q[i*labels+k] *= float64(n) / float64(labels) / sum
			}
		}
		for i := range n {
			row := q[i*labels : (i+1)*labels]
			floats.Scale(1/floats.Sum(row), row)
		}
	}
	return q
}

// The 2 x 2 problem E = ((0, a), (b, 0)): balance makes q_00 = q_11 = x, and lambda, nu cancel in
// q_00 q_11 / (q_01 q_10) = exp((a+b)/eps), hence x = 1/(1 + exp(-(a+b)/(2 eps))).
func TestBalancedLabelsOfTwoByTwo(t *testing.T) {
	const a, b, eps = 0.3, 0.9, 0.25
	energy := []float64{0, a, b, 0}
	x := 1 / (1 + math.Exp(-(a+b)/(2*eps)))
	g, err := FitGGE(energy, []float64{x, 1 - x, 1 - x, x}, 2, eps, 500, true)
	require.NoError(t, err)
	assert.Less(t, g.Residual, 1e-12)
	assert.Less(t, g.MarginalError, 1e-12)
	assert.Empty(t, g.Warnings)
	// ln(q_00/q_01) = a/eps + lambda_0 - lambda_1, with lambda_0 = -lambda_1.
	assert.InDelta(t, (math.Log(x/(1-x))-a/eps)/2, g.Lambda[0], 1e-12)
	assert.InDelta(t, 0, g.Lambda[0]+g.Lambda[1], 1e-15)
}

// Balanced labels are a GGE after any number of rounds; too few of them leave the occupations unequal, and are said to.
func TestBalancedLabelsAreAGGE(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, k = 40, 10
	energy := make([]float64, n*k)
	for j := range energy {
		energy[j] = rng.NormFloat64()
		if j%k == 2 {
			energy[j] += 3 // a label that the bare energies leave empty
		}
	}
	g, err := FitGGE(energy, sinkhorn(energy, k, 0.1, 1), k, 0.1, 1, true)
	require.NoError(t, err)
	assert.Equal(t, 1, g.Iterations)
	require.Len(t, g.Warnings, 1)
	assert.Contains(t, g.Warnings[0], "Sinkhorn has not converged")
	assert.Contains(t, g.Warnings[0], "after 1 iterations")
	assert.Less(t, g.Residual, 1e-9, "the form is that of a GGE after any number of rounds")

	g, err = FitGGE(energy, sinkhorn(energy, k, 0.5, 5000), k, 0.5, 5000, true)
	require.NoError(t, err)
	assert.Empty(t, g.Warnings)
	assert.Less(t, g.Residual, 1e-9)
	assert.InDelta(t, 0, floats.Sum(g.Lambda), 1e-9)
	assert.Equal(t, floats.MaxIdx(g.Lambda), 2, "the field is highest on the label that must be filled")
	assert.InDeltaSlice(t, slices.Repeat([]float64{0.1}, k), g.Occupation, 1e-9)

	g, err = FitGGE(energy, sinkhorn(energy, k, 5e-3, 1), k, 5e-3, 1, true)
	require.NoError(t, err, "differences of hundreds of eps underflow, but nothing becomes NaN")
	assert.Greater(t, g.Zeros, 0)
	assert.Contains(t, g.Warnings[0], "are 0 and were left out")
}

// ensemble returns self-labels softmax(-E/eps + lambda), with lambda of mean 0.
func ensemble(rng *rand.Rand, n, k int, eps float64) (energy, target, lambda []float64) {
	lambda = make([]float64, k)
	for j := range lambda {
		lambda[j] = rng.NormFloat64()
	}
	floats.AddConst(-floats.Sum(lambda)/float64(k), lambda)
	for range n {
		row := make([]float64, k)
		for j := range row {
			energy = append(energy, rng.NormFloat64())
			row[j] = energy[len(energy)-1]/eps - lambda[j]
		}
		Gibbs(row, row)
		target = append(target, row...)
	}
	return energy, target, lambda
}

func TestFitGGEFindsTheFields(t *testing.T) {
	energy, target, lambda := ensemble(rand.New(rand.NewPCG(2, 2)), 30, 6, 0.4)
	g, err := FitGGE(energy, target, 6, 0.4, 0, false)
	require.NoError(t, err)
	assert.InDeltaSlice(t, lambda, g.Lambda, 1e-12)
	assert.Less(t, g.Residual, 1e-12)
	assert.InDelta(t, 1, floats.Sum(g.Occupation), 1e-12)
	worst := 0.0
	for k := range 6 {
		occupation := 0.0
		for i := range 30 {
			occupation += target[i*6+k] / 30
		}
		assert.InDelta(t, occupation, g.Occupation[k], 1e-14)
		worst = max(worst, math.Abs(6*occupation-1))
	}
	assert.InDelta(t, worst, g.MarginalError, 1e-12)
	assert.Empty(t, g.Warnings, "these labels need not be balanced")
	balanced, err := FitGGE(energy, target, 6, 0.4, 3, true)
	require.NoError(t, err)
	assert.Contains(t, balanced.Warnings[0], "after 3 iterations")

	// Entries left out do not bias the fields.
	target[7], target[20] = 0, 0
	for i := range 30 {
		row := target[i*6 : (i+1)*6]
		floats.Scale(1/floats.Sum(row), row)
	}
	g, err = FitGGE(energy, target, 6, 0.4, 0, false)
	require.NoError(t, err)
	assert.Equal(t, 2, g.Zeros)
	assert.InDeltaSlice(t, lambda, g.Lambda, 1e-9)
	assert.Contains(t, g.Warnings[0], "2 of 180 self-labels are 0")

	// What is no GGE has a residual: another temperature, or one entry.
	g, err = FitGGE(energy, target, 6, 0.5, 0, false)
	require.NoError(t, err)
	assert.Greater(t, g.Residual, 0.3)
	energy, target, _ = ensemble(rand.New(rand.NewPCG(2, 2)), 30, 6, 0.4)
	energy[3] += 0.04 // 0.1 in ln q, of which the fit takes 1/6 + 1/30 - 1/180
	g, err = FitGGE(energy, target, 6, 0.4, 0, false)
	require.NoError(t, err)
	assert.InDelta(t, 0.1*(1-1.0/6-1.0/30+1.0/180), g.Residual, 1e-12)

	for k := range 30 {
		target[k*6+2] = 0
	}
	for i := range 30 {
		row := target[i*6 : (i+1)*6]
		floats.Scale(1/floats.Sum(row), row)
	}
	_, err = FitGGE(energy, target, 6, 0.4, 0, false)
	assert.ErrorContains(t, err, "label 2 is 0 for all 30 samples")
	target[0] += 0.1
	_, err = FitGGE(energy, target, 6, 0.4, 0, false)
	assert.ErrorContains(t, err, "targets of sample 0 sum to 1.1")
	energy[8] = math.NaN()
	target[0] -= 0.1
	_, err = FitGGE(energy, target, 6, 0.4, 0, false)
	assert.ErrorContains(t, err, "sample 1, label 2 is NaN")
	assert.Panics(t, func() { _, _ = FitGGE(energy, target[1:], 6, 0.4, 0, false) })
}

// DINO: q = softmax((l - c)/tau), E = -l, so that lambda = -(c - mean c)/tau and not +.
func TestCheckGGEOfACentre(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n, k, tau = 20, 8, 0.07
	centre := make([]float64, k)
	var energy, target []float64
	for j := range centre {
		centre[j] = 0.2 + 0.1*rng.NormFloat64()
	}
	for range n {
		row := make([]float64, k)
		for j := range row {
			logit := 0.3 * rng.NormFloat64()
			energy = append(energy, -logit)
			row[j] = -(logit - centre[j]) / tau
		}
		Gibbs(row, row)
		target = append(target, row...)
	}
	lambda, wrong := make([]float64, k), make([]float64, k)
	for j, c := range centre {
		lambda[j], wrong[j] = -c/tau, c/tau
	}
	g, err := CheckGGE(energy, target, k, tau, lambda)
	require.NoError(t, err)
	assert.Less(t, g.Residual, 1e-11)
	assert.InDelta(t, 0, floats.Sum(g.Lambda), 1e-12)
	fitted, err := FitGGE(energy, target, k, tau, 0, false)
	require.NoError(t, err)
	assert.InDeltaSlice(t, fitted.Lambda, g.Lambda, 1e-10)
	g, err = CheckGGE(energy, target, k, tau, wrong)
	require.NoError(t, err)
	assert.Greater(t, g.Residual, 1.0)
	lambda[2] = math.NaN()
	_, err = CheckGGE(energy, target, k, tau, lambda)
	assert.ErrorContains(t, err, "label 2 of 8 is NaN")
	assert.Panics(t, func() { _, _ = CheckGGE(energy, target, k, tau, lambda[1:]) })
}
