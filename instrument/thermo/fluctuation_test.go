package thermo

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

func TestFluctuationAverageSmallExactCase(t *testing.T) {
	// e = 1/2, 3/2, 1, 2 with free energies that differ between replicas
	f := FluctuationAverage([][]float64{{math.Log(2), -math.Log(1.5)}, {5, 5 - math.Log(2)}}, []float64{0, 5})
	assert.InDelta(t, 1.25, f.Average.Value, 1e-12)
	assert.InDelta(t, math.Log(1.25), f.LogAverage, 1e-12)
	assert.InDelta(t, 25/7.5, f.ESS, 1e-12)
	assert.InDelta(t, 25/30., f.ESSFraction, 1e-12)
	assert.Equal(t, 4, f.Samples)
	spread := math.Sqrt((0.25 + 0.25 + 0 + 1) / 4 / 4)
	assert.InDelta(t, spread, f.Average.SE, 1e-12, "here the spread about 1 is the larger")
	assert.InDelta(t, 0.25/spread, f.Z, 1e-12)
	assert.Equal(t, CannotTell, f.Verdict(), "four chains tell nothing")
	assert.NotEmpty(t, f.Average.Warnings)

	low := FluctuationAverage([][]float64{{math.Log(2), math.Log(4)}}, []float64{0}) // e = 1/2, 1/4
	assert.InDelta(t, math.Sqrt(((0.25+0.5625)/2)/2), low.Average.SE, 1e-12)
	assert.InDelta(t, -0.625/low.Average.SE, low.Z, 1e-12)
}

func TestFluctuationAverageInTheLogDomain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	work := gaussianWork(rng, 400, 0, 0.3)
	shifted := make([]float64, len(work))
	for i, w := range work {
		shifted[i] = w + 5000
	}
	near := FluctuationAverage([][]float64{work}, []float64{0})
	far := FluctuationAverage([][]float64{shifted}, []float64{5000})
	assert.InDelta(t, near.Average.Value, far.Average.Value, 1e-9)
	assert.InDelta(t, near.ESS, far.ESS, 1e-6)

	wrong := FluctuationAverage([][]float64{shifted}, []float64{0})
	assert.Equal(t, CannotTell, wrong.Verdict(), "the average underflows to 0: all chains may have missed its tail")
	huge := FluctuationAverage([][]float64{work}, []float64{5000})
	assert.False(t, huge.Average.Known())
	assert.InDelta(t, 5000+near.LogAverage, huge.LogAverage, 1e-9)
	assert.Equal(t, Fail, huge.Verdict())
	large := FluctuationAverage([][]float64{work}, []float64{500})
	assert.Equal(t, Fail, large.Verdict(), "the square of the average overflows")
}

func TestFluctuationAverageSaysWhatItDoesNotKnow(t *testing.T) {
	for name, f := range map[string]Fluctuation{
		"free energy of replica 1 is unknown": FluctuationAverage([][]float64{{0}, {0}}, []float64{0, math.NaN()}),
		"chain 1 of replica 0":                FluctuationAverage([][]float64{{0, math.Inf(-1)}}, []float64{0}),
		"all 2 chains is +Inf":                FluctuationAverage([][]float64{{math.Inf(1), math.Inf(1)}}, []float64{0}),
		"no chains":                           FluctuationAverage(nil, nil),
		"one chain":                           FluctuationAverage([][]float64{{0}}, []float64{0}),
	} {
		assert.Equal(t, CannotTell, f.Verdict(), name)
		assert.Contains(t, f.Average.Warnings[0], name)
		assert.False(t, f.Average.HasInterval())
	}
	assert.Panics(t, func() { FluctuationAverage([][]float64{{0}}, nil) })
	still := FluctuationAverage([][]float64{make([]float64, 50)}, []float64{1e-13})
	assert.Equal(t, Pass, still.Verdict(), "weights that did not move")
	off := FluctuationAverage([][]float64{make([]float64, 50)}, []float64{0.2})
	assert.Equal(t, Fail, off.Verdict(), "a wrong dF without any spread in the work")
	rare := FluctuationAverage([][]float64{make([]float64, 50)}, []float64{0.1})
	assert.Equal(t, CannotTell, rare.Verdict(), "one chain of ten may do infinite work: 50 miss it with chance 0.005")
	assert.False(t, rare.Trusted().HasInterval(), "nor is an interval that shrinks as chains are alike")
	assert.Equal(t, "pass fail cannot tell", fmt.Sprint(Pass, Fail, CannotTell))
}

