package record

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A record that is cut, changed, missing or of another run is not taken for that of a run that is done.
func TestChangedFilesAreFound(t *testing.T) {
	changed := func(d []byte) []byte {
		d[len(d)/2] ^= 1
		return d
	}
	for what, c := range map[string]struct {
		file   string
		change func(data []byte) []byte
		read   bool // the record can be read all the same
	}{
		"readings cut":        {ReadingsFile, func(d []byte) []byte { return d[:bytes.IndexByte(d, '\n')+1] }, false},
		"another's readings":  {ReadingsFile, changed, false},
		"readings missing":    {ReadingsFile, nil, false},
		"diagrams changed":    {DiagramsFile, changed, false},
		"diagrams missing":    {DiagramsFile, nil, false},
		"curves cut":          {CurvesFile, func(d []byte) []byte { return d[:len(d)/2] }, true},
		"curves missing":      {CurvesFile, nil, true},
		"weights changed":     {"weights/d0-r0.safetensors", changed, true},
		"a picture of others": {"samples.png", changed, true},
	} {
		dir, h := t.TempDir(), small(t)
		run := smallRun(h)
		run.Show(Picture{File: "samples.png"})
		require.NoError(t, h.Save(dir))
		require.NoError(t, SaveDiagrams(dir, nil))
		require.NoError(t, os.Mkdir(filepath.Join(dir, "weights"), 0o755))
		for _, name := range []string{"weights/d0-r0.safetensors", "samples.png", "heat.png", ReportFile} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("as it was"), 0o644))
		}
		require.NoError(t, run.Seal(dir))
		require.NoError(t, run.Save(dir))
		assert.Len(t, run.Files, 5, "figures and pages can be made anew")
		_, _, err := Load(dir)
		require.NoError(t, err)

		path := filepath.Join(dir, c.file)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		if c.change == nil {
			require.NoError(t, os.Remove(path))
		} else {
			require.NoError(t, os.WriteFile(path, c.change(data), 0o644))
		}
		back, _, err := Load(dir)
		if !c.read {
			require.ErrorContains(t, err, c.file, what)
			continue
		}
		require.NoError(t, err, what)
		changed, err := back.Changed(dir)
		require.NoError(t, err)
		assert.Equal(t, []string{c.file}, changed, what)
	}
}

// What a record says cannot command the terminal that it is shown on.
func TestTextsThatAreReadArePrintable(t *testing.T) {
	const evil, shown = "\x1b[31mred\u202e\u009b2J\x7f\tand\n", `\x1b[31mred\u202e\u009b2J\x7f` + "\tand\n"
	assert.Equal(t, shown, Printable(evil))
	assert.Equal(t, "ΔS(Θ)/d − 1", Printable("ΔS(Θ)/d − 1"))
	dir := t.TempDir()
	info := Info{Name: "heat", Title: evil, Unit: "nats"}
	h := NewHistory([]Info{info})
	require.NoError(t, h.Record(Event{Columns: h.Infos(), Readings: []Named{
		{Info: info, Reading: estimate.FromSE(1, 0.1, 3).Warn("%s", evil)},
	}}))
	run := &Run{
		Program: evil, Status: Done, Quantities: h.Infos(), Command: []string{evil}, Config: Settings{{evil, evil}},
		Reasons: map[string]string{evil: evil}, Books: []Check{{Name: evil}}, Modules: map[string]string{"a": evil},
	}
	require.NoError(t, h.Save(dir))
	require.NoError(t, SaveDiagrams(dir, []Diagram{{Title: evil}}))
	require.NoError(t, run.Save(dir))
	got, history, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, shown, got.Program)
	assert.Equal(t, []string{shown}, got.Command)
	assert.Equal(t, Settings{{shown, shown}}, got.Config)
	assert.Equal(t, map[string]string{shown: shown}, got.Reasons)
	assert.Equal(t, map[string]string{"a": shown}, got.Modules)
	assert.Equal(t, shown, got.Books[0].Name)
	assert.Equal(t, shown, got.Quantities[0].Title)
	_, last := history.Last("heat")
	assert.Equal(t, []string{shown}, last.Warnings)
	diagrams, err := LoadDiagrams(dir)
	require.NoError(t, err)
	assert.Equal(t, shown, diagrams[0].Title)

	require.NoError(t, (&Experiment{Answer: evil}).Save(dir))
	e, err := LoadExperiment(dir)
	require.NoError(t, err)
	assert.Equal(t, shown, e.Answer)
}

// A program that is not what a revision holds is told from others by its checksum.
func TestVersionOfAProgram(t *testing.T) {
	sum := programSum()[:12]
	for want, settings := range map[string][]debug.BuildSetting{
		"devel-" + sum:        nil,
		"abc":                 {{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}},
		"abc+modified-" + sum: {{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
	} {
		assert.Equal(t, want, version(&debug.BuildInfo{Settings: settings}))
	}
	run := new(Run)
	run.FillIn()
	assert.True(t, strings.HasSuffix(run.Version, sum), run.Version)
}
