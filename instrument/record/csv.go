package record

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/estimate"
)

// CSV is the recorder that writes comma-separated values, one row per event:
//
//	step,part,NAME,NAME_se,NAME_lo,NAME_hi, ... ,warnings
//
// with the columns of every quantity that is measured when the first event comes (see [Columns]). A field is empty
// where the number is unknown or the quantity was not measured at that step, never 0; numbers are written so that they
// read back to the same float64, an infinite one as inf or -inf. warnings holds "NAME: text" for each warning,
// separated by "; ".
type CSV struct {
	w       *csv.Writer
	under   io.Writer
	columns []column // nil before the first event
	row     []string
}

// NewCSV returns a recorder that writes to w. Closing w is the caller's.
func NewCSV(w io.Writer) *CSV { return &CSV{w: csv.NewWriter(w), under: w} }

// Record implements [Recorder]. A reading of a quantity that was not yet measured at the first event has no
// column: it is left out and named in the error, and the rest of the row is written.
func (c *CSV) Record(e Event) error {
	if c.columns == nil {
		c.columns = columnsOf(e.Columns)
		c.w.Write(slices.Concat([]string{"step", "part"}, names(c.columns), []string{"warnings"}))
	}
	var late error
	var warnings []string
	for _, r := range e.Readings {
		if !slices.ContainsFunc(c.columns, func(have column) bool { return have.quantity == r.Info.Name }) {
			late = fmt.Errorf("csv recorder: %s has no column: track it before the first step", r.Info.Name)
			continue
		}
		for _, w := range r.Reading.Warnings {
			warnings = append(warnings, r.Info.Name+": "+w)
		}
	}
	c.row = append(c.row[:0], strconv.Itoa(e.Step), strconv.Itoa(e.Part))
	c.row = append(appendFields(c.row, c.columns, e), strings.Join(warnings, "; "))
	c.w.Write(c.row) // its error, if any, stays in the writer until Error
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("csv recorder: %w", err)
	}
	return late
}

// Flush implements [Recorder].
func (c *CSV) Flush() error { return flush(c.under, "csv") }

// pinned are the columns of curves.csv that other programs rely on, in their order. A name that ends in _lo, _hi or _se
// and is no quantity itself is that number of the quantity before the ending.
var pinned = []string{
	"train_nll", "test_nll", "work", "heat", "entropy_production", "s_x_given_theta", "s_theta", "x_info_lo",
	"x_info_hi", "l_info_lo", "l_info_hi", "m_info", "m_info_lo", "m_info_hi", "m_info_d_lo", "m_info_d_hi",
	"m_info_noise", "delta_f", "ift", "ift_se",
}

// Columns returns the names of the columns of curves.csv for a run of the given quantities: step; those that are
// pinned, in the order of their contract; the standard errors NAME_se of these; and for each other quantity NAME,
// NAME_se, NAME_lo and NAME_hi, value, standard error and ends of the interval.
func Columns(infos []Info) []string { return append([]string{"step"}, names(columnsOf(infos))...) }

// WriteCurves writes the events as curves.csv, a view of the record: see [Columns] for its columns and [CSV] for its
// fields. Where there are several parts (see [Event]) a column "part" follows the step.
func WriteCurves(w io.Writer, h *History) error {
	c := csv.NewWriter(w)
	columns, row := columnsOf(h.infos), []string{"step"}
	parts := h.Parts() > 1
	if parts {
		row = append(row, "part")
	}
	c.Write(append(row, names(columns)...))
	for _, e := range h.events {
		row = append(row[:0], strconv.Itoa(e.Step))
		if parts {
			row = append(row, strconv.Itoa(e.Part))
		}
		row = appendFields(row, columns, e)
		c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// column is one number of a quantity.
type column struct {
	name, quantity string
	number         func(e estimate.Estimate) float64
}

// endings are the numbers of an estimate by the ending of their column.
var endings = []struct {
	suffix string
	number func(e estimate.Estimate) float64
}{
	{suffix: "", number: func(e estimate.Estimate) float64 { return e.Value }},
	{suffix: "_se", number: func(e estimate.Estimate) float64 { return e.SE }},
	{suffix: "_lo", number: func(e estimate.Estimate) float64 { return e.Lo }},
	{suffix: "_hi", number: func(e estimate.Estimate) float64 { return e.Hi }},
}

// columnsOf returns the columns of the quantities, without step.
func columnsOf(infos []Info) []column {
	measured := func(name string) bool {
		return slices.ContainsFunc(infos, func(i Info) bool { return i.Name == name })
	}
	var columns []column
	add := func(name string) {
		for _, end := range endings {
			quantity, ends := strings.CutSuffix(name, end.suffix)
			if ends && measured(quantity) {
				columns = append(columns, column{name: name, quantity: quantity, number: end.number})
				return
			}
		}
	}
	for _, name := range pinned {
		add(name)
	}
	for _, name := range pinned {
		if measured(name) && !slices.Contains(pinned, name+"_se") {
			add(name + "_se")
		}
	}
	for _, info := range infos {
		if slices.Contains(pinned, info.Name) {
			continue
		}
		for _, end := range endings {
			columns = append(columns, column{name: info.Name + end.suffix, quantity: info.Name, number: end.number})
		}
	}
	return columns
}

func names(columns []column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

// appendFields appends the fields of an event to a row.
func appendFields(row []string, columns []column, e Event) []string {
	for _, c := range columns {
		field := ""
		if r, ok := e.Of(c.quantity); ok {
			field = formatField(c.number(r))
		}
		row = append(row, field)
	}
	return row
}

// formatField writes a number so that it reads back the same, an unknown one as nothing.
func formatField(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
