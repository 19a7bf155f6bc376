package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat/distuv"
)

// standardErrors is how far a measured number may lie from the truth.
const standardErrors = 3

// chance is how often chance leads as far.
const chance = 0.0027

// equals states that a number is the truth: it holds within three standard errors, where these are small enough for
// half or twice the truth, or its negative, to be told from it.
func equals(text, unit string, measured estimate.Estimate, truth float64) record.Statement {
	s := record.Statement{Text: text, Figure: measured, Unit: unit, Expected: fmt.Sprintf("%.4g", truth)}
	se := measured.StatedSE()
	switch off := math.Abs(measured.Value - truth); {
	case !measured.Known() || math.IsNaN(se):
		s.Verdict, s.Because = record.CannotTell, why(measured)
	case off > standardErrors*se && off > 1e-9*math.Abs(truth):
		s.Verdict = record.Fails
		s.Because = fmt.Sprintf("%.1f standard errors off", off/se)
		if se == 0 {
			s.Because = "off, and without an error"
		}
	case standardErrors*se > math.Abs(truth)/2 && truth != 0:
		s.Verdict, s.Because = record.CannotTell, "half the truth would pass as well: the error is too large"
	default:
		s.Verdict, s.Because = record.Holds, fmt.Sprintf("%.1f standard errors off", off/max(se, 1e-300))
		if se == 0 {
			s.Because = ""
		}
	}
	return s
}

// brackets states that a lower and an upper bound stand on their sides of the truth, within three standard errors, and
// are nearer to it than half of it.
func brackets(text, unit string, lower, upper estimate.Estimate, truth float64) record.Statement {
	s := record.Statement{
		Text: text, Figure: Between(lower, upper), Unit: unit, Expected: fmt.Sprintf("%.4g", truth),
	}
	low, high := lower.Value-standardErrors*lower.StatedSE(), upper.Value+standardErrors*upper.StatedSE()
	switch {
	case math.IsNaN(low) || math.IsNaN(high):
		s.Verdict, s.Because = record.CannotTell, why(lower)+why(upper)
	case low > truth || high < truth:
		s.Verdict, s.Because = record.Fails, "the truth is not between the bounds"
	case truth-low > math.Abs(truth)/2 || high-truth > math.Abs(truth):
		s.Verdict, s.Because = record.CannotTell, "half the truth, or twice, would pass as well: the bounds are too loose"
	default:
		s.Verdict = record.Holds
		s.Because = fmt.Sprintf("bounds %.4g and %.4g", lower.Value, upper.Value)
	}
	return s
}

// atLeast states that a number is a limit or more: it holds where its interval lies above, and fails where it lies
// below.
func atLeast(text, unit string, e estimate.Estimate, limit float64) record.Statement {
	s := record.Statement{Text: text, Figure: e, Unit: unit, Expected: fmt.Sprintf("at least %.4g", limit)}
	switch {
	case !e.HasInterval():
		s.Verdict, s.Because = record.CannotTell, why(e)
	case e.Lo >= limit:
		s.Verdict = record.Holds
	case e.Hi < limit:
		s.Verdict = record.Fails
	default:
		s.Verdict, s.Because = record.CannotTell, "the interval holds both"
	}
	return s
}

// within states that a number lies in a range: it holds where its interval does, fails where it lies outside.
func within(text, unit string, e estimate.Estimate, from, to float64) record.Statement {
	s := record.Statement{Text: text, Figure: e, Unit: unit, Expected: fmt.Sprintf("%.4g to %.4g", from, to)}
	switch {
	case !e.HasInterval():
		s.Verdict, s.Because = record.CannotTell, why(e)
	case e.Lo >= from && e.Hi <= to:
		s.Verdict = record.Holds
	case e.Hi < from || e.Lo > to:
		s.Verdict = record.Fails
	default:
		s.Verdict, s.Because = record.CannotTell, "the interval reaches beyond"
	}
	return s
}

// identity marks a statement as one that holds by definition.
func identity(s record.Statement) record.Statement {
	s.Identity = true
	return s
}

// Between is what a lower and an upper bound leave: the interval reaches from the lower end of the one to the upper end
// of the other, and the value is the middle of the two. It is unknown where one of them is.
func Between(lower, upper estimate.Estimate) estimate.Estimate {
	if !lower.Known() || !upper.Known() {
		return estimate.Unknown("a bound is not known").WarnAs(lower, upper)
	}
	return estimate.Estimate{
		Value: (lower.Value + upper.Value) / 2, SE: math.NaN(), Lo: lower.Lo, Hi: upper.Hi,
		Confidence: min(lower.Confidence, upper.Confidence), N: min(lower.N, upper.N),
	}
}

// why is why a number is not known, or has no interval.
func why(e estimate.Estimate) string {
	if e.HasInterval() || len(e.Warnings) == 0 {
		return ""
	}
	return e.Warnings[len(e.Warnings)-1]
}

// covers states that the truth lies in an interval that bounds leave, which must be narrow enough to leave out half of
// the truth and twice.
func covers(text, unit string, e estimate.Estimate, truth float64) record.Statement {
	s := record.Statement{Text: text, Figure: e, Unit: unit, Expected: fmt.Sprintf("%.4g", truth)}
	switch {
	case !e.HasInterval():
		s.Verdict, s.Because = record.CannotTell, why(e)
	case !e.Covers(truth):
		s.Verdict, s.Because = record.Fails, "the truth is outside"
	case e.Covers(truth/2) || e.Covers(2*truth):
		s.Verdict, s.Because = record.CannotTell, "half the truth, or twice, would pass as well: the interval is too wide"
	default:
		s.Verdict = record.Holds
	}
	return s
}

// everywhere states that a number is the truth in each of several places, whose errors may be correlated: it fails
// where the farthest lies further off than one of as many would by chance in 0.3 % of cases (Bonferroni), and is the
// figure. Places without an interval are left out.
func everywhere(text, unit string, each []estimate.Estimate, truth float64) record.Statement {
	s := record.Statement{Text: text, Unit: unit, Expected: fmt.Sprintf("%.4g", truth), Figure: estimate.Unknown("none")}
	var known, square, expected float64
	least := math.Inf(1)
	for _, e := range each {
		if !e.HasInterval() || !(e.SE > 0) || e.N <= 3 {
			continue
		}
		known++
		dof, z := e.N-1, e.Z(truth)
		square, expected = square+z*z, expected+dof/(dof-2)
		p := 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Survival(math.Abs(z))
		if p < least {
			least, s.Figure = p, e
		}
	}
	s.Because = fmt.Sprintf("the farthest of %.0f; mean square %.2f standard errors², %.2f by chance", known, square/known,
		expected/known)
	switch {
	case known == 0:
		s.Verdict, s.Because = record.CannotTell, "none of them has an error"
	case least*known < chance:
		s.Verdict = record.Fails
	default:
		s.Verdict = record.Holds
	}
	return s
}
