package record

import (
	"fmt"
	"slices"
	"strings"
)

// Trust says whether the last value of a quantity may be relied on.
type Trust struct {
	Quantity string   // name; of a pair of bounds, what they bracket
	Heading  string   // in words
	Level    Verdict  // Pass: trusted; CannotTell: with care; Fail: not
	Because  []string // why not without reserve
}

// Words is the level in words.
func (t Trust) Words() string {
	return map[Verdict]string{Pass: "trusted", CannotTell: "with care", Fail: "not"}[t.Level]
}

// Trusts judges each headline quantity of a run by its last reading, the checks that concern it, and the warnings of
// the run as a whole. It is
//
//   - not to be trusted where it has no value, or a check that judges it failed;
//   - to be taken with care where its last reading carries a warning or no interval, stands within 10 % of its ceiling,
//     a check that judges it cannot tell, or the run warns of everything;
//   - trusted otherwise.
//
// The two bounds of a bracket are judged together.
func Trusts(r *Run, h *History) (trusts []Trust) {
	for _, info := range h.infos {
		if !info.Headline {
			continue
		}
		name, heading := info.Name, info.Heading()
		if info.Bound.Of != "" {
			name = info.Bound.Of
		}
		at := slices.IndexFunc(trusts, func(t Trust) bool { return t.Quantity == name })
		if at < 0 {
			at = len(trusts)
			trusts = append(trusts, Trust{Quantity: name, Heading: heading, Level: Pass})
		}
		trusts[at].judge(info, r, h)
	}
	return trusts
}

// judge lowers the trust by what speaks against one quantity.
func (t *Trust) judge(info Info, r *Run, h *History) {
	lower := func(to Verdict, because string) {
		if t.Level == Pass || to == Fail {
			t.Level = to
		}
		if !slices.Contains(t.Because, because) {
			t.Because = append(t.Because, because)
		}
	}
	_, last := h.Last(info.Name)
	if !last.Known() {
		reason := "no value"
		if n := len(last.Warnings); n > 0 {
			reason += ": " + last.Warnings[n-1]
		}
		lower(Fail, reason)
		return
	}
	for _, c := range r.Books {
		if len(c.Columns) > 0 && !slices.Contains(c.Columns, info.Name) {
			continue
		}
		switch c.Verdict {
		case Fail:
			lower(Fail, fmt.Sprintf("the check %q failed", c.Name))
		case CannotTell:
			lower(CannotTell, fmt.Sprintf("the check %q cannot tell", c.Name))
		}
	}
	told := slices.ContainsFunc(last.Warnings, func(text string) bool { return strings.HasPrefix(text, "saturated") })
	if info.Saturated(last.Value) && !told {
		lower(CannotTell,
			fmt.Sprintf("saturated: within 10 %% of its ceiling %.4g, the truth may be far above", info.Ceiling))
	}
	for _, text := range last.Warnings {
		lower(CannotTell, text)
	}
	if !last.HasInterval() && len(last.Warnings) == 0 {
		lower(CannotTell, "no interval")
	}
	for _, w := range r.Warnings {
		if len(w.Columns) == 0 || w.Observations == 0 && slices.Contains(w.Columns, info.Name) {
			lower(CannotTell, w.Text)
		}
	}
}
