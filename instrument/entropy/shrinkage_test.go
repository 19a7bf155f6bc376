package entropy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	evidence.go kappa+d+1 -> kappa+d in the exponent      TestShrinkageAgainstDense
//	evidence.go the last term of a fractional nu left out  TestEvidenceOfFractionalDegreesOfFreedom
//	shrinkage.go (d-n) ln a -> d ln a                      TestShrinkageAgainstDense
//	shrinkage.go evidence of all rows, not of group means  TestGroupedShrinkageAgainstDense
//	shrinkage.go R(D-1) -> R D                             TestGroupedShrinkageAgainstDense
//	shrinkage.go group means not centred again             TestGroupedShrinkageAgainstDense
//	shrinkage.go D(R-1) -> D R in the degrees of freedom   TestGroupedShrinkageAgainstDense
//	shrinkage.go columns not scaled: the target is mu 1    TestShrinkageOfKnownClouds
//	marginals.go bias of ln s^2 left in                    TestShrinkageOfKnownClouds
//	shrinkage.go interval kept                             TestShrinkageClaimsNoInterval

// denseShrinkage is 1/2 ln det of the shrunk correlation matrix by its definition, with d x d matrices: c a covariance
// of dof degrees of freedom, seen a covariance of nu that the evidence is taken of.
func denseShrinkage(c, seen *mat.SymDense, nu int, dof float64) float64 {
	d := c.SymmetricDim()
	scaled := func(m *mat.SymDense) *mat.SymDense {
		out := mat.NewSymDense(d, nil)
		for i := range d {
			for j := i; j < d; j++ {
				out.SetSym(i, j, m.At(i, j)/math.Sqrt(c.At(i, i)*c.At(j, j)))
			}
		}
		out.ScaleSym(float64(d)/mat.Trace(out), out)
		return out
	}
	mix := func(m *mat.SymDense, one, rest float64) float64 {
		out := mat.NewSymDense(d, nil)
		out.ScaleSym(rest, m)
		for i := range d {
			out.SetSym(i, i, out.At(i, i)+one)
		}
		var chol mat.Cholesky
		if !chol.Factorize(out) {
			return math.NaN()
		}
		return chol.LogDet()
	}
	of := scaled(seen)
	p, n := float64(d), float64(nu)
	evidence := func(lnKappa float64) float64 {
		kappa := math.Exp(lnKappa)
		prior := kappa + p + 1
		return mathext.MvLgamma((prior+n)/2, d) - mathext.MvLgamma(prior/2, d) + prior*p/2*lnKappa -
			(prior+n)/2*mix(of, kappa, n)
	}
	best := 0.0
	for step := 0.25; step > 1e-4; step /= 4 {
		from, value := best, math.Inf(-1)
		for i := -40; i <= 40; i++ {
			if v := evidence(from + float64(i)*step); v > value {
				best, value = from+float64(i)*step, v
			}
		}
	}
	a := math.Exp(best) / (math.Exp(best) + dof)
	return mix(scaled(c), a, 1-a) / 2
}

func TestShrinkageAgainstDense(t *testing.T) {
	rng := stream(5)
	for _, c := range []struct{ n, d int }{{6, 10}, {20, 7}, {5, 61}} {
		rows := factorRows(rng, c.n, c.d, 0.6)
		mean := make([]float64, c.d)
		for i := range rows {
			for j := range mean {
				rows[i][j] = rows[i][j]/float64(1+j) + 5
				mean[j] += rows[i][j] / float64(c.n)
			}
		}
		for _, told := range []float64{0, float64(c.n) - 2} {
			dof := told
			if dof == 0 {
				dof = float64(c.n - 1)
			}
			cov := mat.NewSymDense(c.d, nil)
			for _, row := range rows {
				x := mat.NewVecDense(c.d, nil)
				for j := range mean {
					x.SetVec(j, row[j]-mean[j])
				}
				cov.SymRankOne(cov, 1/dof, x)
			}
			want := denseShrinkage(cov, cov, int(dof), dof)
			for j := range c.d {
				want += math.Log(2*math.Pi*math.E*cov.At(j, j))/2 - LogDetBias(1, dof)
			}
			e := Shrinkage(rows, told)
			assert.InDelta(t, want, e.Value, 2e-3, "%+v %v", c, told)
			assert.False(t, e.HasInterval())
			assert.Equal(t, told == 0, !math.IsNaN(e.SE))
		}
	}
}

// factorRows draws rows of unit variance, of which one factor explains a share that all columns have in common.
func factorRows(rng *rand.Rand, n, d int, share float64) [][]float64 {
	rows := newRows(n, d)
	for _, row := range rows {
		factor := math.Sqrt(share) * rng.NormFloat64()
		for j := range row {
			row[j] = factor + math.Sqrt(1-share)*rng.NormFloat64()
		}
	}
	return rows
}

