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
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"calorimeter/instrument/record"

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
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(),
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
const done = value => {
  const pre = document.createElement("pre");
  pre.id = "result";
  pre.textContent = JSON.stringify(value);
  document.body.append(pre);
};
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
	run, h := exampleRun()
	pageOf(t, dir, run, h)
	dom, console := browse(t, filepath.Join(dir, record.ReportFile), "#hover=losses,12&theme=dark&bands=0")
	assert.NotRegexp(t, complaint, console)
	assert.Contains(t, dom, `data-charts="7"`, "the script came to its end, under the policy of the page")
	assert.Contains(t, dom, `data-theme="dark"`)
	assert.Contains(t, dom, `training step 42<`, "the address names the 13th observation")
	assert.NotContains(t, dom, `class="band"`)
	assert.Contains(t, dom, "null, at the end: 95 % below 1.380")
	assert.Equal(t, 1, strings.Count(dom, `class="null"`))

	cycles, ch, diagrams := exampleCycles()
	require.NoError(t, record.SaveDiagrams(dir, diagrams))
	pageOf(t, dir, cycles, ch)
	dom, console = browse(t, filepath.Join(dir, record.ReportFile), "")
	assert.NotRegexp(t, complaint, console)
	assert.Contains(t, dom, `data-charts="7"`)
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
      const one = { Chart: panel.id, Caption: caption, Name: name };
      Object.assign(one, { Values: data.map(d => d.value), Texts: data.map(d => d.textContent) });
      if (data.length) seen[panel.id + caption + name] = one;
    }
  }
}
done(Object.values(seen));`

func TestPointerShowsTheRecord(t *testing.T) {
	for name, of := range map[string]func() (*record.Run, *record.History){"ensemble": exampleRun, "crooked": crooked} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			run, h := of()
			pageOf(t, dir, run, h)
			var read []reading
			drive(t, filepath.Join(dir, record.ReportFile), sweepPointer, &read)
			holdReadings(t, run, h, read)
		})
	}
}

// holdReadings requires every reading of the record to have been shown, as it was recorded.
func holdReadings(t *testing.T, run *record.Run, h *record.History, read []reading) {
	t.Helper()
	seen := map[string]int{}
	for _, r := range read {
		step, err := strconv.Atoi(strings.ReplaceAll(strings.TrimPrefix(r.Caption, "training step "), ",", ""))
		require.NoError(t, err, r.Caption)
		i := slices.IndexFunc(h.Events(), func(e record.Event) bool { return e.Step == step })
		require.GreaterOrEqual(t, i, 0, r.Caption)
		for _, s := range shownOf(h.Infos(), func(info record.Info) bool { return h.Known(info.Name) }) {
			if s.legend() != r.Name {
				continue
			}
			seen[s.name()]++
			lower, _ := recorded(h, s.lower.Name, step)
			want := []float64{lower.Value, lower.Lo, lower.Hi}
			if s.upper != nil {
				upper, _ := recorded(h, s.upper.Name, step)
				want = []float64{lower.Value, upper.Value, lower.Lo, upper.Hi}
				if _, ok := recorded(h, s.lower.Name, step); !ok {
					want[0], want[2] = math.NaN(), math.NaN()
				}
			}
			for k, text := range r.Values {
				if math.IsNaN(want[k]) {
					assert.Empty(t, text)
					continue
				}
				value, err := strconv.ParseFloat(text, 64)
				require.NoError(t, err)
				assert.Equal(t, want[k], value, "%s at step %d, number %d", r.Name, step, k)
				assert.Equal(t, number(want[k]), r.Texts[k], "%s at step %d, as it is printed", r.Name, step)
			}
		}
	}
	for _, p := range panelsOf(run, h) {
		for _, c := range p.Curves {
			if !c.Quiet {
				i := slices.IndexFunc(read, func(r reading) bool { return r.Name == c.Name })
				require.GreaterOrEqual(t, i, 0, c.Name)
				s := shownOf(p.infos, func(info record.Info) bool { return slices.Contains(c.Quantities, info.Name) })
				assert.GreaterOrEqual(t, seen[s[0].name()], len(c.X), "%s: every observation can be reached", c.Name)
			}
		}
	}
}

func TestKeysAndSwitches(t *testing.T) {
	dir := t.TempDir()
	run, h := exampleRun()
	pageOf(t, dir, run, h)
	var got []string
	drive(t, filepath.Join(dir, record.ReportFile), `
const panel = document.querySelector("#panel-losses"), svg = panel.querySelector("svg[role=slider]"), said = [];
const caption = () => panel.querySelector("caption").textContent;
const press = key => { svg.dispatchEvent(new KeyboardEvent("keydown", { key })); said.push(caption()); };
["Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight"].forEach(press);
said.push(svg.getAttribute("aria-valuetext"));
const button = what => document.querySelector("[data-do=" + what + "]");
const pressed = what => button(what).getAttribute("aria-pressed");
const tally = () => [document.querySelectorAll(".band,.bar").length > 0, pressed("bands"), pressed("log")].join();
said.push(tally());
button("bands").click(); button("log").click();
const texts = [...panel.querySelectorAll("text")].map(t => t.textContent);
said.push(tally(), texts.filter(t => t.match(/^[0-9,]+$/)).slice(-7).join(" "));
button("theme").click(); button("theme").click();
const root = document.documentElement;
said.push(root.dataset.theme, getComputedStyle(document.body).backgroundColor, String(root.scrollWidth <= innerWidth));
done(said);`, &got)
	assert.Equal(t, []string{
		"training step 0", "training step 1", "training step 2", "training step 1", "training step 1,200",
		"training step 1,200",
		"training step 1,200: training loss 39.42 [38.46, 40.37]; test loss 58.12 [57.40, 58.84]; " +
			"generalization gap 18.71 [18.16, 19.26]",
		"true,true,true", "false,false,false", "0 800 400 1200 200 600 1000",
		"dark", "rgb(22, 23, 26)", "true",
	}, got)
}

// The script draws the recorded intervals: what it drew is read back through the labels of its axis.
func TestScriptDrawsTheRecordedIntervals(t *testing.T) {
	dir := t.TempDir()
	run, h := crooked()
	pageOf(t, dir, run, h)
	var drawn struct {
		Labels [][2]float64 // value and height
		Band   string
	}
	drive(t, filepath.Join(dir, record.ReportFile), `
const svg = document.querySelector("#panel-even svg[role=slider]");
const labels = [...svg.querySelectorAll("text[text-anchor=end]")];
done({
  Labels: labels.map(t => [Number(t.textContent.replace("−", "-")), Number(t.getAttribute("y")) - 4]),
  Band: svg.querySelector(".band").getAttribute("d"),
});`, &drawn)
	require.GreaterOrEqual(t, len(drawn.Labels), 2)
	a, b := drawn.Labels[0], drawn.Labels[1]
	value := func(y float64) float64 { return a[0] + (y-a[1])/(b[1]-a[1])*(b[0]-a[0]) }
	points := regexp.MustCompile(`[ML]\S+ ([-0-9.]+)`).FindAllStringSubmatch(drawn.Band, -1)
	n := len(h.Events())
	require.Len(t, points, 2*n)
	for i, e := range h.Events() {
		r, _ := recorded(h, "even", e.Step)
		for k, want := range map[int]float64{i: r.Hi, 2*n - 1 - i: r.Lo} {
			y, err := strconv.ParseFloat(points[k][1], 64)
			require.NoError(t, err)
			assert.InDelta(t, want, value(y), 0.01, "step %d", e.Step)
		}
	}
}
