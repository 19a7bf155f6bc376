package ensemble

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat/distuv"
)

// firstLawTolerance is the largest violation of the first law, relative to max(1, |phi|), that passes as rounding.
const firstLawTolerance = 1e-9

// Books checks the rows of one run, in order.
func Books(rows []*Row) []record.Check {
	if len(rows) == 0 {
		return nil
	}
	checks := []record.Check{learning(rows)}
	if !rows[0].Roles.Silent {
		checks = append(checks, booksOfSamples(rows)...)
	}
	if randomLabels(rows[0].Roles) {
		checks = append(checks, codeIsHeld(rows))
	}
	return checks
}

// booksOfSamples checks what observer chains show.
func booksOfSamples(rows []*Row) []record.Check {
	checks := []record.Check{firstLaw(rows), fluctuationTheorem(rows)}
	if rows[0].Roles.Unnormalised {
		checks = append(checks, freeEnergies(rows))
	}
	return append(checks, secondLaw(rows), bracketOrder(rows), dataProcessing(rows), expressedIsHeld(rows),
		saturation(rows))
}

// firstLaw demands that energy be conserved along every chain, to rounding, which it is by the definition of work and
// heat: a violation is an error of the bookkeeping.
func firstLaw(rows []*Row) record.Check {
	c := record.Check{
		Name: "first law", Arithmetic: true,
		Columns: []string{"work", "heat", "entropy_production", "s_x_given_theta"},
		Verdict: record.Pass,
		Detail: "for every chain, the change of its energy since the start, evaluated anew, against its cumulated work and " +
			"heat; rounding passes up to 1e-9 relative",
	}
	var absolute, relative float64
	for _, r := range rows {
		absolute, relative = math.Max(absolute, r.FirstLaw), math.Max(relative, r.FirstLawRelative)
	}
	if !(relative <= firstLawTolerance) {
		c.Verdict = record.Fail
	}
	c.Figure = fmt.Sprintf("largest |dphi - w - q| = %.2g nats (%.2g relative) over %d chains at %d observations",
		absolute, relative, rows[0].Chains, len(rows))
	return c
}

// fluctuationTheorem demands of each interval that its fluctuation average lie within three standard errors of one,
// where the effective sample size allows the comparison. Of many true intervals some miss by chance, up to one in a
// hundred with averages as skewed as these: misses that this explains leave the verdict open.
func fluctuationTheorem(rows []*Row) record.Check {
	c := record.Check{
		Name:    "fluctuation theorem",
		Verdict: record.CannotTell,
		Columns: []string{"work", "entropy_production", "delta_f", "ift"},
		Detail: "the average of exp(-(w - dF)) over each interval against 1, within 3 standard errors, where the effective " +
			"sample size allows",
	}
	var t record.Tally
	for _, r := range rows {
		if !r.Fluctuation.Average.Known() {
			continue
		}
		switch r.Fluctuation.Verdict() {
		case thermo.CannotTell:
			t.Open++
		case thermo.Fail:
			t.Missed++
			fallthrough
		default:
			t.Enter(math.Abs(r.Fluctuation.Z), r.Step)
		}
	}
	if t.Tested == 0 {
		c.Figure = fmt.Sprintf("no interval of %d has chains enough for its work", t.Open)
		return c
	}
	c.Verdict = t.Verdict()
	if c.Verdict == record.Fail { // the samples are not the network's: whatever is read off them is wrong
		c.Columns = append(c.Columns, "heat", "s_x_given_theta", "l_info_lo", "l_info_hi", "x_info_lo", "x_info_hi",
			"copying", "copying_own", "copying_z")
	}
	c.Figure = fmt.Sprintf("%d of %d intervals can be tested: worst %.1f standard errors from 1 (before step %d)%s",
		t.Tested, t.Tested+t.Open, t.Worst, t.At, t.Beyond())
	return c
}

// freeEnergies demands of each observation that the ways to the free energy agree within three of their errors and the
// bias of exponential averages. As for the fluctuation theorem, chance may explain a few misses of many.
func freeEnergies(rows []*Row) record.Check {
	c := record.Check{
		Name:    "free energies",
		Verdict: record.CannotTell,
		Columns: []string{"delta_f", "entropy_production", "test_nll", "train_nll"},
		Detail: "F(theta_n) - F(theta_0) by annealing and by the work of the observer chains, against the exact one or " +
			"else against each other, within 3 of their errors",
	}
	var t record.Tally
	for _, r := range rows[1:] {
		pairs := []Discrepancy{r.AnnealedLessExact, r.WorkLessExact}
		if !r.FreeEnergy.Exact.Known() {
			pairs = []Discrepancy{r.WorkLessAnnealed}
		}
		for _, d := range pairs {
			switch {
			case !d.Difference.Known():
			case len(d.Difference.Warnings) > 0 || !(d.Difference.StatedSE() > 0): // chains all alike tell no error
				t.Open++
			default:
				z := max(0, math.Abs(d.Difference.Value)-math.Abs(d.Bias)) / d.Difference.StatedSE()
				if z > 3 {
					t.Missed++
				}
				t.Enter(z, r.Step)
			}
		}
	}
	if t.Tested == 0 {
		c.Figure = fmt.Sprintf("no pair of estimates to compare; %d more carry a warning", t.Open)
		return c
	}
	c.Verdict = t.Verdict()
	c.Figure = fmt.Sprintf("worst of %d pairs %.1f of their errors apart (step %d); %d more carry a warning%s",
		t.Tested, t.Worst, t.At, t.Open, t.Beyond())
	return c
}

