package report

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var drawn = []string{"losses", "information", "thermodynamics", "entropy", "free-energy", "fluctuations", "overview"}

// svgOf draws a figure and requires well-formed XML without a coordinate that is not a number.
func svgOf(t *testing.T, name string, run *Run, c *Curves) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, newFigure(name, run, c, extras{densities: exampleDensities(), layers: exampleLayers(run)}).svg(&b))
	requireXML(t, b.String())
	for _, bad := range []string{"NaN", "Inf", "e+"} {
		for _, tag := range strings.Split(b.String(), "<")[1:] {
			attributes, _, _ := strings.Cut(tag, ">")
			require.NotContains(t, attributes, bad, name)
		}
	}
	return b.String()
}

func requireXML(t *testing.T, text string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else {
			require.NoError(t, err)
		}
	}
}

func TestFiguresAreWrittenAndDeterministic(t *testing.T) {
	run, c := exampleRun()
	dir := t.TempDir()
	require.NoError(t, SaveLayers(dir, exampleLayers(run)))
	files, err := Figures(dir, run, c)
	require.NoError(t, err)
	require.Len(t, files, 2*(len(drawn)-2), "a normalised model without recorded densities")
	for _, name := range []string{"losses", "information", "thermodynamics", "entropy", "overview"} {
		svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		require.NoError(t, err)
		assert.Equal(t, string(svg), svgOf(t, name, run, c), "the same record gives the same bytes")
		f, err := os.Open(filepath.Join(dir, name+".png"))
		require.NoError(t, err)
		img, err := png.Decode(f)
		f.Close()
		require.NoError(t, err)
		assert.Greater(t, img.Bounds().Dx(), 900)
	}
	_, err = Figures(filepath.Join(dir, "missing"), run, c)
	assert.Error(t, err)
	_, err = Figures(dir, run, &Curves{Columns: []string{"work"}})
	assert.ErrorContains(t, err, "cannot be drawn")
}

func TestFiguresOfPartialRecords(t *testing.T) {
	cases := map[string]func(*Run, *Curves){
		"complete":     func(*Run, *Curves) {},
		"no rows":      func(_ *Run, c *Curves) { c.Rows = nil },
		"step 0 alone": func(r *Run, c *Curves) { c.Rows = c.Rows[:1]; r.Status = Interrupted },
		"one late row": func(_ *Run, c *Curves) { c.Rows = c.Rows[20:21] },
		"from step 1":  func(_ *Run, c *Curves) { c.Rows = c.Rows[1:4] },
		"steps 0 1":    func(_ *Run, c *Curves) { c.Rows = c.Rows[:2] },
		"all unknown":  func(_ *Run, c *Curves) { blank(c, c.Columns[1:]...) },
		"one set":      func(r *Run, c *Curves) { r.Datasets = 1 },
		"no ensemble":  func(r *Run, c *Curves) { r.Datasets, r.Replicas = 0, 0 },
		"only step":    func(_ *Run, c *Curves) { c.Columns = c.Columns[:1]; cut(c, 1) },
		"constant":     func(_ *Run, c *Curves) { set(c, 7) },
		"zero":         func(_ *Run, c *Curves) { set(c, 0) },
		"infinite":     func(_ *Run, c *Curves) { set(c, math.Inf(1)) },
		"minus inf":    func(_ *Run, c *Curves) { set(c, math.Inf(-1)) },
		"huge":         func(_ *Run, c *Curves) { set(c, 1e300) },
		"huge, alone":  func(r *Run, c *Curves) { set(c, 1e300); r.Datasets = 1 },
		"largest":      func(_ *Run, c *Curves) { set(c, math.MaxFloat64); c.Rows[3][1] = -math.MaxFloat64 },
		"tiny":         func(_ *Run, c *Curves) { set(c, 1e-300); c.Rows[3][1] = 2e-300 },
		"holes": func(_ *Run, c *Curves) {
			for i := range c.Rows {
				for j := 1 + i%3; j < len(c.Columns); j += 2 {
					c.Rows[i][j] = math.NaN()
				}
			}
		},
		"many sets": func(r *Run, c *Curves) { r.Datasets = 1000 },
		"two sets":  func(r *Run, c *Curves) { r.Datasets = 2 },
		"far steps": func(r *Run, c *Curves) { c.Rows[24][0] = 1e12 },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			run, c := exampleRun()
			spoil(run, c)
			for _, figure := range drawn {
				svgOf(t, figure, run, c)
			}
			var b bytes.Buffer
			require.NoError(t, Table(&b, run, c, 80))
			Conclusions(run, c)
			if !testing.Short() {
				require.NoError(t, newFigure("overview", run, c, extras{}).png(io.Discard))
			}
		})
	}
}

func set(c *Curves, v float64) {
	for i := range c.Rows {
		for j := 1; j < len(c.Rows[i]); j++ {
			c.Rows[i][j] = v
		}
	}
}

func cut(c *Curves, columns int) {
	for i := range c.Rows {
		c.Rows[i] = c.Rows[i][:columns]
	}
}

