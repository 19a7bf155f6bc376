package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// shown is what is shown as one thing: a quantity, or the two bounds of a pair.
type shown struct {
	lower record.Info
	upper *record.Info // nil of a single quantity
}

// shownOf puts the bounds of a pair together, in the place of the one that was declared first. Those without a value
// are left out if keep says so, and a bound whose partner is left out is shown as a single quantity.
func shownOf(infos []record.Info, keep func(record.Info) bool) []shown {
	var list []shown
	for _, info := range infos {
		if !keep(info) {
			continue
		}
		i := slices.IndexFunc(list, func(s shown) bool {
			b := s.lower.Bound
			return s.upper == nil && b.Of != "" && b.Of == info.Bound.Of && b.Upper != info.Bound.Upper
		})
		switch {
		case i < 0:
			list = append(list, shown{lower: info})
		case info.Bound.Upper:
			list[i].upper = &info
		default:
			list[i] = shown{lower: info, upper: new(list[i].lower)}
		}
	}
	return list
}

// all returns the one quantity or the two.
func (s shown) all() []record.Info {
	if s.upper == nil {
		return []record.Info{s.lower}
	}
	return []record.Info{s.lower, *s.upper}
}

func (s shown) names() []string {
	var names []string
	for _, info := range s.all() {
		names = append(names, info.Name)
	}
	return names
}

// name is what tells it from others: of a pair, what is bracketed.
func (s shown) name() string {
	if s.upper != nil {
		return s.lower.Bound.Of
	}
	return s.lower.Name
}

// heading is what it is in words; of a pair, what its titles have in common: "L-info" of "L-info, lower bound".
func (s shown) heading() string {
	heading := plain(s.lower.Heading())
	if s.upper != nil {
		if i := strings.LastIndex(heading, ","); i > 0 {
			heading = heading[:i]
		}
	}
	return heading
}

// legend is its name in a legend.
func (s shown) legend() string {
	if s.upper != nil {
		return s.heading() + ", lower to upper bound"
	}
	return s.heading()
}

// head is its heading in a table.
func (s shown) head() string {
	if s.upper == nil && s.lower.Symbol != "" {
		return plain(s.lower.Symbol)
	}
	return s.heading()
}

// unit is the unit of its values, empty of a pure number.
func (s shown) unit() string {
	if s.lower.Unit == "1" {
		return ""
	}
	return plain(s.lower.Unit)
}

// label is what an axis of its own shows.
func (s shown) label() string { return cmp.Or(s.unit(), s.heading()) }

func (s shown) headline() bool {
	return slices.ContainsFunc(s.all(), func(i record.Info) bool { return i.Headline })
}

// rank is the better one of a pair; 0 where none has a column.
func (s shown) rank() int {
	rank := s.lower.Rank
	if s.upper != nil && s.upper.Rank > 0 && (rank == 0 || s.upper.Rank < rank) {
		rank = s.upper.Rank
	}
	return rank
}

// sign is what the values are multiplied by where they are shown.
func sign(info record.Info) float64 {
	if info.Negated {
		return -1
	}
	return 1
}

// asShown returns the reading of a quantity as it is shown, and whether there is one.
func asShown(info record.Info, e record.Event) (estimate.Estimate, bool) {
	r, ok := e.Of(info.Name)
	return r.Scale(sign(info)), ok
}

// lastShown returns the last known reading of a quantity as it is shown.
func lastShown(info record.Info, h *record.History) estimate.Estimate {
	_, r := h.Last(info.Name)
	return r.Scale(sign(info))
}

// lastCell prints the last known reading with its recorded interval.
func (s shown) lastCell(h *record.History) string {
	lower := lastShown(s.lower, h)
	if s.upper == nil {
		return withInterval(lower)
	}
	upper := lastShown(*s.upper, h)
	text := number(lower.Value) + " to " + number(upper.Value)
	if lower.HasInterval() || upper.HasInterval() {
		text += " [" + number(lower.Lo) + ", " + number(upper.Hi) + "]"
	}
	return text
}

// observations returns the events of part 0, which is what is shown.
func observations(h *record.History) []record.Event {
	return slices.DeleteFunc(slices.Clone(h.Events()), func(e record.Event) bool { return e.Part != 0 })
}

// footnotes returns the numbers, from 1 on, of the warnings that name any of the quantities.
func footnotes(run *record.Run, names ...string) []int {
	var notes []int
	for i, w := range run.Warnings {
		if slices.ContainsFunc(w.Columns, func(name string) bool { return slices.Contains(names, name) }) {
			notes = append(notes, i+1)
		}
	}
	return notes
}

// absences says which of the quantities have no value at all, and why, reason by reason.
func absences(run *record.Run, h *record.History, infos []record.Info) []string {
	var reasons []string
	named := map[string][]string{}
	for _, info := range infos {
		_, r := h.Last(info.Name)
		if r.Known() {
			continue
		}
		reason := run.Reasons[info.Name]
		if n := len(r.Warnings); reason == "" && n > 0 && slices.ContainsFunc(h.Events(), holds(info.Name)) {
			reason = r.Warnings[n-1]
		}
		reason = plain(cmp.Or(reason, "not measured"))
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		named[reason] = append(named[reason], plain(info.Heading()))
	}
	var list []string
	for _, reason := range reasons {
		list = append(list, upperFirst(strings.Join(named[reason], "; ")+": "+reason))
	}
	return list
}

// holds tells events that hold a reading of the named quantity.
func holds(name string) func(record.Event) bool {
	return func(e record.Event) bool {
		_, ok := e.Of(name)
		return ok
	}
}

// intervalNote says what intervals are: of which confidence, and over what.
func intervalNote(run *record.Run, readings []estimate.Estimate) string {
	level := ""
	for _, r := range readings {
		if run != nil && r.HasInterval() && r.N > 0 && r.N > 2*float64(run.Units.Count) {
			run = nil // over other units, such as chains
		}
		if !r.HasInterval() || r.Lo == r.Hi || !(r.Confidence > 0) {
			continue
		}
		this := fmt.Sprintf("%.3g %% ", 100*r.Confidence)
		if level != "" && level != this {
			return "intervals of several confidences" + over(run)
		}
		level = this
	}
	return level + "intervals" + over(run)
}

// over says what the errors of a run are over.
func over(run *record.Run) string {
	if run == nil || run.Units.Name == "" || run.Units.Count < 2 {
		return ""
	}
	return " over " + plural(run.Units.Count, plain(run.Units.Name))
}

// hasWidth reports whether any reading has an interval that can be seen.
func hasWidth(readings []estimate.Estimate) bool {
	return slices.ContainsFunc(readings, func(r estimate.Estimate) bool { return r.HasInterval() && r.Lo != r.Hi })
}

// allExact reports whether all readings that are known are exact.
func allExact(readings []estimate.Estimate) bool {
	return !slices.ContainsFunc(readings, func(r estimate.Estimate) bool {
		return r.Known() && !(r.HasInterval() && r.Lo == r.Hi)
	})
}

// hasError reports whether any reading has a standard error.
func hasError(readings []estimate.Estimate) bool {
	return slices.ContainsFunc(readings, func(r estimate.Estimate) bool { return r.Known() && r.SE > 0 })
}

// upperFirst begins a sentence; the bare name of a quantity and symbols stay as they are.
func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if word, _, _ := strings.Cut(s, " "); strings.Contains(word, "_") || first >= utf8.RuneSelf {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// isKnown tells readings that have a value, be it infinite.
func isKnown(v float64) bool { return !math.IsNaN(v) }