// The correlations of a grouped cloud are shrunk by the definition, and the jackknife, which holds the columns' scale,
// is near that of clouds with a group left out.
func TestGroupedShrinkageAgainstDense(t *testing.T) {
	rng := stream(6)
	const D, R, d = 6, 3, 40
	c := &Cloud{Groups: D, PerGroup: R}
	for range D {
		centre := factorRows(rng, 1, d, 0.5)[0]
		for _, row := range factorRows(rng, R, d, 0.2) {
			for j := range row {
				row[j] = 3*centre[j] + row[j] + 1
			}
			c.Rows = append(c.Rows, row)
		}
	}
	dense := func(c *Cloud) float64 {
		m, err := c.Moments()
		require.NoError(t, err)
		D := float64(c.Groups)
		total := m.total()
		var all, between float64
		for j := range d {
			all++
			between += m.Between.At(j, j) / total.At(j, j)
		}
		within := all - between
		dof := all * all / (between*between/(D-1) + within*within/(D*(R-1)))
		return denseShrinkage(total, m.Between, c.Groups-1, dof)
	}
	e, h := c.Entropy(), c.Hadamard()
	assert.InDelta(t, dense(c), e.Value-h.Value, 2e-3)
	want := estimate.Jackknife(D, func(skip int) float64 {
		if skip < 0 {
			return dense(c) + h.Value
		}
		rest := c.Without(skip)
		return dense(rest) + rest.Hadamard().Value
	})
	t.Logf("SE %.3f, with columns scaled anew %.3f", e.SE, want.SE)
	assert.InEpsilon(t, want.SE, e.SE, 0.25)
	assert.Len(t, e.Warnings, 1)
}

// The sum of lnGamma over a fractional number of terms lies between those of the whole numbers next to it, evenly.
func TestEvidenceOfFractionalDegreesOfFreedom(t *testing.T) {
	at := func(nu float64) float64 { return lnEvidence(nil, 50, nu, 3) + nu*50*math.Log(3)/2 }
	assert.InDelta(t, 0.7*at(6)+0.3*at(7), at(6.3), 1e-9)
	assert.Greater(t, math.Abs(at(7)-at(6)), 1.0)
}

// Clouds whose entropy is known, by 24 points in 1000 dimensions of which 180 never move. Where the columns are
// independent the value and its changes are right, whatever their variances; where they depend on each other it lies
// between the truth and Hadamard's bound, and sees most of one strong common factor.
func TestShrinkageOfKnownClouds(t *testing.T) {
	const n, d, live, reps = 24, 1000, 820, 12
	draw := func(rng *rand.Rand, power, share float64) (rows [][]float64, single float64) {
		rows = newRows(n, d)
		for i, row := range factorRows(rng, n, live, share) {
			for j, x := range row {
				rows[i][j] = x * math.Pow(float64(j+1), -power/2)
			}
		}
		for j := range live {
			single += (math.Log(2*math.Pi*math.E) - power*math.Log(float64(j+1))) / 2
		}
		return rows, single
	}
	for _, c := range []struct{ power, share, least, most float64 }{ // of the error, in nats a column that moves
		{power: 0}, {power: 1}, {power: 2},
		{power: 2, share: 0.1, least: 0.02, most: 0.05},
		{power: 2, share: 0.5, least: 0, most: 0.17},
	} {
		rng := stream(31)
		correlation := (float64(live-1)*math.Log(1-c.share) + math.Log(1-c.share+c.share*live)) / 2
		var errors, bounds []float64
		var e, h estimate.Estimate
		for range reps {
			rows, single := draw(rng, c.power, c.share)
			e, h = Shrinkage(rows, 0), (&Cloud{Groups: n, PerGroup: 1, Rows: rows}).Hadamard()
			require.Contains(t, e.Warnings[1], "180 of 1000 columns do not vary")
			errors = append(errors, e.Value-single-correlation)
			bounds = append(bounds, h.Value-single)
		}
		mean, bound := estimate.Mean(errors), estimate.Mean(bounds)
		t.Logf("%+v: error %.1f nats, SE of one %.1f; Hadamard's bound off by %.1f, SE of one %.1f", c, mean.Value, e.SE,
			bound.Value, h.SE)
		assert.Less(t, math.Abs(bound.Z(0)), 3.0, "%+v: Hadamard's bound %v", c, bound)
		if c.share == 0 {
			assert.Less(t, math.Abs(mean.Z(0)), 3.0, "%+v: %v", c, mean)
			continue
		}
		assert.Greater(t, mean.Value/live, c.least)
		assert.Less(t, mean.Value/live, c.most)
	}
	rng := stream(32)
	before, trueBefore := draw(rng, 1, 0)
	after, trueAfter := draw(rng, 2, 0)
	s, then := Shrinkage(after, 0), Shrinkage(before, 0)
	change, truth := s.Value-then.Value, trueAfter-trueBefore
	t.Logf("change of shape: %.0f, truth %.0f, SE %.0f", change, truth, math.Hypot(s.SE, then.SE))
	assert.Less(t, math.Abs(change-truth), 3*math.Hypot(s.SE, then.SE))
}