// gaussianWork draws n works with the given dF and variance v: mean dF + v/2, so that <exp(-(w-dF))> = 1.
func gaussianWork(rng *rand.Rand, n int, dF, v float64) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = dF + v/2 + math.Sqrt(v)*rng.NormFloat64()
	}
	return w
}

// quenchWork draws the work of suddenly changing the stiffness of an oscillator in equilibrium from k to rk.
func quenchWork(rng *rand.Rand, n int, r float64) []float64 {
	w := make([]float64, n)
	for i := range w {
		x := rng.NormFloat64()
		w[i] = (r - 1) * x * x / 2
	}
	return w
}

// True fluctuation theorems are failed in about 0.3-1 % of trials, however poor the sampling, and wrong ones found.
func TestFluctuationVerdictIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	rng := rand.New(rand.NewPCG(4, 4))
	const replicas = 12
	var coverage float64 // of the interval of the average, in the last call of fail
	fail := func(trials, chains int, dF float64, draw func(s int) []float64) float64 {
		work, free := make([][]float64, replicas), make([]float64, replicas)
		failed, covered := 0, 0
		for range trials {
			for s := range work {
				work[s], free[s] = draw(chains), dF
			}
			f := FluctuationAverage(work, free)
			if f.Verdict() == Fail {
				failed++
			}
			if f.Average.Covers(1) {
				covered++
			}
		}
		coverage = float64(covered) / float64(trials)
		return float64(failed) / float64(trials)
	}
	for _, v := range []float64{0.01, 0.2, 0.7, 1, 1.5, 2, 3, 5} {
		p := fail(4000, 24, 0, func(n int) []float64 { return gaussianWork(rng, n, 0, v) })
		assert.Less(t, p, 0.0165, "variance %v of the work", v) // 1.1 % and 3.4 standard errors
		t.Logf("variance %v of the work: fails %.4f, interval covers %.3f", v, p, coverage)
		if v <= 1 {
			assert.True(t, coverage >= 0.92 && coverage <= 0.98, "variance %v: the interval covers in %.3f of trials",
				v, coverage)
			assert.Greater(t, p, 0.0003, "variance %v of the work: an interval that never fails says nothing", v)
		}
	}
	mixed := fail(4000, 24, 0, func(n int) []float64 { return gaussianWork(rng, n, 0, 2*rng.Float64()) })
	assert.Less(t, mixed, 0.0165, "replicas whose chains differ in spread")
	for _, r := range []float64{0.8, 2, 10, 100} {
		p := fail(4000, 24, math.Log(r)/2, func(n int) []float64 { return quenchWork(rng, n, r) })
		assert.Less(t, p, 0.0165, "quench by %v", r)
	}
	shifted := fail(500, 24, 0.3, func(n int) []float64 { return gaussianWork(rng, n, 0, 0.5) })
	assert.Greater(t, shifted, 0.95, "dF wrong by 0.3 must be found")
	hopeless := fail(500, 24, 0, func(n int) []float64 { return gaussianWork(rng, n, 0, 30) })
	assert.Zero(t, hopeless, "below the floor of the effective sample size nothing is failed")
}

