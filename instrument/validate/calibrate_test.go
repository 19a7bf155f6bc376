package validate

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

// Deliberate errors, and the tests that caught them:
//
//	calibrate.go repetition 0 shares the stream of Run            TestCalibrateIsDeterministic
//	calibrate.go k for k+1 in the binomial interval               TestCoverageOutcomes
//	calibrate.go bounds held against the truth                    TestSimulatedGaussianAgrees
//	calibrate.go lower and upper exchanged in Beyond              TestBeyond
//	gaussian.go  centred noise bound with s0^2/N once             TestSimulatedGaussianAgrees
//	gaussian.go  plain noise bound without the data               TestSimulatedGaussianAgrees
//	simulated.go work taken with the chains of the new weights    TestSimulatedGaussianAgrees, TestInjectedErrorsFail
//	simulated.go test loss without the variance of the data       TestSimulatedGaussianAgrees, TestInjectedErrorsFail

// The bias term of ln det, left out, is caught by the calibration.
func TestCalibrationCatchesAMissingBias(t *testing.T) {
	ones := slices.Repeat([]float64{1}, 8)
	for _, biased := range []bool{false, true} {
		s, err := Quadratic{Curvature: ones, NoiseVar: ones, Rate: 0.9, Samples: 60}.Pose()
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
					e = e.Plus(b)
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

// Truths of the books of training, against many simulations: mean scores within their error. The second model starts so
// far off that the noise bound is the one about the held-out gradient.
func TestSimulatedGaussianAgrees(t *testing.T) {
	const reps = 60
	far := Training{
		Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 9, Subset: 5, Rate: 0.05, Temperature: 0.05, Steps: 8,
	}
	for _, g := range []Training{
		{Dim: 2, Sigma: 1.3, DataSigma: 0.8, InitVar: 0.05, Subset: 6, Rate: 0.15, Temperature: 0.03, Steps: 25}, far,
	} {
		s, err := SimulatedGaussian{g, EnsembleSize{Datasets: 30, Replicas: 3, Chains: 4}}.Pose()
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

func TestCalibrateIsDeterministic(t *testing.T) {
	s, err := RBM{Visible: 5, Hidden: 3, Machine: 2, Samples: 100}.Pose()
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
	s, err := Oscillator{Stiffness: 1, Ratio: 20, Samples: 200}.Pose()
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
	beyond := func(k int) Coverage {
		c := c(190, 200, 0)
		c.Beyond = k
		return c
	}
	for _, tc := range []struct {
		c    Coverage
		want Outcome
	}{
		{c(190, 200, 0), Agrees}, {c(150, 200, 0), Misses}, {c(150, 200, 1), Warned}, {c(200, 200, 0), Misses},
		{c(150, 200, 0.3), Misses}, {beyond(9), Agrees}, {beyond(15), Misses},
		{c(0, 0, 1), Unknown}, {c(0, 0, 0), Misses},
	} {
		assert.Equal(t, tc.want, tc.c.Outcome(), "%+v", tc.c)
	}
	lo, hi := clopperPearson(190, 200)
	assert.InDelta(t, 0.025, 1-distuv.Binomial{N: 200, P: lo}.CDF(189), 1e-9, "so many or more")
	assert.InDelta(t, 0.025, distuv.Binomial{N: 200, P: hi}.CDF(190), 1e-9, "so many or fewer")
}

// A bound is beyond its truth on one side, a value on neither.
func TestBeyond(t *testing.T) {
	s := &System{Parameters: TwoValues{}}
	e := estimate.FromSE(1.5, 0.1, 20)
	for _, c := range []struct {
		Case
		want int
	}{
		{Case{Kind: Lower, Truth: 1}, 2}, {Case{Kind: Lower, Truth: 2}, 0}, {Case{Kind: Lower, Truth: 1.4}, 0},
		{Case{Kind: Upper, Truth: 1}, 0}, {Case{Kind: Upper, Truth: 2}, 2}, {Case{Kind: Value, Truth: 1}, 0},
	} {
		got := s.coverage(&c.Case, []estimate.Estimate{e, e})
		assert.Equal(t, c.want, got.Beyond, "%v %v", c.Kind, c.Truth)
	}
}
