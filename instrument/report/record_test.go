package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// Every interval that is drawn, tabled or compared is the recorded one. The records of these tests have intervals
// that are neither symmetric nor a multiple of their standard errors. Deliberate errors, and the test that caught
// each:
//
//	lower end value - 2.36 SE                                TestPanelsHoldTheRecordedIntervals
//	intervals of a negated quantity not turned               TestPanelsHoldTheRecordedIntervals
//	of a pair, Hi of the lower bound for that of the upper   TestPanelsHoldTheRecordedIntervals
//	numbers rounded to six digits in the page                TestPageHoldsTheRecordedIntervals
//	bands drawn half as wide                                 TestPicturesDrawTheRecordedIntervals
//	outlines of a pair drawn at the bounds                   TestPicturesDrawTheRecordedIntervals
//	± twice the standard error in the table                  TestTableHoldsTheRecordedIntervals
//	value ± half the width in the place of [lo, hi]          TestTableHoldsTheRecordedIntervals
//	a comparison of value ± SE                               TestComparisonHoldsTheRecordedIntervals
//	the first observation of a sweep for the last            TestSweepHoldsTheRecordedIntervals

// crooked is a record of random intervals over random steps: a single quantity, a negated one, a pair of bounds, and
// a pair that is negated.
func crooked() (*record.Run, *record.History) {
	panel := record.Panel{Figure: "odd", Title: "Odd", Axis: "y", Overview: 1}
	infos := []record.Info{
		{Name: "one", Title: "one", Panel: panel, Rank: 1, Headline: true},
		{Name: "minus", Title: "minus", Panel: panel, Rank: 1, Headline: true, Negated: true},
		{Name: "pair_lo", Title: "pair, lower bound", Panel: panel, Rank: 1, Headline: true, Bound: record.Bound{Of: "pair"}},
		{Name: "pair_hi", Title: "pair, upper bound", Panel: panel, Rank: 1, Headline: true,
			Bound: record.Bound{Of: "pair", Upper: true}},
		{Name: "even", Title: "even", Rank: 1, Headline: true},
		{Name: "few", Title: "few", Rank: 2, Summed: true},
	}
	h := record.NewHistory(infos)
	seed := 0.3
	random := func() float64 { // the logistic map
		seed = 3.99 * seed * (1 - seed)
		return seed
	}
	for i := range 12 {
		readings := map[string]estimate.Estimate{}
		for k, info := range infos[:4] {
			readings[info.Name] = lopsided(float64(k)+random(), random(), 0.1+random(), 0.1+3*random())
		}
		half := 0.2 + random()
		readings["even"] = lopsided(10*random(), random(), half, half)
		if i%7 == 3 {
			delete(readings, "pair_lo")
			readings["minus"] = estimate.Unknown("not this time")
		}
		if i < 2 {
			readings["few"] = lopsided(random(), random(), random(), 4+random())
		}
		enter(h, i*i*i, readings)
	}
	return &record.Run{Model: "odd", Data: "none", Status: record.Done, Quantities: infos}, h
}

// recorded returns the reading of a quantity at a step, multiplied by its sign, read from the events alone.
func recorded(h *record.History, name string, step int) (estimate.Estimate, bool) {
	info, _ := h.Info(name)
	for _, e := range h.Events() {
		if e.Step != step {
			continue
		}
		r, ok := e.Of(name)
		if info.Negated {
			r = r.Scale(-1)
		}
		return r, ok
	}
	return estimate.Estimate{}, false
}

// end returns the last known reading of a quantity.
func end(h *record.History, name string) estimate.Estimate {
	step, _ := h.Last(name)
	r, _ := recorded(h, name, step)
	return r
}

