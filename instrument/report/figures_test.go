package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"image/png"
	"io"
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
)

// svgOf draws a figure and requires well-formed XML without a coordinate that is not a number.
func svgOf(t *testing.T, f *figure) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.svg(&b))
	dec := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "e+"} {
		for _, tag := range strings.Split(b.String(), "<")[1:] {
			attributes, _, _ := strings.Cut(tag, ">")
			require.NotContains(t, attributes, bad, f.name)
		}
	}
	return b.String()
}

// picture draws the named figure of a record.
func picture(t *testing.T, name string, run *record.Run, h *record.History) string {
	t.Helper()
	figures := figuresOf(panelsOf(run, h))
	i := slices.IndexFunc(figures, func(f *figure) bool { return f.name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return svgOf(t, figures[i])
}

func TestFiguresAreWrittenAndDeterministic(t *testing.T) {
	run, h, diagrams := exampleCycles()
	dir := t.TempDir()
	require.NoError(t, record.SaveDiagrams(dir, diagrams))
	files, err := Figures(dir, run, h)
	require.NoError(t, err)
	var want []string
	for _, name := range []string{"cycle_books", "cycle_learning", "probe_gain", "cycle_fields", "cycle_energy", "crooks",
		"overview"} {
		want = append(want, name+".svg", name+".png", name+".pdf")
	}
	require.Equal(t, want, files)
	again := t.TempDir()
	require.NoError(t, record.SaveDiagrams(again, diagrams))
	_, err = Figures(again, run, h)
	require.NoError(t, err)
	for _, name := range files {
		first, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		second, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(first, second), "%s: the same record gives the same bytes", name)
	}
	width := func(name string) int {
		f, err := os.Open(filepath.Join(dir, name))
		require.NoError(t, err)
		defer f.Close()
		img, err := png.Decode(f)
		require.NoError(t, err)
		return img.Bounds().Dx()
	}
	assert.Equal(t, 7*pngDPI, width("cycle_books.png"))
	assert.InDelta(t, 3.5*pngDPI, width("crooks.png"), 1)
	_, err = Figures(filepath.Join(dir, "missing"), run, h)
	assert.Error(t, err)
	run, h = ownRun()
	files, err = Figures(dir, run, h)
	require.NoError(t, err)
	assert.Equal(t, "my_norm.svg", files[0], "a quantity that says nothing of how to draw it")
	h = record.NewHistory([]record.Info{{Name: "../../etc/evil"}})
	_, err = Figures(dir, run, h)
	assert.ErrorContains(t, err, "none of a file")
}

// Text in pictures is 8 points or more, at the size at which they are printed.
func TestTextIsLargeEnough(t *testing.T) {
	run, h := exampleRun()
	sizes := regexp.MustCompile(`font-size="([0-9.]+)"`)
	panels := panelsOf(run, h)
	for _, f := range append(figuresOf(panels), overview(run, panels)) {
		svg := svgOf(t, f)
		assert.LessOrEqual(t, f.width().Points(), 7*72.0)
		for _, m := range sizes.FindAllStringSubmatch(svg, -1) {
			size, err := strconv.ParseFloat(m[1], 64)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, size, 8.0, f.name)
		}
		assert.NotEmpty(t, sizes.FindString(svg))
	}
}

// setAll gives every reading the same value, with an interval of the given half-width.
func setAll(h *record.History, v, half float64) {
	for _, e := range h.Events() {
		for i := range e.Readings {
			e.Readings[i].Reading = lopsided(v, half, half, half)
		}
	}
}

// upTo returns the history of the first n observations.
func upTo(h *record.History, from, to int) *record.History {
	out := record.NewHistory(h.Infos())
	for _, e := range h.Events()[from:to] {
		if err := out.Record(e); err != nil {
			panic(err)
		}
	}
	return out
}

