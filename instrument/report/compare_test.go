package report

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saveExamples writes three run folders: two with curves, of different lengths, and one with cycles.
func saveExamples(t *testing.T) (root string, dirs []string) {
	t.Helper()
	root = t.TempDir()
	for _, name := range []string{"first", "second", "cycles"} {
		dirs = append(dirs, filepath.Join(root, name))
		require.NoError(t, os.Mkdir(dirs[len(dirs)-1], 0o755))
	}
	run, c := exampleRun()
	require.NoError(t, run.Save(dirs[0]))
	require.NoError(t, c.Save(dirs[0]))
	run.Config[2].Value = "512"
	c.Rows = c.Rows[:12]
	require.NoError(t, run.Save(dirs[1]))
	require.NoError(t, c.Save(dirs[1]))
	cycles, cc := exampleCycles()
	require.NoError(t, cycles.Save(dirs[2]))
	require.NoError(t, SaveCycles(dirs[2], cc))
	return root, dirs
}

func TestComparison(t *testing.T) {
	root, dirs := saveExamples(t)
	path := filepath.Join(root, ComparisonFile)
	require.NoError(t, WriteComparison(path, dirs))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(data)
	for _, want := range []string{
		"3 runs side by side", `<a href="first/report.html">first</a>`, `<a href="cycles/report.html">cycles</a>`,
		`<th scope="row">width</th><td>128</td><td>512</td><td>128</td>`, "<td>swav</td>", "With care",
		`id="panel-train_nll"`, `id="panel-l_info_lo"`, `id="panel-probe"`, "KL(q‖p)",
		"<td>39.42 [38.59, 40.24]</td>", "<td>1.977 to 14.20 [1.883, 16.09]</td>",
	} {
		assert.True(t, strings.Contains(text, want), want)
	}
	assert.NotContains(t, text, `<th scope="row">subset</th><td>500</td><td>500</td><td>500</td>`, "what does not differ is left out")
	assert.NotContains(t, text, `id="panel-x_info_lo"`, "no run knows X-info")
	_, cc, err := LoadCycles(dirs[2])
	require.NoError(t, err)
	end := len(cc.Rows) - 1
	all := cc.Column("sum_extracted")[end] / cc.Column("sum_bought")[end]
	require.NotEqual(t, number(all), number(cc.Column("efficiency")[end]))
	for _, row := range []string{ // what is summed stands apart from what is a mean
		`<tr class="group"><th colspan="4">Self-supervised, summed over all steps</th></tr>`,
		`<th scope="row">Efficiency η, all steps (summed work / summed information)</th><td>–</td><td>–</td><td>` + number(all) + `</td>`,
		`<th scope="row">Efficiency η, a step (work / information of a step)</th><td>–</td><td>–</td><td>` + number(cc.Column("efficiency")[end]),
		`<th scope="row">Information bought KL(q‖p), all steps (nats, summed)</th><td>–</td><td>–</td><td>` + number(cc.Column("sum_bought")[end]),
	} {
		assert.True(t, strings.Contains(text, row), row)
	}
	require.NoError(t, WriteComparison(path, dirs))
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, text, string(again), "the same records give the same bytes")

	assert.ErrorContains(t, WriteComparison(path, dirs[:1]), "two run folders or more")
	assert.ErrorContains(t, WriteComparison(path, []string{dirs[0], filepath.Join(root, "none")}), "there is no folder")
}

func TestRunsAreNamedApart(t *testing.T) {
	root, dirs := saveExamples(t)
	other := filepath.Join(root, "other", "first")
	require.NoError(t, os.MkdirAll(filepath.Dir(other), 0o755))
	require.NoError(t, os.Rename(dirs[1], other))
	runs, err := loadCompared([]string{dirs[0], other, dirs[2]})
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.ToSlash(dirs[0]), filepath.ToSlash(other), "cycles"}, []string{runs[0].name, runs[1].name, runs[2].name})
	looks := map[string]bool{}
	for i := range 21 {
		look := comparedLook(i)
		looks[colourNames[look.Color]+dashArray(look.Dashes)] = true
	}
	assert.Len(t, looks, 21)
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
	_, c, err := Load(dirs[0])
	require.NoError(t, err)
	for _, want := range []string{"training step 32<", ">first</th>", ">second</th>", `value="` + field("", c.Column("train_nll")[11]) + `"`} {
		assert.True(t, strings.Contains(panel, want), want)
	}
}