// secondLaw demands of each interval, and of all together, that the entropy production be no further below 0 than its
// error over training sets explains: by Student's t with that error's degrees of freedom, and with allowance for the
// number of intervals, of which some true ones lie low by chance. With few training sets a single interval can hardly
// be that low; their sum can. That error says nothing of rare chains with much work that were not drawn: what they may
// account for leaves the verdict open.
func secondLaw(rows []*Row) record.Check {
	const chance = 0.001
	c := record.Check{
		Name:    "second law",
		Verdict: record.CannotTell,
		Columns: []string{"entropy_production"},
		Detail: "entropy production <w> - dF of each interval against 0 (where the chains lag behind the weights, that " +
			"since the start), by Student's t over training sets, allowing for their number and for chains not drawn, and " +
			"that of the whole run",
	}
	var tested, at int
	least, leastOfAll := 1.0, 1.0
	for _, r := range rows {
		e := r.Interval.EntropyProduction
		if r.Chain.Lagging { // an interval that begins out of equilibrium may give work back
			e = r.EntropyProduction
		}
		if !e.Known() || math.IsNaN(e.SE) {
			continue
		}
		tested++
		drawn, all := below(e, r.Chains)
		leastOfAll = min(leastOfAll, all)
		if drawn < least {
			least, at = drawn, r.Step
		}
	}
	if tested == 0 {
		c.Figure = "no interval with a standard error"
		return c
	}
	least = min(1, least*float64(tested))
	leastOfAll = min(1, leastOfAll*float64(tested))
	last := rows[len(rows)-1]
	c.Figure = fmt.Sprintf("cumulated %s nats; chance of the lowest of %d intervals p = %.2g (before step %d)",
		last.EntropyProduction, tested, least, at)
	drawn, all := 1.0, 1.0
	if last.EntropyProduction.Known() && !math.IsNaN(last.EntropyProduction.SE) {
		drawn, all = below(last.EntropyProduction, last.Chains)
	}
	switch {
	case min(all, leastOfAll) < chance:
		c.Verdict = record.Fail
	case min(drawn, least) < chance:
		c.Figure += fmt.Sprintf(" by the chains that were drawn, up to %.2g with rare ones that were not",
			min(all, leastOfAll))
	default:
		c.Verdict = record.Pass
	}
	return c
}

// below is the chance that a number which is truly 0 comes out as low as e, the entropy production of n chains: by the
// spread of those that were drawn alone, 0 where they are all alike, and with those that were not.
func below(e estimate.Estimate, n int) (drawn, all float64) {
	switch {
	case e.SE > 0:
		drawn = distuv.StudentsT{Sigma: 1, Nu: max(1, e.N-1)}.CDF(e.Value / e.SE)
	case e.Value >= -1e-9:
		drawn = 1
	}
	return drawn, max(drawn, thermo.Unseen(n, e.Value))
}

// bracketOrder demands that the bounds on L-info be in order, which sampling error alone may reverse.
func bracketOrder(rows []*Row) record.Check {
	return ordered(record.Check{
		Name:    "L-info bounds",
		Columns: []string{"l_info_lo", "l_info_hi"},
		Detail:  "L-info's lower bound against its upper bound at every observation",
	}, rows, func(r *Row) (lower, upper estimate.Estimate) { return r.LInfo.Lower, r.LInfo.Upper })
}

// expressedIsHeld compares what a sample expresses, at least, with what the weights are seen to hold.
func expressedIsHeld(rows []*Row) record.Check {
	return leavesRoom(rows, func(r *Row) estimate.Estimate { return r.LInfo.Lower }, record.Check{
		Name: "L-info <= M-info", Columns: []string{"l_info_lo", "m_info"},
		Detail: "the lower end of L-info's lower bound against M-info's lower bound, which must hold that much where it is " +
			"tight",
	})
}

// leavesRoom holds M-info's lower bound against another lower bound on what the weights hold: where that lies above,
// M-info is underestimated, which is no fault of the physics.
func leavesRoom(rows []*Row, other func(r *Row) estimate.Estimate, c record.Check) record.Check {
	c.Verdict, c.Figure = record.CannotTell, nothing
	tested, at := 0, 0
	least := math.Inf(1)
	for _, r := range rows {
		lower := other(r)
		if !lower.HasInterval() || !r.MInfo.HasInterval() {
			continue
		}
		tested++
		if room := r.MInfo.Hi - lower.Lo; lower.Lo > 0 && room < least { // nothing needs no room
			least, at = room, r.Step
		}
	}
	switch {
	case tested == 0:
	case least < -1e-9:
		c.Figure = fmt.Sprintf("M-info's lower bound falls short by %.3g nats at step %d: it misses a part of what the "+
			"weights hold", -least, at)
	default:
		c.Verdict, c.Figure = record.Pass, fmt.Sprintf("M-info leaves room at all of %d observations", tested)
	}
	return c
}

