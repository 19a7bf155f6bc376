package report

import (
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

func TestSaturated(t *testing.T) {
	assert.Equal(t, 2, saturated([]float64{1, 0.5, 0.95, 0.91}, 1))
	assert.Equal(t, -1, saturated([]float64{1, 0.95, 0.89}, 1))
	assert.Equal(t, -1, saturated(nil, 1))
}
