package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// tableRows is how many observations the text table shows at most.
const tableRows = 15

// column is one column of the table that people read.
type column struct {
	shown
	cells    []string // one an observation
	readings []estimate.Estimate
	interval bool // cells are value [lo, hi], not value ±SE
}

// columnsOf returns a column for each quantity or pair that keep lets through and that has a value.
func columnsOf(h *record.History, keep func(shown) bool) []column {
	var columns []column
	for _, s := range shownOf(h.Infos(), func(info record.Info) bool { return h.Known(info.Name) }) {
		if keep(s) {
			columns = append(columns, newColumn(s, h))
		}
	}
	return columns
}

// inTables tells what has a column in tables for people: what has a rank, or all where nothing has.
func inTables(infos []record.Info) func(shown) bool {
	all := !slices.ContainsFunc(infos, func(info record.Info) bool { return info.Rank > 0 })
	return func(s shown) bool { return all || s.rank() > 0 }
}

func newColumn(s shown, h *record.History) column {
	c := column{shown: s}
	events := observations(h)
	for _, e := range events {
		if r, ok := asShown(s.lower, e); ok {
			c.readings = append(c.readings, r)
		}
	}
	c.interval = s.upper == nil && slices.ContainsFunc(c.readings, needsInterval)
	for _, e := range events {
		c.cells = append(c.cells, c.cell(e))
	}
	return c
}

// cell prints what was measured at one step; it is empty where nothing was.
func (c column) cell(e record.Event) string {
	r, measured := asShown(c.lower, e)
	if c.upper != nil {
		upper, too := asShown(*c.upper, e)
		switch {
		case !measured && !too:
			return ""
		case !measured:
			r.Value = math.NaN()
		case !too:
			upper.Value = math.NaN()
		}
		return bounds(r.Value, upper.Value)
	}
	switch {
	case !measured:
		return ""
	case c.interval:
		return withInterval(r)
	}
	return plusMinus(r.Value, r.SE)
}

// needsInterval reports whether a standard error does not do: one side of the interval is three times the other, or it
// is all that is known of the error. Over few training sets nearly all are asymmetric, by less.
func needsInterval(r estimate.Estimate) bool {
	if !r.Known() || !r.HasInterval() || r.Lo == r.Hi {
		return false
	}
	const clearly = 0.5
	asymmetry := math.Abs((r.Hi - r.Value) - (r.Value - r.Lo))
	return math.IsNaN(r.SE) || !(asymmetry <= clearly*(r.Hi-r.Lo))
}