// requireRecorded holds one point of a curve against the record.
func requireRecorded(t *testing.T, h *record.History, c curve, i, step int) {
	t.Helper()
	nan := math.NaN()
	lower, ok := recorded(h, c.Quantities[0], step)
	if !ok {
		lower = estimate.Estimate{Value: nan, Lo: nan, Hi: nan}
	}
	want := [4]float64{lower.Value, nan, lower.Lo, lower.Hi}
	if len(c.Quantities) == 2 {
		upper, ok := recorded(h, c.Quantities[1], step)
		if !ok {
			upper = estimate.Estimate{Value: nan, Lo: nan, Hi: nan}
		}
		want[1], want[3] = upper.Value, upper.Hi
	}
	got := [4]float64{c.Y[i], nan, nan, nan}
	if c.Upper != nil {
		got[1] = c.Upper[i]
	}
	if c.Lo != nil {
		got[2], got[3] = c.Lo[i], c.Hi[i]
	}
	for k := range want {
		same := want[k] == got[k] || math.IsNaN(want[k]) && math.IsNaN(got[k])
		require.True(t, same, "%v at step %d, number %d: %v for %v", c.Quantities, step, k, got[k],
			want[k])
	}
}

func TestPanelsHoldTheRecordedIntervals(t *testing.T) {
	for name, of := range map[string]func() (*record.Run, *record.History){
		"crooked": crooked, "ensemble": exampleRun, "own": ownRun,
		"cycles": func() (*record.Run, *record.History) { run, h, _ := exampleCycles(); return run, h },
	} {
		run, h := of()
		points := 0
		for _, p := range panelsOf(run, h) {
			for _, c := range p.Curves {
				if len(p.infos) > many {
					require.Nil(t, c.Lo)
					continue
				}
				for i := range c.X {
					requireRecorded(t, h, c, i, int(c.X[i]))
					points++
				}
			}
		}
		want := 0
		for _, e := range h.Events() {
			for _, r := range e.Readings {
				if r.Info.Panel.Figure != "cycle_fields" && r.Info.Panel != layersPanel && !r.Info.Bound.Upper &&
					!math.IsInf(r.Reading.Value, 0) {
					want++
				}
			}
		}
		assert.GreaterOrEqual(t, points, want-1, "%s: every reading has its point", name)
	}
}

