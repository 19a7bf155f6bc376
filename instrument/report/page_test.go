package report

import (
	"errors"
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

func pageOf(t *testing.T, dir string, run *Run, c *Curves) string {
	t.Helper()
	require.NoError(t, WriteHTML(dir, run, c))
	data, err := os.ReadFile(filepath.Join(dir, ReportFile))
	require.NoError(t, err)
	return string(data)
}

func TestPageHoldsTheRecord(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	html := pageOf(t, dir, run, c)
	for _, want := range []string{
		"made on mnist-sample", "8 training sets × 3 replicas, 500 examples each, 1,200 steps",
		"50,500 (25,412 of them free)", "<dd>50.8</dd>", "<dd>41.3s</dd>", "<dd>gonum</dd>",
		"<td>39.42 ±0.35</td>", "<td>116.87 ±0.40</td>", "<td>[1.98, 14.2]</td>",
		"largest |dphi - w - q| = 2.8e-14 nats over 768 chains", "✓ pass", "? cannot tell",
		"train --seed 1 --out runs/made", "go1.26", "v0.9.18", "arXiv:1905.06922",
		`<li id="warning-2">l_info_lo: within 10 % of its ceiling`, `href="#warning-2"`,
		`<th scope="col">L-info <sup><a href="#warning-2"`, `<b>M-info</b> I(Θ;B) <sup><a href="#warning-1"`,
		"Does it memorize?", "With care", `script-src &#39;sha256-`,
		"X-info: not estimated in this example",
	} {
		assert.Contains(t, html, want)
	}
	assert.Equal(t, 5, strings.Count(html, "<svg "), "a picture a panel")
	for _, outside := range []string{"<script src", "<link", "@import", `src="http`, `href="http`, "url(h", "url('", `url("`} {
		assert.NotContains(t, html, outside, "the page needs nothing but itself")
	}
	assert.NotContains(t, html, `id="samples"`)
	assert.Equal(t, html, pageOf(t, dir, run, c), "the same record gives the same bytes")

	require.NoError(t, SampleGrid(filepath.Join(dir, SamplesFile), make([]float32, 4), 1, 1, 2, 2))
	require.NoError(t, SampleGrid(filepath.Join(dir, SamplesOverTrainingFile), make([]float32, 4), 1, 1, 2, 2))
	run.SampleSteps = []int{0, 10, 1200}
	html = pageOf(t, dir, run, c)
	assert.Equal(t, 2, strings.Count(html, `<img class="samples" src="data:image/png;base64,iVBOR`))
	assert.Contains(t, html, "from top to bottom: steps 0, 10 and 1,200.")
	assert.Contains(t, html, "<li>step 0</li><li>step 10</li><li>step 1,200</li>", "beside the rows")
}

func TestPageEscapesHostileText(t *testing.T) {
	const evil = `</style></svg><script>alert("x")</script><img src=x onerror=alert(1)>`
	run, c := exampleRun()
	run.Model, run.Data, run.Program, run.Version, run.Error, run.Status = evil, evil, evil, evil, evil, Failed
	run.Command = []string{"train", evil}
	run.Config = Settings{{evil, evil}}
	run.Modules = map[string]string{evil: evil}
	run.Machine = Machine{OS: evil, Go: evil, BLAS: evil}
	run.Books = []Check{{evil, evil, evil, evil}}
	run.Warnings, run.Notes = []string{evil}, []string{evil}
	blank(c, "work", "m_info")
	run.Reasons = map[string]string{"work": evil, "m_info": evil, evil: evil}
	c.Columns[20] = evil
	html := pageOf(t, t.TempDir(), run, c)
	assert.Equal(t, 2, strings.Count(html, "<script"), "the charts and the page's own")
	assert.Equal(t, 2, strings.Count(html, "</script>"))
	assert.NotContains(t, html, "<img")
	assert.Equal(t, 1, strings.Count(html, "</style>"))
	assert.Equal(t, 5, strings.Count(html, "</svg>"))
}

func TestPageOfPartialRecords(t *testing.T) {
	run, c := exampleRun()
	c.Rows = nil
	run.Status, run.Books, run.Warnings = Interrupted, nil, nil
	html := pageOf(t, t.TempDir(), run, c)
	assert.Contains(t, html, "The run was interrupted before its first observation")
	assert.Contains(t, html, "No observation was recorded.")
	assert.Contains(t, html, "No books were kept.")
	pageOf(t, t.TempDir(), &Run{Status: Failed}, &Curves{Columns: []string{"step"}})
	assert.ErrorContains(t, WriteHTML(t.TempDir(), run, &Curves{}), "no column")
}

func TestSampleGrid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "samples.png")
	// Two rows of three 1 x 2 images; image (1, 2) is black and white, the others are a quarter grey.
	x := []float32{.25, .25, .25, .25, .25, .25, .25, .25, .25, .25, -3, 7}
	require.NoError(t, SampleGrid(path, x, 2, 3, 1, 2))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	const zoom = gridImageSize
	assert.Equal(t, 2+3*(2*zoom+2), img.Bounds().Dx())
	assert.Equal(t, 2+2*(zoom+2), img.Bounds().Dy())
	at := func(px, py int) uint32 {
		y, _, _, _ := img.At(px, py).RGBA()
		return y >> 8
	}
	left, top := 2+2*(2*zoom+2), 2+zoom+2
	assert.EqualValues(t, 0, at(left, top))
	assert.EqualValues(t, 0, at(left+zoom-1, top+zoom-1))
	assert.EqualValues(t, 255, at(left+zoom, top))
	assert.EqualValues(t, 64, at(2, 2))
	assert.EqualValues(t, 64, at(2, top))
	assert.EqualValues(t, 128, at(left-1, top), "separator")

	assert.ErrorContains(t, SampleGrid(path, x, 2, 2, 1, 2), "12 values for a grid of 2 x 2 images of 1 x 2 values, which needs 8")
	assert.ErrorContains(t, SampleGrid(path, x, 0, 2, 1, 2), "nothing to show")
	x[11] = float32(math.NaN())
	assert.ErrorContains(t, SampleGrid(path, x, 2, 3, 1, 2), "value 1 of image 5 is not a number")
}

