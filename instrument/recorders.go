package instrument

import (
	"io"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// What a run measures is declared, carried and written by package record, for every kind of run; these are its names
// for loops that use this package alone.
//
// Interfaces spell the types out: the Go interpreter of Jupyter notebooks cannot import one with an alias in it.
type (
	Reading = estimate.Estimate
	Info    = record.Info
	Event   = record.Event
	Named   = record.Named
)

// NewTable returns the recorder for people, which writes an aligned table to w; see [record.Table].
func NewTable(w io.Writer) *record.Table { return record.NewTable(w) }

// NewCSV returns a recorder that writes comma-separated values to w; see [record.CSV].
func NewCSV(w io.Writer) *record.CSV { return record.NewCSV(w) }

// NewJSONLines returns a recorder that writes one JSON object an event to w; see [record.JSONLines].
func NewJSONLines(w io.Writer) *record.JSONLines { return record.NewJSONLines(w) }

// NewMemory returns a recorder that keeps all events; see [record.History].
func NewMemory() *record.History { return record.NewHistory(nil) }

// Multi returns a recorder that hands each event to all of rs, in order; see [record.Multi].
func Multi(rs ...record.Recorder) record.Recorder { return record.Multi(rs...) }