func TestFiguresOfPartialRecords(t *testing.T) {
	cases := map[string]func(h *record.History) *record.History{
		"complete":     func(h *record.History) *record.History { return h },
		"no rows":      func(h *record.History) *record.History { return upTo(h, 0, 0) },
		"step 0 alone": func(h *record.History) *record.History { return upTo(h, 0, 1) },
		"one late row": func(h *record.History) *record.History { return upTo(h, 20, 21) },
		"from step 1":  func(h *record.History) *record.History { return upTo(h, 1, 4) },
		"steps 0 1":    func(h *record.History) *record.History { return upTo(h, 0, 2) },
		"nothing":      func(*record.History) *record.History { return record.NewHistory(nil) },
		"many sets":    func(h *record.History) *record.History { setAll(h, 3, 1e-9); return h },
		"all unknown": func(h *record.History) *record.History {
			for _, info := range h.Infos() {
				blank(h, "no", info.Name)
			}
			return h
		},
		"far steps": func(h *record.History) *record.History { exampleEvent(h, 1e12); return h },
		"holes": func(h *record.History) *record.History {
			for i, e := range h.Events() {
				for j := 1 + i%3; j < len(e.Readings); j += 2 {
					e.Readings[j].Reading = estimate.Unknown("a hole")
				}
			}
			return h
		},
	}
	for name, v := range map[string]float64{"constant": 7, "zero": 0, "minus": -3, "infinite": math.Inf(1),
		"minus inf": math.Inf(-1),
		"huge":      1e299, "largest": math.MaxFloat64, "tiny": 1e-300, "unknown": math.NaN()} {
		for _, half := range []float64{0, 1, 1e299, math.Inf(1), math.NaN()} {
			cases[name+" "+number(half)] = func(h *record.History) *record.History { setAll(h, v, half); return h }
		}
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			run, h := exampleRun()
			h = spoil(h)
			for _, scale := range []record.Scale{record.Linear, record.Log} {
				infos := slices.Clone(h.Infos())
				for i := range infos {
					if infos[i].Panel.Scale == record.Linear {
						infos[i].Panel.Scale = scale
					}
				}
				scaled := record.NewHistory(infos)
				for _, e := range h.Events() {
					require.NoError(t, scaled.Record(e))
				}
				for _, f := range figuresOf(panelsOf(run, scaled)) {
					svgOf(t, f)
				}
			}
			if testing.Short() {
				return
			}
			pageOf(t, t.TempDir(), run, h)
			require.NoError(t, Table(io.Discard, run, h, 80))
			_, err := Summary("x", run, h)
			require.NoError(t, err)
			_, err = WriteSweep(t.TempDir(), []string{"x"}, []SweepRun{{Values: []string{"a"}, Run: run, History: h}})
			require.NoError(t, err)
		})
	}
}

func TestFiguresSayWhatCannotBeSeen(t *testing.T) {
	run, h := exampleRun()
	svg := picture(t, "information", run, h)
	for _, want := range []string{"L-info, lower to upper bound", ">ceiling 2.08 of L-info, M-info on D sets<",
		"Noise bound on M-info is infinite: training adds",
		"L-info, lower bound is saturated from step 752 on", "null: 95 % of permutations below", "logarithmic above 2.08",
		"X-info, lower bound; X-info, upper bound: not estimated", "95 % intervals over 8 training sets."} {
		assert.Contains(t, svg, want)
	}
	assert.NotContains(t, svg, "Information of the samples about", "an empty panel beside another")
	assert.Contains(t, picture(t, "losses", run, h), "Training accuracy; test accuracy: the examples have no labels")

	run.Reasons = nil
	blank(h, "all replicas begin alike", "m_info")
	blank(h, "</text><script>alert(1)</script>&\x00\x1b\uffff\xff"+strings.Repeat("long ", 400), "work", "heat",
		"entropy_production", "delta_f")
	assert.Contains(t, picture(t, "information", run, h), "M-info, Gaussian estimate: all replicas begin alike")
	svg = picture(t, "thermodynamics", run, h)
	assert.Contains(t, svg, "nothing to draw", "the only panel of its figure")
	assert.NotContains(t, svg, "<script")
	assert.Contains(t, svg, "&lt;script&gt;")
}

// panelOf returns the panel with the given title.
func panelOf(t *testing.T, title string, run *record.Run, h *record.History) *panel {
	t.Helper()
	panels := panelsOf(run, h)
	i := slices.IndexFunc(panels, func(p *panel) bool { return p.Title == title })
	require.GreaterOrEqual(t, i, 0, title)
	return panels[i]
}

func TestLooks(t *testing.T) {
	run, h := exampleRun()
	p := panelOf(t, infoPanel.Title, run, h)
	var looks []string
	for _, c := range p.Curves {
		looks = append(looks, c.Colour)
		assert.Equal(t, len(looks) > 2, c.Dash != nil, "the third and later lines are dashed")
	}
	assert.Equal(t, []string{"blue", "vermillion", "green"}, looks)
	assert.Equal(t, numbers{1.38}, p.Curves[1].Nulls)
	assert.Len(t, p.Levels, 1, "both lower bounds have one ceiling")
	assert.InDelta(t, math.Log(8), p.Y.Knee, 1e-15)

	p = panelOf(t, thermoPanel.Title, run, h)
	require.Equal(t, "dissipated heat −Q", p.Curves[1].Name)
	assert.InDelta(t, 116.87, p.Curves[1].Y[24], 0.01, "minus the value")

	p = panelOf(t, layersPanel.Title, run, h)
	require.Len(t, p.Curves, 10)
	named := 0
	for _, c := range p.Curves {
		if !c.Quiet {
			named++
		}
	}
	assert.Equal(t, 2, named, "of many curves, the first and the last")
	assert.Equal(t, "#0072b2", p.Curves[0].Colour)
	assert.Equal(t, "#e69f00", p.Curves[9].Colour)

	looked := map[string]bool{}
	for i := range many {
		var c curve
		c.look(i, many)
		looked[c.Colour+fmt.Sprint(c.Dash)] = true
	}
	assert.Len(t, looked, many, "curves that are told apart")

	run, h = ownRun()
	p = panelOf(t, "my_norm", run, upTo(h, 0, 2))
	assert.True(t, p.Curves[0].Bars, "bars where there are few observations")
	p = panelOf(t, "my_norm", run, h)
	assert.False(t, p.Curves[0].Bars)
	assert.Equal(t, "my_norm (m)", p.Y.Label)
}

