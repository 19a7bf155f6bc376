package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// claim is an experiment with all that one can have.
func claim() *record.Experiment {
	l := record.Line{Name: "Σ <measured>", Colour: "vermillion"}
	for i, v := range []float64{0.1, 1, 10} {
		l.Add(math.Pow(10, float64(i)), estimate.FromSE(v, v/10, 7))
	}
	l.Add(1000, estimate.Unknown("not drawn"))
	log := record.Diagram{X: "rate r", Y: "Σ (nats)", XScale: record.Log, YScale: record.Log, Lines: []record.Line{l,
		{Name: "closed form", X: []float64{1, 100}, Y: []float64{0.1, 10}, Dashed: true}}}
	points := record.Line{Name: "η", Colour: "blue", Loose: true, X: []float64{0, 3}, Y: []float64{1, 2}}
	holds := record.Statement{Text: "Σ & heat", Verdict: record.Holds, Figure: estimate.FromSE(2, 0.1, 7), Unit: "nats",
		Expected: "2.1", Because: "1.0 standard errors off"}
	open := record.Statement{Text: "η", Verdict: record.CannotTell, Figure: estimate.Unknown("too few sets"), Unit: "1",
		Expected: "0 to 1", Because: "too few sets", Identity: true}
	return &record.Experiment{
		Name: "balance", Title: "Information & heat", Claim: "A < B", Source: "Parsi 2024", Verdict: record.CannotTell,
		Answer: "it was seen", Sharpen: []string{"more training sets"}, Limits: []string{"one machine"}, Caption: "a: this.",
		Exact: &record.Trial{Verdict: record.Holds, Setup: "gaussian model", Statements: []record.Statement{holds},
			Diagrams: []record.Diagram{log}},
		Network: &record.Trial{Verdict: record.CannotTell, Setup: "networks", Statements: []record.Statement{open},
			Diagrams: []record.Diagram{{X: "training step", Y: "η", XScale: record.Steps, Lines: []record.Line{points}}}},
		Command: []string{"go", "run", "./cmd/train", "experiment", "balance"}, Version: "devel",
		Made: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Seconds: 12.5,
	}
}

// The figure, in all three forms, and the page depend on the record alone.
func TestExperimentIsDrawnFromItsRecord(t *testing.T) {
	dir, again := t.TempDir(), t.TempDir()
	e := claim()
	require.NoError(t, e.Save(dir))
	files, err := WriteExperiment(dir, e)
	require.NoError(t, err)
	assert.Equal(t, []string{"figure.svg", "figure.png", "figure.pdf", "experiment.html"}, files)
	loaded, err := record.LoadExperiment(dir)
	require.NoError(t, err)
	_, err = WriteExperiment(again, loaded)
	require.NoError(t, err)
	for _, name := range files {
		first, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		second, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(first, second), name)
	}
	page, err := os.ReadFile(filepath.Join(dir, "experiment.html"))
	require.NoError(t, err)
	for _, text := range []string{
		"A &lt; B", "cannot tell", "it was seen.", "Σ &amp; heat", "2 [1.764, 2.236] nats", "η (identity)",
		"~</td>", "too few sets", "more training sets", "one machine", "a: this.",
		"go run ./cmd/train experiment balance", "Σ &lt;measured&gt;",
	} {
		assert.Contains(t, string(page), text)
	}
	assert.NotContains(t, string(page), "<svg viewBox=\"\"")
	figure, err := os.ReadFile(filepath.Join(dir, "figure.svg"))
	require.NoError(t, err)
	assert.NotContains(t, string(figure), "Information &amp; heat", "no title is drawn into the figure")
	pdf, err := os.ReadFile(filepath.Join(dir, "figure.pdf"))
	require.NoError(t, err)
	assert.Contains(t, string(pdf), "/CreationDate (D:20261129120000")
	assert.NotContains(t, string(pdf), "/Font /F", "letters are outlines")
}

func TestClaimsAreSideBySide(t *testing.T) {
	root := t.TempDir()
	var dirs []string
	for _, name := range []string{"balance", "demon"} {
		e := claim()
		e.Name, e.Title = name, "The "+name
		dir := filepath.Join(root, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.NoError(t, e.Save(dir))
		dirs = append(dirs, dir)
	}
	page := filepath.Join(root, ClaimsFile)
	require.NoError(t, WriteClaims(page, dirs)) // which were not drawn yet
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(text), `<a href="#demon">The demon</a>`)
	assert.Contains(t, string(text), `<a href="balance/experiment.html">The balance</a>`)
	assert.ErrorContains(t, WriteClaims(page, []string{root}), "is not the folder of an experiment")
}

func TestStatementsArePrinted(t *testing.T) {
	e := claim()
	var out bytes.Buffer
	require.NoError(t, Statements(&out, append(e.Exact.Statements, e.Network.Statements...)))
	assert.Equal(t, "holds        Σ & heat      2 [1.764, 2.236] nats  2.1     1.0 standard errors off\n"+
		"cannot tell  η (identity)  ~                      0 to 1  too few sets\n", out.String())
}
