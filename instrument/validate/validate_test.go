package validate

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

// Deliberate errors, and the tests that caught them:
//
//	score.go     half-width of the wrong side                     TestScore (lopsided)
//	score.go     normal in place of Student's t                   TestScore (few units)
//	score.go     lower and upper bound exchanged                  TestScore (bounds), TestInjectedErrorsFail
//	verdict.go   warned rows judged                               TestJudge, TestInjectedErrorsFail
//	verdict.go   silent unknown let through                       TestJudge, TestInjectedErrorsFail
//	verdict.go   share of bounds not halved                       TestJudge
//	verdict.go   more than k for k or more                        TestAtLeast, TestJudge
//	calibrate.go repetition 0 shares the stream of Run            TestCalibrateIsDeterministic
//	calibrate.go k for k+1 in the binomial interval               TestCoverageOutcomes
//	calibrate.go bounds held against the truth                    TestSimulatedGaussianAgrees
//	gaussian.go  centred noise bound with s0^2/N once             TestSimulatedGaussianAgrees
//	gaussian.go  plain noise bound without the data               TestSimulatedGaussianAgrees
//	simulated.go work taken with the chains of the new weights    TestSimulatedGaussianAgrees, TestInjectedErrorsFail
//	simulated.go test loss without the variance of the data       TestSimulatedGaussianAgrees, TestInjectedErrorsFail
//	langevin.go  naive work for weighted work                     TestQuickSuitePasses
//	rbm.go       sign of the reverse work                         TestQuickSuitePasses
//	quadratic.go unit of the standardised entropy                 TestQuickSuitePasses, TestInjectedErrorsFail
//	null.go      the mean of the null for its 95 % quantile       TestEstimatesLieWithinTheirNulls
//	null.go      the value not taken off the null                 TestAboveNull
//	null.go      training sets that differ                        TestEstimatesLieWithinTheirNulls
//	density.go   entropy of one column for that of all            TestDifferentialEntropyAgrees
//	beads.go     entropy production without dt                    TestQuickSuitePasses, TestInjectedErrorsFail
//
// Errors of the estimators themselves are injected in TestInjectedErrorsFail.

func TestScore(t *testing.T) {
	t.Run("many units", func(t *testing.T) {
		assert.InDelta(t, 1.5, Score(estimate.FromSE(3, 2, 1e7), 0, Value), 1e-4)
		assert.InDelta(t, -1.5, Score(estimate.FromSE(-3, 2, 1e7), 0, Value), 1e-4)
	})
	t.Run("few units", func(t *testing.T) {
		e := estimate.FromSE(0, 1, 4)
		assert.InDelta(t, 1.959964, Score(e, e.Lo, Value), 1e-5, "the interval ends at 1.96")
		want := -distuv.UnitNormal.Quantile(distuv.StudentsT{Sigma: 1, Nu: 4}.Survival(6))
		assert.InDelta(t, want, Score(e, -6, Value), 1e-9)
		assert.Less(t, want, 3.0)
	})
	t.Run("lopsided", func(t *testing.T) {
		e := estimate.Estimate{Value: 0, SE: 1, Lo: -1, Hi: 4}
		assert.InDelta(t, 1.959964, Score(e, -1, Value), 1e-5)
		assert.InDelta(t, -1.959964, Score(e, 4, Value), 1e-5)
	})
	t.Run("one-sided", func(t *testing.T) {
		e := estimate.Estimate{Value: 0, SE: 1, Lo: -2, Hi: math.Inf(1)}
		assert.Zero(t, Score(e, 7, Value))
		assert.InDelta(t, 1.959964, Score(e, -2, Value), 1e-5)
	})
	t.Run("bounds", func(t *testing.T) {
		e := estimate.FromSE(3, 1, 1e7)
		assert.Zero(t, Score(e, 4, Lower))
		assert.InDelta(t, 1, Score(e, 2, Lower), 1e-4)
		assert.InDelta(t, 1, Score(e, 4, Upper), 1e-4)
		assert.Zero(t, Score(e, 2, Upper))
	})
	t.Run("exact", func(t *testing.T) {
		assert.Zero(t, Score(estimate.Exact(1), 1, Value))
		assert.Greater(t, Score(estimate.Exact(1.001), 1, Value), MaxScore)
	})
	assert.True(t, math.IsNaN(Score(estimate.Unknown("why"), 1, Value)))
	assert.True(t, math.IsNaN(Score(estimate.FromSE(1, 1, 9), math.Inf(1), Value)))
	assert.InDelta(t, maxScore, Score(estimate.FromSE(1e9, 1, 1e3), 0, Value), 1e-9, "finite, however far")
}

