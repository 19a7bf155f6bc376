package instrument

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CSV is the recorder that writes comma-separated values, one row per event:
//
//	step,part,NAME,NAME_lo,NAME_hi, ... ,warnings
//
// with three columns for each quantity that is tracked when the first event comes. A field is empty where the
// number is unknown or the quantity was not measured at that step, never 0; numbers are written so that they
// read back to the same float64. warnings holds "NAME: text" for each warning, separated by "; ".
type CSV struct {
	w     *csv.Writer
	under io.Writer
	names []string // nil before the first event
	row   []string
}

// NewCSV returns a recorder that writes to w. Closing w is the caller's.
func NewCSV(w io.Writer) *CSV { return &CSV{w: csv.NewWriter(w), under: w} }

// Record implements [Recorder]. A reading of a quantity that was not yet tracked at the first event has no
// column: it is left out and named in the error, and the rest of the row is written.
func (c *CSV) Record(e Event) error {
	if c.names == nil {
		c.header(e.Columns)
	}
	c.row = append(c.row[:0], strconv.Itoa(e.Step), strconv.Itoa(e.Part))
	for range 3*len(c.names) + 1 {
		c.row = append(c.row, "")
	}
	var late error
	var warnings []string
	for _, r := range e.Readings {
		at := slices.Index(c.names, r.Info.Name)
		if at < 0 {
			late = fmt.Errorf("csv recorder: %s has no column: track it before the first step", r.Info.Name)
			continue
		}
		for i, x := range [...]float64{r.Reading.Value, r.Reading.Lo, r.Reading.Hi} {
			if !math.IsNaN(x) {
				c.row[2+3*at+i] = strconv.FormatFloat(x, 'g', -1, 64)
			}
		}
		for _, w := range r.Reading.Warnings {
			warnings = append(warnings, r.Info.Name+": "+w)
		}
	}
	c.row[len(c.row)-1] = strings.Join(warnings, "; ")
	c.w.Write(c.row) // its error, if any, stays in the writer until Error
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("csv recorder: %w", err)
	}
	return late
}

func (c *CSV) header(columns []Info) {
	c.names = []string{}
	header := []string{"step", "part"}
	for _, info := range columns {
		c.names = append(c.names, info.Name)
		header = append(header, info.Name, info.Name+"_lo", info.Name+"_hi")
	}
	c.w.Write(append(header, "warnings"))
}

// Flush implements [Recorder].
func (c *CSV) Flush() error { return flush(c.under, "csv") }
