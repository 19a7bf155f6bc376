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

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pageOf(t *testing.T, dir string, run *record.Run, h *record.History) string {
	t.Helper()
	require.NoError(t, WriteHTML(dir, run, h))
	data, err := os.ReadFile(filepath.Join(dir, record.ReportFile))
	require.NoError(t, err)
	return string(data)
}

func TestPageHoldsTheRecord(t *testing.T) {
	dir := t.TempDir()
	run, h := exampleRun()
	html := pageOf(t, dir, run, h)
	for _, want := range []string{
		"made on mnist-sample", "8 training sets × 3 replicas, 500 examples each, 1,200 steps",
		"50,500 (25,412 of them free)", "<dd>50.8</dd>", "<dd>41.3s</dd>", "<dd>gonum</dd>",
		"<td>39.42 ±0.40</td>", "<td>116.95 ±0.16</td>", "<td>[1.98, 14.2]</td>",
		"largest |dphi - w - q| = 2.8e-14 nats over 768 chains", "✓ pass", "? cannot tell",
		"train --seed 1 --out runs/made", "go1.26", "v0.9.18", "arXiv:1905.06922",
		`<li id="warning-2">l_info_lo, from step 752 to 1200 (3 observations): within 10 % of its ceiling`,
		`<th scope="col">L-info <sup><a href="#warning-2"`,
		`<b>M-info, Gaussian estimate</b> M-info <sup><a href="#warning-1"`,
		`Does it memorize?</dt><dd><span class="badge open">Yes</span><br>M-info is 8.15 nats. <sup><a href="#warning-1"`,
		`<b>training loss</b>: <span class="badge pass">✓ trusted</span>`,
		`<b>L-info</b>: <span class="badge open">? with care</span> (saturated: within 10 % of its ceiling 2.079`,
		"It holds if: samples are drawn from the model", "Shown is minus the value.",
		"<td>8.1 [5.7, 11.0]</td><td>0.900</td><td>1.380 (200 permutations)</td><td>beyond it</td>",
		"<dt>work W</dt><dd>Done on the samples as the weights move.</dd>", `script-src &#39;sha256-`,
		"<summary>All other quantities</summary>", "weights of layer 9", "not estimated in this example",
	} {
		assert.True(t, strings.Contains(html, want), want)
	}
	assert.Equal(t, 7, strings.Count(html, "<svg "), "a picture a panel")
	for _, outside := range []string{"<script src", "<link", "@import", `src="http`, `href="http`, "url(h", "url('",
		`url("`} {
		assert.False(t, strings.Contains(html, outside), "the page needs nothing but itself: %s", outside)
	}
	assert.False(t, strings.Contains(html, `id="pictures"`))
	assert.Equal(t, html, pageOf(t, dir, run, h), "the same record gives the same bytes")

	require.NoError(t, SampleGrid(filepath.Join(dir, "samples.png"), make([]float32, 4), 1, 1, 2, 2))
	run.Pictures = []record.Picture{
		{File: "samples.png", Title: "Samples of the model.", Captions: []string{"7.2\n3"}},
		{File: "none.png"}, {File: "../x"},
	}
	html = pageOf(t, dir, run, h)
	assert.Equal(t, 1, strings.Count(html, `<img class="samples" src="data:image/png;base64,iVBOR`))
	assert.True(t, strings.Contains(html, `alt="Samples of the model."`))
	assert.True(t, strings.Contains(html, "<div class=\"captions\"><span>7.2\n3</span></div>"))
}

func TestPageOfCycles(t *testing.T) {
	dir := t.TempDir()
	run, h, diagrams := exampleCycles()
	require.NoError(t, record.SaveDiagrams(dir, diagrams))
	html := pageOf(t, dir, run, h)
	assert.Equal(t, 11, strings.Count(html, "<svg "), "7 panels and 4 diagrams")
	assert.Equal(t, 4, strings.Count(html, `class="panel still"`), "diagrams stay as they are")
	assert.Len(t, chartsOf(t, html), 7)
	assert.True(t, strings.Contains(html, "Circles: softmax. Squares: target."))
}