func TestAtLeast(t *testing.T) {
	assert.Equal(t, 1.0, atLeast(nil, 0))
	b := distuv.Binomial{N: 60, P: valueShare}
	shares := make([]float64, 60)
	for i := range shares {
		shares[i] = valueShare
	}
	assert.InDelta(t, 1-b.CDF(6), atLeast(shares, 7), 1e-12)
	assert.InDelta(t, 0.5+0.25-0.125, atLeast([]float64{0.5, 0.25}, 1), 1e-15)
}

func row(z float64, kind Kind, warnings ...string) Row {
	return Row{System: "s", Quantity: "q", Estimator: "e", Kind: kind, Z: z, Estimate: estimate.Estimate{Warnings: warnings}}
}

func TestJudge(t *testing.T) {
	good := []Row{row(0.3, Value), row(-1.2, Value), row(0, Lower)}
	assert.True(t, Judge(good).Pass)
	far := Judge(append(good, row(-5.1, Value)))
	assert.False(t, far.Pass)
	assert.Contains(t, far.Reason, "s q by e has z = -5.1")
	warned := Judge(append(good, row(-15, Value, "poor overlap")))
	assert.True(t, warned.Pass)
	assert.Equal(t, []int{3, 1, 1}, []int{warned.Judged, warned.Warned, warned.WarnedMisses})
	assert.False(t, Judge(append(good, row(math.NaN(), Value))).Pass, "silence")
	unknown := Judge(append(good, row(math.NaN(), Value, "no data")))
	assert.True(t, unknown.Pass)
	assert.Equal(t, 1, unknown.Unknown)
	assert.False(t, Judge(nil).Pass)
	assert.False(t, Judge([]Row{row(9, Value, "all warned")}).Pass)
	many := append([]Row{row(2.5, Value), row(-2.5, Value), row(3, Value), row(2.2, Value)}, good...)
	assert.False(t, Judge(many).Pass, "four of seven beyond 2")
	assert.InDelta(t, 1-math.Pow(1-valueShare/2, 2), Judge([]Row{row(2.5, Upper), row(0, Lower)}).PValue, 1e-12)
}

func run(t *testing.T, s *System, err error) []Row {
	t.Helper()
	require.NoError(t, err)
	rows, err := s.Run(context.Background(), 7, runtime.GOMAXPROCS(0))
	require.NoError(t, err)
	return rows
}

