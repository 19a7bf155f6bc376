package ensemble

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Warnings gathers warnings, each once, with the columns that carry it and the steps at which they do. Those that
// differ in their numbers alone are one, given as it was last. The zero value is empty.
type Warnings struct {
	each  map[string]*remark
	order []*remark
}

// remark is a warning that one or several columns carry at one or several observations.
type remark struct {
	columns     []string
	text        string // as it was given last
	mixed       bool   // another column gave it with other numbers
	first, last int    // steps
	rows        int
}

var number = regexp.MustCompile(`-?[0-9.]+(e[-+]?[0-9]+)?`)

// Add enters a warning of a column at a step. Steps come in order, column by column.
func (w *Warnings) Add(column string, step int, text string) {
	key := number.ReplaceAllString(text, "#")
	m := w.each[key]
	if m == nil {
		m = &remark{first: step, last: -1}
		if w.each == nil {
			w.each = map[string]*remark{}
		}
		w.each[key] = m
		w.order = append(w.order, m)
	}
	if !slices.Contains(m.columns, column) {
		m.mixed = m.mixed || len(m.columns) > 0 && m.text != text
		m.columns = append(m.columns, column)
	}
	m.first, m.text = min(m.first, step), text
	if step > m.last {
		m.last = step
		m.rows++
	}
}

// Lines returns the warnings in the order in which they came first: "column, column, from step a to b (n observations):
// text". Where numbers differ between columns, those given are said to be the last one's.
func (w *Warnings) Lines() (lines []string) {
	for _, m := range w.order {
		when := fmt.Sprintf("at step %d", m.last)
		if m.rows > 1 {
			when = fmt.Sprintf("from step %d to %d (%d observations)", m.first, m.last, m.rows)
		}
		text := m.text
		if m.mixed {
			text += " (numbers of " + m.columns[len(m.columns)-1] + ")"
		}
		lines = append(lines, fmt.Sprintf("%s, %s: %s", strings.Join(m.columns, ", "), when, text))
	}
	return lines
}

// fewSets is the number of training sets below which Student's intervals of skewed quantities cover less than 92 %.
const fewSets = 6

// Remarks gathers what the estimates of all rows say of themselves: for a column without any value, or whose way does
// not apply to the model, the reason; and the [Warnings] of the others.
func Remarks(rows []*Row) (reasons map[string]string, warnings []string) {
	reasons = map[string]string{}
	if len(rows) == 0 {
		return reasons, nil
	}
	var all Warnings
	if d := rows[0].Sets; d > 1 && d < fewSets {
		for _, r := range rows {
			all.Add("all intervals", r.Step, fmt.Sprintf("%d training sets are few: where a quantity is skewed (work, entropy production, the noise bound) its 95 %% interval covers 88 to 91 %%; take %d sets or more", d, fewSets))
		}
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
			e := c.value(r)
			// At step 0 what needs an interval or a spread has none; an infinite bound says so itself.
			if !e.Known() && r.Step == 0 || math.IsInf(e.Value, 0) {
				continue
			}
			for _, w := range e.Warnings {
				if w == noLogZ {
					reasons[c.name] = w
					continue
				}
				all.Add(c.name, r.Step, w)
			}
		}
	}
	return reasons, all.Lines()
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
