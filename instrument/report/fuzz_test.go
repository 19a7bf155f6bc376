package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/require"
)

// Whatever is in run.json and readings.jsonl: what can be read can be shown, in a page, a table and the summary.
func FuzzPage(f *testing.F) {
	run, readings := `{"status":"done","quantities":[{"name":"work","unit":"nats","headline":true,"rank":1,"ceiling":2}]}`,
		`{"step":0,"readings":{"work":{"value":1,"se":0.5,"lo":0,"hi":2,"confidence":0.95,"n":3}}}`
	f.Add([]byte(run), []byte(readings+"\n"))
	many := `{"status":"done","datasets":1000000000,"replicas":1000000000,"chains":1000000000,"steps":1000000000,` +
		`"units":{"name":"training set","count":1000000000},"quantities":[{"name":"work"}]}`
	f.Add([]byte(many), []byte(readings+"\n")) // which no page takes longer or more memory for
	for _, example := range []func() (*record.Run, *record.History){exampleRun, crooked, ownRun} {
		var good, lines bytes.Buffer
		whole, history := example()
		require.NoError(f, whole.WriteJSON(&good))
		recorder := record.NewJSONLines(&lines)
		for _, e := range history.Events() {
			require.NoError(f, recorder.Record(e))
		}
		f.Add(good.Bytes(), lines.Bytes())
	}
	f.Fuzz(func(t *testing.T, run, readings []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, record.RunFile), run, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, record.ReadingsFile), readings, 0o600))
		r, h, err := record.Load(dir)
		if err != nil {
			require.NotContains(t, strings.ReplaceAll(err.Error(), dir, ""), "\n")
			return
		}
		require.NoError(t, LivePage(io.Discard, dir, "", false))
		require.NoError(t, Table(io.Discard, r, h, 100))
		require.NoError(t, Books(io.Discard, r.Books))
		_, err = Summary(dir, r, h)
		require.NoError(t, err)
	})
}
