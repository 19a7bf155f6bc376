package ensemble

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	"github.com/stretchr/testify/require"
)

// Deliberate errors in learning, and the tests that caught them:
//
//	sign of the change                                    TestBooks
//	replicas for training sets as the units               TestBooks
//	a rise, or a drop, judged without its interval        TestBooks

// losses are those of 8 x 3 replicas that differ between training sets by the given spread, with their mean.
func losses(r *Row, mean, spread float64) {
	r.TrainLosses = nil
	var sets []int
	for s := range 24 {
		r.TrainLosses = append(r.TrainLosses, mean+spread*[]float64{-1, 1}[s/3%2])
		sets = append(sets, s/3)
	}
	r.TrainNLL = thermo.OverSets(r.TrainLosses, sets)
}

// alone leaves one replica, whose loss has no error.
func alone(rows []*Row, end float64) {
	for _, r := range rows {
		r.Sets, r.PerSet = 1, 1
		r.TrainLosses = []float64{100}
		r.TrainNLL = estimate.Point(100, "one unit")
	}
	r := rows[len(rows)-1]
	r.TrainLosses[0], r.TrainNLL.Value = end, end
}

// sound is a row that balances every book.
func sound(step int) *Row {
	e := func(v, se float64) estimate.Estimate { return estimate.FromSE(v, se, 7) }
	r := &Row{
		Step: step, Chains: 768, Sets: 8, PerSet: 3, Projection: "identity",
		EntropyProduction: e(5, 1),
		LInfo:             information.Bracket{Lower: e(0.5, 0.1), Upper: e(1, 0.1), Ceiling: math.Log(8)},
		Memorization:      Memorization{MInfo: e(50, 10)},
		MInfoFinite:       information.Bracket{Lower: e(0.7, 0.1), Upper: e(1.5, 0.1), Ceiling: math.Log(8)},
	}
	losses(r, 100-float64(step), 0.1*float64(step))
	r.Interval.EntropyProduction = e(0.1, 0.05)
	work := make([]float64, 768)
	for k := range work { // exp(-w) is 1.1 or 0.9, on average 1
		work[k] = -math.Log(1.1)
		if k%2 == 1 {
			work[k] = -math.Log(0.9)
		}
	}
	r.Fluctuation = thermo.FluctuationAverage([][]float64{work}, []float64{0})
	return r
}