// A right estimator passes; the same with a deliberate error fails. The errors are those that a slip of the pen makes.
func TestInjectedErrorsFail(t *testing.T) {
	build := func() []*System {
		wide := Example
		wide.Dim = 3
		return []*System{
			must(SimulatedGaussian(wide, EnsembleSize{40, 4, 4})),
			must(Oscillator(1, 4, 1000)),
			must(Quadratic(testsystems.QuadraticSGD{Curvature: []float64{1, 2}, NoiseVar: []float64{1, 1}, Rate: 0.2}, 6000)),
			must(Beads(testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}, 0.01, 200, 100)),
		}
	}
	judge := func(systems []*System) Verdict {
		var rows []Row
		for _, s := range systems {
			rows = append(rows, run(t, s, nil)...)
		}
		return Judge(rows)
	}
	right := judge(build())
	require.True(t, right.Pass, right.Reason)
	shift := func(by float64) func(estimate.Estimate) estimate.Estimate {
		return func(e estimate.Estimate) estimate.Estimate {
			e.Value, e.Lo, e.Hi = e.Value+by, e.Lo+by, e.Hi+by
			return e
		}
	}
	scale := func(by float64) func(estimate.Estimate) estimate.Estimate {
		return func(e estimate.Estimate) estimate.Estimate { return e.Scale(by) }
	}
	for _, c := range []struct {
		name, quantity, estimator string
		wrong                     func(estimate.Estimate) estimate.Estimate
	}{
		{"M-info without its 1/2", "m_info", "Memorized", scale(2)},
		{"work with the sign of heat", "work", "Ledger", scale(-1)},
		{"entropy with e left out", "s_theta", "Cloud.Entropy", shift(-1.5)},
		{"exp(+W)", "delta_f", "Jarzynski", scale(-1)},
		{"dF of reverse work not negated", "delta_f", "BAR", scale(-1)},
		{"tau without the 2", "autocorrelation_time", "AutocorrelationTime", func(e estimate.Estimate) estimate.Estimate { return shift((1 - e.Value) / 2)(e) }},
		{"forward + reverse", "entropy_production", "PathEntropyProduction", scale(-1)},
		{"interval of half the width, far off", "s_theta", "PlugIn", func(e estimate.Estimate) estimate.Estimate { return shift(8 * e.SE)(e) }},
		{"lower bound ln 2 too high", "l_info", "Bounds, lower", shift(math.Ln2)},
		{"unknown in silence", "delta_f", "BAR", func(e estimate.Estimate) estimate.Estimate { return estimate.Point(math.NaN(), "x").Scale(1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			systems, found := build(), false
			for _, s := range systems {
				for i := range s.Cases {
					if s.Cases[i].Quantity != c.quantity || s.Cases[i].Estimator != c.estimator {
						continue
					}
					found = true
					inner := s.Cases[i].Estimate
					s.Cases[i].Estimate = func(sample any, rng *rand.Rand) estimate.Estimate {
						e := c.wrong(inner(sample, rng))
						e.Warnings = nil
						return e
					}
				}
			}
			require.True(t, found)
			v := judge(systems)
			assert.False(t, v.Pass, v.Reason)
		})
	}
}

// The bias term of ln det, left out, is caught by the calibration.
func TestCalibrationCatchesAMissingBias(t *testing.T) {
	q := testsystems.QuadraticSGD{Curvature: []float64{1, 1, 1, 1, 1, 1, 1, 1}, NoiseVar: []float64{1, 1, 1, 1, 1, 1, 1, 1}, Rate: 0.9}
	for _, biased := range []bool{false, true} {
		s, err := Quadratic(q, 60)
		require.NoError(t, err)
		for _, c := range s.Cases {
			if c.Estimator != "PlugIn" {
				continue
			}
			inner := c.Estimate
			c.Estimate = func(sample any, rng *rand.Rand) estimate.Estimate {
				e := inner(sample, rng)
				if biased {
					b := entropy.LogDetBias(8, 59)
					e.Value, e.Lo, e.Hi = e.Value+b, e.Lo+b, e.Hi+b
				}
				return e
			}
			s.Cases = []Case{c}
		}
		rows, err := s.Calibrate(context.Background(), 1, 100, 2, nil)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		assert.Equal(t, !biased, JudgeCoverage(rows).Pass, "%+v", rows[0])
	}
}

