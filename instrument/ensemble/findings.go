package ensemble

import (
	"fmt"
	"math"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
)

// chance is where a value stands to its null.
type chance int

const (
	untested chance = iota // there is no null
	within                 // no larger than its null's 95 % point
	beyond                 // larger
)

// against holds the last value of a quantity against its null.
func against(nulls map[string]record.Null, name string, value float64) chance {
	n, ok := nulls[name]
	switch {
	case !ok || math.IsNaN(value):
		return untested
	case n.Beyond(value):
		return beyond
	}
	return within
}

// evidence is what the rows say of an information at their end.
type evidence struct {
	known     bool
	value     float64 // the estimate, or the lower bound
	upper     float64 // the upper bound; that of an estimate is itself
	lo, hi    float64 // the 95 % interval: of the estimate, or below the lower and above the upper bound; NaN if unknown
	saturated bool
	chance    chance    // against labels dealt at random
	levels    []float64 // 95 % points of the nulls
}

// learned is the evidence on L-info. Each of its bounds has a null of its own; only where both exceed theirs are they
// said to tell L-info from chance, so that two looks do not double the 5 % of false alarms that one look has.
func learned(rows []*Row, nulls map[string]record.Null) (e evidence) {
	lower, i := newest(rows, func(r *Row) estimate.Estimate { return r.LInfo.Lower })
	upper, j := newest(rows, func(r *Row) estimate.Estimate { return r.LInfo.Upper })
	if i < 0 || j < 0 {
		return e
	}
	e = evidence{known: true, value: lower.Value, upper: upper.Value, lo: lower.Value, hi: upper.Value}
	if lower.HasInterval() {
		e.lo = lower.Lo
	}
	if upper.HasInterval() {
		e.hi = upper.Hi
	}
	e.lo, e.hi = max(e.lo, 0), max(e.hi, 0)
	e.saturated = estimate.Saturated(lower.Value, rows[i].LInfo.Ceiling)
	e.levels = levelsOf(nulls, "l_info_lo", "l_info_hi")
	switch a, b := against(nulls, "l_info_lo", lower.Value), against(nulls, "l_info_hi", upper.Value); {
	case a == within || b == within:
		e.chance = within
	case a == beyond && b == beyond:
		e.chance = beyond
	}
	return e
}

// memorized is the evidence on M-info, held against its null.
func memorized(rows []*Memorization, nulls map[string]record.Null) evidence {
	m, i := newest(rows, func(m *Memorization) estimate.Estimate { return m.MInfo })
	return evidence{
		known: i >= 0, value: m.Value, upper: m.Value, lo: m.Lo, hi: m.Hi,
		chance: against(nulls, "m_info", m.Value), levels: levelsOf(nulls, "m_info"),
	}
}

// levelsOf lists the 95 % points of the nulls of some quantities; nil where none has one.
func levelsOf(nulls map[string]record.Null, names ...string) (levels []float64) {
	for _, name := range names {
		if n, ok := nulls[name]; ok {
			levels = append(levels, n.Hi)
		}
	}
	return levels
}

// ofChance says what labels dealt at random give: "below 0.797 in 95% of cases"; empty where there is no null.
func (e evidence) ofChance() string {
	var words []string
	for _, v := range e.levels {
		words = append(words, record.Brief(v))
	}
	if words == nil {
		return ""
	}
	return "below " + strings.Join(words, " and ") + " in 95% of cases"
}

// findings answer whether the model memorizes, how much of it shows in its samples, and whether these are copies.
func findings(rows []*Row, nulls map[string]record.Null) []record.Finding {
	f := []record.Finding{Memorizes(memorizations(rows), nulls)}
	if !rows[0].Roles.Silent {
		f = append(f, expresses(rows, nulls))
	}
	if generative(rows[0].Roles) {
		f = append(f, copies(rows[len(rows)-1].Copying))
	}
	return f
}

// Memorizes says yes where the interval of M-info's lower bound lies above 0 and the bound exceeds what examples and
// ghosts dealt at random give; it is left open where none were. Information has no scale: weights that have hardly
// moved tell their training set wherever training adds little noise. Where all that takes less than 1 nat off the loss
// of the training set, or where M-info is less than a hundredth of N ln 2, of a shared pool of what tells which of its
// examples are in the set, the answer is no. What training on an
// example took off its loss is told beside it: it needs no estimate of information, but sees only what costs the loss.
func Memorizes(rows []*Memorization, nulls map[string]record.Null) record.Finding {
	f := record.Finding{
		Question: "Does it memorize?", Answer: "Cannot tell", Class: record.CannotTell,
		Columns: []string{"m_info", "cmi", "mem"},
	}
	m := memorized(rows, nulls)
	switch {
	case !m.known:
		f.Because = "M-info was not estimated: " + why(rows[len(rows)-1].MInfo) + "."
	case m.chance == within:
		f.Answer = "Not told from chance"
		f.Because = fmt.Sprintf("M-info's lower bound comes out as %s nats; %s dealt at random give %s.",
			record.Brief(m.value), dealtWords(rows[0]), m.ofChance())
	case math.IsNaN(m.lo):
		f.Because = fmt.Sprintf("M-info's lower bound comes out as %s nats, with an error that is not known.",
			record.Brief(m.value))
	case m.lo > 0:
		f.Answer, f.Class, f.Because = holds(m, rows)
		total, most := overall(rows), lnMembers(rows[0].Examples, rows[0].Pool)
		if total.Hi < 1 || m.value < 0.01*most {
			f.Answer, f.Class = "No", ""
			f.Because += fmt.Sprintf(" These are traces: they take %s nats off the loss of the whole training set.",
				record.Brief(total.Value))
		}
	default:
		f.Answer = "Not seen"
		f.Because = fmt.Sprintf("M-info's lower bound, %s nats, is compatible with none.", record.Brief(m.value))
	}
	if words := memoryWords(rows); words != "" {
		f.Because += " " + words
	}
	return f
}

