package information_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the test that caught each:
//
//	- psi(n) for psi(n)                                  TestKSGIsItsDefinition and most others
//	psi(nx), psi(ny) for psi(nx+1), psi(ny+1)            TestKSGIsItsDefinition, TestKSGAgainstTruth
//	points at distance e counted too                     TestKSGIsItsDefinition, TestKSGAgainstTruth
//	ceiling less 1/k                                     TestKSGIsItsDefinition
//	permuted: radii of y not permuted                    TestKSGNull
//	nothing permuted                                     TestKSGNull
//	median for the 95 % quantile                         TestKSGNull
//	pairings below the value counted, not those above    TestKSGNull
//	columns not divided by their standard deviation      TestKSGTransforms
//	tie noise of a standard deviation                    TestKSGTies
//	ties counted in the last column only                 TestKSGTies

func ksg(
	t testing.TB, task testsystems.MITask, n int, seed uint64, s information.KSGSettings,
) information.MutualInformation {
	x, y := task.Sample(n, rand.New(rand.NewPCG(seed, uint64(n))))
	s.Seed = seed
	m, err := information.KSG(x, y, &s)
	require.NoError(t, err)
	return m
}

// naiveKSG is the definition, pair by pair, for one column a side.
func naiveKSG(x, y []float64, k int) float64 {
	n := len(x)
	sum := 0.0
	for i := range n {
		var joint []float64
		for j := range n {
			if j != i {
				joint = append(joint, max(math.Abs(x[j]-x[i]), math.Abs(y[j]-y[i])))
			}
		}
		slices.Sort(joint)
		nx, ny := 0, 0
		for j := range n {
			if j != i && math.Abs(x[j]-x[i]) < joint[k-1] {
				nx++
			}
			if j != i && math.Abs(y[j]-y[i]) < joint[k-1] {
				ny++
			}
		}
		sum += mathext.Digamma(float64(nx+1)) + mathext.Digamma(float64(ny+1))
	}
	return mathext.Digamma(float64(k)) + mathext.Digamma(float64(n)) - sum/float64(n)
}

// TestKSGIsItsDefinition compares with the formulas evaluated point by point.
func TestKSGIsItsDefinition(t *testing.T) {
	x, y := testsystems.DenseNormal{Dim: 1, Rho: 0.75}.Sample(200, rand.New(rand.NewPCG(3, 4)))
	fx, fy := make([]float64, 200), make([]float64, 200)
	for i := range fx {
		fx[i], fy[i] = x[i][0], y[i][0]
	}
	for _, k := range []int{1, 3, 7} {
		m, err := information.KSG(x, y, &information.KSGSettings{K: k, Scaling: information.Unscaled})
		require.NoError(t, err)
		assert.InDelta(t, naiveKSG(fx, fy, k), m.Estimate.Value, 1e-9, "k = %d", k)
		assert.InDelta(t, mathext.Digamma(200)-mathext.Digamma(float64(k)), m.Ceiling, 1e-9)
		same, err := information.KSG(x, x, &information.KSGSettings{K: k})
		require.NoError(t, err)
		assert.InDelta(t, same.Ceiling, same.Estimate.Value, 1e-9, "of x = y, and no more")
		assert.Contains(t, fmt.Sprint(same.Estimate.Warnings), "saturated")
	}
}