// The whole chain of the network, in a case that nobody tuned for.
func TestGaussianAgrees(t *testing.T) {
	g := testsystems.GaussianPPM{Dim: 2, Sigma: 1.3, DataSigma: 0.8, InitVar: 0.05, Subset: 6, Rate: 0.15, Temperature: 0.03, Steps: 25}
	s, err := Gaussian(g, EnsembleSize{20, 3, 8})
	rows := run(t, s, err)
	v := Judge(rows)
	assert.True(t, v.Pass, v.Reason)
	assert.Zero(t, v.Unknown)
	assert.Equal(t, "--dim 2 --sigma 1.3 --data-sigma 0.8 --init-var 0.05 --subset 6 --lr 0.15 --temperature 0.03 --steps 25 --datasets 20 --replicas 3 --chains 8", s.Posed())
}

// Truths of the books of training, against many simulations: mean scores within their error. The second model starts so far
// off that the noise bound is the one about the held-out gradient.
func TestSimulatedGaussianAgrees(t *testing.T) {
	const reps = 60
	far := testsystems.GaussianPPM{Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 9, Subset: 5, Rate: 0.05, Temperature: 0.05, Steps: 8}
	for _, g := range []testsystems.GaussianPPM{
		{Dim: 2, Sigma: 1.3, DataSigma: 0.8, InitVar: 0.05, Subset: 6, Rate: 0.15, Temperature: 0.03, Steps: 25}, far,
	} {
		s, err := SimulatedGaussian(g, EnsembleSize{30, 3, 4})
		require.NoError(t, err)
		rows, err := s.Calibrate(context.Background(), 3, reps, 2, nil)
		require.NoError(t, err)
		for _, c := range rows {
			if c.Kind == Value && c.Warned < 0.5 {
				// Skewed errors leave a mean score of a few tenths; a wrong truth would move it by several.
				assert.InDelta(t, 0, c.MeanZ, 0.35+4*c.SDZ/math.Sqrt(reps), "%s %s", c.Quantity, c.Estimator)
			}
			assert.NotEqual(t, "mixture of drawn sets, lower", c.Estimator, "conditioned on the sets")
			assert.NotEqual(t, "delta_f", c.Quantity, "exact")
		}
		assert.True(t, JudgeCoverage(rows).Pass, JudgeCoverage(rows).Reason)
	}
}

func TestAboveNull(t *testing.T) {
	null := estimate.Estimate{Value: 0.5, SE: 0.2, Lo: 0.2, Hi: 0.9, N: 19}
	within, above := aboveNull(estimate.Exact(0.8), null), aboveNull(estimate.Exact(1), null)
	assert.InDelta(t, 0.3, within.Value, 1e-12)
	assert.InDelta(t, -0.1, within.Lo, 1e-12)
	assert.True(t, within.Covers(0) && !above.Covers(0))
	unknown := aboveNull(estimate.Unknown("no replicas"), null)
	assert.False(t, unknown.Known())
	assert.Contains(t, unknown.Warnings[0], "no estimate")
}

// Where nothing is to be known, 95 % of estimates lie within their permutation nulls; where something is, few do.
func TestEstimatesLieWithinTheirNulls(t *testing.T) {
	s, err := IndependentGaussian(Example, EnsembleSize{8, 3, 3})
	require.NoError(t, err)
	independent, err := MutualInformation(testsystems.DenseNormal{Dim: 1, Rho: 0}, 100, 3)
	require.NoError(t, err)
	found := 0
	for _, s := range []*System{s, independent} {
		rows, err := s.Calibrate(context.Background(), 3, 200, 2, nil)
		require.NoError(t, err)
		for _, c := range rows {
			assert.NotEqual(t, "mi_of_random_pairs", c.Quantity, "conditioned on the points")
			if strings.HasSuffix(c.Quantity, "above_null") {
				found++
				assert.InDelta(t, 0.95, c.Share(), 0.05, "%s, %s", c.Quantity, c.Estimator)
			}
		}
	}
	assert.Equal(t, 4, found)
	for _, r := range run(t, s, nil) {
		assert.Zero(t, r.Truth)
	}

	dependent, err := MutualInformation(testsystems.DenseNormal{Dim: 1, Rho: 0.75}, 200, 3)
	for _, r := range run(t, dependent, err) {
		switch r.Quantity {
		case "mi_of_random_pairs":
			assert.InDelta(t, 0, r.Estimate.Value, 0.1)
			assert.Less(t, r.Estimate.Hi, 0.3)
		case "mi":
			assert.Greater(t, r.Estimate.Value, 0.2)
		}
	}
}

