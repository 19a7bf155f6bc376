package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"

	"calorimeter/instrument/record"
)

// finalRow returns the names of the columns of curves.csv and its last row, which is nil where there is none.
func finalRow(h *record.History) (names, fields []string, err error) {
	end := record.NewHistory(h.Infos())
	if events := observations(h); len(events) > 0 {
		if err := end.Record(events[len(events)-1]); err != nil {
			return nil, nil, err
		}
	}
	var b bytes.Buffer
	if err := record.WriteCurves(&b, end); err != nil {
		return nil, nil, err
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) < 2 {
		return record.Columns(h.Infos()), nil, err
	}
	return rows[0], rows[1], nil
}

// Summary returns the outcome of a run as one line of JSON for other programs: the run folder, the status, the last
// row of the curves under their column names (see [record.Columns]), what its quantities are read against, the books
// and the warnings. A value that is not known is null, an infinite one the string "inf" or "-inf"; without an
// observation there is no row, and final is null.
func Summary(dir string, run *record.Run, h *record.History) ([]byte, error) {
	names, fields, err := finalRow(h)
	if err != nil {
		return nil, err
	}
	var final map[string]any
	if fields != nil {
		final = make(map[string]any, len(names))
		for i, name := range names {
			final[name] = value(fields[i])
		}
	}
	warnings := []string{}
	for _, w := range run.Warnings {
		warnings = append(warnings, w.String())
	}
	return json.Marshal(struct {
		Folder   string                 `json:"run_folder"`
		Status   string                 `json:"status"`
		Error    string                 `json:"error,omitempty"`
		Seconds  float64                `json:"seconds"`
		Final    map[string]any         `json:"final"`
		Nulls    map[string]record.Null `json:"nulls,omitempty"`
		Books    []record.Check         `json:"books"`
		Warnings []string               `json:"warnings"`
	}{Folder: dir, Status: run.Status, Error: run.Error, Seconds: run.Seconds, Final: final, Nulls: run.Nulls,
		Books: run.Books, Warnings: warnings})
}

// value is a field of curves.csv as JSON holds it.
func value(field string) any {
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case err != nil:
		return nil
	case math.IsInf(v, 0):
		return field
	}
	return v
}
