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
	"strings"

	"calorimeter/instrument/record"
)

//go:embed report.html.tmpl
var pageSource string

//go:embed experiment.html.tmpl
var experimentSource string

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
	"policy": func() string { return pagePolicy },
	"class":  verdictClass,
	"upper":  upperFirst,
	"mark":   func(v record.Verdict) string { return verdictMarks[v] },
}).Parse(pageSource + experimentSource))

var verdictMarks = map[record.Verdict]string{
	record.Pass: "✓", record.CannotTell: "?", record.Fail: "✗", record.Holds: "✓", record.Fails: "✗",
}

// verdictClass is what a verdict is coloured as.
func verdictClass(v record.Verdict) string {
	return map[record.Verdict]string{
		record.Pass: "pass", record.CannotTell: "open", record.Fail: "fail", record.Holds: "pass", record.Fails: "fail",
	}[v]
}

// reportRows is how many observations the table of the page shows at most.
const reportRows = 60

// pageData is what the template draws.
type pageData struct {
	Run         *record.Run
	Live        string // where a run that goes on sends its news; empty in a file
	Title       string
	StatusClass string
	Facts       []record.Setting
	General     []int // warnings that concern no single quantity
	Findings    []pageFinding
	Trusts      []pageTrust
	Figures     []pageFigure
	Charts      []*panel
	Table, Rest pageTable
	TableNotes  []string
	Pictures    []pagePicture
	Absent      []string
	Nulls       []pageNull
	Quantities  []pageQuantity
	Modules     []record.Setting
	Command     string
	File        string // where the table comes from
	Parts       string // what there is to know of a model of several parts
	Progress    string // how far a run that goes on has come
}

type pageFinding struct {
	record.Finding
	Notes []int
}

type pageTrust struct {
	record.Trust
	Reasons string
	Notes   []int
}

type pageFigure struct {
	ID       string
	Panels   []pagePanel
	Three    bool // side by side
	Meanings []record.Setting
	Notes    []int // warnings
}

type pagePanel struct {
	ID    string
	SVG   template.HTML
	Still bool // the script draws nothing in its place
}

type pageTable struct {
	Heads []pageHead
	Rows  [][]string
}

type pageHead struct {
	Name, Unit string
	Notes      []int
}

type pagePicture struct {
	record.Picture
	Image template.URL
}

type pageNull struct{ Heading, Value, Mean, Hi, Verdict string }

type pageQuantity struct {
	record.Info
	Notes []int
}

// WriteHTML writes report.html into the folder dir: one file that holds everything, figures, table and pictures. It
// needs no network and no other file, and is readable without scripts, on paper, and on small and large screens; with
// scripts the curves answer to pointer and keyboard. An address that ends in #hover=losses,12 points at the 13th
// observation in the first chart of the figure losses.
func WriteHTML(dir string, run *record.Run, h *record.History) error {
	d, err := newPage(dir, run, h, false)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return templates.ExecuteTemplate(w, "report", d) }
	return record.WriteAtomic(filepath.Join(dir, record.ReportFile), write)
}

// LivePage writes the page of the run in the folder dir, as [WriteHTML] does, while the run goes on: from the files
// that it has saved so far. The script in the page takes the news from the address events, on the host that serves
// the page: server-sent events, named "page" with a new page as a JSON string, "progress" with a line of text, and
// "end". Without events it is the page of a run that has ended, with the status that it was recorded with.
//
// Of a page that goes to the script of another, brief leaves out the still pictures that the script draws anew.
func LivePage(w io.Writer, dir, events string, brief bool) error {
	run, h, err := record.Load(dir)
	if err != nil {
		return err
	}
	if events != "" {
		run.Status = record.Running
	}
	d, err := newPage(dir, run, h, brief)
	if err != nil {
		return err
	}
	d.Live = events
	return templates.ExecuteTemplate(w, "report", d)
}

