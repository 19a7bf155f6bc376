package report

import (
	"bytes"
	"math"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sweepOf sweeps a setting over the given values.
func sweepOf(values ...string) (runs []SweepRun) {
	for _, v := range values {
		run, h, _ := exampleCycles()
		runs = append(runs, SweepRun{Values: []string{v}, Dir: "s/" + v, Run: run, History: h})
	}
	return runs
}

func TestSweepAxis(t *testing.T) {
	at, labels, x := sweepAxis("lr", sweepOf("0.01", "0.02", "0.05"))
	assert.Nil(t, labels)
	assert.Equal(t, []float64{0.01, 0.02, 0.05}, at)
	assert.Equal(t, record.Linear, x.Scale)
	_, _, x = sweepAxis("lr", sweepOf("0.01", "0.1", "1"))
	assert.Equal(t, record.Log, x.Scale, "more than a decade")
	_, _, x = sweepAxis("lr", sweepOf("0", "0.1", "10"))
	assert.Equal(t, record.Linear, x.Scale, "0 has no logarithm")
	at, _, x = sweepAxis("loss", sweepOf("swav", "dino", "3"))
	assert.Equal(t, []float64{0, 1, 2}, at)
	assert.Equal(t, []tick{{At: 0, Text: "swav"}, {At: 1, Text: "dino"}, {At: 2, Text: "3"}}, x.Ticks)
}

// A setting that changes the free weights of one model, or its examples, has the ratio of the two as its axis, and is
// written at the points. Deliberate errors that this caught: all weights for the free ones; N left out; values in the
// place of positions; models told apart by nothing.
func TestSweepOverCapacity(t *testing.T) {
	runs := capacitySweep()
	at, labels, x := sweepAxis("width", runs)
	assert.Equal(t, []float64{3.5, 13, 52, 205}, at)
	assert.Equal(t, []string{"8", "32", "128", "512"}, labels)
	assert.Equal(t, record.Log, x.Scale)
	assert.Equal(t, "free weights per training example; beside each point: width", x.Label)
	texts := map[string]float64{}
	for _, tick := range x.Ticks {
		texts[tick.Text] = tick.At
	}
	assert.InDelta(t, 1, texts["10"], 1e-12)
	assert.InDelta(t, 2, texts["100"], 1e-12)
	assert.Less(t, x.Lo, math.Log10(3.5))
	assert.Greater(t, x.Hi, math.Log10(205))
	assert.Less(t, x.Hi, 3.0, "in decades")

	for _, p := range sweepPanels("width", runs) {
		require.Len(t, p.Curves, 1, p.Title)
		assert.Equal(t, numbers(at), p.Curves[0].X)
		_, f := drawnPoints(p)
		f.x = p.X
		assert.Less(t, float64(f.at(p.X.position(52), 0).X), float64(f.at(p.X.position(205), 0).X))
	}

	var b bytes.Buffer
	require.NoError(t, writeSweepCSV(&b, []string{"width"}, runs))
	assert.Contains(t, b.String(), "width,folder,weights,free_weights,examples,weights_per_example,step,")
	assert.Contains(t, b.String(), "32,s/32,13000,6500,500,13,")

	for i := range runs {
		runs[i].Run.FreeWeights, runs[i].Run.Subset = 1000, []int{10, 20, 50, 100}[i]
	}
	at, _, _ = sweepAxis("subset", runs)
	assert.Equal(t, []float64{100, 50, 20, 10}, at)
	runs[2].Run.Subset = 20
	_, _, x = sweepAxis("subset", runs)
	assert.Equal(t, "subset", x.Label, "a grid has a place for each run, not one for several")
	runs[2].Run.Subset = 50
	runs[1].Run.Model = "other"
	_, _, x = sweepAxis("subset", runs)
	assert.Equal(t, "subset", x.Label, "capacities compare within one model")
}

// capacitySweep is a sweep over the width of a model.
func capacitySweep() []SweepRun {
	runs := make([]SweepRun, 4)
	for i, width := range []string{"8", "32", "128", "512"} {
		run, h := exampleRun()
		run.FreeWeights = []int{1750, 6500, 26000, 102500}[i]
		run.Weights = 2 * run.FreeWeights
		runs[i] = SweepRun{Values: []string{width}, Dir: "s/" + width, Run: run, History: h}
	}
	return runs
}

// What a run does not know is absent from the picture, and a note says why.
func TestSweepSaysWhatIsAbsent(t *testing.T) {
	runs := capacitySweep()
	blank(runs[0].History, "fewer than 3 training sets", "m_info", "test_nll")
	for _, r := range runs[1:] {
		blank(r.History, "the model has no test loss", "test_nll")
	}
	var titles, notes []string
	for _, p := range sweepPanels("width", runs) {
		titles, notes = append(titles, p.Title), append(notes, p.Notes...)
		if p.Title == "M-info, Gaussian estimate" {
			assert.True(t, math.IsNaN(p.Curves[0].Y[0]))
			assert.Contains(t, p.Notes, "width 8: M-info, Gaussian estimate is not known: fewer than 3 training sets.")
		}
	}
	assert.NotContains(t, titles, "Test loss")
	assert.Contains(t, notes, "width 8: test loss is not known: fewer than 3 training sets.")
	assert.Contains(t, notes, "width 32, 128, 512: test loss is not known: the model has no test loss.")
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
	_, err := WriteSweep(t.TempDir(), []string{"x"}, nil)
	require.ErrorContains(t, err, "without runs")
	files, err := WriteSweep(t.TempDir(), []string{"x"}, []SweepRun{{Values: []string{"1"}, Run: &record.Run{},
		History: record.NewHistory(nil)}})
	require.NoError(t, err)
	assert.Equal(t, []string{"sweep.csv"}, files, "nothing to draw")
}
