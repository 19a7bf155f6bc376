package validate

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	langevin.go  naive work for weighted work                     TestQuickSuitePasses
//	rbm.go       sign of the reverse work                         TestQuickSuitePasses
//	quadratic.go unit of the standardised entropy                 TestQuickSuitePasses, TestInjectedErrorsFail
//	beads.go     entropy production without dt                    TestQuickSuitePasses, TestInjectedErrorsFail
//
// Errors of the estimators themselves are injected in TestInjectedErrorsFail.

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
		return pose(
			SimulatedGaussian{wide, EnsembleSize{Datasets: 40, Replicas: 4, Chains: 4}},
			Oscillator{Stiffness: 1, Ratio: 4, Samples: 1000},
			Quadratic{Curvature: []float64{1, 2}, NoiseVar: []float64{1, 1}, Rate: 0.2, Samples: 6000},
			Beads{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10, DT: 0.01, Steps: 200, Samples: 100},
		)
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
		return func(e estimate.Estimate) estimate.Estimate { return e.Plus(by) }
	}
	scale := func(by float64) func(estimate.Estimate) estimate.Estimate {
		return func(e estimate.Estimate) estimate.Estimate { return e.Scale(by) }
	}
	for _, c := range []struct {
		name, quantity, estimator string
		wrong                     func(estimate.Estimate) estimate.Estimate
	}{
		{name: "M-info without its 1/2", quantity: "m_info", estimator: "Memorized", wrong: scale(2)},
		{name: "work with the sign of heat", quantity: "work", estimator: "Ledger", wrong: scale(-1)},
		{name: "entropy with e left out", quantity: "s_theta", estimator: "Cloud.Entropy", wrong: shift(-1.5)},
		{name: "exp(+W)", quantity: "delta_f", estimator: "Jarzynski", wrong: scale(-1)},
		{name: "dF of reverse work not negated", quantity: "delta_f", estimator: "BAR", wrong: scale(-1)},
		{name: "tau without the 2", quantity: "autocorrelation_time", estimator: "AutocorrelationTime",
			wrong: func(e estimate.Estimate) estimate.Estimate { return shift((1 - e.Value) / 2)(e) }},
		{name: "forward + reverse", quantity: "entropy_production", estimator: "PathEntropyProduction", wrong: scale(-1)},
		{name: "interval of half the width, far off", quantity: "s_theta", estimator: "PlugIn",
			wrong: func(e estimate.Estimate) estimate.Estimate { return shift(8 * e.SE)(e) }},
		{name: "lower bound ln 2 too high", quantity: "l_info", estimator: "Bounds, lower", wrong: shift(math.Ln2)},
		{name: "unknown in silence", quantity: "delta_f", estimator: "BAR",
			wrong: func(e estimate.Estimate) estimate.Estimate { return estimate.Point(math.NaN(), "x").Scale(1) }},
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

func TestJSON(t *testing.T) {
	text, err := json.Marshal([]Row{{
		System: "oscillator", Posed: "--ratio 2", Quantity: "delta_f", Estimator: "BAR", Truth: math.Inf(1),
		Estimate: estimate.Unknown("no overlap"), Z: math.NaN(), Seconds: 0.5,
	}, {System: "s", Kind: Upper, Truth: 1, Estimate: estimate.Exact(1)}})
	require.NoError(t, err)
	assert.Equal(t, strings.Join([]string{
		`[{"system":"oscillator","parameters":"--ratio 2","quantity":"delta_f","estimator":"BAR","kind":"value"`,
		`"truth":null,"estimate":null,"lo":null,"hi":null,"z":null,"n":0,"seconds":0.5`,
		`"warnings":["no overlap"],"outcome":"unknown"}`,
		`{"system":"s","parameters":"","quantity":"","estimator":"","kind":"upper"`,
		`"truth":1,"estimate":1,"lo":1,"hi":1,"z":0,"n":0,"seconds":0,"warnings":[],"outcome":"agrees"}]`,
	}, ","), string(text))
	nan := math.NaN()
	text, err = json.Marshal(Coverage{
		System: "s", Lo: nan, Hi: nan, MeanZ: nan, SDZ: nan, Warned: 1, Warning: "w",
	})
	require.NoError(t, err)
	assert.Equal(t, strings.Join([]string{
		`{"system":"s","parameters":"","quantity":"","estimator":"","kind":"value","repetitions":0,"coverage":null`,
		`"lo":null,"hi":null,"beyond":0,"mean_z":null,"sd_z":null,"warned":1,"warning":"w","outcome":"unknown"}`,
	}, ","), string(text))
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
		if p, ok := s.Parameters.(MutualInformation); ok {
			calibrated[p.Task.Name()] = true
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
	var rows []Row
	for _, s := range Suite(true) {
		more, err := s.Run(context.Background(), 2, runtime.GOMAXPROCS(0))
		require.NoError(t, err)
		rows = append(rows, more...)
	}
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
