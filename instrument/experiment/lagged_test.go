package experiment

import (
	"slices"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
)

// Deliberate errors, and the test that caught them: those below, all by TestLaggedGaussian.

func lagRuns(t *testing.T, c lagCase, seed uint64) (runs []*lagRun) {
	t.Helper()
	for _, moves := range lagMoves {
		r, err := c.run(moves, seed)
		require.NoError(t, err)
		runs = append(runs, r)
	}
	return runs
}

// The Gaussian model holds, whatever the seed, and does not where a formula is broken.
func TestLaggedGaussian(t *testing.T) {
	held, seeds := 0, 2
	for seed := range seeds {
		for _, c := range lagCases {
			s := lagStatements(lagRuns(t, c, uint64(seed)))
			if record.Worst(s) == record.Holds {
				held++
			}
			for _, s := range s {
				if s.Verdict != record.Holds {
					t.Log(s.Verdict, s.Text, s.Figure, s.Expected, s.Because)
				}
			}
		}
	}
	assert.GreaterOrEqual(t, held, 2*seeds-1)
	whole := map[string][]*lagRun{}
	for _, c := range lagCases {
		whole[c.name] = lagRuns(t, c, 1)
	}
	drifting, fluctuating := lagCases[:1], lagCases[1:]
	for _, b := range []struct {
		what  string
		cases []lagCase // that must find it
		do    func(r *lagRun)
	}{
		{"the factor of two left out", lagCases, func(r *lagRun) { floats.Scale(2, r.work) }},
		{"the sign of work", lagCases, func(r *lagRun) { floats.Scale(-1, r.work) }},
		{"equilibrium assumed where there is none", lagCases, func(r *lagRun) { r.model.Memory = 0 }},
		{"weights that drift taken for still ones", drifting, func(r *lagRun) { r.model.DataSigma = 0 }},
		{"samples that did not move taken for those that did", fluctuating, func(r *lagRun) { r.moved = r.unmoved }},
	} {
		for _, c := range b.cases {
			var runs []*lagRun
			for _, r := range whole[c.name] {
				wrong := *r
				wrong.work = slices.Clone(r.work)
				b.do(&wrong)
				runs = append(runs, &wrong)
			}
			assert.Equal(t, record.Fails, record.Worst(lagStatements(runs)), "%s: %s passes", c.name, b.what)
		}
	}
}