// TestKSGAgainstTruth requires at n = 5000, in the mean over four seeds, 0.03 nats in 1+1 and 0.1 nats in up to 5+5
// dimensions, for normal and uniform pairs. The other tasks are shown as they come out (mean of two seeds - truth):
//
//	                                   truth    Standardised   Ranked
//	Student-t 1+1, nu = 1              0.2242   -0.048         -0.003
//	Student-t 2+2, nu = 1              0.4319   -0.201         -0.040
//	Student-t 2+2, nu = 2              0.1931   -0.086         -0.023
//	Student-t 3+3, nu = 3              0.1787   -0.098         -0.069
//	Student-t 5+5, nu = 2              0.4482   -0.233         -0.223
//	sparse normal 3+3, spiralled       1.0217   -0.248         -0.251
//	Student-t 1+1, nu = 1, asinh       0.2242   -0.006         -0.003
//	Student-t 2+2, nu = 1, asinh       0.4319   -0.044         -0.040
func TestKSGAgainstTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	tolerance := map[string]float64{}
	line := testsystems.DenseNormal{Dim: 1, Rho: 0.75}
	for _, task := range []testsystems.MITask{
		testsystems.DenseNormal{Dim: 1, Rho: 0}, line,
		testsystems.UniformNoise{Epsilon: 0.1}, testsystems.UniformNoise{Epsilon: 0.75},
		testsystems.Transformed{Base: line, X: testsystems.HalfCube, Y: testsystems.HalfCube},
		testsystems.Transformed{Base: line, X: testsystems.NormalCDF, Y: testsystems.NormalCDF},
		testsystems.Transformed{Base: line, X: testsystems.SwissRoll, Y: testsystems.NormalCDF},
	} {
		tolerance[task.Name()] = 0.03
	}
	for _, d := range []int{2, 3, 5} {
		tolerance[testsystems.DenseNormal{Dim: d, Rho: 0.5}.Name()] = 0.1
	}
	tolerance[testsystems.SparseNormal{Dim: 2, Pairs: 2, Rho: 0.8}.Name()] = 0.1
	tolerance[testsystems.SparseNormal{Dim: 3, Pairs: 2, Rho: 0.8}.Name()] = 0.1
	found := 0
	for _, task := range testsystems.MITasks() {
		if dim, _ := task.Dims(); dim > 5 {
			continue
		}
		within, bounded := tolerance[task.Name()]
		seeds, settings := 2, []information.KSGSettings{{}, {Scaling: information.Ranked}}
		if bounded {
			seeds, settings = 4, settings[:1]
			found++
		}
		for _, s := range settings {
			errors := make([]float64, seeds)
			for seed := range errors {
				errors[seed] = ksg(t, task, 5000, uint64(seed), s).Estimate.Value - task.MI()
			}
			t.Logf("%-62s %.4f %+.3f (%+v)", task.Name(), task.MI(), stat.Mean(errors, nil), s)
			if bounded {
				assert.InDelta(t, 0, stat.Mean(errors, nil), within, "%s, %+v", task.Name(), s)
			}
		}
	}
	assert.Equal(t, len(tolerance), found, "a task has gone")
}

// TestKSGNull: of independent pairs, 5 % exceed the 95 % quantile of their own random pairings, and the null is
// centred on 0; of dependent pairs, all do.
func TestKSGNull(t *testing.T) {
	const reps = 100
	exceeds := 0
	var means []float64
	for seed := range uint64(reps) {
		m := ksg(t, testsystems.DenseNormal{Dim: 1, Rho: 0}, 120, seed, information.KSGSettings{Permutations: 60})
		means = append(means, m.Null.Value)
		assert.LessOrEqual(t, m.Null.Lo, m.Null.Hi)
		if m.Estimate.Value > m.Null.Hi {
			exceeds++
			assert.NotContains(t, fmt.Sprint(m.Estimate.Warnings), "independence")
		} else {
			var reached, pairings int
			warning := m.Estimate.Warnings[len(m.Estimate.Warnings)-1]
			_, err := fmt.Sscanf(warning, "not told from independence: %d of %d random pairings", &reached, &pairings)
			require.NoError(t, err, warning)
			assert.GreaterOrEqual(t, reached, 2, "above the 95 %% quantile of 60")
			assert.Equal(t, 60, pairings)
		}
	}
	assert.InDelta(t, 0.05*reps, exceeds, 4*math.Sqrt(0.05*0.95*reps))
	mean, sd := stat.MeanStdDev(means, nil)
	assert.InDelta(t, 0, mean, 4*sd/math.Sqrt(reps)+0.005)

	strong := ksg(t, testsystems.DenseNormal{Dim: 1, Rho: 0.95}, 300, 1, information.KSGSettings{Permutations: 100})
	assert.InDelta(t, 0, strong.Null.Value, 4*strong.Null.SE/10, "dependence must not leak into random pairings")
	m := ksg(t, testsystems.DenseNormal{Dim: 2, Rho: 0.5}, 500, 1, information.KSGSettings{Permutations: 30})
	assert.Greater(t, m.Estimate.Value, m.Null.Hi)
	assert.Empty(t, m.Estimate.Warnings)
	without := ksg(t, testsystems.DenseNormal{Dim: 1, Rho: 0}, 500, 1, information.KSGSettings{})
	assert.False(t, without.Null.Known())
	assert.Contains(t, fmt.Sprint(without.Estimate.Warnings), "set Permutations")
}

