package information

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// weights draws an ensemble with variance between[j] of the set means and 1 within sets in column j.
func weights(rng *rand.Rand, sets, replicas int, between []float64) *entropy.Cloud {
	c := &entropy.Cloud{Groups: sets, PerGroup: replicas}
	for range sets {
		centre := make([]float64, len(between))
		for j, b := range between {
			centre[j] = math.Sqrt(b) * rng.NormFloat64()
		}
		for range replicas {
			row := make([]float64, len(between))
			for j := range row {
				row[j] = centre[j] + rng.NormFloat64()
			}
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

func repeat(x float64, n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// spread returns mean, standard error of the mean and coverage of repeated estimates of a truth.
func spread(reps int, truth float64, draw func() estimate.Estimate) (mean, se, covered float64) {
	values := make([]float64, reps)
	for i := range values {
		e := draw()
		values[i] = e.Value
		if e.Covers(truth) {
			covered += 1 / float64(reps)
		}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return mean, sd / math.Sqrt(float64(reps)), covered
}

func TestMemorizedIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct {
		D, R, k, reps int
		ratio         float64
	}{
		{D: 8, R: 3, k: 1, reps: 2000, ratio: 0},
		{D: 8, R: 3, k: 1, reps: 2000, ratio: dataVariance / noiseVariance},
		{D: 8, R: 3, k: 3, reps: 800, ratio: dataVariance / noiseVariance},
		{D: 8, R: 3, k: 3, reps: 800, ratio: 0.3},
		{D: 16, R: 4, k: 2, reps: 600, ratio: dataVariance / noiseVariance},
		{D: 64, R: 8, k: 1, reps: 250, ratio: 0.3},
		{D: 64, R: 8, k: 3, reps: 250, ratio: dataVariance / noiseVariance},
	} {
		rng := stream(uint64(c.D*10 + c.k))
		truth := float64(c.k) / 2 * math.Log1p(c.ratio)
		mean, se, covered := spread(c.reps, truth, func() estimate.Estimate {
			m := Memorized(weights(rng, c.D, c.R, repeat(c.ratio, c.k)), 1)
			require.Equal(t, "identity", m.Projection)
			return m.Gaussian
		})
		t.Logf("%+v truth %.4f mean %.4f z %.2f coverage %.3f", c, truth, mean, (mean-truth)/se, covered)
		assert.Less(t, math.Abs(mean-truth)/se, 3.0, "%+v", c)
		slack := 0.0
		if c.reps < 500 {
			slack = 0.01
		}
		assert.InDelta(t, 0.95, covered, 0.03+slack, "%+v", c)
	}
}

// In one coordinate the interval is exact, even for four sets of two.
func TestFisherIntervalIsExact(t *testing.T) {
	rng := stream(26)
	const reps = 6000
	for _, ratio := range []float64{0, 2} {
		truth := math.Log1p(ratio) / 2
		var below, above float64
		for range reps {
			w, err := whiten(weights(rng, 4, 2, []float64{ratio}))
			require.NoError(t, err)
			lo, hi := w.fisherInterval()
			if truth < lo {
				below += 1.0 / reps
			}
			if truth > hi {
				above += 1.0 / reps
			}
		}
		assert.InDelta(t, 0.025, below, 0.007)
		assert.InDelta(t, 0.025, above, 0.007)
	}
}

// M-info does not depend on the coordinates.
func TestMemorizedUnderLinearMaps(t *testing.T) {
	rng := stream(20)
	c := weights(rng, 8, 3, []float64{5, 1, 0.2})
	a := mat.NewDense(3, 3, []float64{2, 0.3, -1, 1e3, 3, 5, 1e-4, 0, 2e-4})
	mapped := &entropy.Cloud{Groups: 8, PerGroup: 3}
	for _, row := range c.Rows {
		y := mat.NewVecDense(3, nil)
		y.MulVec(a, mat.NewVecDense(3, row))
		mapped.Rows = append(mapped.Rows, y.RawVector().Data)
	}
	before, after := Memorized(c, 1), Memorized(mapped, 1)
	for _, pair := range [][2]estimate.Estimate{
		{before.Gaussian, after.Gaussian},
		{before.FiniteSets.Lower, after.FiniteSets.Lower},
		{before.FiniteSets.Upper, after.FiniteSets.Upper},
	} {
		assert.InDelta(t, pair[0].Value, pair[1].Value, 1e-7)
		assert.InDelta(t, pair[0].SE, pair[1].SE, 1e-7)
	}
}

// Five sets are too few for principal directions: what random ones show of the weights is said to be a part of it.
func TestMemorizedAtRandomIsSaidToBeALowerBound(t *testing.T) {
	c := weights(stream(27), 5, 2, []float64{0.5, 0.8, 1.2, 2, 3, 0.6, 0.4})
	m := Memorized(c, 1)
	require.Equal(t, "gaussian", m.Projection)
	require.NotEmpty(t, m.Gaussian.Warnings)
	assert.Contains(t, m.Gaussian.Warnings[len(m.Gaussian.Warnings)-1], "seen in 2 of 7 dimensions, drawn at random: a "+
		"lower bound")
	assert.Empty(t, Memorized(weights(stream(28), 5, 2, []float64{0.5, 0.8}), 1).Gaussian.Warnings,
		"all dimensions are seen")
}

// Where the weights hold nothing, neither projection may find something, as directions judged by the sets that chose
// them would.
func TestProjectionsFindNothingInNoise(t *testing.T) {
	rng := stream(21)
	random, _, _ := spreadOf(t, 250, func() float64 {
		return memorizedAtRandom(weights(rng, 8, 3, repeat(0, 60)), 3, 5).Gaussian.Value
	})
	principal, se, _ := spreadOf(t, 250, func() float64 {
		m, ok := memorizedInPrincipal(weights(rng, 8, 3, repeat(0, 60)))
		require.True(t, ok)
		return m.Gaussian.Value
	})
	t.Logf("random %.4f, principal %.4f +- %.4f", random, principal, se)
	assert.InDelta(t, 0, random, 0.05)
	assert.InDelta(t, 0, principal, 3.5*se)
}

func spreadOf(t *testing.T, reps int, draw func() float64) (mean, se, sd float64) {
	t.Helper()
	values := make([]float64, reps)
	for i := range values {
		values[i] = draw()
	}
	mean, sd = stat.MeanStdDev(values, nil)
	return mean, sd / math.Sqrt(float64(reps)), sd
}

// One direction of 200 that holds much: principal directions find it, random ones do not, and no estimate exceeds, in
// expectation, what all columns hold.
func TestPrincipalDirectionsFindASignal(t *testing.T) {
	between := repeat(0, 200)
	between[17] = 400
	truth := math.Log1p(400) / 2
	rng := stream(22)
	chosen := 0
	mean, se, _ := spreadOf(t, 60, func() float64 {
		m := Memorized(weights(rng, 8, 3, between), 7)
		if m.Projection == "pca" {
			chosen++
			assert.Equal(t, 1, m.Dim)
			assert.InDelta(t, math.Log(4), m.FiniteSets.Ceiling, 1e-12)
		}
		assert.Contains(t, m.Gaussian.Warnings[len(m.Gaussian.Warnings)-1], "larger of two projections")
		return m.Gaussian.Value
	})
	t.Logf("truth %.3f mean %.3f +- %.3f, pca in %d of 60", truth, mean, se, chosen)
	assert.Greater(t, chosen, 50)
	assert.Greater(t, mean, 0.75*truth)
	assert.Less(t, mean, truth+3*se)
}

func TestReasonsWhyThereIsNoMInfo(t *testing.T) {
	rng := stream(23)
	same := weights(rng, 4, 2, []float64{1})
	for _, row := range same.Rows {
		row[0] = 0.5
	}
	exact := weights(rng, 4, 2, []float64{1})
	for i, row := range exact.Rows {
		row[0] = float64(i / 2)
	}
	bad := weights(rng, 4, 2, []float64{1})
	bad.Rows[3][0] = math.Inf(1)
	for _, c := range []struct {
		cloud  *entropy.Cloud
		reason string
	}{
		{weights(rng, 8, 1, []float64{1}), "one replica per data set"},
		{weights(rng, 2, 4, []float64{1}), "too few for one coordinate"},
		{same, "share their start"},
		{exact, "without noise"},
		{bad, "row 3, column 0"},
		{&entropy.Cloud{Groups: 2, PerGroup: 2}, "0 rows for 2 groups of 2"},
	} {
		m := Memorized(c.cloud, 1)
		assert.False(t, m.Gaussian.Known() || m.FiniteSets.Lower.Known() || m.FiniteSets.Upper.Known())
		assert.Contains(t, m.Gaussian.Warnings[0], c.reason)
	}
}

// exactOverlaps returns -1/D sum ln 1/D sum exp(-rate delta^2) for known means and unit covariance.
func exactOverlaps(means [][]float64, rate float64) float64 {
	var value float64
	D := float64(len(means))
	for _, a := range means {
		var sum float64
		for _, b := range means {
			var delta float64
			for c := range a {
				delta += (a[c] - b[c]) * (a[c] - b[c])
			}
			sum += math.Exp(-rate * delta)
		}
		value -= math.Log(sum/D) / D
	}
	return value
}

// The two bounds hold the information of a mixture of unit Gaussians, found by integration.
func TestMixtureBoundsHoldTheIntegral(t *testing.T) {
	for _, means := range [][][]float64{{{0}, {1}}, {{0}, {0.5}, {4}}, {{-3}, {0}, {0.1}, {2}, {9}}} {
		D := float64(len(means))
		density := func(x float64) float64 {
			var p float64
			for _, m := range means {
				p += math.Exp(-(x-m[0])*(x-m[0])/2) / math.Sqrt(2*math.Pi) / D
			}
			return p
		}
		mixture := quad.Fixed(func(x float64) float64 { return -density(x) * math.Log(density(x)) }, -12, 18, 2000, nil, 0)
		truth := mixture - math.Log(2*math.Pi*math.E)/2
		assert.Less(t, exactOverlaps(means, bhattacharyya), truth)
		assert.Greater(t, exactOverlaps(means, kullbackLeibler), truth)
		// twice the rate of either would no longer bound it, at small distances
		if len(means) == 2 {
			assert.Greater(t, exactOverlaps(means, 2*bhattacharyya), truth)
			assert.Less(t, exactOverlaps(means, kullbackLeibler/4.5), truth)
		}
	}
}

// Given the drawn sets: the lower bound is nearly unbiased and its interval covers, the upper one errs upward only.
func TestFiniteSetsAreCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct {
		D, R, k, reps int
		ratio         float64
	}{
		{D: 8, R: 3, k: 1, reps: 800, ratio: 3},
		{D: 8, R: 3, k: 1, reps: 800, ratio: dataVariance / noiseVariance},
		{D: 16, R: 4, k: 3, reps: 400, ratio: 3},
		{D: 64, R: 8, k: 3, reps: 80, ratio: 3},
	} {
		rng := stream(uint64(200 + c.D + c.k))
		lowers, uppers := make([]float64, c.reps), make([]float64, c.reps)
		var covered float64
		for n := range lowers {
			means := make([][]float64, c.D)
			cloud := &entropy.Cloud{Groups: c.D, PerGroup: c.R}
			for d := range means {
				means[d] = make([]float64, c.k)
				for j := range means[d] {
					means[d][j] = math.Sqrt(c.ratio) * rng.NormFloat64()
				}
				for range c.R {
					row := make([]float64, c.k)
					for j := range row {
						row[j] = means[d][j] + rng.NormFloat64()
					}
					cloud.Rows = append(cloud.Rows, row)
				}
			}
			w, err := whiten(cloud)
			require.NoError(t, err)
			b := w.finiteSets()
			lower := exactOverlaps(means, bhattacharyya)
			lowers[n], uppers[n] = b.Lower.Value-lower, b.Upper.Value-exactOverlaps(means, kullbackLeibler)
			if b.Lower.Covers(lower) {
				covered += 1 / float64(c.reps)
			}
			assert.LessOrEqual(t, b.Upper.Value, b.Ceiling+1e-12)
		}
		lower, sd := stat.MeanStdDev(lowers, nil)
		upper, upperSD := stat.MeanStdDev(uppers, nil)
		se := upperSD / math.Sqrt(float64(c.reps))
		t.Logf("%+v: lower off by %.4f (spread %.4f), coverage %.3f; upper off by %.4f", c, lower, sd, covered, upper)
		assert.InDelta(t, 0, lower, 0.3*sd)
		assert.Greater(t, upper, -3*se)
		slack := 0.0
		if c.reps < 500 {
			slack = 0.02
		}
		assert.InDelta(t, 0.95, covered, 0.03+slack)
	}
}

func TestTwoReplicasLeaveTheUpperBoundAtItsCeiling(t *testing.T) {
	m := Memorized(weights(stream(24), 8, 2, []float64{3}), 1)
	assert.InDelta(t, math.Log(8), m.FiniteSets.Upper.Value, 1e-12)
	assert.Contains(t, m.FiniteSets.Upper.Warnings[0], "two replicas")
	assert.True(t, m.FiniteSets.Lower.HasInterval())
}

func TestMemorizedRepeatsItself(t *testing.T) {
	c := weights(stream(25), 8, 3, repeat(0.5, 300))
	assert.Equal(t, Memorized(c, 3), Memorized(c, 3))
	assert.NotEqual(t, memorizedAtRandom(c, 3, 3).Gaussian, memorizedAtRandom(c, 3, 4).Gaussian)
}

// The main job's cloud: 8 x 3 replicas of 50,000 weights; nearly all of it are the two projections.
func BenchmarkMemorized(b *testing.B) {
	c := weights(stream(1), 8, 3, repeat(0.5, 50_000))
	b.ReportAllocs()
	for b.Loop() {
		Memorized(c, 1)
	}
}

// Sets whose means agree better than their replicas would make them: an interval below 0 says what to make of it.
func TestMemorizedBelowNothing(t *testing.T) {
	c := &entropy.Cloud{Groups: 4, PerGroup: 2, Rows: [][]float64{{1}, {-1}, {1.01}, {-1}, {1}, {-1.01}, {1}, {-1}}}
	m := Memorized(c, 1)
	require.Less(t, m.Gaussian.Hi, 0.0)
	require.Len(t, m.Gaussian.Warnings, 1)
	require.Contains(t, m.Gaussian.Warnings[0], "read it as none")
}