func TestWhatALogarithmCannotShowIsSaid(t *testing.T) {
	run, h := exampleRun()
	for i := range h.Infos() {
		h.Infos()[i].Panel.Scale = record.Log
	}
	var notes, names []string
	for _, p := range panelsOf(run, h) {
		if p.Title == thermoPanel.Title {
			notes = p.Notes
			for _, c := range p.Curves {
				names = append(names, c.Name)
			}
		}
	}
	assert.Contains(t, notes, "Values of 0 and less are not shown: "+
		"work W; dissipated heat −Q; entropy production Σ; free energy ΔF.")
	assert.NotContains(t, names, "free energy ΔF", "it is 0 throughout")
}

func TestACurveThatFlattensAllOthersLeaves(t *testing.T) {
	sound, bad := false, true
	for name, of := range map[string]struct {
		reach   []float64
		unsound []bool
		far     int // index of the curve that leaves, -1 for none
	}{
		"alike":                    {reach: []float64{60, -80, 70}, unsound: []bool{sound, bad, sound}, far: -1},
		"ten times, sound":         {reach: []float64{60, 800, 70}, unsound: []bool{sound, sound, sound}, far: -1},
		"ten times, not sound":     {reach: []float64{60, 800, 70}, unsound: []bool{sound, bad, sound}, far: 1},
		"a million, sound":         {reach: []float64{60, -6e7, 70}, unsound: []bool{sound, sound, sound}, far: 1},
		"one comes to little":      {reach: []float64{6, 60, 100}, unsound: []bool{sound, sound, bad}, far: -1},
		"two runs, one far":        {reach: []float64{6e7, 60}, unsound: []bool{sound, sound}, far: 0},
		"none sound":               {reach: []float64{60, 80, 6e7}, unsound: []bool{bad, bad, bad}, far: 2},
		"the others have not left": {reach: []float64{0, 0, 0.5}, unsound: []bool{sound, sound, bad}, far: -1},
		"alone":                    {reach: []float64{6e7}, unsound: []bool{sound}, far: -1},
	} {
		p := &panel{}
		for i, v := range of.reach {
			c := curve{Name: string(rune('a' + i)), X: numbers{0, 1, 2}, Y: numbers{v, math.NaN(), math.Inf(1)},
				unsound: of.unsound[i]}
			p.Curves = append(p.Curves, c)
		}
		p.settle()
		for i, c := range p.Curves {
			assert.Equal(t, i == of.far, c.Beyond, "%s, curve %d", name, i)
		}
		assert.Equal(t, of.far >= 0, len(p.Notes) == 1, "%s: it is said", name)
		if of.far >= 0 {
			assert.Less(t, p.Y.Hi, 1e4, "%s: the axis is that of the others", name)
		}
	}
}

func TestDiagramsShareOneScale(t *testing.T) {
	panels := diagramsOf(exampleDiagrams())
	require.Len(t, panels, 4)
	for _, p := range panels[1:3] {
		assert.InDelta(t, panels[0].X.Hi-panels[0].X.Lo, p.X.Hi-p.X.Lo, 1e-12)
		assert.InDelta(t, panels[0].Y.Hi-panels[0].Y.Lo, p.Y.Hi-p.Y.Lo, 1e-12)
	}
	for _, p := range panels {
		points, f := drawnPoints(p)
		for _, l := range p.diagram.Lines {
			for _, want := range f.points(l.X, l.Y) {
				assert.Contains(t, points, want, p.Title)
			}
		}
		for _, m := range p.diagram.Marks {
			for _, y := range []float64{m.Y.Lo, m.Y.Hi} {
				assert.Contains(t, points, f.points([]float64{m.X.Value}, []float64{y})[0], "the recorded interval along y")
			}
			for _, x := range []float64{m.X.Lo, m.X.Hi} {
				assert.Contains(t, points, f.points([]float64{x}, []float64{m.Y.Value})[0], "the recorded interval along x")
			}
		}
	}
}

func TestRows(t *testing.T) {
	lengths := func(n int) (out []int) {
		for _, row := range rowsOf(make([]*panel, n)) {
			out = append(out, len(row))
		}
		return out
	}
	assert.Equal(t, []int{3}, lengths(3))
	assert.Equal(t, []int{2, 2}, lengths(4))
	assert.Equal(t, []int{3, 2}, lengths(5))
}

func BenchmarkFigures(b *testing.B) {
	run, h := exampleRun()
	dir := b.TempDir()
	for b.Loop() {
		if _, err := Figures(dir, run, h); err != nil {
			b.Fatal(err)
		}
	}
}

// A colour that lets others through is the same in a PDF file: at first its bands were grey, darkened twice.
func TestColoursOfPDF(t *testing.T) {
	r, g, b, a := blended{faint(color.NRGBA{R: 0, G: 114, B: 178, A: 255}, 0.2)}.RGBA()
	assert.Equal(t, []uint32{0, 114, 178, 51}, []uint32{r >> 8, g >> 8, b >> 8, a >> 8})
}
