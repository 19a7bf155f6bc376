package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot/vg"
)

//go:embed report.html.tmpl
var pageSource string

//go:embed report.css
var pageStyle string

//go:embed report.js
var pageScript string

// pagePolicy lets the page run its own script, show its own pictures, follow the run that serves it, and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageScript))
	return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

var templates = template.Must(template.New("page").Funcs(template.FuncMap{
	"inc":    func(i int) int { return i + 1 },
	"style":  func() template.CSS { return template.CSS(pageStyle) },
	"script": func() template.JS { return template.JS(pageScript) },
	"three":  func(panels []pagePanel) bool { return len(panels)%3 == 0 },
	"policy": func() string { return pagePolicy },
}).Parse(pageSource))

// reportRows is how many observations the table of the page shows at most.
const reportRows = 60

// pageData is what the template draws.
type pageData struct {
	Run                 *Run
	Live                string // where a run that goes on sends its news; empty in a file
	Title, Subtitle     string
	Status, StatusClass string
	Facts               []Setting
	General             []int // warnings that concern no single quantity
	Answers             []answer
	Conclusions         []string
	Books               []bookLine
	Figures             []pageFigure
	Charts              []*chart
	Heads               []pageHead
	Rows                [][]string
	TableNotes          []string
	Samples             template.URL
	Over                *pageImage // samples over training
	Absent              []string
	Quantities          []pageQuantity
	Config, Modules     []Setting
	Command             string
	File, Symbols       string // where the table comes from, and what its symbols stand for

	footnotes footnotes
	brief     bool // no still pictures of what the script draws
}

type bookLine struct {
	Check
	Class, Mark string
}

type pageFigure struct {
	ID, Caption string
	Notes       []int // warnings
	Panels      []pagePanel
}

type pagePanel struct {
	ID    string
	SVG   template.HTML
	Still bool // the script draws nothing in its place
}

type pageHead struct {
	Name  string
	Notes []int
}

type pageQuantity struct {
	Quantity
	Notes []int
}

type pageImage struct {
	Image template.URL
	Alt   string
	Rows  []string // what stands beside its rows
}

// captions say what to see in each figure of the page.
var captions = []Setting{
	{"losses", "Mean loss over a replica's own training set and over examples that no replica has seen. The gap between them is what does not carry over to new examples."},
	{"information", "L-info, what the samples reveal of the training set, lies between its two bounds; M-info is what the weights hold of it; X-info is what the samples reveal of the weights. With D training sets to tell apart, a lower bound cannot pass ln D: near that line it is saturated and says no more than that the truth is above. A triangle at the right edge marks what the value or bound of its colour stays below in 95% of cases where labels are dealt at random."},
	{"thermodynamics", "Work done on the samples as the weights move, heat the samples dissipate into the weights, and the entropy produced, all summed from the first step. The samples are held from one observation to the next while the weights move: totals depend on the observations, and compare between runs that have the same."},
	{"free-energy", "An unnormalised model knows its probabilities up to Z = exp(-F). The free energy and with it the log-likelihood come out of the work that training does on the observer chains, beside annealed importance sampling and, for small models, the exact sum."},
	{"fluctuations", "First the average that the integral fluctuation theorem sets to 1; then the densities of dissipated work, of switching the weights forward and back, whose ratio is exp(w - ΔF) by Crooks's theorem, so that they cross at 0."},
	{"entropy", "Entropy of the samples given the weights, and the change of the entropy of the weights since the first observation at which it is known: of all weights, and of each parameter of the network, per weight."},
}

// WriteHTML writes report.html into the folder dir: one file that holds everything, figures, table and sample images
// (samples.png and samples-over-training.png, where the folder has them). It needs no network and no other file, and is
// readable without scripts, on paper, and on small and large screens; with scripts the curves answer to pointer and keyboard.
// An address that ends in #hover=losses,12 points at the 13th observation in the chart of the losses.
func WriteHTML(dir string, run *Run, c *Curves) error {
	return writePage(dir, func() (*pageData, error) { return newPageData(dir, run, c, false) })
}

