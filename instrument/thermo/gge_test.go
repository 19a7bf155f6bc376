package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// Each formula was broken once by hand; what noticed (files gge, gge_sinkhorn):
//
//	deliberate error                                      caught by
//	-E/eps with its sign changed                          CheckGGEOfACentre, FitGGEFindsTheFields, SinkhornOfTwoByTwo, ConvergesToAGGE
//	fields not centred                                    FitGGEFindsTheFields
//	one round of alternating means with entries left out  FitGGEFindsTheFields
//	marginal error not relative                           FitGGEFindsTheFields
//	share samples/labels left out                         SinkhornConvergesToAGGE
//	stops before the tolerance                            SinkhornConvergesToAGGE, SinkhornSaysWhereItStopped
//	samples normalised with the old fields                SinkhornOfTwoByTwo, ConvergesToAGGE, SaysWhereItStopped

// The 2 x 2 problem E = ((0, a), (b, 0)): balance makes q_00 = q_11 = x, and lambda, nu cancel in
// q_00 q_11 / (q_01 q_10) = exp((a+b)/eps), hence x = 1/(1 + exp(-(a+b)/(2 eps))).
func TestSinkhornOfTwoByTwo(t *testing.T) {
	const a, b, eps = 0.3, 0.9, 0.25
	energy, q := []float64{0, a, b, 0}, make([]float64, 4)
	g, err := Sinkhorn(q, energy, 2, eps, 500, 0)
	require.NoError(t, err)
	x := 1 / (1 + math.Exp(-(a+b)/(2*eps)))
	assert.InDeltaSlice(t, []float64{x, 1 - x, 1 - x, x}, q, 1e-12)
	assert.Less(t, g.Residual, 1e-12)
	assert.Less(t, g.MarginalError, 1e-12)
	assert.Empty(t, g.Warnings)
	// ln(q_00/q_01) = a/eps + lambda_0 - lambda_1, with lambda_0 = -lambda_1.
	assert.InDelta(t, (math.Log(x/(1-x))-a/eps)/2, g.Lambda[0], 1e-12)
	assert.InDelta(t, 0, g.Lambda[0]+g.Lambda[1], 1e-15)
}

func TestSinkhornConvergesToAGGE(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n, k := rapid.IntRange(2, 30).Draw(t, "samples"), rapid.IntRange(2, 12).Draw(t, "labels")
		eps := rapid.SampledFrom([]float64{0.3, 1, 4}).Draw(t, "eps")
		energy, q := make([]float64, n*k), make([]float64, n*k)
		for j := range energy {
			energy[j] = -math.Tanh(rng.NormFloat64()) // like a cosine
		}
		g, err := Sinkhorn(q, energy, k, eps, 20000, 1e-10)
		require.NoError(t, err)
		require.LessOrEqual(t, g.MarginalError, 1.1e-10)
		assert.Less(t, g.Residual, 1e-10)
		assert.Zero(t, g.Zeros)
		assert.Less(t, g.Iterations, 20000, "stopped where it converged")
		assert.InDelta(t, 0, floats.Sum(g.Lambda), 1e-9)
		for i := range n {
			assert.InDelta(t, 1, floats.Sum(q[i*k:(i+1)*k]), 1e-9)
		}
		// It is a minimum of <E> + eps sum q ln q under the constraints: no exchange that keeps them lowers it.
		objective := func(q []float64) (f float64) {
			for j, v := range q {
				f += v*energy[j] + eps*v*math.Log(v)
			}
			return f
		}
		least := objective(q)
		for range 20 {
			i, j, a, b := rng.IntN(n), rng.IntN(n), rng.IntN(k), rng.IntN(k)
			if i == j || a == b {
				continue
			}
			move := 0.3 * min(q[i*k+a], q[j*k+b], q[i*k+b], q[j*k+a])
			for _, d := range []float64{move, -move} {
				p := append([]float64(nil), q...)
				p[i*k+a] += d
				p[j*k+b] += d
				p[i*k+b] -= d
				p[j*k+a] -= d
				assert.GreaterOrEqual(t, objective(p), least-1e-9*max(1, math.Abs(least)))
			}
		}
	})
}

func TestSinkhornSaysWhereItStopped(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, k = 40, 10
	energy, q := make([]float64, n*k), make([]float64, n*k)
	for j := range energy {
		energy[j] = rng.NormFloat64()
		if j%k == 2 {
			energy[j] += 3 // a label that the bare energies leave empty
		}
	}
	g, err := Sinkhorn(q, energy, k, 0.05, 1, 0)
	require.NoError(t, err)
	assert.Equal(t, 1, g.Iterations)
	require.NotEmpty(t, g.Warnings)
	assert.Contains(t, g.Warnings[len(g.Warnings)-1], "Sinkhorn has not converged")
	assert.Contains(t, g.Warnings[len(g.Warnings)-1], "after 1 iterations")
	assert.Less(t, g.Residual, 1e-9, "the form is that of a GGE after any number of iterations")

	g, err = Sinkhorn(q, energy, k, 0.5, 5000, 1e-9)
	require.NoError(t, err)
	assert.Empty(t, g.Warnings)
	assert.Equal(t, floats.MaxIdx(g.Lambda), 2, "the field is highest on the label that must be filled")
	assert.InDeltaSlice(t, []float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, g.Occupation, 1e-9)

	g, err = Sinkhorn(q, energy, k, 1e-3, 50, 0)
	require.NoError(t, err, "differences of thousands of eps underflow, but nothing becomes NaN")
	assert.False(t, floats.HasNaN(q))
	assert.Greater(t, g.Zeros, 0)
	assert.Contains(t, g.Warnings[0], "are 0 and were left out")

	energy[13] = math.Inf(1)
	_, err = Sinkhorn(q, energy, k, 0.5, 3, 0)
	assert.ErrorContains(t, err, "sample 1, label 3 is +Inf")
	assert.Panics(t, func() { _, _ = Sinkhorn(q, energy, k, 0, 3, 0) })
	assert.Panics(t, func() { _, _ = Sinkhorn(q[1:], energy, k, 1, 3, 0) })
	assert.Panics(t, func() { _, _ = Sinkhorn(q, energy, k, 1, 0, 0) })
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
		lo, lnZ := logPartition(row, 1)
		for _, e := range row {
			target = append(target, math.Exp(lo-e-lnZ))
		}
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
	centre, energy, target := make([]float64, k), []float64(nil), []float64(nil)
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
		lo, lnZ := logPartition(row, 1)
		for _, e := range row {
			target = append(target, math.Exp(lo-e-lnZ))
		}
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

// In processor time ten iterations on 256 samples and 64 labels cost about 25 exponentials an entry.
func BenchmarkSinkhorn(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	energy, q := make([]float64, 256*64), make([]float64, 256*64)
	for j := range energy {
		energy[j] = math.Tanh(rng.NormFloat64())
	}
	for b.Loop() {
		if _, err := Sinkhorn(q, energy, 64, 0.05, 10, 0); err != nil {
			b.Fatal(err)
		}
	}
}
