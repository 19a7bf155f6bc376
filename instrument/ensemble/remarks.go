package ensemble

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// remark is a warning that one or several columns carry at one or several observations.
type remark struct {
	columns     []string
	text        string // as it was given last
	first, last int    // steps
	rows        int
}

var number = regexp.MustCompile(`-?[0-9.]+(e[-+]?[0-9]+)?`)

// Remarks gathers what the estimates of all rows say of themselves: for a column without any value the reason, and each
// warning once, with its columns and steps. Warnings that differ in their numbers alone are one, given as it was last.
func Remarks(rows []*Row) (reasons map[string]string, warnings []string) {
	reasons = map[string]string{}
	remarks := map[string]*remark{}
	var order []string
	if len(rows) == 0 {
		return reasons, nil
	}
	for _, c := range columnsOf(rows[0].Roles) {
		if reason, unknown := absence(c, rows); unknown {
			reasons[c.name] = reason
			continue
		}
		if c.part {
			continue // its warnings are those of the estimate that it belongs to
		}
		for _, r := range rows {
			// At step 0 what needs an interval or a spread has none; an infinite bound says so itself.
			if e := c.value(r); (e.Known() || r.Step > 0) && !math.IsInf(e.Value, 0) {
				for _, w := range e.Warnings {
					key := number.ReplaceAllString(w, "#")
					m := remarks[key]
					if m == nil {
						m = &remark{first: r.Step, last: -1}
						remarks[key] = m
						order = append(order, key)
					}
					m.add(c.name, r.Step, w)
				}
			}
		}
	}
	for _, key := range order {
		warnings = append(warnings, remarks[key].String())
	}
	return reasons, warnings
}

// absence returns the newest reason why a column has no value in any row.
func absence(c column, rows []*Row) (reason string, unknown bool) {
	for _, r := range rows {
		e := c.value(r)
		if !math.IsNaN(e.Value) {
			return "", false
		}
		if len(e.Warnings) > 0 {
			reason = e.Warnings[len(e.Warnings)-1]
		}
	}
	return reason, reason != ""
}

func (m *remark) add(column string, step int, text string) {
	if !slices.Contains(m.columns, column) {
		m.columns = append(m.columns, column)
	}
	m.first, m.text = min(m.first, step), text
	if step > m.last {
		m.last = step
		m.rows++
	}
}

func (m *remark) String() string {
	when := fmt.Sprintf("at step %d", m.last)
	if m.rows > 1 {
		when = fmt.Sprintf("from step %d to %d (%d observations)", m.first, m.last, m.rows)
	}
	return fmt.Sprintf("%s, %s: %s", strings.Join(m.columns, ", "), when, m.text)
}
