package validate

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat/distuv"
)

// Deliberate errors, and the tests that caught them:
//
//	score.go     half-width of the wrong side        TestScore (lopsided)
//	score.go     normal in place of Student's t      TestScore (few units)
//	score.go     lower and upper bound exchanged     TestScore (bounds), TestInjectedErrorsFail
//	verdict.go   warned rows judged                  TestJudge, TestInjectedErrorsFail
//	verdict.go   silent unknown let through          TestJudge, TestInjectedErrorsFail
//	verdict.go   share of bounds not halved          TestJudge
//	verdict.go   more than k for k or more           TestAtLeast, TestJudge

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
	return Row{System: "s", Quantity: "q", Estimator: "e", Kind: kind, Z: z,
		Estimate: estimate.Estimate{Warnings: warnings}}
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
