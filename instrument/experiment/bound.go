package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// reaches states that a lower bound does not pass the truth and comes to half of it or more, with an error that tells
// half the truth from it.
func reaches(text, unit string, lower estimate.Estimate, truth float64) record.Statement {
	expected := fmt.Sprintf("%.4g or less, half or more", truth)
	s := record.Statement{Text: text, Figure: lower, Unit: unit, Expected: expected}
	margin := standardErrors * lower.StatedSE()
	switch {
	case math.IsNaN(margin):
		s.Verdict, s.Because = record.CannotTell, why(lower)
	case lower.Value-margin > truth || lower.Value+margin < truth/2:
		s.Verdict = record.Fails
	case lower.Value < truth/2 || margin > truth/2:
		s.Verdict, s.Because = record.CannotTell, "half the truth, or twice, would pass as well"
	default:
		s.Verdict = record.Holds
	}
	return s
}

// exceeds states that a number that is known by a lower bound is larger than one that is known by an upper bound.
// Bounds cannot refute it.
func exceeds(text, unit string, lower, upper estimate.Estimate) record.Statement {
	s := atLeast(text, unit, estimate.Difference(lower, upper), 0)
	if s.Verdict == record.Fails {
		s.Verdict, s.Because = record.CannotTell, "the bounds are too loose"
	}
	return s
}
