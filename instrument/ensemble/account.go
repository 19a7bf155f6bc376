package ensemble

import (
	"fmt"
	"math"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// fewSets is the number of training sets below which intervals of skewed quantities cover less than 92 %.
const fewSets = 6

// Account implements [Trainee].
func (e *Ensemble) Account(summaries []Summary, nulls map[string]record.Null) Account {
	rows := make([]*Row, len(summaries))
	for i, s := range summaries {
		rows[i] = s.(*Row)
	}
	return NewAccount(rows, nulls)
}

// NewAccount says what the rows of a run show, in order: books, findings, warnings, the crossing of forward and reverse
// work, and how far examples are memorized. nulls are what the last row is read against, by quantity; nil where none
// were drawn.
func NewAccount(rows []*Row, nulls map[string]record.Null) Account {
	if len(rows) == 0 {
		return Account{}
	}
	last := rows[len(rows)-1]
	a := Account{
		Books:     Books(rows),
		Findings:  findings(rows, nulls),
		Sentences: sentences(rows, nulls),
		Diagrams:  append(crooksDiagram(rows), memoryDiagram(rows)...),
		Headline:  headline(last),
		Remark:    nullWords(last, nulls),
	}
	if words := countedWords(rows); words != "" {
		a.Notes = append(a.Notes, words)
	}
	if d := last.Sets; d > 1 && d < fewSets {
		skewed := []string{"work", "entropy_production", "delta_f", "m_info_noise"}
		a.Warnings = append(a.Warnings, record.Warning{Columns: skewed, Text: fmt.Sprintf(
			"%d training sets are few: where a quantity is skewed (work, entropy production, the noise bound) its 95 %% "+
				"interval covers 91 %%; take %d sets or more",
			d, fewSets)})
	}
	return a
}

// headline is a row in a line.
func headline(r *Row) string {
	tenths := func(e estimate.Estimate) string {
		if !e.Known() {
			return record.Brief(e.Value)
		}
		return fmt.Sprintf("%.1f", e.Value)
	}
	s := fmt.Sprintf("step %d: train %s test %s nats", r.Step, tenths(r.TrainNLL), tenths(r.TestNLL))
	if r.Roles.Silent {
		return s + ", M-info " + record.Brief(r.MInfo.Value)
	}
	return s + fmt.Sprintf(", L-info [%s, %s]", record.Brief(r.LInfo.Lower.Value), record.Brief(r.LInfo.Upper.Value))
}

// nullWords says in a sentence what the informations of the last observation come out as where there are none; empty
// where no null was drawn.
func nullWords(last *Row, nulls map[string]record.Null) string {
	if len(nulls) == 0 {
		return ""
	}
	at := func(name string) string {
		if n, ok := nulls[name]; ok {
			return fmt.Sprintf("%.3g", n.Hi)
		}
		return "unknown"
	}
	permutations := 0
	for _, n := range nulls {
		permutations = max(permutations, n.Permutations)
	}
	cases := fmt.Sprintf(" in 95 %% of cases (%s of the last observation)", record.Plural(permutations, "permutation"))
	if last.Roles.Silent {
		return "Null: with examples and ghosts dealt at random, M-info stays below " + at("m_info") + cases
	}
	s := fmt.Sprintf("Null: with labels dealt at random, L-info's bounds stay below %s and %s, X-info's below %s and %s, "+
		"M-info's below %s", at("l_info_lo"), at("l_info_hi"), at("x_info_lo"), at("x_info_hi"), at("m_info")) + cases
	if n := groupings(last.Sets, last.PerSet); n < 100 {
		s += fmt.Sprintf("; there are only %.0f ways to deal %d replicas to %d sets, the true one among them, so that the "+
			"nulls of L- and X-info say little", n, last.Sets*last.PerSet, last.Sets)
	}
	return s
}

// newest returns the last known value of a number and its row; where there is none, an unknown one with its reason, and
// -1.
func newest[R any](rows []R, f func(r R) estimate.Estimate) (e estimate.Estimate, row int) {
	for i := len(rows) - 1; i >= 0; i-- {
		if e := f(rows[i]); e.Known() {
			return e, i
		}
	}
	return f(rows[len(rows)-1]), -1
}

// why is the reason of an unknown number.
func why(e estimate.Estimate) string { return strings.Join(e.Warnings[:min(1, len(e.Warnings))], "") }

// sentences say what happened to loss, heat and entropy, and what is known of L-info and M-info. They state figures of
// the record and draw no conclusion that these do not carry.
func sentences(rows []*Row, nulls map[string]record.Null) (say []string) {
	for _, s := range []string{lossWords(rows), heatWords(rows), informationWords(rows, nulls)} {
		if s != "" {
			say = append(say, s)
		}
	}
	return say
}

func lossWords(rows []*Row) string {
	first := rows[0]
	train, i := newest(rows, func(r *Row) estimate.Estimate { return r.TrainNLL })
	switch {
	case i < 0:
		return ""
	case i == 0:
		return fmt.Sprintf("The training loss is %s nats per sample at step %d.", record.Brief(train.Value), first.Step)
	}
	s := fmt.Sprintf("From step %d to step %d the training loss went from %s to %s nats per sample",
		first.Step, rows[i].Step, record.Brief(first.TrainNLL.Value), record.Brief(train.Value))
	test, j := newest(rows, func(r *Row) estimate.Estimate { return r.TestNLL })
	if j < 0 {
		return s + "."
	}
	s += fmt.Sprintf(" and the test loss from %s to %s", record.Brief(first.TestNLL.Value), record.Brief(test.Value))
	best := rows[j]
	for _, r := range rows {
		if r.TestNLL.Value < best.TestNLL.Value {
			best = r
		}
	}
	if best == rows[j] {
		return s + ", its lowest value."
	}
	rise := overSets(difference(rows[j].TestLosses, best.TestLosses), best)
	s += fmt.Sprintf("; the test loss was lowest at step %d and has risen by %s since",
		best.Step, record.Brief(rise.Value))
	switch {
	case !(rise.Lo > 0):
		return s + ", within its error."
	case !(train.Value < best.TrainNLL.Value):
		return s + ", and the training loss with it."
	}
	return s + ": on these examples the model over-fits."
}

func heatWords(rows []*Row) string {
	var parts []string
	if work, i := newest(rows, func(r *Row) estimate.Estimate { return r.Work }); i >= 0 {
		parts = append(parts, fmt.Sprintf("the moving weights did %s nats of work on the samples", record.Brief(work.Value)))
	}
	if heat, i := newest(rows, func(r *Row) estimate.Estimate { return r.Heat }); i >= 0 {
		parts = append(parts,
			fmt.Sprintf("the samples dissipated %s nats of heat into the weights", record.Brief(-heat.Value)))
	}
	if end, i := newest(rows, func(r *Row) estimate.Estimate { return r.SampleEntropy }); i > 0 {
		parts = append(parts, fmt.Sprintf("the entropy of the samples S(X|Θ) went from %s to %s nats",
			record.Brief(rows[0].SampleEntropy.Value), record.Brief(end.Value)))
	}
	last := len(parts) - 1
	switch {
	case last < 0:
		return ""
	case last > 0:
		parts = append(parts[:last-1], parts[last-1]+" and "+parts[last])
	}
	return fmt.Sprintf("Over training, as observed at %d steps, %s.", len(rows), strings.Join(parts, ", "))
}

func informationWords(rows []*Row, nulls map[string]record.Null) string {
	var say []string
	l, why := learned(rows, nulls), useless(rows)
	switch {
	case !l.known:
	case why != "":
		say = append(say, "The bounds on what a sample expresses of the training set (L-info) are useless: "+why+".")
	default:
		s := fmt.Sprintf("At step %d a sample expresses between %s and %s nats of the training set (L-info, its bounds with "+
			"their errors)", rows[len(rows)-1].Step, record.Brief(l.lo), record.Brief(l.hi))
		if ceiling := math.Log(float64(rows[0].Sets)); l.saturated {
			s += fmt.Sprintf("; the lower bound is saturated, it cannot pass ln %d = %s, and only more training sets would "+
				"lift that ceiling", rows[0].Sets, record.Brief(ceiling))
		}
		if l.chance == within {
			s += ", which is not told from chance: labels dealt at random give bounds " + l.ofChance()
		}
		say = append(say, s+".")
	}
	if m := memorized(memorizations(rows), nulls); m.known {
		s := fmt.Sprintf("What the weights hold of it (M-info) is bounded from below by %s nats", record.Brief(m.value))
		if !math.IsNaN(m.lo) && !math.IsNaN(m.hi) {
			s += fmt.Sprintf(" (95%% interval %s to %s)", record.Brief(m.lo), record.Brief(m.hi))
		}
		if m.chance == within {
			s += ", which is not told from chance: " + dealtWords(&rows[0].Memorization) + " dealt at random give " +
				m.ofChance()
		}
		say = append(say, s+".")
	}
	return strings.Join(say, " ")
}