func TestLivePage(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	run.Status, run.Books = Interrupted, nil // as it stands in the file while the run goes on
	c.Rows = c.Rows[:9]
	require.NoError(t, run.Save(dir))
	require.NoError(t, c.Save(dir))
	render := func(events string, brief bool) string {
		var b strings.Builder
		require.NoError(t, LivePage(&b, dir, events, brief))
		return b.String()
	}
	text := render("/events", false)
	for _, want := range []string{`data-live="/events"`, ">running<", "The run goes on; this is its record after the observation at step 13 of 1,200.", "Not yet known", "closed at the end"} {
		assert.True(t, strings.Contains(text, want), want)
	}
	assert.Equal(t, 5, strings.Count(text, "<svg "))
	assert.Zero(t, strings.Count(render("/events", true), "<svg "), "the script draws them")
	ended := render("", true)
	assert.NotContains(t, ended, "data-live")
	assert.Contains(t, ended, "The run was interrupted")
	assert.ErrorContains(t, LivePage(&strings.Builder{}, filepath.Join(dir, "none"), "", false), "there is no folder")

	cycles, cc := exampleCycles()
	require.NoError(t, cycles.Save(dir))
	require.NoError(t, SaveCycles(dir, cc))
	assert.Contains(t, render("/events", true), "swav on mnist-sample")
}

func BenchmarkPage(b *testing.B) {
	dir := b.TempDir()
	run, c := exampleRun()
	if err := errors.Join(run.Save(dir), c.Save(dir)); err != nil {
		b.Fatal(err)
	}
	for name, brief := range map[string]bool{"whole": false, "brief": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := LivePage(io.Discard, dir, "/events", brief); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
