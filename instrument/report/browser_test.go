package report

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried in the script of the page, and the test that caught each:
//
//	values shown of the observation after the one under the pointer   TestPointerShowsTheRecord
//	lower and upper end of an interval interchanged                   TestPointerShowsTheRecord
//	a misspelt function                                               TestPageLoadsWithoutError
//	values rounded to six digits on their way into the page           TestPointerShowsTheRecord
//	arrow keys interchanged                                           TestKeysAndSwitches
//	intervals drawn where they are switched off                       TestKeysAndSwitches
//	every chart opened at its last point                              TestCrooksOpensAtZero

// browse opens a page in headless Chromium and returns what the page has become, and what the console said. The test is
// skipped where there is no Chromium.
func browse(t *testing.T, path, hash string) (dom, console string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("there is no Chromium here to open the page in (Debian's package is chromium)")
	}
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1280,900", "--dump-dom", "file://"+path+hash)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && !strings.Contains(out.String(), "</html>") {
		t.Skipf("Chromium does not run here: %v\n%s", err, errs.String())
	}
	return out.String(), errs.String()
}

// drive returns a copy of a page in which a script is run after the page's own; it leaves its result with done(value).
func drive(t *testing.T, path, script string, result any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	source := strings.Replace(string(text), "Content-Security-Policy", "no-policy", 1)
	copied := filepath.Join(t.TempDir(), "driven.html")
	require.NoError(t, os.WriteFile(copied, []byte(source+`<script>
const done = value => { const pre = document.createElement("pre"); pre.id = "result"; pre.textContent = JSON.stringify(value); document.body.append(pre); };
`+script+`</script>`), 0o644))
	dom, console := browse(t, copied, "")
	_, after, ok := strings.Cut(dom, `<pre id="result">`)
	require.True(t, ok, "the script did not end: %s", console)
	before, _, _ := strings.Cut(after, "</pre>")
	require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(before)), result))
}

var complaint = regexp.MustCompile(`(?i)CONSOLE.*(uncaught|refused|error|violat)`)

func TestPageLoadsWithoutError(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	exampleNulls(run)
	pageOf(t, dir, run, c)
	dom, console := browse(t, filepath.Join(dir, ReportFile), "#hover=losses,12&theme=dark&bands=0")
	assert.NotRegexp(t, complaint, console)
	assert.Contains(t, dom, `data-charts="5"`, "the script came to its end, under the policy of the page")
	assert.Contains(t, dom, `data-theme="dark"`)
	assert.Contains(t, dom, `training step 42<`, "the address names the 13th observation")
	assert.NotContains(t, dom, `class="band"`)
	assert.Contains(t, dom, "labels dealt at random: below -1.900 and 1.380")
	assert.Equal(t, 2, strings.Count(dom, `class="chance c-`), "that of the lower bound lies below the axis")

	cycles, cc := exampleCycles()
	require.NoError(t, WriteCycleHTML(dir, cycles, cc))
	dom, console = browse(t, filepath.Join(dir, ReportFile), "")
	assert.NotRegexp(t, complaint, console)
	assert.Contains(t, dom, `data-charts="9"`)
}

// reading is what a chart shows of one observation.
type reading struct {
	Chart, Caption, Name string
	Values               []string // at full precision: value or bounds, then the ends of the interval
	Texts                []string // as they are printed
}

// sweepPointer moves a pointer over every chart, pixel by pixel, and gathers what they show.
const sweepPointer = `
const seen = {};
for (const svg of document.querySelectorAll("svg[role=slider]")) {
  const panel = svg.closest(".panel"), r = svg.getBoundingClientRect();
  for (let x = r.left; x <= r.right; x++) {
    svg.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: r.top + r.height / 2 }));
    const caption = panel.querySelector("caption").textContent;
    for (const row of panel.querySelectorAll(".readout tr")) {
      const data = [...row.querySelectorAll("data")];
      const name = row.querySelector("th").firstChild.textContent;
      if (data.length) seen[panel.id + caption + name] = { Chart: panel.id, Caption: caption, Name: name, Values: data.map(d => d.value), Texts: data.map(d => d.textContent) };
    }
  }
}
done(Object.values(seen));`