func TestKSGTies(t *testing.T) {
	x, y := testsystems.DenseNormal{Dim: 2, Rho: 0.5}.Sample(300, rand.New(rand.NewPCG(1, 1)))
	x[7][1], x[9][0] = x[3][1]+1e-7, x[5][0]+1e-7
	untied, err := information.KSG(x, y, nil)
	require.NoError(t, err)
	assert.Empty(t, untied.Estimate.Warnings)
	x[7][1], x[9][0] = x[3][1], x[5][0]
	m, err := information.KSG(x, y, nil)
	require.NoError(t, err)
	assert.InDelta(t, untied.Estimate.Value, m.Estimate.Value, 0.005, "the noise is too small to matter")
	assert.Equal(t, []string{"x holds repeated values: ties in 4 of 300 rows broken at random; the estimator is made " +
		"for continuous data: pass rows that were drawn more than once only once"}, m.Estimate.Warnings)
	for i := range y {
		y[i][0] = math.Round(2 * y[i][0])
	}
	for _, scaling := range []information.Scaling{information.Standardised, information.Ranked, information.Unscaled} {
		m, err = information.KSG(x, y, &information.KSGSettings{Scaling: scaling})
		require.NoError(t, err)
		assert.Contains(t, m.Estimate.Warnings[1], "y holds integers: ties in 300 of 300 rows")
		assert.Contains(t, m.Estimate.Warnings[1], "use Counts")
		assert.True(t, m.Estimate.HasInterval())
	}
	again, err := information.KSG(x, y, &information.KSGSettings{Scaling: information.Unscaled})
	require.NoError(t, err)
	assert.Equal(t, m.Estimate, again.Estimate, "one seed, one answer")
}

// Independent pairs that come more than once, but for a noise of 1e-7, are taken once: without that the estimate is
// 0.83 for each twice. Rows of a series have no interval and say why. What is merely in some order is no series.
func TestKSGOfRowsThatAreNotIndependent(t *testing.T) {
	const n = 400
	series := func(rng *rand.Rand, next func(last float64) float64) [][]float64 {
		out, last := make([][]float64, n), rng.NormFloat64()
		for i := range out {
			last = next(last)
			out[i] = []float64{last}
		}
		return out
	}
	normal := func(rng *rand.Rand) [][]float64 {
		return series(rng, func(float64) float64 { return rng.NormFloat64() })
	}
	autoregressive := func(rng *rand.Rand) [][]float64 {
		return series(rng, func(last float64) float64 { return 0.99*last + 0.14*rng.NormFloat64() })
	}
	noisy := func(rng *rand.Rand, rows [][]float64) (out [][]float64) {
		for _, row := range rows {
			out = append(out, []float64{row[0] + 1e-7*rng.NormFloat64()})
		}
		return out
	}
	const repeats, alike = "repeat another but for a little noise", "rows that follow each other are alike"
	for name, c := range map[string]struct {
		side func(rng *rand.Rand) [][]float64
		warn string
	}{
		"once": {side: normal},
		"twice": {warn: "400 of 800 rows " + repeats, side: func(rng *rand.Rand) (rows [][]float64) {
			for _, row := range normal(rng) {
				rows = append(rows, row, noisy(rng, [][]float64{row})[0])
			}
			return rows
		}},
		"four times, one after the other": {warn: "1200 of 1600 rows " + repeats, side: func(rng *rand.Rand) [][]float64 {
			once := normal(rng)
			return slices.Concat(once, noisy(rng, once), noisy(rng, once), noisy(rng, once))
		}},
		"a tenth twice": {warn: "40 of 440 rows " + repeats, side: func(rng *rand.Rand) [][]float64 {
			once := normal(rng)
			return slices.Concat(once, noisy(rng, once[:n/10]))
		}},
		"AR(.99)": {warn: alike, side: autoregressive},
		"sums of the last 40": {warn: alike, side: func(rng *rand.Rand) [][]float64 {
			steps := slices.Concat(normal(rng), normal(rng))
			rows := make([][]float64, n)
			for i := range rows {
				rows[i] = []float64{0}
				for _, step := range steps[i : i+40] {
					rows[i][0] += step[0]
				}
			}
			return rows
		}},
		"AR(.99) by value": {side: func(rng *rand.Rand) [][]float64 {
			rows := autoregressive(rng)
			slices.SortFunc(rows, func(a, b []float64) int { return cmp.Compare(a[0], b[0]) })
			return rows
		}},
		"class by class": {side: func(rng *rand.Rand) [][]float64 {
			rows := normal(rng)
			for i := range rows {
				rows[i][0] += float64(10 * (i / (n / 4)))
			}
			return rows
		}},
	} {
		for _, scaling := range []information.Scaling{information.Standardised, information.Ranked} {
			x, y := c.side(rand.New(rand.NewPCG(1, 1))), c.side(rand.New(rand.NewPCG(1, 2)))
			m, err := information.KSG(x, y, &information.KSGSettings{Scaling: scaling})
			require.NoError(t, err)
			warnings := fmt.Sprint(m.Estimate.Warnings)
			assert.Equal(t, c.warn != alike, m.Estimate.HasInterval(), "%s: %v", name, m.Estimate)
			if c.warn == "" {
				assert.NotContains(t, warnings, repeats, name)
				continue
			}
			assert.Contains(t, warnings, c.warn, name)
			if c.warn != alike {
				assert.InDelta(t, 0, m.Estimate.Value, 0.1, name)
				assert.True(t, m.Estimate.Covers(0), "%s: %v", name, m.Estimate)
			}
		}
	}
}