func TestApparentEntropyProduction(t *testing.T) {
	sigma := estimate.FromSE(2, 0.1, 7)
	gain := estimate.Estimate{
		Value: 1.5, SE: 0.05, Lo: 1, Hi: 2.2, Confidence: 0.9, N: 5, Warnings: []string{"saturated"},
	}
	a := ApparentEntropyProduction(sigma, gain)
	assert.Equal(t, 3.5, a.Value)
	assert.InDelta(t, 0.15, a.SE, 1e-15)
	assert.Equal(t, sigma.Lo+1, a.Lo)
	assert.Equal(t, sigma.Hi+2.2, a.Hi)
	assert.Equal(t, 0.9, a.Confidence)
	assert.Equal(t, 5.0, a.N)
	assert.Equal(t, []string{"saturated"}, a.Warnings)
	assert.False(t, ApparentEntropyProduction(sigma, estimate.Unknown("no weights")).Known())
	assert.Equal(t, 8.0, ApparentEntropyProduction(sigma, estimate.Exact(0)).N)

	// One normal coordinate whose mean theta is drawn anew: S(X) from the marginal, Sigma and I exact.
	marginal := func(v float64) float64 { return math.Log(2*math.Pi*math.E*(1+v)) / 2 }
	info := func(v float64) float64 { return math.Log(1+v) / 2 }
	// theta ~ N(0, v) moves to 2 theta: w = theta^2/2 on average, <q> = -w at constant S(X|Theta)
	v := 0.7
	heat, work := -v/2, v/2
	direct := marginal(4*v) - marginal(v) - heat
	apparent := ApparentEntropyProduction(estimate.Exact(work), estimate.Exact(info(4*v)-info(v)))
	assert.InDelta(t, direct, apparent.Value, 1e-12)
}

// The interval covers at any correlation of the two errors, and just so at the worst.
func TestEffectiveInverseTemperatureCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	const n, reps, beta = 12, 4000, 0.8
	for _, rho := range []float64{-1, 0, 1} {
		covered := 0
		for range reps {
			s, q := make([]float64, n), make([]float64, n)
			for i := range s {
				z := rng.NormFloat64()
				s[i] = beta*10 + 2*z
				q[i] = -10 + 2*(rho*z+math.Sqrt(1-rho*rho)*rng.NormFloat64())
			}
			if EffectiveInverseTemperature(estimate.Mean(s), estimate.Mean(q)).Covers(beta) {
				covered++
			}
		}
		c := float64(covered) / reps
		if rho == 1 { // errors of entropy and -heat opposed: the worst case
			assert.InDelta(t, 0.95, c, 0.015)
		}
		assert.Greater(t, c, 0.935, "correlation %v", rho)
	}
	e := EffectiveInverseTemperature(estimate.FromSE(3, 0.1, 7), estimate.FromSE(-2, 0.05, 9))
	assert.Equal(t, 1.5, e.Value)
	assert.Equal(t, 8.0, e.N)
	assert.InDelta(t, 0.1/2+1.5*0.05/2, e.SE, 1e-12)
	lost := EffectiveInverseTemperature(estimate.FromSE(3, 0.1, 7), estimate.FromSE(-2, 1, 9))
	assert.Equal(t, 1.5, lost.Value)
	assert.False(t, lost.HasInterval())
	assert.Contains(t, lost.Warnings[0], "cannot be told from zero")
	assert.False(t, EffectiveInverseTemperature(estimate.Exact(1), estimate.Exact(0)).Known())
	exact := EffectiveInverseTemperature(estimate.Exact(-3), estimate.Exact(2))
	assert.Equal(t, [3]float64{1.5, 1.5, 1.5}, [3]float64{exact.Value, exact.Lo, exact.Hi})
	spans := EffectiveInverseTemperature(estimate.FromSE(0.1, 1, 7), estimate.FromSE(-2, 0.1, 7))
	tq := estimate.TQuantile(7)
	assert.InDelta(t, (0.1-tq)/(2-tq*0.1), spans.Lo, 1e-12)
	assert.InDelta(t, (0.1+tq)/(2-tq*0.1), spans.Hi, 1e-12)
}

