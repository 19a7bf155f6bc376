package experiment

import (
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
)

// A bound that falls short of half the truth, or passes it, fails where its error tells so; else nothing can be told.
func TestReaches(t *testing.T) {
	for _, c := range []struct {
		value, se float64
		want      record.Verdict
	}{
		{0.9, 0.05, record.Holds}, {1.1, 0.05, record.Holds}, {1.3, 0.05, record.Fails}, {0.3, 0.05, record.Fails},
		{0.45, 0.05, record.CannotTell}, {0.9, 0.2, record.CannotTell},
	} {
		assert.Equal(t, c.want, reaches("", "", estimate.FromSE(c.value, c.se, 1e6), 1).Verdict, "%v", c)
	}
	assert.Equal(t, record.CannotTell, reaches("", "", estimate.Unknown("none"), 1).Verdict)
}

// A lower bound below an upper one refutes nothing.
func TestExceeds(t *testing.T) {
	for _, c := range []struct {
		lower, upper float64
		want         record.Verdict
	}{{3, 1, record.Holds}, {1, 3, record.CannotTell}, {1, 1, record.CannotTell}} {
		lower, upper := estimate.FromSE(c.lower, 0.1, 9), estimate.FromSE(c.upper, 0.1, 9)
		assert.Equal(t, c.want, exceeds("", "", lower, upper).Verdict)
	}
}