func TestPageEscapesHostileText(t *testing.T) {
	const evil = `</style></svg><script>alert("x")</script><img src=x onerror=alert(1)>`
	run, h := exampleRun()
	blank(h, evil, "work", "m_info")
	infos := h.Infos()
	for i := range infos {
		infos[i].Title, infos[i].Doc = evil, evil
		infos[i].Unit, infos[i].Ref = evil, evil
		infos[i].Symbol, infos[i].Assumption = evil, evil
		infos[i].Panel = record.Panel{Title: evil, Axis: evil, Figure: evil}
	}
	infos[25].Name = evil
	run.Model, run.Data = evil, evil
	run.Program, run.Version = evil, evil
	run.Error, run.Status = evil, record.Failed
	run.Setup, run.Conclusions = evil, []string{evil}
	run.Command = []string{"train", evil}
	run.Config = record.Settings{{Name: evil, Value: evil}}
	run.Modules = map[string]string{evil: evil}
	run.Machine = record.Machine{OS: evil, Go: evil, BLAS: evil}
	run.Books = []record.Check{{Name: evil, Verdict: evil, Figure: evil, Detail: evil}}
	run.Findings = []record.Finding{{Question: evil, Answer: evil, Because: evil, Class: evil}}
	run.Warnings, run.Notes = []record.Warning{{Columns: []string{evil}, Text: evil}}, []string{evil}
	run.Reasons = map[string]string{"work": evil, "m_info": evil, evil: evil}
	run.Units.Name = evil
	dir := t.TempDir()
	require.NoError(t, record.SaveDiagrams(dir, []record.Diagram{{Figure: evil, Title: evil, X: evil, Y: evil,
		Lines: []record.Line{{Name: evil, X: []float64{0, 1}, Y: []float64{0, 1}}}, Notes: []string{evil}}}))
	html := pageOf(t, dir, run, h)
	assert.Equal(t, 2, strings.Count(html, "<script"), "the charts and the page's own")
	assert.Equal(t, 2, strings.Count(html, "</script>"))
	assert.NotContains(t, html, "<img")
	assert.Equal(t, 1, strings.Count(html, "</style>"))
	assert.Equal(t, strings.Count(html, "<svg "), strings.Count(html, "</svg>"))
}

func TestPageOfPartialRecords(t *testing.T) {
	run, h := exampleRun()
	run.Status = record.Interrupted
	run.Books, run.Warnings = nil, nil
	html := pageOf(t, t.TempDir(), run, upTo(h, 0, 0))
	assert.NotContains(t, html, "<h2>Books</h2>")
	for _, want := range []string{">interrupted<", "No observation was recorded.", "not (no value"} {
		assert.True(t, strings.Contains(html, want) || strings.Contains(html, "✗ not</span> (no value"), want)
	}
	run = &record.Run{Status: record.Failed, Error: "it broke"}
	html = pageOf(t, t.TempDir(), run, record.NewHistory(nil))
	assert.True(t, strings.Contains(html, "failed</span>: it broke"))
	assert.NotContains(t, html, "<h2>Can the numbers", "there is no headline quantity")
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

	err = SampleGrid(path, x, 2, 2, 1, 2)
	assert.ErrorContains(t, err, "12 values for a grid of 2 x 2 images of 1 x 2 values, which needs 8")
	assert.ErrorContains(t, SampleGrid(path, x, 0, 2, 1, 2), "nothing to show")
	x[11] = float32(math.NaN())
	assert.ErrorContains(t, SampleGrid(path, x, 2, 3, 1, 2), "value 1 of image 5 is not a number")
}

func TestLivePage(t *testing.T) {
	dir := t.TempDir()
	run, h := exampleRun()
	run.Status, run.Books = record.Interrupted, nil // as it stands in the file while the run goes on
	require.NoError(t, run.Save(dir))
	require.NoError(t, upTo(h, 0, 9).Save(dir))
	render := func(events string, brief bool) string {
		var b strings.Builder
		require.NoError(t, LivePage(&b, dir, events, brief))
		return b.String()
	}
	text := render("/events", false)
	for _, want := range []string{`data-live="/events"`, ">running<", ">step 13 of 1,200<"} {
		assert.True(t, strings.Contains(text, want), want)
	}
	assert.Equal(t, 7, strings.Count(text, "<svg "))
	assert.Zero(t, strings.Count(render("/events", true), "<svg "), "the script draws them")
	ended := render("", true)
	assert.NotContains(t, ended, "data-live")
	assert.Contains(t, ended, ">interrupted<")
	assert.ErrorContains(t, LivePage(&strings.Builder{}, filepath.Join(dir, "none"), "", false), "there is no folder")
}

func BenchmarkPage(b *testing.B) {
	dir := b.TempDir()
	run, h := exampleRun()
	if err := errors.Join(run.Save(dir), h.Save(dir)); err != nil {
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