// The average of 24 x 64 chains with its error, effective sample size and tail takes about ten times as long as the
// bare exponentials, most of it for the sorting of the tail.
func BenchmarkFluctuationAverage(b *testing.B) {
	rng := rand.New(rand.NewPCG(6, 6))
	work, dF := make([][]float64, 24), make([]float64, 24)
	for s := range work {
		work[s] = gaussianWork(rng, 64, 0, 1)
	}
	b.Run("average", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			FluctuationAverage(work, dF)
		}
	})
	b.Run("exponentials", func(b *testing.B) {
		sum := 0.0
		for b.Loop() {
			for _, chains := range work {
				for _, w := range chains {
					sum += math.Exp(-w)
				}
			}
		}
	})
}

// Chains that dissipate alike have a perfect effective sample size and an average far below 1, as where the new
// distribution is broad and the chains still sit in a corner of it: that cannot fail a theorem. Work gained by
// all of them can, and so can a small loss.
func TestMissedTailFailsNothing(t *testing.T) {
	all := func(w float64) Fluctuation {
		chains := make([]float64, 400)
		for k := range chains {
			chains[k] = w + 0.001*float64(k%7)
		}
		return FluctuationAverage([][]float64{chains}, []float64{0})
	}
	lost := all(5)
	assert.Greater(t, lost.ESSFraction, 0.99)
	assert.Less(t, lost.Z, -3.0)
	assert.InDelta(t, 5.003, lost.Dissipation, 0.001)
	assert.Equal(t, CannotTell, lost.Verdict())
	assert.Equal(t, Fail, all(0.5).Verdict())
	assert.Equal(t, Fail, all(-5).Verdict())
}

// An oscillator softened at once has weights of infinite variance below half its stiffness. Few samples hold their
// share of the tail: the interval reaches out for it, most samples warn, and what is decided is rarely wrong.
func TestFluctuationOfHeavyTails(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct {
		ratio                   float64
		chains                  int
		covers, warned, decided float64 // at least
		failed                  float64 // at most, where not 1.65 %
	}{
		{ratio: 0.3, chains: 400, covers: 0.87, warned: 0.6, failed: 0.04},
		{ratio: 0.3, chains: 3000, covers: 0.85, warned: 0.8, failed: 0.04},
		{ratio: 0.45, chains: 400, covers: 0.91},
		{ratio: 0.6, chains: 400, covers: 0.93, decided: 0.7},
		{ratio: 0.8, chains: 400, covers: 0.935, decided: 0.95},
	} {
		rng := rand.New(rand.NewPCG(8, math.Float64bits(c.ratio)))
		const trials = 2000
		var covered, warned, decided, failed, wrong float64
		dF := math.Log(c.ratio) / 2
		for range trials {
			work := [][]float64{quenchWork(rng, c.chains, c.ratio)}
			f := FluctuationAverage(work, []float64{dF})
			if f.Average.Covers(1) {
				covered += 1. / trials
			}
			if len(f.Average.Warnings) > 0 {
				warned += 1. / trials
			}
			switch f.Verdict() {
			case Fail:
				failed += 1. / trials
				decided += 1. / trials
			case Pass:
				decided += 1. / trials
			}
			if FluctuationAverage(work, []float64{dF + 0.3}).Verdict() == Fail {
				wrong += 1. / trials
			}
		}
		t.Logf("ratio %v, %d chains: covers %.3f, warns %.3f, decides %.3f, fails %.4f; dF wrong by 0.3 fails %.3f", c.ratio,
			c.chains, covered, warned, decided, failed, wrong)
		assert.Greater(t, covered, c.covers, "ratio %v", c.ratio)
		assert.GreaterOrEqual(t, warned, c.warned, "ratio %v", c.ratio)
		assert.GreaterOrEqual(t, decided, c.decided, "ratio %v", c.ratio)
		assert.Less(t, failed, cmp.Or(c.failed, 0.0165), "ratio %v", c.ratio)
		assert.Greater(t, wrong, 0.85*decided, "a wrong free energy is found where anything is decided")
	}
}