// chartsOf reads the charts that a page hands to its script.
func chartsOf(t *testing.T, page string) []panel {
	t.Helper()
	_, after, ok := strings.Cut(page, `id="charts">`)
	require.True(t, ok)
	text, _, _ := strings.Cut(after, "</script>")
	text = regexp.MustCompile(`-?1e999`).ReplaceAllString(text, "null")
	var charts []struct {
		panel
		Curves []struct {
			curve
			X     []*float64 `json:"at"`
			Y     []*float64 `json:"y"`
			Upper []*float64 `json:"upper"`
			Lo    []*float64 `json:"lo"`
			Hi    []*float64 `json:"hi"`
		} `json:"curves"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &charts))
	read := func(list []*float64) (out numbers) {
		for _, v := range list {
			out = append(out, math.NaN())
			if v != nil {
				out[len(out)-1] = *v
			}
		}
		return out
	}
	var panels []panel
	for _, c := range charts {
		p := c.panel
		p.Curves = nil
		for _, s := range c.Curves {
			one := s.curve
			one.X, one.Y = read(s.X), read(s.Y)
			one.Upper = read(s.Upper)
			one.Lo, one.Hi = read(s.Lo), read(s.Hi)
			p.Curves = append(p.Curves, one)
		}
		panels = append(panels, p)
	}
	return panels
}

func TestPageHoldsTheRecordedIntervals(t *testing.T) {
	run, h := crooked()
	points := 0
	for _, chart := range chartsOf(t, pageOf(t, t.TempDir(), run, h)) {
		for _, c := range chart.Curves {
			for i := range c.X {
				requireRecorded(t, h, c, i, int(c.X[i]))
				points++
			}
		}
	}
	assert.Equal(t, 4*12+2, points)
}

// drawnPoints returns the points of all lines and areas that a panel draws.
func drawnPoints(p *panel) (points []vg.Point, f frame) {
	var canvas recorder.Canvas
	f = frame{Canvas: draw.NewCanvas(&canvas, 300, 300), x: p.X, y: p.Y}
	p.content(f)
	for _, action := range canvas.Actions {
		var path vg.Path
		switch a := action.(type) {
		case *recorder.Stroke:
			path = a.Path
		case *recorder.Fill:
			path = a.Path
		}
		for _, part := range path {
			points = append(points, part.Pos)
		}
	}
	return points, f
}

func TestPicturesDrawTheRecordedIntervals(t *testing.T) {
	run, h := crooked()
	for _, p := range panelsOf(run, h) {
		points, f := drawnPoints(p)
		for _, e := range h.Events() {
			for _, info := range p.infos {
				r, ok := recorded(h, info.Name, e.Step)
				if !ok || !r.Known() {
					continue
				}
				ends := []float64{r.Value, r.Lo, r.Hi}
				switch {
				case info.Bound.Of == "":
				case info.Bound.Upper:
					ends = []float64{r.Value, r.Hi}
				default:
					ends = []float64{r.Value, r.Lo}
				}
				for k, v := range ends {
					want := f.at(f.x.position(float64(e.Step)), f.y.position(v))
					near := func(p vg.Point) bool {
						return math.Abs(float64(p.X-want.X)) < 2.5 && math.Abs(float64(p.Y-want.Y)) < 1e-6
					}
					require.True(t, slices.ContainsFunc(points, near), "%s at step %d, number %d: nothing is drawn at %v",
						info.Name, e.Step, k, v)
				}
			}
		}
	}
}

var (
	pairCell     = regexp.MustCompile(`^\[(\S+), (\S+)\]$`)
	intervalCell = regexp.MustCompile(`^(\S+) \[(\S+), (\S+)\]$`)
	errorCell    = regexp.MustCompile(`^(\S+) ±(\S+)$`)
)

// requireShown requires a printed number to be the given one, as far as it was printed.
func requireShown(t *testing.T, want float64, text string) {
	t.Helper()
	got, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	_, decimals, _ := strings.Cut(text, ".")
	require.InDelta(t, want, got, 0.5001*math.Pow(10, -float64(len(decimals))), text)
}

func TestTableHoldsTheRecordedIntervals(t *testing.T) {
	_, h := crooked()
	seen := map[string]int{}
	for _, c := range columnsOf(h, inTables(h.Infos())) {
		for i, e := range h.Events() {
			r, ok := recorded(h, c.lower.Name, e.Step)
			cell := c.cells[i]
			switch {
			case c.upper != nil:
				part := pairCell.FindStringSubmatch(cell)
				require.NotNil(t, part, cell)
				if ok {
					requireShown(t, r.Value, part[1])
				}
				upper, _ := recorded(h, c.upper.Name, e.Step)
				requireShown(t, upper.Value, part[2])
			case !ok:
				require.Empty(t, cell)
				continue
			case !r.Known():
				require.Equal(t, unknown, cell)
			case c.lower.Name == "even":
				part := errorCell.FindStringSubmatch(cell)
				require.NotNil(t, part, cell)
				requireShown(t, r.Value, part[1])
				requireShown(t, r.SE, part[2])
			default:
				part := intervalCell.FindStringSubmatch(cell)
				require.NotNil(t, part, cell)
				for k, v := range []float64{r.Value, r.Lo, r.Hi} {
					requireShown(t, v, part[k+1])
				}
			}
			seen[c.name()]++
		}
	}
	assert.Equal(t, map[string]int{"one": 12, "minus": 12, "pair": 12, "even": 12, "few": 2}, seen)
}

func TestComparisonHoldsTheRecordedIntervals(t *testing.T) {
	root := t.TempDir()
	var dirs []string
	for i := range 2 {
		dirs = append(dirs, filepath.Join(root, fmt.Sprint("run", i)))
		require.NoError(t, os.Mkdir(dirs[i], 0o755))
		run, h := crooked()
		require.NoError(t, run.Save(dirs[i]))
		require.NoError(t, h.Save(dirs[i]))
	}
	_, h := crooked()
	path := filepath.Join(root, ComparisonFile)
	require.NoError(t, WriteComparison(path, dirs))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	points := 0
	for _, chart := range chartsOf(t, string(data)) {
		require.Len(t, chart.Curves, 2)
		for _, c := range chart.Curves {
			for i := range c.X {
				requireRecorded(t, h, c, i, int(c.X[i]))
				points++
			}
		}
	}
	assert.Equal(t, 2*(4*12+2), points)

	d, err := newComparison(path, dirs)
	require.NoError(t, err)
	rows := map[string]string{}
	for _, row := range d.Ends {
		if !row.Head && row.Cells[0].Text == row.Cells[1].Text {
			rows[row.Name] = row.Cells[1].Text
		}
	}
	for name, title := range map[string]string{"one": "One", "minus": "Minus", "even": "Even", "few": "Few"} {
		part := intervalCell.FindStringSubmatch(rows[title])
		require.NotNil(t, part, "%s: %q", title, rows[title])
		r := end(h, name)
		for k, v := range []float64{r.Value, r.Lo, r.Hi} {
			requireShown(t, v, part[k+1])
		}
	}
	part := regexp.MustCompile(`^(\S+) to (\S+) \[(\S+), (\S+)\]$`).FindStringSubmatch(rows["Pair"])
	require.NotNil(t, part, rows["Pair"])
	lower, upper := end(h, "pair_lo"), end(h, "pair_hi")
	for k, v := range []float64{lower.Value, upper.Value, lower.Lo, upper.Hi} {
		requireShown(t, v, part[k+1])
	}
}

func TestSweepHoldsTheRecordedIntervals(t *testing.T) {
	run, h := crooked()
	other, oh := ownRun()
	runs := []SweepRun{
		{Values: []string{"1"}, Dir: "s/1", Run: run, History: h},
		{Values: []string{"2"}, Dir: "s/2", Run: other, History: oh},
	}
	shown := 0
	for _, p := range sweepPanels("x", runs) {
		for _, c := range p.Curves {
			require.Equal(t, numbers{1, 2}, c.X)
			step, _ := h.Last(c.Quantities[0])
			requireRecorded(t, h, c, 0, step)
			require.True(t, math.IsNaN(c.Y[1]), "the second run has no such quantity")
			shown++
		}
		points, f := drawnPoints(p)
		for _, v := range []float64{p.Curves[0].Lo[0], p.Curves[0].Hi[0]} {
			want := f.at(1, v)
			require.True(t, slices.ContainsFunc(points, func(p vg.Point) bool { return math.Abs(float64(p.Y-want.Y)) < 1e-6 }))
		}
	}
	assert.Equal(t, 4, shown)

	dir := t.TempDir()
	files, err := WriteSweep(dir, []string{"x"}, runs)
	require.NoError(t, err)
	assert.Equal(t, []string{"sweep.csv", "sweep.svg", "sweep.png", "sweep.pdf"}, files)
	f, err := os.Open(filepath.Join(dir, SweepFile))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	last := h.Events()[11]
	for j, name := range rows[0] {
		field := func(ending string, number func(estimate.Estimate) float64) {
			if r, ok := last.Of(strings.TrimSuffix(name, ending)); ok && strings.HasSuffix(name, ending) {
				assert.Equal(t, strconv.FormatFloat(number(r), 'g', -1, 64), rows[1][j], name)
			}
		}
		field("", func(e estimate.Estimate) float64 { return e.Value })
		field("_se", func(e estimate.Estimate) float64 { return e.SE })
		if !strings.HasPrefix(name, "pair") {
			field("_lo", func(e estimate.Estimate) float64 { return e.Lo })
			field("_hi", func(e estimate.Estimate) float64 { return e.Hi })
		}
	}
	assert.Equal(t, []string{"x", "folder", "weights", "free_weights", "examples", "weights_per_example", "step"},
		rows[0][:7])
	assert.Equal(t, []string{"", "", "", ""}, rows[1][2:6], "these runs do not tell")
	j := slices.Index(rows[0], "my_norm_hi")
	require.Positive(t, j)
	assert.Equal(t, []string{"", "5.2"}, []string{rows[1][j], rows[2][j]})
}