// dataProcessing compares I(X;B) with I(Theta;B), B uniform on the drawn sets, where the bound on the latter lies below
// its ceiling: there alone the comparison can fail. It is a bound in a projection of theta, which may hold less than
// theta does: a violation then tells of the projection, not of the physics, and cannot fail the run. Principal
// directions are judged on halves of the sets; by the chain rule all sets hold ln 2 more at most.
func dataProcessing(rows []*Row) record.Check {
	identity, atCeiling := true, 0
	c := ordered(record.Check{
		Name:    "L-info <= M-info on D sets",
		Columns: []string{"l_info_lo", "m_info_d_hi"},
		Detail: "L-info's lower bound against the upper bound on what a projection of the weights holds of the D drawn " +
			"sets",
	}, rows, func(r *Row) (lower, upper estimate.Estimate) {
		upper = r.MInfoFinite.Upper
		if upper.Value > 0.99*r.MInfoFinite.Ceiling {
			atCeiling++
			return r.LInfo.Lower, estimate.Unknown("at its ceiling")
		}
		if r.Projection == "pca" {
			upper.Value += math.Ln2
		}
		identity = identity && (r.Projection == "identity" || !upper.Known())
		return r.LInfo.Lower, upper
	})
	if c.Verdict == record.Fail && !identity {
		c.Verdict = record.CannotTell
		c.Figure += ": the projection holds less than the weights do"
	}
	const ceiling = "M-info's upper bound stands at its ceiling ln D, which L-info's cannot pass: nothing to compare"
	switch {
	case atCeiling > 0 && c.Figure == nothing:
		c.Figure = fmt.Sprintf("at %d observations %s", atCeiling, ceiling)
	case atCeiling > 0:
		c.Figure += fmt.Sprintf("; at %d more %s", atCeiling, ceiling)
	}
	return c
}

// nothing is the figure of a comparison that no observation allows.
const nothing = "no observation has both"

// ordered demands lower <= upper of every row where both are known, and enters figure and verdict in the check.
func ordered(c record.Check, rows []*Row, pair func(r *Row) (lower, upper estimate.Estimate)) record.Check {
	c.Verdict = record.CannotTell
	var tested, at int
	var excess bool
	least := math.Inf(1)
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
		if se := math.Hypot(lower.SE, upper.SE); se > 0 && margin < -3*se-1e-9 {
			excess = true
		}
	}
	if tested == 0 {
		c.Figure = nothing
		return c
	}
	c.Figure = fmt.Sprintf("smallest margin %.3g nats (step %d) at %d observations", least, at, tested)
	switch {
	case excess:
		c.Verdict = record.Fail
	case least >= -1e-9:
		c.Verdict = record.Pass
	default:
		c.Figure += ", within 3 standard errors"
	}
	return c
}

// saturation leaves open what the bounds on L-info cannot show: more than their ceiling lets pass, or anything at all
// where they are useless. It never fails: the run is not at fault.
func saturation(rows []*Row) record.Check {
	c := record.Check{
		Name:    "saturation",
		Columns: []string{"l_info_lo"},
		Verdict: record.Pass,
		Detail:  "the lower bound of L-info against its ceiling ln D: within 10 % of it the truth may be far above",
	}
	last := rows[len(rows)-1].LInfo
	if !last.Lower.Known() {
		c.Verdict, c.Figure = record.CannotTell, "L-info's lower bound is unknown"
		return c
	}
	c.Figure = fmt.Sprintf("lower bound %.3g of at most %.3g nats at step %d",
		last.Lower.Value, last.Ceiling, rows[len(rows)-1].Step)
	if why := useless(rows); why != "" {
		c.Verdict = record.CannotTell
		c.Figure += ": useless, " + why
		return c
	}
	for _, r := range rows {
		if r.LInfo.Saturated() {
			c.Verdict = record.CannotTell
			c.Figure += fmt.Sprintf("; saturated from step %d on: only more training sets can tell how much more there is",
				r.Step)
			break
		}
	}
	return c
}

// useless says why the bounds on L-info tell nothing at the end of a run: training diverged, or they are far too loose,
// as they can be with two replicas a set. Empty where they tell something.
func useless(rows []*Row) string {
	last := rows[len(rows)-1].LInfo
	switch {
	case learning(rows).Verdict == record.Fail:
		return "training diverged; try a smaller learning rate"
	case last.Lower.SE > last.Ceiling || last.Lower.Value < -max(3*last.Lower.SE, 0.1*last.Ceiling):
		return "the bounds are too loose to tell anything; three replicas a set or more, or less noise in training"
	}
	return ""
}
