package record

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWorst(t *testing.T) {
	of := func(all ...Verdict) (parts []Statement) {
		for _, v := range all {
			parts = append(parts, Statement{Verdict: v})
		}
		return parts
	}
	assert.Equal(t, Holds, Worst(of(Holds, Holds)))
	assert.Equal(t, CannotTell, Worst(of(Holds, CannotTell, Holds)))
	assert.Equal(t, Fails, Worst(of(CannotTell, Fails, Holds)))
	assert.Equal(t, CannotTell, Worst(nil), "nothing was stated")
	assert.Equal(t, CannotTell, Worst(of("")), "nothing was decided")
}

func TestExperimentIsKept(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadExperiment(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	e := &Experiment{Name: "balance", Verdict: Fails, Exact: &Trial{Statements: []Statement{
		{Text: "a", Figure: estimate.Unknown("no reason")}, {Text: "b", Figure: estimate.FromSE(1, 2, 3)},
	}}}
	require.NoError(t, e.Save(dir))
	read, err := LoadExperiment(dir)
	require.NoError(t, err)
	assert.False(t, read.Exact.Statements[0].Figure.Known())
	assert.Equal(t, e.Exact.Statements[1].Figure.Hi, read.Exact.Statements[1].Figure.Hi)
	assert.Equal(t, Fails, read.Verdict)
	e.Exact.Diagrams = []Diagram{{Lines: []Line{{Name: "[\n 1\n]", X: []float64{1, -2.5e-30}}}}}
	require.NoError(t, e.Save(dir))
	text, err := os.ReadFile(filepath.Join(dir, ExperimentFile))
	require.NoError(t, err)
	assert.Contains(t, string(text), `"x": [1,-2.5e-30]`)
	read, err = LoadExperiment(dir)
	require.NoError(t, err)
	assert.Equal(t, e.Exact.Diagrams, read.Exact.Diagrams)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ExperimentFile), []byte("{"), 0o644))
	_, err = LoadExperiment(dir)
	assert.ErrorContains(t, err, ExperimentFile)
}

func TestLineLeavesOutWhatCannotBeDrawn(t *testing.T) {
	var l Line
	l.Add(1, estimate.Unknown("a reason"))
	l.Add(2, estimate.Estimate{Value: math.Inf(1)})
	l.Add(math.NaN(), estimate.Exact(1))
	assert.Empty(t, l.X)
	l.Add(3, estimate.FromSE(1, 0.5, 4))
	l.Add(4, estimate.Bare(2)) // without an interval: a point
	assert.Equal(t, []float64{3, 4}, l.X)
	assert.Equal(t, []float64{1, 2}, l.Y)
	assert.Less(t, l.Lo[0], 1.0)
	assert.Equal(t, 2.0, l.Lo[1])
	assert.Equal(t, 2.0, l.Hi[1])
}