func TestPointerShowsTheRecord(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	pageOf(t, dir, run, c)
	var read []reading
	drive(t, filepath.Join(dir, ReportFile), sweepPointer, &read)

	plus := func(a, b []float64, sign float64) []float64 {
		out := make([]float64, len(a))
		for i := range a {
			out[i] = a[i] + sign*b[i]
		}
		return out
	}
	col := c.Column
	half := func(name string) []float64 { return halfWidths(run, c, name) }
	around := func(v, half []float64) [][]float64 { return [][]float64{v, plus(v, half, -1), plus(v, half, 1)} }
	change, se, _ := entropyChange(c, "s_theta")
	for i := range se {
		se[i] *= studentT(run)
	}
	want := map[string][][]float64{
		"test":                              around(col("test_nll"), half("test_nll")),
		"train":                             around(col("train_nll"), half("train_nll")),
		"work W":                            around(col("work"), half("work")),
		"dissipated heat −Q":                around(negated(col("heat")), half("heat")),
		"entropy production Σ = W − ΔF":     around(col("entropy_production"), half("entropy_production")),
		"S(X|Θ)":                            around(col("s_x_given_theta"), half("s_x_given_theta")),
		"S(Θ) at the step − S(Θ) at step 1": around(change, se),
		"M-info, Gaussian, 95% interval":    {col("m_info"), col("m_info_lo"), col("m_info_hi")},
		"M-info on 8 sets, bounds":          {col("m_info_d_lo"), col("m_info_d_hi")},
		"L-info, lower to upper bound": {col("l_info_lo"), col("l_info_hi"),
			plus(col("l_info_lo"), half("l_info_lo"), -1), plus(col("l_info_hi"), half("l_info_hi"), 1)},
	}
	seen := map[string]int{}
	for _, r := range read {
		step, err := strconv.Atoi(strings.ReplaceAll(strings.TrimPrefix(r.Caption, "training step "), ",", ""))
		require.NoError(t, err, r.Caption)
		row := -1
		for i, s := range col("step") {
			if int(s) == step {
				row = i
			}
		}
		require.GreaterOrEqual(t, row, 0, r.Caption)
		columns, ok := want[r.Name]
		if !ok {
			name, _, _ := strings.Cut(r.Name, ", at ") // of a curve that begins later
			require.Contains(t, want, name)
			continue
		}
		seen[r.Name]++
		for k, text := range r.Values {
			v := columns[k][row]
			if math.IsNaN(v) {
				assert.Empty(t, text)
				continue
			}
			shown, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			assert.Equal(t, v, shown, "%s at step %d, number %d", r.Name, step, k)
			assert.Equal(t, number(v), r.Texts[k], "%s at step %d, as it is printed", r.Name, step)
		}
		if known := columns[len(columns)-1][row]; !math.IsNaN(known) {
			assert.Len(t, r.Values, len(columns), "%s at step %d", r.Name, step)
		}
	}
	for name, columns := range want {
		known := 0
		for _, v := range columns[0] {
			if !math.IsNaN(v) {
				known++
			}
		}
		assert.GreaterOrEqual(t, seen[name], known, "%s: every observation can be reached", name)
	}
}

// A chart over another axis than that of the steps opens where it is read, not at its last point.
func TestCrooksOpensAtZero(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	require.NoError(t, SaveWorkDensities(dir, []WorkDensity{{
		Step: 100, Edges: []float64{-4, -2, -0.5, 0.5, 2, 4}, Forward: []float64{0.01, 0.1, 0.3, 0.25, 0.08}, Reverse: []float64{0.05, 0.25, 0.3, 0.1, 0.02},
	}}))
	pageOf(t, dir, run, c)
	var got []string
	drive(t, filepath.Join(dir, ReportFile), `
const panel = [...document.querySelectorAll(".panel")].find(p => p.textContent.includes("Crooks")), svg = panel.querySelector("svg[role=slider]");
const caption = () => panel.querySelector("caption").textContent, said = [caption()];
for (const key of ["ArrowRight", "End", "Escape"]) { svg.dispatchEvent(new KeyboardEvent("keydown", { key })); said.push(caption()); }
const r = svg.getBoundingClientRect();
svg.dispatchEvent(new PointerEvent("pointermove", { clientX: r.right, clientY: r.top + r.height / 2 }));
said.push(caption());
done(said);`, &got)
	const x = "dissipated work w − ΔF (nats) "
	assert.Equal(t, []string{x + "-0.500", x + "0.500", x + "4", x + "-0.500", x + "4"}, got)
}

func TestKeysAndSwitches(t *testing.T) {
	dir := t.TempDir()
	run, c := exampleRun()
	pageOf(t, dir, run, c)
	var got []string
	drive(t, filepath.Join(dir, ReportFile), `
const svg = document.querySelector("#panel-losses svg[role=slider]"), caption = () => document.querySelector("#panel-losses caption").textContent, said = [];
const press = key => { svg.dispatchEvent(new KeyboardEvent("keydown", { key })); said.push(caption()); };
["Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight"].forEach(press);
said.push(svg.getAttribute("aria-valuetext"));
const button = what => document.querySelector("[data-do=" + what + "]");
const tally = () => [document.querySelectorAll(".band,.bar").length > 0, button("bands").getAttribute("aria-pressed"), button("log").getAttribute("aria-pressed")].join();
said.push(tally());
button("bands").click(); button("log").click();
said.push(tally(), [...document.querySelectorAll("#panel-losses text")].map(t => t.textContent).filter(t => t.match(/^[0-9,]+$/)).slice(-7).join(" "));
button("theme").click(); button("theme").click();
said.push(document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor, String(document.documentElement.scrollWidth <= innerWidth));
done(said);`, &got)
	assert.Equal(t, []string{
		"training step 0", "training step 1", "training step 2", "training step 1", "training step 1,200", "training step 1,200",
		"training step 1,200: test 58.12 [57.41, 58.83]; train 39.42 [38.59, 40.24]",
		"true,true,true", "false,false,false", "0 200 400 600 800 1,000 1,200",
		"dark", "rgb(22, 23, 26)", "true",
	}, got)
}