func TestDifferentialEntropyAgrees(t *testing.T) {
	for _, name := range Densities() {
		for _, dim := range []int{1, 3} {
			s, err := DifferentialEntropy(name, dim, 400, 3)
			for _, r := range run(t, s, err) {
				assert.Less(t, math.Abs(r.Z), 3.5, "%s, %d columns, %s: %v, truth %v", name, dim, r.Estimator, r.Estimate, r.Truth)
			}
		}
	}
}

func TestCalibrateIsDeterministic(t *testing.T) {
	s, err := RBM(5, 3, 2, 100)
	require.NoError(t, err)
	calls := 0
	one, err := s.Calibrate(context.Background(), 5, 12, 1, func() { calls++ })
	require.NoError(t, err)
	assert.Equal(t, 12, calls)
	three, err := s.Calibrate(context.Background(), 5, 12, 3, nil)
	require.NoError(t, err)
	assert.Equal(t, one, three)
	other, err := s.Calibrate(context.Background(), 6, 12, 3, nil)
	require.NoError(t, err)
	assert.NotEqual(t, one, other)
	once := run(t, s, nil)
	estimates, err := s.repetition(context.Background(), 7, 0)
	require.NoError(t, err)
	assert.NotEqual(t, once[0].Estimate, estimates[0], "a repetition is not the run")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.Calibrate(ctx, 1, 3, 1, nil)
	assert.ErrorIs(t, err, context.Canceled)
}

// A case draws from its own stream: taking another away changes nothing.
func TestCasesAreIndependentOfEachOther(t *testing.T) {
	s, err := Oscillator(1, 20, 200)
	all := run(t, s, err)
	s.Cases = s.Cases[2:]
	some := run(t, s, nil)
	assert.Equal(t, all[2].Estimate, some[0].Estimate)
}

func TestCoverageOutcomes(t *testing.T) {
	c := func(k, n int, warned float64) Coverage {
		lo, hi := clopperPearson(k, n)
		return Coverage{Covered: k, Repetitions: n, Lo: lo, Hi: hi, Warned: warned}
	}
	for _, tc := range []struct {
		c    Coverage
		want Outcome
	}{
		{c(190, 200, 0), Agrees}, {c(150, 200, 0), Misses}, {c(150, 200, 1), Warned}, {c(200, 200, 0), Misses},
		{c(150, 200, 0.3), Misses}, {c(0, 0, 1), Unknown}, {c(0, 0, 0), Misses},
	} {
		assert.Equal(t, tc.want, tc.c.Outcome(), "%+v", tc.c)
	}
	lo, hi := clopperPearson(190, 200)
	assert.InDelta(t, 0.025, 1-distuv.Binomial{N: 200, P: lo}.CDF(189), 1e-9, "so many or more")
	assert.InDelta(t, 0.025, distuv.Binomial{N: 200, P: hi}.CDF(190), 1e-9, "so many or fewer")
}

