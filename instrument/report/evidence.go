package report

import (
	"fmt"
	"math"
)

// evidence is what a record says of an information at its end. The cards of the page and the sentences of [Conclusions] are
// both made of it.
type evidence struct {
	known  bool
	value  float64 // the estimate, or the lower bound
	upper  float64 // the upper bound; that of an estimate is itself
	lo, hi float64 // the 95 % interval: of the estimate, or below the lower and above the upper bound; NaN where it is not known
	chance chance  // against labels dealt at random
	levels []float64
}

// learned is the evidence on L-info. Each of its bounds has a null of its own; only where both exceed theirs are they said to
// tell L-info from chance, so that two looks do not double the 5 % of false alarms that one look has.
func learned(run *Run, c *Curves) (e evidence) {
	lo, i := c.Last("l_info_lo")
	hi, j := c.Last("l_info_hi")
	if i < 0 || j < 0 {
		return e
	}
	below, above := orZero(halfWidths(run, c, "l_info_lo"), i), orZero(halfWidths(run, c, "l_info_hi"), j)
	e = evidence{known: true, value: lo, upper: hi, lo: max(lo-below, 0), hi: max(hi+above, 0)}
	e.levels = run.chanceLevels([]string{"l_info_lo", "l_info_hi"})
	switch a, b := run.against("l_info_lo", lo), run.against("l_info_hi", hi); {
	case a == within || b == within:
		e.chance = within
	case a == beyond && b == beyond:
		e.chance = beyond
	}
	return e
}

// memorized is the evidence on M-info: the Gaussian estimate, held against its null.
func memorized(run *Run, c *Curves) (e evidence) {
	m, i := c.Last("m_info")
	if i < 0 {
		return e
	}
	return evidence{
		known: true, value: m, upper: m, lo: c.Column("m_info_lo")[i], hi: c.Column("m_info_hi")[i],
		chance: run.against("m_info", m), levels: run.chanceLevels([]string{"m_info"}),
	}
}

// ofChance says what labels dealt at random give: "below 0.797 in 95% of cases"; empty where there is no null.
func (e evidence) ofChance() string {
	if e.levels == nil {
		return ""
	}
	return "below " + levelWords(e.levels) + " in 95% of cases"
}

// interval prints the 95 % interval, empty where it is not known.
func (e evidence) interval() string {
	if math.IsNaN(e.lo) || math.IsNaN(e.hi) {
		return ""
	}
	return fmt.Sprintf("95%% interval %s to %s", minus(brief(e.lo)), minus(brief(e.hi)))
}

// gapWords says how held-out and training loss part. What they differ by before training is the difference between the two
// samples of examples; what they differ by more at the end is what the model knows of its training set alone.
func gapWords(c *Curves) string {
	g := gap(c)
	first, last := -1, -1
	for i, v := range g {
		if finite(v) {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	if first == last {
		return ""
	}
	return fmt.Sprintf("The held-out loss lies %s above the training loss at the end, %s at the start: the gap %s by %s nats.",
		minus(brief(g[last])), minus(brief(g[first])), grewOrShrank(g[last]-g[first]), brief(math.Abs(g[last]-g[first])))
}

func grewOrShrank(change float64) string {
	if change < 0 {
		return "shrank"
	}
	return "grew"
}