func TestFiguresSayWhatIsMissing(t *testing.T) {
	run, c := exampleRun()
	run.Replicas = 1
	blank(c, "m_info", "m_info_lo", "m_info_hi", "m_info_d_lo", "m_info_d_hi")
	for _, column := range []string{"m_info", "m_info_d_lo", "m_info_d_hi"} {
		run.Reasons[column] = "not estimated: R = 1"
	}
	svg := svgOf(t, "information", run, c)
	assert.Contains(t, svg, "M-info, M-info on D sets: not estimated: R = 1")
	assert.Contains(t, svg, "L-info, lower to upper bound")
	assert.Contains(t, svg, "ln 8")
	assert.Contains(t, svg, "infinite, training adds no noise")
	assert.Contains(t, svgOf(t, "entropy", run, c), "S(Θ) at step 1<")

	blank(c, "work", "heat", "entropy_production", "delta_f")
	run.Reasons["work"] = "this model has no observer chains"
	assert.Contains(t, svgOf(t, "thermodynamics", run, c), "Work: this model has no observer chains")
}

func TestFiguresEscapeHostileText(t *testing.T) {
	run, c := exampleRun()
	blank(c, "work", "heat", "entropy_production", "delta_f")
	run.Reasons["work"] = "</text><script>alert(1)</script>&\x00\x1b\uffff\xff" + strings.Repeat("long ", 400)
	svg := svgOf(t, "thermodynamics", run, c)
	assert.NotContains(t, svg, "<script")
	assert.Contains(t, svg, "&lt;script&gt;")
}

func TestHalfWidths(t *testing.T) {
	run, c := exampleRun()
	half, se := halfWidths(run, c, "test_nll"), c.Column("test_nll_se")
	assert.InDelta(t, 2.364624, half[24]/se[24], 1e-6, "t quantile, 7 degrees of freedom")
	run.Datasets = 1
	assert.False(t, anyFinite(halfWidths(run, c, "test_nll")), "one training set has no error")
}

func TestStepScale(t *testing.T) {
	s := stepScale{}
	assert.Equal(t, -zeroGap, s.position(0))
	assert.Equal(t, 0.0, s.position(1))
	assert.InDelta(t, 3, s.position(1000), 1e-12)
	var labels []string
	for _, tick := range s.Ticks(s.position(0), s.position(1200)) {
		if tick.Label != "" {
			labels = append(labels, tick.Label)
		}
	}
	assert.Equal(t, []string{"0", "1", "10", "100", "1,000"}, labels)
}

func TestKnee(t *testing.T) {
	k := knee{math.Log(8)}
	assert.InDelta(t, 1, k.position(math.Log(8)), 1e-15)
	assert.InDelta(t, -0.5, k.position(-math.Log(8)/2), 1e-15)
	const h = 1e-6
	below := (k.position(k.at) - k.position(k.at-h)) / h
	above := (k.position(k.at+h) - k.position(k.at)) / h
	assert.InDelta(t, below, above, 1e-5, "one slope at the knee")

	for _, at := range []float64{math.Log(2), math.Log(8), math.Log(50), math.Log(1000)} {
		k := knee{at}
		lo, hi := k.position(-0.3), k.position(200)
		ticks := k.Ticks(lo, hi)
		assert.GreaterOrEqual(t, len(ticks), 5)
		for _, tick := range ticks {
			assert.GreaterOrEqual(t, tick.Value, lo)
			assert.LessOrEqual(t, tick.Value, hi)
		}
	}
}

func TestLinearTicks(t *testing.T) {
	labels := func(lo, hi float64) (out []string) {
		for _, tick := range (linear{}).Ticks(lo, hi) {
			out = append(out, tick.Label)
		}
		return out
	}
	assert.Equal(t, []string{"40", "60", "80", "100", "120"}, labels(35, 139))
	assert.Equal(t, []string{"−0.2", "−0.1", "0.0", "0.1", "0.2"}, labels(-0.25, 0.25))
	assert.Empty(t, labels(1, 1))
	for exponent := -300.0; exponent <= 300; exponent += 10 {
		n := len(labels(-math.Pow(10, exponent), 1.7*math.Pow(10, exponent)))
		assert.True(t, n >= 4 && n <= 11, "%d labels", n)
	}
}

func BenchmarkFigures(b *testing.B) {
	run, c := exampleRun()
	dir := b.TempDir()
	for b.Loop() {
		if _, err := Figures(dir, run, c); err != nil {
			b.Fatal(err)
		}
	}
}

func TestConstantCurvesAreDrawn(t *testing.T) {
	for _, v := range []float64{0, 135.5, 1e300} {
		run, c := exampleRun()
		run.Datasets = 1
		set(c, v)
		svg := svgOf(t, "losses", run, c)
		assert.Equal(t, 2, strings.Count(svg, "stroke:#D55E00"), "%g: one line in the legend and one in the panel", v)
		assert.Equal(t, 25, strings.Count(svg, "fill:#D55E00"), "%g: a dot at each observation", v)
	}
}
