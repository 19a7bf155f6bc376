package report

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	every n-th point kept                      TestCurvesOfManyPointsKeepTheirCourse
//	stretches of the logarithmic axis alone    TestCurvesOfManyPointsKeepTheirCourse
//	rows taken evenly, however empty           TestTheTableShowsFullRows
//	columns of an odd schedule forgotten       TestTheTableShowsFullRows

// However many points a curve has, those that stand out are drawn, and none is far from one that is drawn.
func TestCurvesOfManyPointsKeepTheirCourse(t *testing.T) {
	h := record.NewHistory(nil)
	const n = 30000
	spikes := map[int]float64{7: 9, 700: -5, 29000: 8, 29003: -7}
	for step := range n {
		value, spike := spikes[step]
		if !spike {
			value = math.Sin(float64(step))
		}
		e := record.Event{Step: step, Columns: []record.Info{lossInfo}}
		e.Readings = []record.Named{{Info: lossInfo, Reading: estimate.Exact(value)}}
		require.NoError(t, h.Record(e))
	}
	p := panelsOf(new(record.Run), h)[0]
	c := p.Curves[0]
	assert.LessOrEqual(t, len(c.X), mostPoints)
	assert.True(t, slices.IsSorted(c.X))
	for step, value := range spikes {
		i := slices.Index(c.X, float64(step))
		require.GreaterOrEqual(t, i, 0, "step %d", step)
		assert.Equal(t, value, c.Y[i])
		assert.Equal(t, value, c.Hi[i])
	}
	for i := range len(c.X) - 1 {
		logarithmic := (p.X.position(c.X[i+1]) - p.X.position(c.X[i])) / (p.X.Hi - p.X.Lo)
		assert.True(t, c.X[i+1] == c.X[i]+1 || logarithmic < 0.01 && c.X[i+1]-c.X[i] < 0.01*n, "after step %v", c.X[i])
	}
	assert.Contains(t, p.Notes, "Of 30,000 points those are drawn that show the course; all are in the record.")
}

// Of observations on several schedules the table shows those in which most was measured, and some of each quantity.
func TestTheTableShowsFullRows(t *testing.T) {
	h := record.NewHistory(nil)
	infos := []record.Info{lossInfo, normInfo, {Name: "third"}, noiseInfo}
	for step := range 400 {
		var e record.Event
		switch {
		case step%10 == 0:
			e = happen(step, 0, infos[:3]...)
		case step%10 == 5:
			e = happen(step, 0, noiseInfo)
		default:
			e = happen(step, 0, normInfo)
		}
		e.Columns = infos
		require.NoError(t, h.Record(e))
	}
	columns := columnsOf(h, inTables(infos))
	rows := fullest(columns, 400, 60)
	full, noisy := 0, 0
	for _, i := range rows {
		switch {
		case i%10 == 0:
			full++
		case i%10 == 5:
			noisy++
		}
	}
	assert.Equal(t, []int{40, 5}, []int{full, noisy}, fmt.Sprint(rows))
	assert.Len(t, rows, 46, "and the last one")
	assert.Equal(t, 399, rows[45])
	assert.Len(t, fullest(columns, 400, 15), 15)
	assert.Equal(t, []int{0, 1, 2}, fullest(columns, 3, 15))
}
