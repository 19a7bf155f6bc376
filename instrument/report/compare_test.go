package report

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saveExamples writes three run folders: two of ensembles, of different lengths, and one of cycles.
func saveExamples(t *testing.T) (root string, dirs []string) {
	t.Helper()
	root = t.TempDir()
	save := func(name string, run *record.Run, h *record.History) {
		dir := filepath.Join(root, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.NoError(t, run.Save(dir))
		require.NoError(t, h.Save(dir))
		dirs = append(dirs, dir)
	}
	run, h := exampleRun()
	save("first", run, h)
	run.Config[2].Value = "512"
	save("second", run, upTo(h, 0, 12))
	cycles, ch, _ := exampleCycles()
	save("cycles", cycles, ch)
	return root, dirs
}

func TestComparison(t *testing.T) {
	root, dirs := saveExamples(t)
	path := filepath.Join(root, ComparisonFile)
	require.NoError(t, WriteComparison(path, dirs))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(data)
	_, h := exampleRun()
	for _, want := range []string{
		"3 runs side by side", `<a href="first/report.html">first</a>`, `<a href="cycles/report.html">cycles</a>`,
		`<th scope="row">width</th><td>128</td><td>512</td><td>–</td>`, "<td>swav</td>",
		`id="panel-train_nll"`, `id="panel-l_info"`, `id="panel-probe_gain"`,
		`<th scope="row">Test loss (nats per sample)</th><td>58.1 [57.4, 58.8]</td><td>` +
			withInterval(end(upTo(h, 0, 12), "test_nll")) + `</td><td>–</td>`,
		"<td>1.977 to 14.20 [1.867, 16.50]</td>", "2 of 3 passed; cannot tell: fluctuation average",
		`<th scope="row">Does it memorize?</th><td class="open"><details><summary>Yes</summary>M-info is 8.15 nats.` +
			`</details></td>`,
		`<h2>Differences from first</h2>`, `not known to have the same training sets`,
		`<th scope="row">L-info</th><td class="open">with care: saturated`, `<td class="pass">trusted</td>`,
	} {
		assert.True(t, strings.Contains(text, want), want)
	}
	assert.Equal(t, "58.1 [57.4, 58.8]", withInterval(end(h, "test_nll")))
	assert.False(t, strings.Contains(text, `id="panel-x_info"`), "no run knows X-info")
	last, summed, _ := strings.Cut(text, "Summed from observation to observation")
	assert.True(t, strings.Contains(last, "Linear probe (accuracy)"))
	for _, name := range []string{"Work W (nats)", "Dissipated heat −Q (nats)", "Information bought (nats)"} {
		assert.False(t, strings.Contains(last, name), name)
		assert.True(t, strings.Contains(summed, name), name)
	}
	require.NoError(t, WriteComparison(path, dirs))
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, text, string(again), "the same records give the same bytes")

	assert.ErrorContains(t, WriteComparison(path, dirs[:1]), "two run folders or more")
	assert.ErrorContains(t, WriteComparison(path, []string{dirs[0], filepath.Join(root, "none")}), "there is no folder")
}

// sharing returns two runs over the same three training sets, and one over others, each with one quantity.
func sharing() []compared {
	infos := []record.Info{{Name: "a", Title: "a", Headline: true}, {Name: "s", Title: "s", Headline: true, Summed: true}}
	of := func(draw string, step int, a estimate.Estimate) compared {
		h := record.NewHistory(infos)
		enter(h, step, map[string]estimate.Estimate{"a": a, "s": a.Scale(2)})
		units := record.Units{Name: "training set", Count: 3, Draw: draw}
		return compared{run: &record.Run{Units: units}, history: h}
	}
	mean := func(units ...float64) estimate.Estimate { return estimate.SkewedMean(units, 0) }
	return []compared{
		of("x", 5, mean(1, 5, 9)), of("x", 5, mean(2, 6.1, 10)), of("y", 6, mean(2, 6.1, 10)),
		of("x", 5, estimate.FromSE(6, 2, 2)), of("x", 5, estimate.Unknown("no ghosts")), of("x", 5, estimate.Exact(6)),
	}
}