func TestBooks(t *testing.T) {
	e := estimate.FromSE
	for _, c := range []struct {
		name, check string
		change      func(r *Row)
		want        record.Verdict
	}{
		{name: "diverged", check: "learning", want: record.Fail,
			change: func(r *Row) { losses(r, 200, 1) }},
		{name: "a little worse in every set", check: "learning", want: record.Fail,
			change: func(r *Row) { losses(r, 101, 0.5) }},
		{name: "no more than noise explains", check: "learning", want: record.CannotTell,
			change: func(r *Row) { losses(r, 200, 1); r.NoiseLoss = 60 }},
		{name: "more than noise explains", check: "learning", want: record.Fail,
			change: func(r *Row) { losses(r, 200, 1); r.NoiseLoss = 40 }},
		{name: "no progress to speak of", check: "learning", want: record.CannotTell,
			change: func(r *Row) { losses(r, 101, 5) }},
		// Were replicas the units, chance would not explain it.
		{name: "a drop that chance explains", check: "learning", want: record.CannotTell,
			change: func(r *Row) { losses(r, 99, 1.6) }},
		{name: "a drop in every set", check: "learning", want: record.Pass,
			change: func(r *Row) { losses(r, 99, 0.5) }},
		{name: "rounding", check: "first law", want: record.Pass,
			change: func(r *Row) { r.FirstLawRelative = 5e-10 }},
		{name: "heat lost", check: "first law", want: record.Fail,
			change: func(r *Row) { r.FirstLawRelative = 2e-9 }},
		{name: "not a number", check: "first law", want: record.Fail,
			change: func(r *Row) { r.FirstLawRelative = math.NaN() }},
		{name: "one average off", check: "fluctuation theorem", want: record.Fail,
			change: func(r *Row) { r.Fluctuation.Z, r.Fluctuation.LogAverage = 6, math.Log(1.1) }},
		{name: "one average off by what chains not drawn explain", check: "fluctuation theorem", want: record.Pass,
			change: func(r *Row) { r.Fluctuation.Z, r.Fluctuation.LogAverage = 6, 0.008 }},
		{name: "few samples", check: "fluctuation theorem", want: record.Pass,
			change: func(r *Row) { r.Fluctuation.ESSFraction = 0.01 }},
		{name: "chance", check: "second law", want: record.Pass,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-0.1, 0.05, 7) }},
		{name: "two sets, far by their small error", check: "second law", want: record.Pass,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-1, 0.05, 1) }},
		{name: "work gained", check: "second law", want: record.Fail,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-1, 0.05, 7) }},
		{name: "work gained in all, by intervals that four sets cannot judge", check: "second law", want: record.Fail,
			change: func(r *Row) {
				r.Interval.EntropyProduction, r.EntropyProduction = e(-0.1, 0.02, 3), e(-2, 0.1, 3)
			}},
		{name: "a little gained by chains that are all alike", check: "second law", want: record.CannotTell,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-0.003, 0, 7) }},
		{name: "a little gained in all by chains that are all alike", check: "second law", want: record.CannotTell,
			change: func(r *Row) { r.EntropyProduction = e(-0.003, 0, 7) }},
		{name: "a little gained by chains that differ less", check: "second law", want: record.CannotTell,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-0.003, 1e-4, 7) }},
		{name: "much gained by chains that are all alike", check: "second law", want: record.Fail,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-0.1, 0, 7) }},
		{name: "rounding of chains that are all alike", check: "second law", want: record.Pass,
			change: func(r *Row) { r.Interval.EntropyProduction = e(-1e-12, 0, 7) }},
		{name: "replicas that are all alike", check: "learning", want: record.CannotTell,
			change: func(r *Row) { losses(r, 100.001, 0) }},
		{name: "bounds swapped without an error", check: "L-info bounds", want: record.CannotTell,
			change: func(r *Row) {
				r.LInfo.Lower, r.LInfo.Upper = estimate.Exact(0.2), estimate.Exact(0.1)
			}},
		{name: "a little work gained in all", check: "second law", want: record.Pass,
			change: func(r *Row) { r.EntropyProduction = e(-0.2, 0.1, 7) }},
		{name: "bounds swapped", check: "L-info bounds", want: record.Fail,
			change: func(r *Row) {
				r.LInfo.Lower, r.LInfo.Upper = r.LInfo.Upper, r.LInfo.Lower
				r.LInfo.Upper.Value = 0.1
			}},
		{name: "bounds swapped within error", check: "L-info bounds", want: record.CannotTell,
			change: func(r *Row) { r.LInfo.Lower.Value = 1.1 }},
		{name: "more expressed than held", check: "L-info <= M-info on D sets", want: record.Fail,
			change: func(r *Row) { r.MInfoFinite.Upper.Value = 0 }},
		{name: "more expressed than is seen to be held", check: "L-info <= M-info", want: record.CannotTell,
			change: func(r *Row) { r.MInfo = e(0.1, 0.01, 7) }},
		{name: "more than a projection holds", check: "L-info <= M-info on D sets", want: record.CannotTell,
			change: func(r *Row) { r.MInfoFinite.Upper.Value, r.Projection = 0, "gaussian" }},
		{name: "saturated", check: "saturation", want: record.CannotTell,
			change: func(r *Row) { r.LInfo.Lower.Value = 1.95 }},
		{name: "useless bound", check: "saturation", want: record.CannotTell,
			change: func(r *Row) { r.LInfo.Lower.Value = -12 }},
		{name: "useless bound of a large error", check: "saturation", want: record.CannotTell,
			change: func(r *Row) { r.LInfo.Lower = e(-4, 2.5, 7) }},
		{name: "one replica", check: "saturation", want: record.CannotTell,
			change: func(r *Row) { r.LInfo.Lower = estimate.Unknown("R = 1") }},
	} {
		rows := []*Row{sound(0), sound(1), sound(2)}
		for _, check := range Books(rows) {
			require.Equal(t, record.Pass, check.Verdict, "%s: %+v", c.name, check)
		}
		c.change(rows[2])
		found := false
		for _, check := range Books(rows) {
			if check.Name == c.check {
				found = true
				require.Equal(t, c.want, check.Verdict, "%s: %+v", c.name, check)
			}
		}
		require.True(t, found, c.check)
	}
	require.Empty(t, Books(nil))

	// A learning rate of 1e6, as it came out for ebm, rbm, mlp and made: useless, said alike of all.
	for name, c := range map[string]struct{ loss, spread, lower, se float64 }{
		"ebm":  {loss: 7.6e7, spread: 7.5e7, lower: -3.8e8, se: 1.5e8},
		"rbm":  {loss: 7.9e6, spread: 5e5, lower: -1.4e6, se: 3e5},
		"mlp":  {loss: 4.1e5, spread: 4e4, lower: -2.1e5, se: 8e4},
		"made": {loss: 8.4e6, spread: 6e5, lower: math.Log(8), se: 1e-9},
	} {
		rows := []*Row{sound(0), sound(1)}
		losses(rows[1], c.loss, c.spread)
		rows[1].LInfo.Lower, rows[1].LInfo.Upper = e(c.lower, c.se, 7), e(5e6, 1e6, 7)
		require.Equal(t, record.Fail, learning(rows).Verdict, name)
		require.Contains(t, learning(rows).Figure, "training diverged, try a smaller learning rate", name)
		check := saturation(rows)
		require.Equal(t, record.CannotTell, check.Verdict, name)
		require.Contains(t, check.Figure, "at step 1: useless, training diverged; try a smaller learning rate", name)
		require.Equal(t, "The bounds on L-info are useless: training diverged; try a smaller learning rate.",
			expresses(rows, nil).Because, name)
	}
	for end, want := range map[float64]record.Verdict{300: record.Fail, 120: record.CannotTell, 20: record.CannotTell} {
		rows := []*Row{sound(0), sound(1)}
		alone(rows, end)
		require.Equal(t, want, learning(rows).Verdict, "one replica, from 100 to %v", end)
	}

	ceiling := []*Row{sound(0), sound(1)}
	for _, r := range ceiling {
		r.MInfoFinite.Upper.Value = r.MInfoFinite.Ceiling
	}
	require.Equal(t, record.CannotTell, dataProcessing(ceiling).Verdict, "a comparison that cannot fail")
}

