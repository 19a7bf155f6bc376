package instrument

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// JSONLines is the recorder that writes one JSON object per event and line:
//
//	{"step":10,"part":0,"grad_norm":{"value":0.5,"se":0,"lo":0.5,"hi":0.5,"confidence":1,"n":0}}
//
// with one member for each quantity that was measured at that step. Unknown numbers are null, and "warnings" is
// a list of strings where there are any. Units and sources are those of the quantity's [Info].
type JSONLines struct {
	w    io.Writer
	line bytes.Buffer
}

// NewJSONLines returns a recorder that writes to w. Closing w is the caller's.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// Record implements [Recorder].
func (j *JSONLines) Record(e Event) error {
	j.line.Reset()
	fmt.Fprintf(&j.line, `{"step":%d,"part":%d`, e.Step, e.Part)
	for _, r := range e.Readings {
		value, err := json.Marshal(r.Reading)
		if err != nil {
			return fmt.Errorf("json recorder: %s: %w", r.Info.Name, err)
		}
		j.line.WriteString("," + strconv.Quote(r.Info.Name) + ":")
		j.line.Write(value)
	}
	j.line.WriteString("}\n")
	if _, err := j.w.Write(j.line.Bytes()); err != nil {
		return fmt.Errorf("json recorder: %w", err)
	}
	return nil
}

// Flush implements [Recorder].
func (j *JSONLines) Flush() error { return flush(j.w, "json") }