// Table writes the curves as an aligned text table for people: the quantities that have a rank (all where none has),
// at most 15 observations (first and last among them), value ± one standard error, or value and interval where that
// says more, [lo, hi] of a pair of bounds, ~ where a value is not known. Where it would be wider than width (in
// characters; 0 for no limit) the quantities of the highest rank are left out, and a line below names them; those of
// rank 1 stay.
func Table(w io.Writer, run *record.Run, h *record.History, width int) error {
	h = h.ByPart()
	events := observations(h)
	if len(events) == 0 {
		_, err := fmt.Fprintln(w, "no observation was recorded")
		return err
	}
	keep := inTables(h.Infos())
	columns := columnsOf(h, keep)
	rows := fullest(columns, len(events), tableRows)
	columns, dropped := fit(columns, events, rows, width)
	text := layOut(columns, events, rows)
	notes := tableNotes(run, columns, len(rows), len(events))
	if len(dropped) > 0 {
		var heads []string
		for _, c := range dropped {
			heads = append(heads, c.head())
		}
		notes = append(notes, "Left out for width: "+strings.Join(heads, "; ")+".")
	}
	leftOut := func(info record.Info) bool { return !keep(shown{lower: info}) }
	unknown := slices.DeleteFunc(slices.Clone(h.Infos()), leftOut)
	notes = append(notes, absences(run, h, unknown)...)
	for _, s := range notes {
		text += strings.Join(wrap(s, width, utf8.RuneCountInString), "\n") + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// fit leaves out columns, those of the highest rank first, until a table is no wider than so many characters; those of
// rank 1 stay. A width of 0 is no limit.
func fit(columns []column, events []record.Event, rows []int, width int) (kept, dropped []column) {
	kept = slices.Clone(columns)
	for width > 0 && len(kept) > 0 && longest(layOut(kept, events, rows)) > width {
		worst := 0
		for j, c := range kept {
			if c.rank() > kept[worst].rank() {
				worst = j
			}
		}
		if kept[worst].rank() <= 1 {
			break
		}
		dropped = append(dropped, kept[worst])
		kept = slices.Delete(kept, worst, worst+1)
	}
	return kept, dropped
}

// fullest returns at most limit of the n rows: of those in which at least half as many columns were measured as in any,
// and of those that show a column which would have no value in them; the last one among them.
func fullest(columns []column, n, limit int) []int {
	if n <= limit {
		return thin(n, limit)
	}
	const few = 5 // rows for the sake of a column
	measured := make([]int, n)
	for _, c := range columns {
		for i, cell := range c.cells {
			if cell != "" {
				measured[i]++
			}
		}
	}
	rows := []int{n - 1}
	for i, k := range measured {
		if 2*k >= slices.Max(measured) {
			rows = append(rows, i)
		}
	}
	for _, c := range columns {
		has := func(i int) bool { return c.cells[i] != "" && c.cells[i] != unknown }
		if slices.ContainsFunc(rows, has) {
			continue
		}
		var known []int
		for i := range n {
			if has(i) {
				known = append(known, i)
			}
		}
		for _, i := range thin(len(known), few) {
			rows = append(rows, known[i])
		}
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	kept := thin(len(rows), limit)
	for j, i := range kept {
		kept[j] = rows[i]
	}
	return kept
}

// layOut aligns the columns to the right.
func layOut(columns []column, events []record.Event, rows []int) string {
	var b strings.Builder
	const gap = 2
	tabs := tabwriter.NewWriter(&b, 0, 0, gap, ' ', tabwriter.AlignRight)
	fmt.Fprint(tabs, "step\t")
	for _, c := range columns {
		fmt.Fprint(tabs, c.head(), "\t")
	}
	for _, i := range rows {
		fmt.Fprintf(tabs, "\n%d\t", events[i].Step)
		for _, c := range columns {
			fmt.Fprint(tabs, c.cells[i], "\t")
		}
	}
	fmt.Fprintln(tabs)
	tabs.Flush() // a strings.Builder takes all
	var out []string
	for line := range strings.Lines(b.String()) {
		out = append(out, strings.TrimRight(strings.TrimPrefix(line, strings.Repeat(" ", gap)), " \n")+"\n")
	}
	return strings.Join(out, "")
}

// longest returns the length of the longest line in characters.
func longest(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
	}
	return n
}

// tableNotes says how to read the table.
func tableNotes(run *record.Run, columns []column, rows, all int) []string {
	var errors, pairs, intervals bool
	var ranges []estimate.Estimate
	var units, summed []string
	in := map[string][]string{}
	for _, c := range columns {
		if c.lower.Summed {
			summed = append(summed, c.head())
		}
		if unit := c.unit(); unit != "" {
			if !slices.Contains(units, unit) {
				units = append(units, unit)
			}
			in[unit] = append(in[unit], c.head())
		}
		switch {
		case c.upper != nil:
			pairs = true
		case c.interval:
			intervals = true
			ranges = append(ranges, c.readings...)
		default:
			errors = errors || hasWidth(c.readings)
		}
	}
	var marks []string
	if errors {
		marks = append(marks, "± one standard error"+over(run))
	}
	if intervals {
		marks = append(marks, "a [b, c] value and "+strings.TrimSuffix(intervalNote(run, ranges), "s"+over(run)))
	}
	if pairs {
		marks = append(marks, "[a, b] lower and upper bound")
	}
	notes := []string{upperFirst(strings.Join(append(marks, "~ not known"), "; ")) + "."}
	for i, unit := range units {
		units[i] = unit + ": " + strings.Join(in[unit], ", ")
	}
	if len(units) > 0 {
		notes = append(notes, "Units: "+strings.Join(units, "; ")+".")
	}
	if summed != nil {
		notes = append(notes, fmt.Sprintf("Summed over %s, and other observations give other totals: %s.",
			plural(all, "observation"), strings.Join(summed, ", ")))
	}
	if rows < all {
		notes = append(notes, fmt.Sprintf("%d of %s observations are shown.", rows, count(all)))
	}
	return notes
}

// Books writes the checks of the books, one a line: name, verdict, and the figure it rests on, with the detail of
// those that did not pass below them.
func Books(w io.Writer, checks []record.Check) error {
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range checks {
		fmt.Fprintf(tabs, "%s\t%s\t%s\n", plain(k.Heading()), plain(string(k.Verdict)), plain(k.Figure))
		if k.Verdict != record.Pass && k.Detail != "" {
			fmt.Fprintf(tabs, "\t\t%s\n", plain(k.Detail))
		}
	}
	return tabs.Flush()
}