// newPage gathers what the page of a run holds; brief leaves out still pictures of what the script draws.
func newPage(dir string, run *record.Run, h *record.History, brief bool) (*pageData, error) {
	parts := h.Parts()
	h = h.ByPart()
	d := &pageData{
		Run:         run,
		Title:       title(run),
		StatusClass: map[string]string{record.Done: "pass", record.Failed: "fail"}[run.Status],
		Facts:       facts(run),
		Absent:      absences(run, h, h.Infos()),
		Nulls:       nulls(run, h),
		Command:     shellLine(run.Command),
		File:        record.CurvesFile,
	}
	for i, w := range run.Warnings {
		if len(w.Columns) == 0 {
			d.General = append(d.General, i+1)
		}
	}
	for _, f := range run.Findings {
		d.Findings = append(d.Findings, pageFinding{Finding: f, Notes: footnotes(run, f.Columns...)})
	}
	d.Trusts = trusts(run, h)
	for _, name := range slices.Sorted(maps.Keys(run.Modules)) {
		d.Modules = append(d.Modules, record.Setting{Name: name, Value: run.Modules[name]})
	}
	for _, info := range h.Infos() {
		if h.Known(info.Name) {
			d.Quantities = append(d.Quantities, pageQuantity{Info: info, Notes: footnotes(run, info.Name)})
		}
	}
	if parts > 1 {
		d.Parts = partsNote(parts)
	}
	if events := observations(h); len(events) > 0 {
		d.Progress = "step " + count(events[len(events)-1].Step)
		if run.Steps > 0 {
			d.Progress += " of " + count(run.Steps)
		}
	}
	d.tables(run, h)
	diagrams, err := record.LoadDiagrams(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range figuresOf(append(panelsOf(run, h), diagramsOf(diagrams)...)) {
		if err := d.show(run, f, brief); err != nil {
			return nil, err
		}
	}
	return d, d.pictures(dir, run.Pictures)
}

// partsNote says how the parts of a model are shown.
func partsNote(parts int) string {
	text := fmt.Sprintf("%d parts of the model are trained apart, each with its own count of steps; they are numbered in "+
		"the order in which they were first stepped.", parts)
	if parts > record.MostParts {
		text += fmt.Sprintf(" The first %d are shown.", record.MostParts)
	}
	return text
}

// show takes a figure into the page, each panel a picture of its own.
func (d *pageData) show(run *record.Run, f *figure, brief bool) error {
	one := pageFigure{ID: f.name, Three: f.columns() > 2}
	var names []string
	for _, p := range slices.Concat(f.rows...) {
		drawn := pagePanel{ID: f.name, Still: len(p.Curves) == 0}
		if n := len(one.Panels); n > 0 {
			drawn.ID = fmt.Sprintf("%s-%d", f.name, n+1)
		}
		p.ID = drawn.ID
		if !drawn.Still {
			d.Charts = append(d.Charts, p)
		}
		if drawn.Still || !brief {
			svg, err := still(f, p)
			if err != nil {
				return err
			}
			drawn.SVG = svg
		}
		one.Panels = append(one.Panels, drawn)
		for _, info := range p.infos {
			names = append(names, info.Name)
			said := func(m record.Setting) bool { return m.Value == info.Doc }
			if info.Doc != "" && !slices.ContainsFunc(one.Meanings, said) {
				one.Meanings = append(one.Meanings, record.Setting{Name: info.Heading(), Value: info.Doc})
			}
		}
	}
	if run != nil {
		one.Notes = footnotes(run, names...)
	}
	d.Figures = append(d.Figures, one)
	return nil
}

// still draws one panel of a figure alone, as wide as it stands there.
func still(of *figure, p *panel) (template.HTML, error) {
	alone := &figure{name: p.ID, rows: [][]*panel{{p}}, narrow: of.columns() > 2}
	var b bytes.Buffer
	if err := alone.svg(&b); err != nil {
		return "", fmt.Errorf("report: drawing %s: %w", p.ID, err)
	}
	return inline(b.String(), p.Title), nil
}

// trusts says of each headline quantity whether it can be relied on.
func trusts(run *record.Run, h *record.History) []pageTrust {
	var list []pageTrust
	all := shownOf(h.Infos(), func(record.Info) bool { return true })
	for _, t := range record.Trusts(run, h) {
		names := []string{t.Quantity}
		if i := slices.IndexFunc(all, func(s shown) bool { return s.name() == t.Quantity }); i >= 0 {
			t.Heading, names = all[i].heading(), all[i].names()
		}
		list = append(list, pageTrust{Trust: t, Reasons: strings.Join(t.Because, "; "), Notes: footnotes(run, names...)})
	}
	return list
}

// nulls says what the last values are read against.
func nulls(run *record.Run, h *record.History) []pageNull {
	var list []pageNull
	for _, info := range h.Infos() {
		null, ok := run.Nulls[info.Name]
		if !ok {
			continue
		}
		_, r := h.Last(info.Name)
		verdict := "not beyond it"
		switch {
		case !null.Tells():
			verdict = "cannot be told"
		case null.Beyond(r.Value):
			verdict = "beyond it"
		}
		list = append(list, pageNull{Heading: info.Heading(), Value: withInterval(lastShown(info, h)),
			Mean: number(sign(info) * null.Mean), Verdict: verdict,
			Hi: fmt.Sprintf("%s (%s)", number(sign(info)*null.Hi), plural(null.Permutations, "permutation"))})
	}
	return list
}

// pageWidth is how many characters of a row a page 1280 pixels wide has room for.
const pageWidth = 150

// tables fills the table of the curves, and the one of all for which it has no room.
func (d *pageData) tables(run *record.Run, h *record.History) {
	events := observations(h)
	inTable := inTables(h.Infos())
	columns := columnsOf(h, inTable)
	rows := fullest(columns, len(events), reportRows)
	table := func(columns []column) pageTable {
		t := pageTable{Heads: []pageHead{{Name: "step"}}, Rows: make([][]string, len(rows))}
		for _, c := range columns {
			head := pageHead{Name: c.head(), Unit: c.unit(), Notes: footnotes(run, c.names()...)}
			t.Heads = append(t.Heads, head)
		}
		for n, i := range rows {
			t.Rows[n] = []string{fmt.Sprint(events[i].Step)}
			for _, c := range columns {
				t.Rows[n] = append(t.Rows[n], c.cells[i])
			}
		}
		return t
	}
	columns, rest := fit(columns, events, rows, pageWidth)
	d.Table = table(columns)
	rest = append(rest, columnsOf(h, func(s shown) bool { return !inTable(s) })...)
	if len(rest) > 0 {
		d.Rest = table(rest)
	}
	d.TableNotes = tableNotes(run, columns, len(rows), len(events))
}

// pictures takes pictures into the page, those that the folder has.
func (d *pageData) pictures(dir string, pictures []record.Picture) error {
	for _, p := range pictures {
		if !filepath.IsLocal(p.File) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, p.File))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		address := template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data))
		d.Pictures = append(d.Pictures, pagePicture{Picture: p, Image: address})
	}
	return nil
}