func writePage(dir string, data func() (*pageData, error)) error {
	d, err := data()
	if err != nil {
		return err
	}
	return WriteAtomic(filepath.Join(dir, ReportFile), func(w io.Writer) error { return templates.ExecuteTemplate(w, "report", d) })
}

// newPage returns what the page of any run holds, without its figures and numbers.
func newPage(run *Run, c *Curves) *pageData {
	d := &pageData{
		Run:         run,
		Title:       plain(run.Model) + " on " + plain(run.Data),
		Status:      run.Status,
		StatusClass: map[string]string{Done: "pass", Failed: "fail"}[run.Status],
		Facts:       facts(run),
		Config:      run.Config,
		Command:     shellLine(run.Command),
		footnotes:   newFootnotes(run, c),
	}
	for i := range run.Warnings {
		if !d.footnotes.attached(i + 1) {
			d.General = append(d.General, i+1)
		}
	}
	for _, k := range run.Books {
		line := bookLine{Check: k, Class: "open", Mark: "?"}
		switch k.Verdict {
		case Pass:
			line.Class, line.Mark = "pass", "✓"
		case Fail:
			line.Class, line.Mark = "fail", "✗"
		}
		d.Books = append(d.Books, line)
	}
	for _, name := range slices.Sorted(maps.Keys(run.Modules)) {
		d.Modules = append(d.Modules, Setting{name, run.Modules[name]})
	}
	return d
}

// panelSize is the size of one of so many panels in the page, without its head: small, so that its text is large on a
// phone and where three stand side by side.
func panelSize(panels int) (width, height vg.Length) {
	if panels%3 == 0 {
		return 3.3 * vg.Inch, 2.5 * vg.Inch
	}
	return 4.6 * vg.Inch, 2.9 * vg.Inch
}

// show draws a figure into the page, each panel a picture of its own.
func (d *pageData) show(f *figure, caption string) error {
	shown := pageFigure{ID: f.name, Caption: caption}
	var columns []string
	panels := slices.Concat(slices.Concat(f.cells...)...)
	width, height := panelSize(len(panels))
	var head vg.Length
	for _, p := range panels {
		head = max(head, p.headHeight(width-vg.Points(16)))
	}
	for _, p := range panels {
		id := f.name
		if n := len(shown.Panels); n > 0 {
			id += "-" + strconv.Itoa(n+1)
		}
		one := pagePanel{ID: id, Still: true}
		if c := p.chart(id, d.footnotes); c != nil {
			one.Still = false
			d.Charts = append(d.Charts, c)
			for _, s := range c.Series {
				columns = append(columns, s.Columns...)
			}
		}
		if one.Still || !d.brief {
			alone := &figure{name: id, cells: [][][]*panel{{{p}}}, width: width, height: height + head}
			var b bytes.Buffer
			if err := alone.svg(&b); err != nil {
				return fmt.Errorf("report: drawing %s: %w", f.name, err)
			}
			one.SVG = inline(b.String(), p.title)
		}
		shown.Panels = append(shown.Panels, one)
	}
	shown.Notes = d.footnotes.of(columns...)
	d.Figures = append(d.Figures, shown)
	return nil
}

// mean adds the meanings of the quantities that the curves hold.
func (d *pageData) mean(all []Quantity, c *Curves) {
	for _, q := range all {
		if c.Known(q.Column) {
			d.Quantities = append(d.Quantities, pageQuantity{q, d.footnotes.of(q.Column)})
		}
	}
}

