package ensemble

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat/distuv"
)

// Check is one line of the books: what the physics demands of the numbers of a run, and whether it is met.
type Check struct {
	Name    string
	Verdict thermo.Verdict
	Figure  string // the number that the verdict rests on
	Detail  string // what was compared
}

// firstLawTolerance is the largest violation of the first law, relative to max(1, |phi|), that passes as rounding.
const firstLawTolerance = 1e-9

// Books checks the rows of one run, in order.
func Books(rows []*Row) []Check {
	if len(rows) == 0 {
		return nil
	}
	return []Check{
		firstLaw(rows), fluctuationTheorem(rows), secondLaw(rows), bracketOrder(rows), dataProcessing(rows), saturation(rows),
	}
}

func firstLaw(rows []*Row) Check {
	c := Check{
		Name:    "first law",
		Verdict: thermo.Pass,
		Detail:  "for every chain, the change of its energy since the start, evaluated anew, against its cumulated work and heat; rounding passes up to 1e-9 relative",
	}
	var absolute, relative float64
	for _, r := range rows {
		absolute, relative = math.Max(absolute, r.FirstLaw), math.Max(relative, r.FirstLawRelative)
	}
	if !(relative <= firstLawTolerance) {
		c.Verdict = thermo.Fail
	}
	c.Figure = fmt.Sprintf("largest |dphi - w - q| = %.2g nats (%.2g relative) over %d chains at %d observations",
		absolute, relative, rows[0].Chains, len(rows))
	return c
}

// fluctuationTheorem demands of each interval that its fluctuation average lie within three standard errors of one,
// where the effective sample size allows the comparison. Of many true intervals some miss by chance, up to one in a
// hundred with averages as skewed as these: misses that this explains leave the verdict open.
func fluctuationTheorem(rows []*Row) Check {
	const chance = 0.01
	c := Check{
		Name:   "fluctuation theorem",
		Detail: "the average of exp(-(w - dF)) over each interval against 1, within 3 standard errors, where the effective sample size allows",
	}
	tested, missed, intervals, worst, at := 0, 0, 0, 0.0, 0
	for _, r := range rows {
		if !r.Fluctuation.Average.Known() {
			continue
		}
		intervals++
		verdict := r.Fluctuation.Verdict()
		if verdict == thermo.CannotTell {
			continue
		}
		tested++
		if verdict == thermo.Fail {
			missed++
		}
		if z := math.Abs(r.Fluctuation.Z); z >= worst {
			worst, at = z, r.Step
		}
	}
	if tested == 0 {
		c.Figure = fmt.Sprintf("no interval of %d has chains enough for its work", intervals)
		return c
	}
	c.Figure = fmt.Sprintf("worst of %d intervals %.1f standard errors from 1 (before step %d); %d more cannot tell",
		tested, worst, at, intervals-tested)
	switch {
	case missed == 0:
		c.Verdict = thermo.Pass
	case distuv.Binomial{N: float64(tested), P: chance}.Survival(float64(missed-1)) < chance || worst > 5:
		c.Verdict = thermo.Fail
	}
	if missed > 0 {
		c.Figure += fmt.Sprintf("; %d beyond 3", missed)
	}
	return c
}

func secondLaw(rows []*Row) Check {
	c := Check{
		Name:   "second law",
		Detail: "entropy production <w> - dF of each interval against 0, within 3 standard errors over data sets",
	}
	worst, at, tested := math.Inf(1), 0, 0
	for _, r := range rows {
		e := r.Interval.EntropyProduction
		if !e.Known() || math.IsNaN(e.SE) {
			continue
		}
		tested++
		if z := below(e.Value, e.SE); z < worst {
			worst, at = z, r.Step
		}
	}
	last := rows[len(rows)-1].EntropyProduction
	switch {
	case tested == 0:
		c.Figure = "no interval with a standard error"
		return c
	case worst < -3:
		c.Verdict = thermo.Fail
	default:
		c.Verdict = thermo.Pass
	}
	c.Figure = fmt.Sprintf("cumulated %s nats; lowest of %d intervals %.1f standard errors from 0 (before step %d)",
		last, tested, worst, at)
	return c
}

// below returns value/se, with 0/0 taken as 0.
func below(value, se float64) float64 {
	if value == 0 {
		return 0
	}
	return value / se
}

func bracketOrder(rows []*Row) Check {
	return ordered("L-info bounds", "L-info's lower bound against its upper bound at every observation",
		rows, func(r *Row) (lower, upper estimate.Estimate) { return r.LInfo.Lower, r.LInfo.Upper })
}

// dataProcessing compares I(X;B) with I(Theta;B), B uniform on the drawn sets. The latter is bounded in a projection of
// theta, which may hold less than theta does: a violation then tells of the projection, not of the physics, and cannot
// fail the run. Principal directions are judged on halves of the sets; by the chain rule all sets hold ln 2 more at
// most.
func dataProcessing(rows []*Row) Check {
	identity := true
	c := ordered("L-info <= M-info", "L-info's lower bound against the upper bound on what a projection of the weights holds of the D drawn sets",
		rows, func(r *Row) (lower, upper estimate.Estimate) {
			upper = r.MInfoFinite.Upper
			if r.Projection == "pca" {
				upper.Value += math.Ln2
			}
			identity = identity && (r.Projection == "identity" || !upper.Known())
			return r.LInfo.Lower, upper
		})
	if c.Verdict == thermo.Fail && !identity {
		c.Verdict = thermo.CannotTell
		c.Figure += ": the projection holds less than the weights do"
	}
	return c
}

// ordered demands lower <= upper of every row where both are known.
func ordered(name, detail string, rows []*Row, pair func(r *Row) (lower, upper estimate.Estimate)) Check {
	c := Check{Name: name, Detail: detail}
	tested, least, at, excess := 0, math.Inf(1), 0, false
	for _, r := range rows {
		lower, upper := pair(r)
		if !lower.Known() || !upper.Known() {
			continue
		}
		tested++
		margin := upper.Value - lower.Value
		if margin < least {
			least, at = margin, r.Step
		}
		if se := math.Hypot(lower.SE, upper.SE); margin < -3*se-1e-9 {
			excess = true
		}
	}
	if tested == 0 {
		c.Figure = "no observation has both"
		return c
	}
	c.Figure = fmt.Sprintf("smallest margin %.3g nats (step %d) at %d observations", least, at, tested)
	switch {
	case excess:
		c.Verdict = thermo.Fail
	case least >= -1e-9:
		c.Verdict = thermo.Pass
	default:
		c.Figure += ", within 3 standard errors"
	}
	return c
}

func saturation(rows []*Row) Check {
	c := Check{
		Name:    "saturation",
		Verdict: thermo.Pass,
		Detail:  "the lower bound of L-info against its ceiling ln D: within 10 % of it the truth may be far above",
	}
	last := rows[len(rows)-1].LInfo
	if !last.Lower.Known() {
		c.Verdict, c.Figure = thermo.CannotTell, "L-info's lower bound is unknown"
		return c
	}
	c.Figure = fmt.Sprintf("lower bound %.3g of %.3g nats at the end", last.Lower.Value, last.Ceiling)
	for _, r := range rows {
		if r.LInfo.Lower.Value > 0.9*r.LInfo.Ceiling {
			c.Verdict = thermo.CannotTell
			c.Figure += fmt.Sprintf("; saturated from step %d on: only more data sets can tell how much more there is", r.Step)
			break
		}
	}
	return c
}
