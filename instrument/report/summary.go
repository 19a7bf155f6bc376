package report

import (
	"encoding/json"
	"math"
)

// Summary returns the outcome of a run as one line of JSON for other programs: the run folder, the status, the last row
// of the curves under their column names, what its informations are read against, the books and the warnings. A value
// that is not known is null, an infinite bound the string "inf" or "-inf"; without an observation there is no row, and
// final is null.
func Summary(dir string, run *Run, c *Curves) ([]byte, error) {
	var final map[string]any
	if n := len(c.Rows); n > 0 {
		final = make(map[string]any, len(c.Columns))
		for j, name := range c.Columns {
			switch v := c.Rows[n-1][j]; {
			case math.IsNaN(v):
				final[name] = nil
			case math.IsInf(v, 0):
				final[name] = field(name, v)
			default:
				final[name] = v
			}
		}
	}
	return json.Marshal(struct {
		Folder   string          `json:"run_folder"`
		Status   string          `json:"status"`
		Error    string          `json:"error,omitempty"`
		Seconds  float64         `json:"seconds"`
		Final    map[string]any  `json:"final"`
		Nulls    map[string]Null `json:"nulls,omitempty"`
		Books    []Check         `json:"books"`
		Warnings []string        `json:"warnings"`
	}{dir, run.Status, run.Error, run.Seconds, final, run.Nulls, run.Books, run.Warnings})
}