// Chains that forget slowly make the entropy production a bound; chains that are stuck are said to be.
func TestChainsThatLagOrStick(t *testing.T) {
	o := &Observation{
		Roles: Roles{Markov: true, Rejects: true}, Moves: 10, Sets: 2, PerSet: 1, Chains: 2,
		Memory: []estimate.Estimate{estimate.Exact(4), estimate.Exact(6)}, TrainNLL: make([]float64, 2),
		Switching:  []thermo.Switching{thermo.NewSwitching(2), thermo.NewSwitching(2)},
		Acceptance: []float64{0.01, 0.03},
		Ledgers:    []*thermo.Ledger{{Observations: 1}, {Observations: 1}},
	}
	row := &Row{EntropyProduction: estimate.FromSE(3, 1, 4), SampleEntropy: estimate.FromSE(30, 1, 4)}
	o.chainState(row)
	require.True(t, row.Chain.Lagging, "10 moves for an autocorrelation time of 5")
	require.Contains(t, row.EntropyProduction.Warnings[0], "upper bound")
	require.Contains(t, row.SampleEntropy.Warnings[0], "equilibrium")
	require.Contains(t, row.Chain.Acceptance.Warnings[len(row.Chain.Acceptance.Warnings)-1], "smaller learning rate")

	o.Moves, o.Acceptance = 20, []float64{0.5, 0.6}
	row = &Row{EntropyProduction: estimate.FromSE(3, 1, 4), SampleEntropy: estimate.FromSE(30, 1, 4)}
	o.chainState(row)
	require.False(t, row.Chain.Lagging)
	require.Empty(t, row.EntropyProduction.Warnings)
	require.Empty(t, row.Chain.Acceptance.Warnings)
	o.FollowMoves = 2
	o.chainState(row)
	require.True(t, row.Chain.Lagging, "two moves between updates")
}
