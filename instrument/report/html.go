package report

import (
	"bytes"
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
)

//go:embed report.html.tmpl
var pageSource string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"inc": func(i int) int { return i + 1 },
}).Parse(pageSource))

// reportRows is how many observations the table of the page shows at most.
const reportRows = 60

// pageData is what the template draws.
type pageData struct {
	Run                 *Run
	Title, Subtitle     string
	Status, StatusClass string
	Facts               []Setting
	Conclusions         []string
	Books               []bookLine
	Figures             []pageFigure
	Heads               []string
	Rows                [][]string
	TableNotes          []string
	Samples             template.URL
	Absent              []string
	Quantities          []Quantity
	Config, Modules     []Setting
	Command             string
	File, Symbols       string // where the table comes from, and what its symbols stand for
}

type bookLine struct {
	Check
	Class, Mark string
}

type pageFigure struct {
	ID, Caption string
	SVG         template.HTML
}

// captions say what to see in each figure of the page.
var captions = []Setting{
	{"losses", "Mean loss over a replica's own training set and over examples that no replica has seen. The gap between them is what does not carry over to new examples."},
	{"information", "L-info, what the samples reveal of the training set, lies between its two bounds; M-info is what the weights hold of it. With D training sets to tell apart, a lower bound cannot pass ln D: near that line it is saturated and says no more than that the truth is above."},
	{"thermodynamics", "Work done on the samples as the weights move, heat the samples dissipate into the weights, and the entropy produced, all summed from the first step."},
	{"free-energy", "An unnormalised model knows its probabilities up to Z = exp(-F). The free energy and with it the log-likelihood come out of the work that training does on the observer chains, beside annealed importance sampling and, for small models, the exact sum."},
	{"fluctuations", "Left: the average that the integral fluctuation theorem sets to 1. Right: the densities of dissipated work, of switching the weights forward and back, whose ratio is exp(w - ΔF) by Crooks's theorem, so that they cross at 0."},
	{"entropy", "Entropy of the samples given the weights, and the change of the entropy of the weights since the first observation at which it is known."},
}

// WriteHTML writes report.html into the folder dir: one file that holds everything, figures, table and sample images
// (samples.png, where the folder has one), readable without scripts, on paper, and on small and large screens. It
// draws its own figures, so it needs no other file of [Figures].
func WriteHTML(dir string, run *Run, c *Curves) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("report: curves that cannot be shown: %w", err)
	}
	densities, err := LoadWorkDensities(dir)
	if err != nil {
		return err
	}
	data, err := newPageData(run, c, densities)
	if err != nil {
		return err
	}
	samples, err := os.ReadFile(filepath.Join(dir, SamplesFile))
	if err == nil {
		data.Samples = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(samples))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("report: %w", err)
	}
	return WriteAtomic(filepath.Join(dir, ReportFile), func(w io.Writer) error { return page.Execute(w, data) })
}

// newPage returns what the page of any run holds, without its figures and numbers.
func newPage(run *Run) *pageData {
	d := &pageData{
		Run:         run,
		Title:       plain(run.Model) + " on " + plain(run.Data),
		Status:      run.Status,
		StatusClass: map[string]string{Done: "pass", Failed: "fail"}[run.Status],
		Facts:       facts(run),
		Config:      run.Config,
		Command:     shellLine(run.Command),
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

// show draws a figure into the page.
func (d *pageData) show(f *figure, caption string) error {
	var b bytes.Buffer
	if err := f.svg(&b); err != nil {
		return fmt.Errorf("report: drawing %s: %w", f.name, err)
	}
	d.Figures = append(d.Figures, pageFigure{f.name, caption, inline(b.String(), f.title)})
	return nil
}

func newPageData(run *Run, c *Curves, densities []WorkDensity) (*pageData, error) {
	d := newPage(run)
	d.Subtitle, d.Conclusions, d.Quantities = subtitle(run), Conclusions(run, c), shownQuantities(c)
	d.File = CurvesFile
	d.Symbols = "φ(x) is the energy of sample x, F = −ln Z the free energy, B the training set, Θ the weights, X the samples."
	for _, caption := range captions {
		if !slices.Contains(figureNames(c, densities), caption.Name) {
			continue
		}
		if err := d.show(newFigure(caption.Name, run, c, densities), caption.Value); err != nil {
			return nil, err
		}
	}
	shown := views(run, c)
	rows := thin(len(c.Rows), reportRows)
	for _, v := range shown {
		d.Heads = append(d.Heads, v.head)
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
	return d, nil
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
	free := run.Weights
	if run.FreeWeights > 0 && run.FreeWeights != run.Weights {
		weights += fmt.Sprintf(" (%s of them free)", count(run.FreeWeights))
		free = run.FreeWeights
	}
	add("Weights", weights)
	if run.Subset > 0 {
		add("Free weights per example", brief(float64(free)/float64(run.Subset)))
	}
	add("Observer chains per replica", count(run.Chains))
	add("Seed", strconv.FormatUint(run.Seed, 10))
	if !run.Started.IsZero() {
		add("Started", run.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	add("Time taken", (time.Duration(run.Seconds * float64(time.Second))).Round(100*time.Millisecond).String())
	m := run.Machine
	add("Machine", fmt.Sprintf("%s/%s, %s, %s", m.OS, m.Arch, plural(m.CPUs, "CPU"), plural(m.Workers, "worker")))
	add("BLAS", m.BLAS)
	add("Go", m.Go)
	add("Version", strings.TrimSpace(run.Program+" "+run.Version))
	return list
}

// shownQuantities returns the meaning of the columns that hold something.
func shownQuantities(c *Curves) []Quantity {
	return slices.DeleteFunc(Quantities(), func(q Quantity) bool { return !c.Known(q.Column) })
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