// A column in another unit adds the logarithm of it, and changes nothing else.
func TestShrinkageUnderUnits(t *testing.T) {
	const n, d = 10, 30
	rows := factorRows(stream(7), n, d, 0.5)
	other, added := newRows(n, d), 0.0
	for j := range d {
		unit := math.Exp(float64(j) - 10)
		added += math.Log(unit)
		for i := range n {
			other[i][j] = unit*rows[i][j] + 3*unit
		}
	}
	e, f := Shrinkage(rows, 0), Shrinkage(other, 0)
	assert.InDelta(t, e.Value+added, f.Value, 1e-6)
	assert.InDelta(t, e.SE, f.SE, 1e-6)
}

// An interval made of the sampling error would miss the truth where columns depend on each other. There is none, and a
// warning, with fewer columns than points too.
func TestShrinkageClaimsNoInterval(t *testing.T) {
	const reps = 40
	for _, c := range []struct{ D, R, d int }{{8, 3, 20}, {32, 1, 20}, {16, 4, 60}} {
		rng := stream(13)
		truth := float64(c.d) * math.Log(2*math.Pi*math.E) / 2
		truth += (float64(c.d-1)*math.Log(0.5) + math.Log(0.5+0.5*float64(c.d))) / 2
		covered := 0
		for range reps {
			cloud := &Cloud{Groups: c.D, PerGroup: c.R}
			for range c.D {
				centre := factorRows(rng, 1, c.d, 0.5)[0]
				for _, row := range factorRows(rng, c.R, c.d, 0.5) {
					for j := range row {
						row[j] = math.Sqrt(0.7)*centre[j] + math.Sqrt(0.3)*row[j]
					}
					cloud.Rows = append(cloud.Rows, row)
				}
			}
			e := cloud.Entropy()
			require.False(t, e.HasInterval())
			require.Zero(t, e.Confidence)
			require.Greater(t, e.SE, 0.0)
			require.Contains(t, e.Warnings[0], "do not show how the dimensions depend on each other")
			if estimate.FromSE(e.Value, e.SE, float64(c.D)).Covers(truth) {
				covered++
			}
		}
		t.Logf("%+v: an interval would cover in %d of %d", c, covered, reps)
		assert.Less(t, covered, reps*9/10)
	}
}

// A single column that varies has no correlations to be missed: of 50 points an error of 1/sqrt(2 50) = 0.10, and the
// interval of its variance. Two points have a value and no error.
func TestShrinkageOfOneColumn(t *testing.T) {
	rows := gaussianRows(stream(1), 50, []float64{1, 0})
	e, h := Shrinkage(rows, 0), (&Cloud{Groups: 50, PerGroup: 1, Rows: rows}).Hadamard()
	assert.InDelta(t, 0.10, e.SE, 0.02)
	assert.InDelta(t, h.Lo, e.Lo, 1e-9)
	assert.InDelta(t, h.Hi, e.Hi, 1e-9)
	require.Len(t, e.Warnings, 1)
	assert.Contains(t, e.Warnings[0], "1 of 2 columns do not vary")
	two := Shrinkage(gaussianRows(stream(1), 2, slicesOfOne(30)), 0)
	assert.True(t, two.Known() && math.IsNaN(two.SE) && !two.HasInterval())
	assert.Contains(t, two.Warnings[0], "too few units")
}

// The jackknife of a shrinkage entropy is on the safe side: an interval made of it covers the expectation in at least
// 92 % of the repetitions, and is not more than half too wide.
func TestShrinkageErrorIsOnTheSafeSide(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct{ D, R, d int }{{D: 16, R: 1, d: 200}, {D: 16, R: 1, d: 20}, {D: 8, R: 3, d: 200}} {
		rng := stream(8)
		const reps = 500
		values, ses := make([]float64, reps), make([]float64, reps)
		all := make([]estimate.Estimate, reps)
		for i := range values {
			cloud := ensemble(rng, c.D, c.R, c.d, 0.3, 0.7)
			for _, row := range cloud.Rows {
				for j := range row {
					row[j] /= math.Sqrt(1 + float64(j))
				}
			}
			all[i] = cloud.Entropy()
			values[i], ses[i] = all[i].Value, all[i].SE
		}
		mean, sd := stat.MeanStdDev(values, nil)
		var covered float64
		for _, e := range all {
			if estimate.FromSE(e.Value, e.SE, float64(c.D)).Covers(mean) {
				covered += 1.0 / reps
			}
		}
		ratio := stat.Mean(ses, nil) / sd
		t.Logf("%+v: coverage of the expectation %.3f, SE/sd %.3f", c, covered, ratio)
		assert.GreaterOrEqual(t, covered, 0.92)
		assert.Greater(t, ratio, 0.9)
		assert.Less(t, ratio, 1.5)
	}
}

// 64 points of a million weights: 0.69 s on one core of a server of 2026 with gonum's own BLAS, that is 3 multiply-adds
// a nanosecond, and 7 MB allocated beside the rows (0.5 GB). Time grows as n^2 d.
func BenchmarkShrinkage(b *testing.B) {
	for _, d := range []int{100_000, 1_000_000} {
		rows := gaussianRows(stream(1), 64, slicesOfOne(d))
		b.Run(fmt.Sprintf("n=64,d=%d", d), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Shrinkage(rows, 0)
			}
		})
	}
}
