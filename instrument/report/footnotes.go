package report

import (
	"regexp"
	"slices"
	"strings"
)

// footnotes are the numbers, from 1 on, of the warnings that concern each column.
type footnotes map[string][]int

// A warning names the columns that it concerns, and since when, before its first colon: "s_theta, m_info, at step 10: ...".
var warningHead = regexp.MustCompile(`^[a-z][a-z0-9_]*(, [a-z][a-z0-9_ ]*)*`)

// newFootnotes finds out which columns of the curves each warning of a run concerns.
func newFootnotes(run *Run, c *Curves) footnotes {
	notes := footnotes{}
	for i, w := range run.Warnings {
		head, _, ok := strings.Cut(w, ":")
		if !ok || !warningHead.MatchString(head) {
			continue
		}
		for _, name := range strings.Split(head, ", ") {
			if slices.Contains(c.Columns, name) {
				notes[name] = append(notes[name], i+1)
			}
		}
	}
	return notes
}

// of returns the numbers of the warnings that concern any of the columns, ascending.
func (f footnotes) of(columns ...string) []int {
	var all []int
	for _, name := range columns {
		all = append(all, f[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// attached reports whether warning number n concerns a column.
func (f footnotes) attached(n int) bool {
	for _, list := range f {
		if slices.Contains(list, n) {
			return true
		}
	}
	return false
}
