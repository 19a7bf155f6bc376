package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"calorimeter/instrument/estimate"
)

// JSONLines is the recorder that writes one JSON object per event and line:
//
//	{"step":10,"readings":{"grad_norm":{"value":0.5,"se":0,"lo":0.5,"hi":0.5,"confidence":1,"n":0}}}
//
// with one member of readings for each quantity that was measured at that step, and "part" where it is not 0. Unknown
// and infinite numbers are null (see [estimate.Estimate.MarshalJSON]); "warnings" is a list of strings where there are
// any, and "units" holds the value of each independent unit (Estimate.Units), which a [History] keeps of last readings
// alone. Units of measurement and sources are those of the quantity's [Info].
type JSONLines struct {
	w    io.Writer
	line bytes.Buffer
}

// NewJSONLines returns a recorder that writes to w. Closing w is the caller's.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// Record implements [Recorder].
func (j *JSONLines) Record(e Event) error {
	j.line.Reset()
	if err := writeLine(&j.line, e); err != nil {
		return err
	}
	if _, err := j.w.Write(j.line.Bytes()); err != nil {
		return fmt.Errorf("json recorder: %w", err)
	}
	return nil
}

// Flush implements [Recorder].
func (j *JSONLines) Flush() error { return flush(j.w, "json") }

// writeLine writes an event, readings in their order, which a map would not keep.
func writeLine(b *bytes.Buffer, e Event) error {
	fmt.Fprintf(b, `{"step":%d`, e.Step)
	if e.Part != 0 {
		fmt.Fprintf(b, `,"part":%d`, e.Part)
	}
	b.WriteString(`,"readings":{`)
	for i, r := range e.Readings {
		value, err := json.Marshal(r.Reading)
		if err != nil {
			return fmt.Errorf("json recorder: %s: %w", r.Info.Name, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:%s", r.Info.Name, value)
	}
	b.WriteString("}}\n")
	return nil
}

// ReadJSONLines reads what [JSONLines] wrote of the given quantities; name is used in errors, which say in which line
// the file is broken. A reading of a quantity that is not among them is an error.
func ReadJSONLines(r io.Reader, name string, infos []Info) (*History, error) {
	h, steps := NewHistory(infos), map[int]int{}
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) == 0 && errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("record: reading %s: %w", name, err)
		}
		var written struct {
			Step, Part int
			Readings   map[string]estimate.Estimate
		}
		if err := json.Unmarshal(line, &written); err != nil {
			return nil, fmt.Errorf("record: %s:%d: %w", name, n, err)
		}
		printable(reflect.ValueOf(&written))
		e := Event{Step: written.Step, Part: written.Part, Columns: h.infos}
		for _, info := range infos {
			if reading, ok := written.Readings[info.Name]; ok {
				e.Readings = append(e.Readings, Named{Info: info, Reading: reading})
				delete(written.Readings, info.Name)
			}
		}
		for other := range written.Readings {
			return nil, fmt.Errorf("record: %s:%d: a reading of %q, which the record does not declare", name, n, other)
		}
		if last, ok := steps[e.Part]; ok && e.Step <= last {
			return nil, fmt.Errorf("record: %s:%d: step %d after step %d", name, n, e.Step, last)
		}
		steps[e.Part] = e.Step
		h.events = append(h.events, e)
	}
}
