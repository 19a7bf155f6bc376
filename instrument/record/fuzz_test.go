package record

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever the bytes: no panic, an error in one line, and what is accepted is written and read again as the same.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{
		`{"status":"done","datasets":8,"replicas":3,"quantities":[{"name":"work","unit":"nats"}]}`,
		`{"status":"interrupted","nulls":{"m_info":{"mean":0.1,"sd":null}},"warnings":[{"text":"few"}]}`,
		`{"status":"failed","datasets":1000000000,"replicas":1000000000}`,
		`{"status":"done","subset":-1}`, "{\n\"status\":", "", "null", "[]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := ReadJSON(bytes.NewReader(data), "run.json")
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var first, second bytes.Buffer
		require.NoError(t, run.WriteJSON(&first))
		again, err := ReadJSON(bytes.NewReader(first.Bytes()), "run.json")
		require.NoError(t, err)
		require.NoError(t, again.WriteJSON(&second))
		require.Equal(t, first.String(), second.String())
	})
}

// Whatever the bytes, for readings.jsonl too; and curves.csv, the view of it, holds the same numbers.
func FuzzReadJSONLines(f *testing.F) {
	infos := []Info{{Name: "work"}, {Name: "m_info"}, {Name: "ift"}}
	for _, seed := range []string{
		`{"step":0,"readings":{"work":{"value":1,"se":0.5,"lo":0,"hi":2,"confidence":0.95,"n":3}}}` + "\n" +
			`{"step":1,"readings":{"m_info":{"value":null,"warnings":["too few"]},"ift":{"value":1e308,"lo":-1e308}}}`,
		`{"step":0,"part":0,"readings":{}}` + "\n" + `{"step":0,"part":1,"readings":{"work":{"value":1}}}`,
		`{"step":1,"readings":{}}` + "\n" + `{"step":1,"readings":{}}`, `{"step":-9223372036854775808}`,
		`{"step":0,"readings":{"work":{"value":1,"units":[1,null]}}}`, `{"readings":{"other":{}}}`, "\n", "{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadJSONLines(bytes.NewReader(data), "readings.jsonl", infos)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var first, second, curves bytes.Buffer
		write := func(w *bytes.Buffer, h *History) {
			lines := NewJSONLines(w)
			for _, e := range h.Events() {
				require.NoError(t, lines.Record(e))
			}
		}
		write(&first, h)
		again, err := ReadJSONLines(bytes.NewReader(first.Bytes()), "readings.jsonl", infos)
		require.NoError(t, err)
		write(&second, again)
		require.Equal(t, first.String(), second.String())

		require.NoError(t, WriteCurves(&curves, h))
		rows, err := csv.NewReader(&curves).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 1+len(h.Events()))
		for i, e := range h.Events() {
			holdsRow(t, rows[0], rows[1+i], e)
		}
	})
}

// holdsRow compares a row of curves.csv with its event: an unknown number is an empty field.
func holdsRow(t *testing.T, head, row []string, e Event) {
	for k, name := range head {
		want := map[string]float64{"step": float64(e.Step), "part": float64(e.Part)}
		for _, r := range e.Readings {
			for _, end := range endings {
				want[r.Info.Name+end.suffix] = end.number(r.Reading)
			}
		}
		number, known := want[name]
		if !known || math.IsNaN(number) {
			require.Empty(t, row[k], name)
			continue
		}
		got, err := strconv.ParseFloat(row[k], 64)
		require.NoError(t, err, strings.Join(row, ","))
		require.Equal(t, number, got, name)
	}
}
