package report

import (
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sweepOf sweeps a setting over the given values.
func sweepOf(values ...string) (runs []SweepRun) {
	for _, v := range values {
		run, h, _ := exampleCycles()
		runs = append(runs, SweepRun{Value: v, Dir: "s/" + v, Run: run, History: h})
	}
	return runs
}

func TestSweepAxis(t *testing.T) {
	at, x := sweepAxis("lr", sweepOf("0.01", "0.02", "0.05"))
	assert.Equal(t, []float64{0.01, 0.02, 0.05}, at)
	assert.Equal(t, record.Linear, x.Scale)
	_, x = sweepAxis("lr", sweepOf("0.01", "0.1", "1"))
	assert.Equal(t, record.Log, x.Scale, "more than a decade")
	_, x = sweepAxis("lr", sweepOf("0", "0.1", "10"))
	assert.Equal(t, record.Linear, x.Scale, "0 has no logarithm")
	at, x = sweepAxis("loss", sweepOf("swav", "dino", "3"))
	assert.Equal(t, []float64{0, 1, 2}, at)
	assert.Equal(t, []tick{{At: 0, Text: "swav"}, {At: 1, Text: "dino"}, {At: 2, Text: "3"}}, x.Ticks)
}

func TestSweepShowsHeadlines(t *testing.T) {
	runs := sweepOf("1", "2")
	runs[1].Run.Status = record.Interrupted
	var titles []string
	for _, p := range sweepPanels("epsilon", runs) {
		titles = append(titles, p.Title)
		assert.Contains(t, p.Notes, "epsilon 2: interrupted.")
	}
	assert.Equal(t, []string{"Gain of the probe on the random encoder", "I(self-label; class)"}, titles)
	_, err := WriteSweep(t.TempDir(), "x", nil)
	require.ErrorContains(t, err, "without runs")
	files, err := WriteSweep(t.TempDir(), "x", []SweepRun{{Value: "1", Run: &record.Run{},
		History: record.NewHistory(nil)}})
	require.NoError(t, err)
	assert.Equal(t, []string{"sweep.csv"}, files, "nothing to draw")
}
