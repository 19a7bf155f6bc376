package report

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	columns of the first run only                         TestSweepOfDifferentModels
//	the interval's factor left out, or that of data sets  TestCycleSweepDrawsTheLastRows
//	the first row in the place of the last                TestCycleSweepDrawsTheLastRows
//	axis of the longest run alone                         TestSweepSteps

func cycleSweep() []SweepRun {
	run, c := exampleCycles()
	other := *run
	other.Status = Interrupted
	short := &Curves{Columns: c.Columns, Rows: c.Rows[:len(c.Rows)-1]}
	return []SweepRun{{Value: "0.05", Dir: "s/a", Run: run, Curves: c}, {Value: "0.2", Dir: "s/b", Run: &other, Curves: short}}
}

func TestCycleSweepDrawsTheLastRows(t *testing.T) {
	runs := cycleSweep()
	p := sweepAccuracy("epsilon", runs)
	require.Equal(t, "linear probe", p.series[0].name)
	for i, r := range runs {
		probe, row := r.Curves.Last("probe")
		require.Equal(t, len(r.Curves.Rows)-1, row)
		half := cycleT(r.Curves) * r.Curves.Column("probe_se")[row]
		require.Positive(t, half)
		assert.Equal(t, float64(i), p.series[0].at[i])
		assert.Equal(t, probe, p.series[0].y[i])
		assert.InDelta(t, probe+half, p.series[0].hi[i], 1e-15)
		assert.InDelta(t, probe-half, p.series[0].lo[i], 1e-15)
	}
	labels := p.plot.X.Tick.Marker.Ticks(0, 1)
	assert.Equal(t, []string{"0.05", "0.2"}, []string{labels[0].Label, labels[1].Label})

	e := sweepEfficiency("epsilon", runs)
	extracted, _ := runs[1].Curves.Last("sum_extracted")
	bought, _ := runs[1].Curves.Last("sum_bought")
	assert.InDelta(t, extracted/bought, e.series[1].y[1], 1e-15)
	assert.Contains(t, strings.Join(sweepProbe("epsilon", runs).notes, " "), "epsilon 0.2: interrupted after step")
}

func TestCycleSweepIsDeterministic(t *testing.T) {
	var files [2]string
	for i := range files {
		dir := t.TempDir()
		names, err := WriteCycleSweep(dir, "epsilon", cycleSweep())
		require.NoError(t, err)
		assert.Equal(t, []string{SweepFile, "sweep.svg", "sweep.png"}, names)
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			files[i] += string(data)
		}
	}
	assert.Equal(t, files[0], files[1])
	for _, want := range []string{"Linear probe over training", "Accuracy of the frozen representation", "Efficiency of the demon", "Labels at the end", "epsilon 0.2"} {
		assert.Contains(t, files[0], want)
	}
	_, err := WriteCycleSweep(t.TempDir(), "epsilon", nil)
	assert.ErrorContains(t, err, "without runs")
}

// Runs of different models have different columns: each has its own, and an empty field where another's stand.
func TestSweepOfDifferentModels(t *testing.T) {
	runs := []SweepRun{
		{Value: "simclr", Dir: "s/a", Run: &Run{}, Curves: &Curves{Columns: []string{"step", "probe"}, Rows: [][]float64{{0, 0.1}, {9, 0.5}}}},
		{Value: "swav", Dir: "s/b", Run: &Run{}, Curves: &Curves{Columns: []string{"step", "mi", "probe"}, Rows: [][]float64{{0, 0, 0}, {7, 1.5, 0.25}}}},
	}
	dir := t.TempDir()
	_, err := WriteCycleSweep(dir, "model", runs)
	require.NoError(t, err)
	f, err := os.Open(filepath.Join(dir, SweepFile))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, [][]string{
		{"model", "folder", "step", "probe", "mi"},
		{"simclr", "s/a", "9", "0.5", ""},
		{"swav", "s/b", "7", "0.25", "1.5"},
	}, rows)
}

func TestSweepSteps(t *testing.T) {
	curves := func(steps ...float64) *Curves {
		c := &Curves{Columns: []string{"step"}}
		for _, s := range steps {
			c.Rows = append(c.Rows, []float64{s})
		}
		return c
	}
	runs := []SweepRun{{Curves: curves(0, 5, 10)}, {Curves: curves(0, 100)}}
	assert.Equal(t, []float64{0, 5, 10, 100}, sweepSteps(runs))
	run, c := exampleRun()
	longer := &Curves{Columns: c.Columns}
	for _, i := range []int{0, len(c.Rows) - 1} {
		longer.Rows = append(longer.Rows, append([]float64{}, c.Rows[i]...))
	}
	longer.Rows[1][0] *= 10
	p := sweepOverTime("steps", []SweepRun{{Value: "1", Run: run, Curves: c}, {Value: "2", Run: run, Curves: longer}})
	assert.Equal(t, stepScale{}.position(longer.Rows[1][0]), p.plot.X.Max)
}

func TestManyChoicesAreThinned(t *testing.T) {
	many := make(choices, 30)
	for i := range many {
		many[i] = "x"
	}
	labelled := 0
	for _, tick := range many.Ticks(0, 29) {
		if tick.Label != "" {
			labelled++
		}
	}
	assert.Equal(t, 10, labelled)
}