func TestJSON(t *testing.T) {
	text, err := json.Marshal([]Row{{
		System: "oscillator", Posed: "--ratio 2", Quantity: "delta_f", Estimator: "BAR", Truth: math.Inf(1),
		Estimate: estimate.Unknown("no overlap"), Z: math.NaN(), Seconds: 0.5,
	}, {System: "s", Kind: Upper, Truth: 1, Estimate: estimate.Exact(1)}})
	require.NoError(t, err)
	assert.Equal(t, strings.Join([]string{
		`[{"system":"oscillator","parameters":"--ratio 2","quantity":"delta_f","estimator":"BAR","kind":"value","truth":null,"estimate":null,"lo":null,"hi":null,"z":null,"n":0,"seconds":0.5,"warnings":["no overlap"],"outcome":"unknown"}`,
		`{"system":"s","parameters":"","quantity":"","estimator":"","kind":"upper","truth":1,"estimate":1,"lo":1,"hi":1,"z":0,"n":0,"seconds":0,"warnings":[],"outcome":"agrees"}]`,
	}, ","), string(text))
	text, err = json.Marshal(Coverage{System: "s", Lo: math.NaN(), Hi: math.NaN(), MeanZ: math.NaN(), SDZ: math.NaN(), Warned: 1, Warning: "w"})
	require.NoError(t, err)
	assert.Equal(t, `{"system":"s","parameters":"","quantity":"","estimator":"","kind":"value","repetitions":0,"coverage":null,"lo":null,"hi":null,"mean_z":null,"sd_z":null,"warned":1,"warning":"w","outcome":"unknown"}`, string(text))
}

func TestSenselessParametersAreErrors(t *testing.T) {
	bad := func(_ *System, err error) { t.Helper(); assert.Error(t, err) }
	size := EnsembleSize{2, 2, 2}
	still := Example
	still.Steps = 0
	bad(Gaussian(testsystems.GaussianPPM{}, size))
	bad(Gaussian(still, size))
	bad(SimulatedGaussian(Example, EnsembleSize{2, 0, 2}))
	bad(GaussianPairs(Example, 3, 3))
	bad(Oscillator(1, -1, 100))
	bad(Oscillator(1, 2, 1))
	bad(Langevin(LangevinTrap{Stiffness: 1, Ratio: 4, StepSize: 0.6, Steps: 5}, 100))
	bad(RBM(0, 3, 1, 100))
	bad(RBM(30, 30, 1, 100))
	bad(Quadratic(testsystems.QuadraticSGD{Curvature: []float64{1}, NoiseVar: []float64{1}, Rate: 3}, 100))
	bad(MutualInformation(testsystems.DenseNormal{Dim: 2, Rho: 2}, 100, 3))
	bad(IndependentGaussian(testsystems.GaussianPPM{}, size))
	bad(IndependentGaussian(Example, EnsembleSize{2, 1, 2}))
	bad(DifferentialEntropy("square", 1, 100, 3))
	bad(DifferentialEntropy("normal", 0, 100, 3))
	bad(DifferentialEntropy("normal", 1, 3, 3))
	bad(Beads(testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 2}, 5, 10, 10))
}

func TestSuitesAreValid(t *testing.T) {
	for _, quick := range []bool{true, false} {
		seen := map[string]bool{}
		for _, s := range Suite(quick) {
			name := s.Name + " " + s.Posed()
			assert.False(t, seen[name], name)
			seen[name] = true
			assert.NotEmpty(t, s.Cases)
		}
		assert.NotEmpty(t, CalibrationSuite(quick))
	}
	calibrated := map[string]bool{}
	for _, s := range CalibrationSuite(false) {
		for _, p := range s.Parameters {
			calibrated[p.Value] = p.Name == "task" || calibrated[p.Value]
		}
	}
	for _, task := range testsystems.MITasks() {
		assert.True(t, calibrated[task.Name()], task.Name())
	}
}

// The quick suite passes, and what is shown as wrong on purpose is wrong.
func TestQuickSuitePasses(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every estimator")
	}
	rows, err := Run(context.Background(), Suite(true), 2, runtime.GOMAXPROCS(0), nil)
	require.NoError(t, err)
	v := Judge(rows)
	assert.True(t, v.Pass, v.Reason)
	assert.Greater(t, v.Judged, 90)
	for _, r := range rows {
		if r.Estimator == "Jarzynski, naive Langevin" {
			assert.Equal(t, Warned, r.Outcome())
			assert.Greater(t, r.Z, 4.0)
		}
	}
}