// newPageData gathers what the page of a run with curves holds; brief leaves out still pictures of what the script draws.
func newPageData(dir string, run *Run, c *Curves, brief bool) (*pageData, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("report: curves that cannot be shown: %w", err)
	}
	more, err := loadExtras(dir)
	if err != nil {
		return nil, err
	}
	d := newPage(run, c)
	d.brief = brief
	d.Subtitle, d.Conclusions = subtitle(run), Conclusions(run, c)
	d.Answers = answers(run, c, d.footnotes)
	d.mean(Quantities(), c)
	d.File = CurvesFile
	d.Symbols = "φ(x) is the energy of sample x, F = −ln Z the free energy, B the training set, Θ the weights, X the samples."
	for _, caption := range captions {
		if !slices.Contains(figureNames(c, more), caption.Name) {
			continue
		}
		if err := d.show(newFigure(caption.Name, run, c, more), caption.Value); err != nil {
			return nil, err
		}
	}
	shown := views(run, c)
	rows := thin(len(c.Rows), reportRows)
	for _, v := range shown {
		d.Heads = append(d.Heads, pageHead{v.head, d.footnotes.of(v.columns...)})
	}
	for _, i := range rows {
		var cells []string
		for _, v := range shown {
			cells = append(cells, v.cells[i])
		}
		d.Rows = append(d.Rows, cells)
	}
	d.TableNotes = tableNotes(run, c, len(rows), nil)
	for _, a := range allAbsences(run, c) {
		d.Absent = append(d.Absent, a.String())
	}
	return d, d.images(dir)
}

// images takes the pictures of samples into the page, where the folder has them.
func (d *pageData) images(dir string) error {
	last, err := dataURL(filepath.Join(dir, SamplesFile))
	if err != nil {
		return err
	}
	over, err := dataURL(filepath.Join(dir, SamplesOverTrainingFile))
	if err != nil {
		return err
	}
	d.Samples = last
	if over != "" && len(d.Run.SampleSteps) > 0 {
		d.Over = &pageImage{Image: over, Alt: "Samples of one replica over training, a row an observation, from top to bottom: " + stepsInWords(d.Run.SampleSteps) + "."}
		for _, n := range d.Run.SampleSteps {
			d.Over.Rows = append(d.Over.Rows, "step "+count(n))
		}
	}
	return nil
}

// stepsInWords lists steps: "steps 0, 10 and 1,200".
func stepsInWords(steps []int) string {
	var s []string
	for _, n := range steps {
		s = append(s, count(n))
	}
	if len(s) == 1 {
		return "step " + s[0]
	}
	return "steps " + strings.Join(s[:len(s)-1], ", ") + " and " + s[len(s)-1]
}

// dataURL returns a PNG file as an address that holds it, empty where there is no such file.
func dataURL(path string) (template.URL, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data)), nil
}

func subtitle(run *Run) string {
	parts := []string{fmt.Sprintf("%s × %s", plural(run.Datasets, "training set"), plural(run.Replicas, "replica"))}
	if run.Subset > 0 {
		parts = append(parts, plural(run.Subset, "example")+" each")
	}
	return strings.Join(append(parts, plural(run.Steps, "step")), ", ")
}

// facts lists what was trained, where and when.
func facts(run *Run) []Setting {
	var list []Setting
	add := func(name, value string) {
		if strings.TrimSpace(value) != "" {
			list = append(list, Setting{name, value})
		}
	}
	weights := count(run.Weights)
	if run.FreeWeights > 0 && run.FreeWeights != run.Weights {
		weights += fmt.Sprintf(" (%s of them free)", count(run.FreeWeights))
	}
	add("Weights", weights)
	add("Free weights per example", perExample(run))
	if run.Chains > 0 {
		add("Observer chains per replica", count(run.Chains))
	}
	add("Seed", strconv.FormatUint(run.Seed, 10))
	if !run.Started.IsZero() {
		add("Started", run.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if run.Seconds > 0 {
		add("Time taken", (time.Duration(run.Seconds * float64(time.Second))).Round(100*time.Millisecond).String())
	}
	m := run.Machine
	add("Machine", fmt.Sprintf("%s/%s, %s, %s", m.OS, m.Arch, plural(m.CPUs, "CPU"), plural(m.Workers, "worker")))
	add("BLAS", m.BLAS)
	add("Go", m.Go)
	add("Version", strings.TrimSpace(run.Program+" "+run.Version))
	return list
}

// perExample is how many weights that matter there are for each example of a training set; empty where it is not known.
func perExample(run *Run) string {
	free := run.FreeWeights
	if free == 0 {
		free = run.Weights
	}
	if run.Subset == 0 || free == 0 {
		return ""
	}
	return brief(float64(free) / float64(run.Subset))
}

// shellLine quotes a command line for a POSIX shell.
func shellLine(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%", r)
		}) {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