func TestARunThatDivergedLeavesThePicture(t *testing.T) {
	root, dirs := saveExamples(t)
	third := filepath.Join(root, "third")
	require.NoError(t, os.Mkdir(third, 0o755))
	run, c := exampleRun()
	run.Books[0].Verdict = Fail
	end := len(c.Rows) - 1
	last := c.Rows[end]
	last[1], last[2] = 1e10, 700 // more than ten times the loss of the others, and less
	require.Equal(t, []string{"train_nll", "test_nll"}, c.Columns[1:3])
	require.NoError(t, run.Save(third))
	require.NoError(t, c.Save(third))
	d, err := newComparison(filepath.Join(root, ComparisonFile), []string{dirs[0], dirs[1], third})
	require.NoError(t, err)
	far := map[string][]string{}
	for _, chart := range d.Charts {
		for _, s := range chart.Series {
			if s.Beyond {
				far[chart.ID] = append(far[chart.ID], s.Name)
			}
		}
		if chart.ID == "train_nll" {
			assert.Contains(t, chart.Notes, "third leaves the picture: it comes to 1.00e+10.")
		}
	}
	assert.Equal(t, map[string][]string{"train_nll": {"third"}}, far)
	for _, f := range d.Figures {
		if f.ID == "train_nll" {
			picture := string(f.Panels[0].SVG)
			assert.True(t, strings.Contains(picture, ">120</text>") && !strings.Contains(picture, "e+0"), "the axis is that of the others")
		}
	}

	require.NoError(t, WriteComparison(filepath.Join(root, ComparisonFile), []string{dirs[0], dirs[1], third}))
	var ticks []string
	drive(t, filepath.Join(root, ComparisonFile), `
done([...document.querySelectorAll("#panel-train_nll svg text[text-anchor=end]")].map(t => t.textContent));`, &ticks)
	assert.Contains(t, ticks, "100", "the script has the same axis")
}

func TestOutliers(t *testing.T) {
	bad := []Check{{Verdict: Fail}}
	for name, of := range map[string]struct {
		reach []float64
		books [][]Check
		far   int // index of the run that leaves, -1 for none
	}{
		"alike":                    {[]float64{60, -80, 70}, [][]Check{nil, bad, nil}, -1},
		"ten times, sound":         {[]float64{60, 800, 70}, [][]Check{nil, nil, nil}, -1},
		"ten times, not sound":     {[]float64{60, 800, 70}, [][]Check{nil, bad, nil}, 1},
		"a million, sound":         {[]float64{60, -6e7, 70}, [][]Check{nil, nil, nil}, 1},
		"one comes to little":      {[]float64{6, 60, 100}, [][]Check{nil, nil, bad}, -1},
		"two runs, one far":        {[]float64{6e7, 60}, [][]Check{nil, nil}, 0},
		"none sound":               {[]float64{60, 80, 6e7}, [][]Check{bad, bad, bad}, 2},
		"the others have not left": {[]float64{0, 0, 0.5}, [][]Check{nil, nil, bad}, -1},
	} {
		shown, want := map[*compared]series{}, map[*compared]float64{}
		for i, v := range of.reach {
			r := &compared{run: &Run{Status: Done, Books: of.books[i]}}
			shown[r] = series{y: []float64{1e-9, v, math.NaN(), math.Inf(1)}}
			if i == of.far {
				want[r] = v
			}
		}
		if name == "the others have not left" {
			for r, s := range shown {
				s.y[0] = 0
				shown[r] = s
			}
		}
		assert.Equal(t, want, outliers(shown), name)
	}
}

func TestSaturated(t *testing.T) {
	assert.Equal(t, 2, saturated([]float64{1, 0.5, 0.95, 0.91}, 1))
	assert.Equal(t, -1, saturated([]float64{1, 0.95, 0.89}, 1))
	assert.Equal(t, -1, saturated(nil, 1))
}