// Differences are paired over the sets that runs share, and only there. Deliberate errors that this caught: paired
// whatever the draw; the first less the other; a negated quantity not turned.
func TestDifferences(t *testing.T) {
	runs := sharing()
	d := &comparisonData{}
	d.differences(runs, sharedOf([]*record.History{runs[0].history}, shown.headline))
	require.Len(t, d.Differences, 2)
	cells := d.Differences[0].Cells
	paired := estimate.SkewedMean([]float64{1, 1.1, 1}, 0)
	assert.Equal(t, comparedCell{Text: "+" + withInterval(paired), Class: "told"}, cells[0])
	assert.NotEqual(t, "told", cells[1].Class, "their own intervals are far wider")
	said := func(c comparedCell) (all []string) {
		for _, n := range c.Notes {
			all = append(all, d.Remarks[n-1])
		}
		return all
	}
	const other = "not paired: the runs are not known to have the same training sets"
	assert.Equal(t, []string{other}, said(cells[1]))
	const none = "not paired: there is no value of this quantity for each of the training sets"
	assert.Equal(t, []string{none}, said(cells[2]))
	assert.Equal(t, unknown, cells[3].Text)
	assert.Equal(t, []string{"one of the values is not known"}, said(cells[3]))
	assert.Empty(t, cells[4].Notes, "what is exact needs no pairing")
	assert.Equal(t, []string{other, "summed over other steps of observation, on which it depends"},
		said(d.Differences[1].Cells[1]))

	negated := record.Info{Name: "a", Negated: true}
	e, _ := difference(negated, runs[1], runs[0])
	assert.InDelta(t, -paired.Value, e.Value, 1e-12)
	assert.InDelta(t, -paired.Hi, e.Lo, 1e-12)
}

func TestRunsAreNamedApart(t *testing.T) {
	root, dirs := saveExamples(t)
	other := filepath.Join(root, "other", "first")
	require.NoError(t, os.MkdirAll(filepath.Dir(other), 0o755))
	require.NoError(t, os.Rename(dirs[1], other))
	runs, err := loadCompared([]string{dirs[0], other, dirs[2]})
	require.NoError(t, err)
	want := []string{filepath.ToSlash(dirs[0]), filepath.ToSlash(other), "cycles"}
	assert.Equal(t, want, []string{runs[0].name, runs[1].name, runs[2].name})
}

func TestComparisonShowsTheRecordsInABrowser(t *testing.T) {
	root, dirs := saveExamples(t)
	path := filepath.Join(root, ComparisonFile)
	require.NoError(t, WriteComparison(path, dirs))
	dom, console := browse(t, path, "#hover=train_nll,11")
	assert.NotRegexp(t, complaint, console)
	_, panel, ok := strings.Cut(dom, `id="panel-train_nll"`)
	require.True(t, ok)
	_, panel, _ = strings.Cut(panel, `class="readout"`)
	panel, _, _ = strings.Cut(panel, "</table>")
	_, h := exampleRun()
	r, _ := h.Events()[11].Of("train_nll")
	value := `value="` + strconv.FormatFloat(r.Value, 'g', -1, 64) + `"`
	for _, want := range []string{"training step 32<", ">first</th>", ">second</th>", value} {
		assert.True(t, strings.Contains(panel, want), want)
	}
}

func TestARunThatDivergedLeavesThePicture(t *testing.T) {
	root, dirs := saveExamples(t)
	third := filepath.Join(root, "third")
	require.NoError(t, os.Mkdir(third, 0o755))
	run, h := exampleRun()
	run.Books[0].Verdict = record.Fail
	for i, r := range h.Events()[24].Readings {
		switch r.Info.Name {
		case "train_nll": // more than ten times that of the others
			h.Events()[24].Readings[i].Reading = estimate.Exact(1e10)
		case "test_nll": // less
			h.Events()[24].Readings[i].Reading = estimate.Exact(700)
		}
	}
	require.NoError(t, run.Save(third))
	require.NoError(t, h.Save(third))
	d, err := newComparison(filepath.Join(root, ComparisonFile), []string{dirs[0], dirs[1], third})
	require.NoError(t, err)
	far := map[string][]string{}
	for _, chart := range d.Charts {
		for _, c := range chart.Curves {
			if c.Beyond {
				far[chart.ID] = append(far[chart.ID], c.Name)
			}
		}
		if chart.ID == "train_nll" {
			assert.Contains(t, chart.Notes, "Third leaves the picture: it comes to 1.00e+10.")
			assert.Less(t, chart.Y.Hi, 200.0, "the axis is that of the others")
		}
	}
	assert.Equal(t, map[string][]string{"train_nll": {"third"}}, far)

	require.NoError(t, WriteComparison(filepath.Join(root, ComparisonFile), []string{dirs[0], dirs[1], third}))
	var ticks []string
	drive(t, filepath.Join(root, ComparisonFile), `
done([...document.querySelectorAll("#panel-train_nll svg text[text-anchor=end]")].map(t => t.textContent));`, &ticks)
	assert.Contains(t, ticks, "100", "the script has the same axis")
}
