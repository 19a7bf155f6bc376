package thermo

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Each formula was broken once by hand; what noticed (files ledger, balance, fluctuation, dissipation):
//
//	deliberate error                              caught by
//	work with its sign changed                    LedgerSmallExactCase, LedgerKeepsTheFirstLaw, BalanceOfOscillators
//	heat taken from before the weights moved      LedgerSmallExactCase, LedgerKeepsTheFirstLaw, BalanceOfOscillators
//	energy after the weights moved carried on     LedgerSmallExactCase, LedgerKeepsTheFirstLaw, BalanceOfOscillators
//	residual against work - heat                  LedgerKeepsTheFirstLaw
//	residual relative to |phi|, not max(1, |phi|) LedgerKeepsTheFirstLaw
//	residual relative to the energy now           LedgerRoundsAtTheLargestEnergy
//	<w> + dF for the entropy production           BalanceOfOscillators
//	sums of replicas for their mean               BalanceOfOscillators, OverSetsCoverage
//	replicas as the unit instead of data sets     OverSetsCoverage
//	warning of the second law at value - 3 SE     BalanceSaysWhatItDoesNotKnow
//	exp(+(w-dF))                                  FluctuationAverageSmallExactCase, FluctuationVerdictIsCalibrated
//	error without the relative part               FluctuationVerdictIsCalibrated
//	error relative to the average, sd/sqrt(n)     FluctuationAverageSmallExactCase, FluctuationVerdictIsCalibrated
//	error without the spread about 1              FluctuationAverageSmallExactCase
//	no floor of the effective sample size         FluctuationAverageSmallExactCase, FluctuationVerdictIsCalibrated
//	sum of squares rescaled as the sum            FluctuationAverageSmallExactCase, FluctuationVerdictIsCalibrated
//	sum / sum of squares for the effective size   FluctuationAverageSmallExactCase, FluctuationVerdictIsCalibrated
//	one standard error for t in the temperature   EffectiveInverseTemperatureCoverage
//	temperature without the error of its heat     EffectiveInverseTemperatureCoverage
//	heat absorbed for heat dissipated             EffectiveInverseTemperatureCoverage
//	information lost for information gained       ApparentEntropyProduction

// oscillators runs K chains through a ramp of stiffness, drawing each chain exactly at every observation.
func oscillators(t testing.TB, rng *rand.Rand, chains int, stiffness []float64) *Ledger {
	free := func(k float64) float64 { return -0.5 * math.Log(2*math.Pi/k) }
	x := make([]float64, chains)
	phi, moved := make([]float64, chains), make([]float64, chains)
	draw := func(k float64) {
		for i := range x {
			x[i] = rng.NormFloat64() / math.Sqrt(k)
			phi[i] = k * x[i] * x[i] / 2
		}
	}
	l := new(Ledger)
	draw(stiffness[0])
	require.NoError(t, l.Start(phi, free(stiffness[0])))
	for n := 1; n < len(stiffness); n++ {
		for i := range x {
			moved[i] = stiffness[n] * x[i] * x[i] / 2
		}
		draw(stiffness[n])
		require.NoError(t, l.Record(moved, phi, free(stiffness[n])-free(stiffness[n-1])))
	}
	return l
}

func TestLedgerSmallExactCase(t *testing.T) {
	var l Ledger
	require.NoError(t, l.Start([]float64{1, 2}, -3))
	assert.True(t, math.IsNaN(l.Work[0]), "no interval yet")
	require.NoError(t, l.Record([]float64{4, 7}, []float64{3, 9}, 0.5))
	require.NoError(t, l.Record([]float64{5, 8}, []float64{1, 1}, 0.25))
	assert.Equal(t, Ledger{
		Observations: 2,
		Energy0:      []float64{1, 2}, Energy: []float64{1, 1},
		Work: []float64{2, -1}, Heat: []float64{-4, -7},
		TotalWork: []float64{5, 4}, TotalHeat: []float64{-5, -5},
		FreeEnergy: -2.25, DeltaF: 0.25, TotalDeltaF: 0.75, Largest: 9,
	}, l)
	require.NoError(t, l.Record([]float64{0, 0}, []float64{0, 0}, math.NaN()))
	require.NoError(t, l.Record([]float64{0, 0}, []float64{0, 0}, 1))
	assert.True(t, math.IsNaN(l.TotalDeltaF), "an unknown dF is not forgotten")
	assert.Equal(t, 1.0, l.DeltaF)
}

func TestLedgerKeepsTheFirstLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5).Draw(t, "chains")
		energies := rapid.SliceOfN(rapid.Float64Range(-1e4, 1e4), k, k)
		var l Ledger
		require.NoError(t, l.Start(energies.Draw(t, "phi"), 0))
		largest := 1.0
		met := func(phi []float64) []float64 {
			for _, v := range phi {
				largest = max(largest, math.Abs(v))
			}
			return phi
		}
		met(l.Energy0)
		var now []float64
		for range rapid.IntRange(1, 20).Draw(t, "intervals") {
			now = met(energies.Draw(t, "relaxed"))
			require.NoError(t, l.Record(met(energies.Draw(t, "moved")), now, 0))
		}
		absolute, relative := l.Residual(now)
		assert.Less(t, absolute, 1e-8)
		assert.LessOrEqual(t, relative, absolute)

		i := rapid.IntRange(0, k-1).Draw(t, "tampered")
		now[i] += 50
		absolute, relative = l.Residual(now)
		assert.InDelta(t, 50, absolute, 1e-8, "a chain that moved behind the ledger's back")
		assert.InDelta(t, 50/largest, relative, 1e-8)
	})
}

// Training that diverges takes energies up to 1e19 and back: what is left of them is rounding at their largest.
func TestLedgerRoundsAtTheLargestEnergy(t *testing.T) {
	var l Ledger
	require.NoError(t, l.Start([]float64{2.5, 3.1}, 0))
	require.NoError(t, l.Record([]float64{1.02e19, -7e18}, []float64{1.1e19, 3.3e5}, 0))
	now := []float64{527188.1, 405314.3}
	require.NoError(t, l.Record([]float64{8e6 + 0.1, 5.1e6}, now, 0))
	absolute, relative := l.Residual(now)
	assert.Greater(t, absolute, 0.05)
	assert.Less(t, relative, 1e-15)
}

func TestLedgerRefusesBadEnergies(t *testing.T) {
	var l Ledger
	assert.ErrorContains(t, l.Start([]float64{0, math.Inf(1)}, 0), "chain 1 of 2 is +Inf")
	assert.ErrorContains(t, l.Start([]float64{0}, math.Inf(1)), "free energy")
	require.NoError(t, l.Start([]float64{0, 1, 2}, 0))
	require.NoError(t, l.Record([]float64{1, 1, 1}, []float64{2, 2, 2}, 0))
	before := gobBytes(t, &l)
	assert.ErrorContains(t, l.Record([]float64{0, 0, math.NaN()}, []float64{0, 0, 0}, 0), "thermo: observation 2: "+
		"energy after the weights moved of chain 2 of 3 is NaN")
	assert.ErrorContains(t, l.Record([]float64{0, 0, 0}, []float64{0, math.Inf(-1), 0}, 0), "chain moved of chain 1 of "+
		"3 is -Inf")
	assert.ErrorContains(t, l.Record([]float64{0, 0, 0}, []float64{0, 0, 0}, math.Inf(1)), "free energy")
	assert.Equal(t, before, gobBytes(t, &l), "an error must leave the ledger as it was")
	assert.Panics(t, func() { _ = l.Record([]float64{0}, []float64{0}, 0) })
	assert.Panics(t, func() { l.Residual([]float64{0}) })
	assert.Panics(t, func() { _ = new(Ledger).Start(nil, 0) })
	absolute, relative := l.Residual([]float64{math.NaN(), 2, 2})
	assert.True(t, math.IsNaN(absolute) && math.IsNaN(relative), "NaN must not pass for zero")
}

func TestLedgerSurvivesGob(t *testing.T) {
	l := oscillators(t, rand.New(rand.NewPCG(1, 1)), 4, []float64{1, 2, 3})
	raw := gobBytes(t, l)
	var back Ledger
	require.NoError(t, gob.NewDecoder(bytes.NewReader(raw)).Decode(&back))
	assert.Equal(t, *l, back)
	moved, relaxed := []float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}
	require.NoError(t, l.Record(moved, relaxed, 0.1))
	require.NoError(t, back.Record(moved, relaxed, 0.1))
	assert.Equal(t, *l, back)
}

func gobBytes(t testing.TB, l *Ledger) []byte {
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(l))
	return b.Bytes()
}

func TestRecordDoesNotAllocate(t *testing.T) {
	var l Ledger
	e := make([]float64, 64)
	require.NoError(t, l.Start(e, 0))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = l.Record(e, e, 0) }))
}