// dealtWords names what the null of M-info deals at random.
func dealtWords(r *Memorization) string {
	if r.Pool > 0 {
		return "the examples of the pool"
	}
	return "examples and ghosts"
}

// overall is what training on its examples took off the loss of a training set: N times mem.
func overall(rows []*Memorization) estimate.Estimate {
	mem, i := newest(rows, func(m *Memorization) estimate.Estimate { return m.Mem })
	if i < 0 {
		return mem
	}
	return mem.Scale(float64(rows[i].Examples))
}

// holds says how much the weights hold, at least.
func holds(m evidence, rows []*Memorization) (answer string, class record.Verdict, because string) {
	last := rows[len(rows)-1]
	because = fmt.Sprintf("The weights hold at least %s nats of their training set, %s an example (M-info's lower bound "+
		"%s, 95%% interval %s to %s", record.Brief(m.lo), record.Brief(m.lo/float64(last.Examples)), record.Brief(m.value),
		record.Brief(m.lo), record.Brief(m.hi))
	if m.chance == beyond {
		because += "; " + dealtWords(last) + " dealt at random give " + m.ofChance()
	}
	because += ")."
	if cmi, i := newest(rows, func(m *Memorization) estimate.Estimate { return m.CMI }); i >= 0 {
		asked := "of two examples was"
		if last.Pool > 0 {
			asked = fmt.Sprintf("%d of the %d examples of the pool were", last.Examples, last.Pool)
		}
		because += fmt.Sprintf(" Asked which %s trained on, they tell %s of the %s nats that there are.", asked,
			record.Brief(max(cmi.Value, 0)), record.Brief(lnMembers(last.Examples, last.Pool)))
	}
	if last.Pool > 0 {
		because += " What they hold of the pool itself, whichever part they were trained on, is not seen."
	}
	if m.chance == untested {
		because += " The record has no null (" + dealtWords(last) + " dealt at random) to hold it against."
		return "Not held against chance", record.CannotTell, because
	}
	return "Yes", record.Pass, because
}

// expresses gives L-info between the lower end of its lower bound and the upper end of its upper bound.
func expresses(rows []*Row, nulls map[string]record.Null) record.Finding {
	f := record.Finding{
		Question: "How much of it does one sample express?", Answer: "Cannot tell", Class: record.CannotTell,
		Columns: []string{"l_info_lo", "l_info_hi"},
	}
	l := learned(rows, nulls)
	switch {
	case !l.known:
		f.Because = "L-info was not estimated: " + why(rows[len(rows)-1].LInfo.Lower) + "."
	case useless(rows) != "":
		f.Because = "The bounds on L-info are useless: " + useless(rows) + "."
	case l.hi <= 0:
		f.Answer = "Nothing seen"
		f.Because = "The upper end of the bounds on L-info is not above 0."
	case l.chance == within:
		f.Answer = "Not told from chance"
		f.Because = fmt.Sprintf("L-info's bounds are %s and %s nats (with their errors %s to %s); labels dealt at random "+
			"give bounds %s.%s", record.Brief(l.value), record.Brief(l.upper), record.Brief(l.lo), record.Brief(l.hi),
			l.ofChance(), fewGroupings(rows[0]))
	default:
		f.Answer, f.Class = fmt.Sprintf("%s to %s nats a sample", record.Brief(l.lo), record.Brief(l.hi)), ""
		if l.lo == 0 {
			f.Answer = fmt.Sprintf("Up to %s nats a sample", record.Brief(l.hi))
		}
		f.Because = "of the training set show in one sample (L-info, between the lower end of its lower bound and the " +
			"upper end of its upper bound)"
		if l.saturated {
			f.Because += fmt.Sprintf("; the lower bound is saturated at ln %d", rows[0].Sets)
		}
		if l.chance == beyond {
			f.Because += "; labels dealt at random give bounds " + l.ofChance()
		}
		f.Because += "."
	}
	return f
}

// fewGroupings says that a null cannot tell at the 5 % level, where there are fewer than 20 ways to deal the replicas.
func fewGroupings(r *Row) string {
	n := groupings(r.Sets, r.PerSet)
	if n >= 20 {
		return ""
	}
	return fmt.Sprintf(" With only %.0f ways to deal %d replicas to %d sets nothing can be told at that level.",
		n, r.Sets*r.PerSet, r.Sets)
}

// memoryWords says what training on an example did to its loss; empty where that is not known.
func memoryWords(rows []*Memorization) string {
	mem, i := newest(rows, func(m *Memorization) estimate.Estimate { return m.Mem })
	if i < 0 {
		return ""
	}
	s := fmt.Sprintf("Training on an example takes %s nats off its loss, on average", record.Brief(mem.Value))
	if mem.HasInterval() {
		s += fmt.Sprintf(" (95%% interval %s to %s)", record.Brief(mem.Lo), record.Brief(mem.Hi))
	}
	return s + "."
}

// overSets averages a number of each replica over the training sets of a row.
func overSets(values []float64, r *Row) estimate.Estimate {
	return thermo.OverSets(values, setsOf(len(values), r.PerSet))
}
