package experiment

import (
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
	held, seeds := 0, 4
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
	for what, do := range map[string]func(r *lagRun){
		"the factor of two left out": func(r *lagRun) { floats.Scale(2, r.work) },
		"the sign of work":           func(r *lagRun) { floats.Scale(-1, r.work) },
		"equilibrium assumed where there is none": func(r *lagRun) {
			r.model.Memory = 0
		},
		"samples judged before they moved, taken for those after": func(r *lagRun) {
			r.moved, r.unmoved = r.unmoved, r.moved
		},
	} {
		for _, c := range lagCases {
			runs := lagRuns(t, c, 1)
			for _, r := range runs {
				do(r)
			}
			if c.name == "drifting" && what[0] == 's' {
				continue // there the weights' motion loses next to nothing
			}
			assert.Equal(t, record.Fails, record.Worst(lagStatements(runs)), "%s: %s passes", c.name, what)
		}
	}
}