// A ramp of stiffness with exact draws: <w_n> = (K_n/K_{n-1} - 1)/2, Sigma_n = KL, S = 1/2 ln(2 pi e / K).
func TestBalanceOfOscillators(t *testing.T) {
	ramp := []float64{1, 1.5, 2.5, 4}
	var work, kl float64
	for n := 1; n < len(ramp); n++ {
		r := ramp[n] / ramp[n-1]
		work += (r - 1) / 2
		kl += (r-1)/2 - math.Log(r)/2
	}
	entropy := math.Log(2*math.Pi*math.E/4) / 2
	rng := rand.New(rand.NewPCG(2, 2))
	for name, b := range map[string]Balance{
		"one replica": oscillators(t, rng, 40_000, ramp).Total(),
		"over sets": func() Balance {
			var ls []*Ledger
			var set []int
			for s := range 60 {
				ls, set = append(ls, oscillators(t, rng, 700, ramp)), append(set, s/2)
			}
			return TotalOverSets(ls, set)
		}(),
	} {
		assert.Less(t, math.Abs(b.Work.Z(work)), 3.5, name)
		assert.Less(t, math.Abs(b.Heat.Z(-work)), 3.5, name)
		assert.InDelta(t, math.Log(4)/2, b.DeltaF.Value, 1e-12, name)
		assert.Less(t, math.Abs(b.EntropyProduction.Z(kl)), 3.5, name)
		assert.Less(t, math.Abs(b.SampleEntropy.Z(entropy)), 3.5, name)
		assert.Empty(t, b.EntropyProduction.Warnings, name)
		assert.Less(t, b.EntropyProduction.SE, 0.01, "precise enough to tell a wrong formula")
	}
	last := oscillators(t, rng, 40_000, ramp).Interval()
	assert.Less(t, math.Abs(last.Work.Z((4/2.5-1)/2)), 3.5)
	assert.Less(t, math.Abs(last.EntropyProduction.Z((4/2.5-1)/2-math.Log(4/2.5)/2)), 3.5)
	lastOver := IntervalOverSets([]*Ledger{oscillators(t, rng, 40_000, ramp), oscillators(t, rng, 40_000, ramp)},
		[]int{0, 1})
	assert.InDelta(t, (4/2.5-1)/2, lastOver.Work.Value, 0.01)
	assert.InDelta(t, math.Log(4/2.5)/2, lastOver.DeltaF.Value, 1e-12)
}

func TestBalanceSaysWhatItDoesNotKnow(t *testing.T) {
	var l Ledger
	require.NoError(t, l.Start([]float64{1, 2, 3}, math.NaN()))
	assert.False(t, l.Interval().Work.Known(), "no interval yet")
	require.NoError(t, l.Record([]float64{2, 4, 3}, []float64{2, 4, 3}, math.NaN()))
	for _, b := range []Balance{l.Interval(), l.Total(), TotalOverSets([]*Ledger{&l, &l}, []int{0, 1})} {
		assert.True(t, b.Work.Known())
		for _, e := range []estimate.Estimate{b.DeltaF, b.EntropyProduction, b.SampleEntropy} {
			assert.False(t, e.Known())
			assert.NotEmpty(t, e.Warnings)
		}
	}
	require.NoError(t, l.Start([]float64{0, 0, 0}, 0))
	require.NoError(t, l.Record([]float64{1, 0, 1}, []float64{0, 0, 0}, 0))
	assert.Empty(t, l.Interval().EntropyProduction.Warnings, "positive, but not significantly")
	require.NoError(t, l.Start([]float64{1, 1, 1.2}, 0))
	require.NoError(t, l.Record([]float64{0, 0, 0}, []float64{0, 0, 0}, 3))
	require.NotEmpty(t, l.Interval().EntropyProduction.Warnings)
	assert.Contains(t, l.Interval().EntropyProduction.Warnings[0], "below zero")
	require.NoError(t, l.Start([]float64{1, 1, 1}, 0))
	require.NoError(t, l.Record([]float64{0, 0, 0}, []float64{0, 0, 0}, 0))
	assert.Empty(t, l.Interval().EntropyProduction.Warnings, "three chains miss one of e^-1 that makes up for it in 5 %")
}

// Replicas of one data set share a random effect: only intervals over data sets cover.
func TestOverSetsCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const reps, d, r = 4000, 8, 3
	values, set := make([]float64, d*r), make([]int, d*r)
	covered := 0
	for range reps {
		for i := range d {
			shared := rng.NormFloat64()
			for j := range r {
				values[i*r+j], set[i*r+j] = 5+shared+0.3*rng.NormFloat64(), 100-i
			}
		}
		if OverSets(values, set).Covers(5) {
			covered++
		}
	}
	assert.InDelta(t, 0.95, float64(covered)/reps, 0.015)

	unbalanced := OverSets([]float64{1, 1, 1, 4}, []int{7, 7, 7, 2})
	assert.Equal(t, 2.5, unbalanced.Value, "every data set has the same weight")
	one := OverSets([]float64{1, 2, 3}, []int{4, 4, 4})
	assert.Equal(t, 2.0, one.Value)
	assert.Contains(t, one.Warnings[0], "one data set")
	assert.Contains(t, OverSets([]float64{1, math.NaN()}, []int{0, 1}).Warnings[0], "replica 1")
	assert.Panics(t, func() { OverSets([]float64{1}, nil) })
}

// Record of 1024 chains takes about 30 times as long as copying the two slices that it reads, a few ns a chain; no
// allocation.
func BenchmarkRecord(b *testing.B) {
	var l Ledger
	moved, relaxed := make([]float64, 1024), make([]float64, 1024)
	if err := l.Start(moved, 0); err != nil {
		b.Fatal(err)
	}
	b.Run("record", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = l.Record(moved, relaxed, 0)
		}
	})
	b.Run("copy", func(b *testing.B) {
		to := make([]float64, 1024)
		for b.Loop() {
			copy(to, moved)
			copy(to, relaxed)
		}
	})
}
