package record

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"calorimeter/instrument/estimate"
)

// Table is the recorder for people: one aligned row per event, under a header of names and units.
//
// A value is followed by its interval where it has one of its own; "~" stands for what is unknown, an empty cell
// for what was not measured at that step, and "!" follows a value that carries a warning. The text of a warning
// is written below the row when it first appears, and again only after it had gone away. The header is repeated
// when a quantity is tracked late, when a cell outgrows its column, and when a second part of the model (see
// [Event]) brings in a column for it.
type Table struct {
	w      io.Writer
	text   bytes.Buffer
	parts  bool // there is a column for the part
	names  []string
	width  []int
	said   map[partName]string // the kinds of warning last seen
	header bool                // to be written before the next row
}

type partName struct {
	part int
	name string
}

// NewTable returns a recorder that writes to w, such as os.Stdout.
func NewTable(w io.Writer) *Table { return &Table{w: w, said: map[partName]string{}} }

const minWidth = 10

// Record implements [Recorder].
func (t *Table) Record(e Event) error {
	if e.Part > 0 && !t.parts {
		t.parts, t.names = true, nil
	}
	if t.columns() != len(e.Columns) {
		t.fit(e.Columns)
	}
	cells := []string{fmt.Sprint(e.Step)}
	if t.parts {
		cells = append(cells, fmt.Sprint(e.Part))
	}
	next := 0
	for _, info := range e.Columns {
		text := ""
		if next < len(e.Readings) && e.Readings[next].Info.Name == info.Name {
			text = cell(e.Readings[next].Reading)
			next++
		}
		cells = append(cells, text)
	}
	for i, text := range cells {
		if n := utf8.RuneCountInString(text); n > t.width[i] {
			t.width[i], t.header = n, true
		}
	}
	t.text.Reset()
	if t.header {
		t.writeHeader(e.Columns)
	}
	t.row(cells)
	for _, r := range e.Readings {
		t.warn(e.Part, r)
	}
	if _, err := t.w.Write(t.text.Bytes()); err != nil {
		return fmt.Errorf("table recorder: %w", err)
	}
	return nil
}

// columns returns the number of quantities that the table has columns for.
func (t *Table) columns() int {
	if t.parts {
		return len(t.names) - 2
	}
	return len(t.names) - 1
}

// fit lays out the table for the quantities.
func (t *Table) fit(columns []Info) {
	t.names, t.header = []string{"step"}, true
	if t.parts {
		t.names = append(t.names, "part")
	}
	t.width = make([]int, len(t.names), len(t.names)+len(columns))
	for i := range t.width {
		t.width[i] = 6
	}
	for _, info := range columns {
		t.names = append(t.names, info.Name)
		t.width = append(t.width, max(minWidth, len(info.Name), utf8.RuneCountInString(info.Unit)))
	}
}

func (t *Table) writeHeader(columns []Info) {
	t.header = false
	t.row(t.names)
	units := make([]string, len(t.names)-len(columns))
	for _, info := range columns {
		units = append(units, info.Unit)
	}
	t.row(units)
}

// row writes the cells right-aligned.
func (t *Table) row(cells []string) {
	var line strings.Builder
	for i, text := range cells {
		if i > 0 {
			line.WriteString("  ")
		}
		fmt.Fprintf(&line, "%*s", t.width[i], text)
	}
	t.text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

func cell(r estimate.Estimate) string {
	text := r.String()
	if r.HasInterval() && r.Lo == r.Hi {
		text = fmt.Sprintf("%.4g", r.Value)
	}
	if r.Known() && len(r.Warnings) > 0 {
		text += "!"
	}
	return text
}

// warn writes the warnings of a reading unless the last reading of that quantity carried the same kinds.
func (t *Table) warn(part int, r Named) {
	key := partName{part, r.Info.Name}
	var kinds []string
	for i := range r.Reading.Warnings {
		kinds = append(kinds, r.Reading.Kind(i))
	}
	last := t.said[key]
	t.said[key] = strings.Join(kinds, "; ")
	if len(kinds) > 0 && t.said[key] != last {
		text := strings.Join(r.Reading.Warnings, "; ")
		fmt.Fprintf(&t.text, "%*s! %s: %s\n", t.width[0]+1, "", r.Info.Name, text)
	}
}

// Flush implements [Recorder].
func (t *Table) Flush() error { return flush(t.w, "table") }