// TestKSGTransforms: ranks see no monotone map of a column at all, standardising sees no linear one.
func TestKSGTransforms(t *testing.T) {
	x, y := testsystems.DenseNormal{Dim: 2, Rho: 0.5}.Sample(400, rand.New(rand.NewPCG(1, 1)))
	mapped := func(f func(float64) float64) [][]float64 {
		out := make([][]float64, len(y))
		for i := range y {
			out[i] = []float64{f(y[i][0]), y[i][1]}
		}
		return out
	}
	run := func(y [][]float64, s information.Scaling) float64 {
		m, err := information.KSG(x, y, &information.KSGSettings{Scaling: s})
		require.NoError(t, err)
		return m.Estimate.Value
	}
	assert.Equal(t, run(y, information.Ranked), run(mapped(math.Exp), information.Ranked))
	linear := mapped(func(v float64) float64 { return 1e6 * (v + 5) })
	assert.InDelta(t, run(y, information.Standardised), run(linear, information.Standardised), 1e-9)
	assert.Less(t, run(linear, information.Unscaled), run(y, information.Unscaled)-0.03)
}

func TestKSGRefuses(t *testing.T) {
	sample := func() (x, y [][]float64) {
		return testsystems.DenseNormal{Dim: 2, Rho: 0.5}.Sample(60, rand.New(rand.NewPCG(1, 1)))
	}
	for reason, spoil := range map[string]func(x, y *[][]float64, s *information.KSGSettings){
		"row 4, column 1 of y is NaN":     func(x, y *[][]float64, s *information.KSGSettings) { (*y)[4][1] = math.NaN() },
		"row 0, column 0 of x is +Inf":    func(x, y *[][]float64, s *information.KSGSettings) { (*x)[0][0] = math.Inf(1) },
		"60 rows of x with 59 rows of y":  func(x, y *[][]float64, s *information.KSGSettings) { *y = (*y)[:59] },
		"needs more than 60 rows, got 60": func(x, y *[][]float64, s *information.KSGSettings) { s.K = 60 },
		"row 9 of x has 1 columns":        func(x, y *[][]float64, s *information.KSGSettings) { (*x)[9] = (*x)[9][:1] },
		"x has no points":                 func(x, y *[][]float64, s *information.KSGSettings) { *x = nil },
		"KSGSettings.K = -1":              func(x, y *[][]float64, s *information.KSGSettings) { s.K = -1 },
		"KSGSettings.Permutations = -1":   func(x, y *[][]float64, s *information.KSGSettings) { s.Permutations = -1 },
		"KSGSettings.Scaling = 9":         func(x, y *[][]float64, s *information.KSGSettings) { s.Scaling = 9 },
		"column 1 of y is constant (0.25)": func(x, y *[][]float64, s *information.KSGSettings) {
			for _, row := range *y {
				row[1] = 0.25
			}
		},
	} {
		x, y := sample()
		var s information.KSGSettings
		spoil(&x, &y, &s)
		_, err := information.KSG(x, y, &s)
		assert.ErrorContains(t, err, reason)
	}
	x, y := sample()
	m, err := information.KSG(x, y, nil)
	require.NoError(t, err)
	assert.True(t, m.Estimate.Known() && !m.Estimate.HasInterval(), "60 points tell no error")
}
