package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// ComparisonFile is the usual name of the page that lays runs side by side.
const ComparisonFile = "report-comparison.html"

// compared is one of the runs that are laid side by side.
type compared struct {
	name, dir string
	run       *record.Run
	history   *record.History
}

// comparisonData is what the template draws.
type comparisonData struct {
	pageData // its figures, charts and quantities
	Runs     []comparedHead
	Ends     []comparedRow // how the runs ended
	Settings []comparedRow // where they differ
	// Differences are those of the other runs from the first, over the Units that they may share; Remarks are what the
	// notes of their cells refer to, from 1 on.
	Differences []comparedRow
	Units       string
	Remarks     []string
}

type comparedHead struct{ Name, Link, Colour string }

type comparedRow struct {
	Name  string
	Cells []comparedCell
	Head  bool // of the rows below it; it has no cells
}

type comparedCell struct {
	Text, Class string
	Because     string // what it rests on
	Notes       []int
}

// WriteComparison writes one page at path that lays the runs of the given folders side by side: their settings where
// they differ, how they ended, what they answer to their readers' questions, whether their numbers can be trusted, by
// how much their headline quantities differ from those of the first (see [estimate.Paired]), and a chart of each
// quantity that is a headline or has a rank in any of them (of all quantities, where none has a rank). Runs of any kind
// may be mixed. The page holds everything, as [WriteHTML]'s does.
func WriteComparison(path string, dirs []string) error {
	if len(dirs) < 2 {
		return errors.New("report: a comparison needs two run folders or more")
	}
	d, err := newComparison(path, dirs)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return templates.ExecuteTemplate(w, "comparison", d) }
	return record.WriteAtomic(path, write)
}

func newComparison(path string, dirs []string) (*comparisonData, error) {
	runs, err := loadCompared(dirs)
	if err != nil {
		return nil, err
	}
	d := &comparisonData{}
	d.Title = plural(len(runs), "run") + " side by side"
	for i, r := range runs {
		link, err := filepath.Rel(filepath.Dir(path), filepath.Join(r.dir, record.ReportFile))
		if err != nil {
			link = filepath.Join(r.dir, record.ReportFile)
		}
		colour := palette[i%len(palette)]
		d.Runs = append(d.Runs, comparedHead{Name: r.name, Link: filepath.ToSlash(link), Colour: colour})
	}
	d.row("Status", runs, func(r compared) string { return r.run.Status })
	d.row("Model", runs, func(r compared) string { return r.run.Model })
	d.row("Data", runs, func(r compared) string { return r.run.Data })
	d.row("Setup", runs, func(r compared) string { return r.run.Setup })
	d.row("Seed", runs, func(r compared) string { return strconv.FormatUint(r.run.Seed, 10) })
	d.row("Free weights per example", runs, func(r compared) string { return perExample(r.run) })
	d.row("Books", runs, func(r compared) string { return booksInWords(r.run.Books) })
	d.row("Warnings", runs, func(r compared) string { return strconv.Itoa(len(r.run.Warnings)) })
	d.row("Time taken", runs, func(r compared) string { return fixed(r.run.Seconds, 1) + " s" })
	d.row("Version", runs, func(r compared) string { return r.run.Version })
	d.findings(runs)
	d.trust(runs)
	d.settings(runs)
	var all []*record.History
	for _, r := range runs {
		all = append(all, r.history)
	}
	const schedule = "Summed from observation to observation: they depend on the schedule of observations, " +
		"and compare between runs that have the same"
	inTable := inTables(declared(all))
	quantities := func(summed bool) []shown {
		return sharedOf(all, func(s shown) bool {
			return s.lower.Summed == summed && (s.headline() || inTable(s))
		})
	}
	last, summed := quantities(false), quantities(true)
	d.differences(runs, slices.Concat(last, summed))
	if err := d.group("At the last observation", last, runs); err != nil {
		return nil, err
	}
	return d, d.group(schedule, summed, runs)
}

// loadCompared reads the run folders and names each after its folder, by as much of its path as tells them apart.
func loadCompared(dirs []string) ([]compared, error) {
	var runs []compared
	for _, dir := range dirs {
		run, h, err := record.Load(dir)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(filepath.Clean(dir))
		name := plain(base)
		if slices.ContainsFunc(dirs, func(o string) bool { return o != dir && filepath.Base(filepath.Clean(o)) == base }) {
			name = plain(filepath.ToSlash(filepath.Clean(dir)))
		}
		runs = append(runs, compared{name: name, dir: dir, run: run, history: h.ByPart()})
	}
	return runs, nil
}

// findings lists what the runs answer to the questions of their readers, and what each answer rests on.
func (d *comparisonData) findings(runs []compared) {
	var questions []string
	for _, r := range runs {
		for _, f := range r.run.Findings {
			if !slices.Contains(questions, f.Question) {
				questions = append(questions, f.Question)
			}
		}
	}
	if questions != nil {
		d.Ends = append(d.Ends, comparedRow{Name: "What the runs show", Head: true})
	}
	for _, question := range questions {
		line := comparedRow{Name: plain(question)}
		for _, r := range runs {
			cell := comparedCell{Text: lacking}
			asked := func(f record.Finding) bool { return f.Question == question }
			if i := slices.IndexFunc(r.run.Findings, asked); i >= 0 {
				f := r.run.Findings[i]
				cell = comparedCell{Text: plain(f.Answer), Because: plain(f.Because), Class: verdictClass(f.Class)}
			}
			line.Cells = append(line.Cells, cell)
		}
		d.Ends = append(d.Ends, line)
	}
}

// booksInWords counts the verdicts of checks and names those that did not pass.
func booksInWords(checks []record.Check) string {
	if len(checks) == 0 {
		return "none were kept"
	}
	var passed, physics, added int
	var failed, open []string
	for _, c := range checks {
		if !c.Arithmetic {
			physics++
		}
		switch c.Verdict {
		case record.Pass:
			if c.Arithmetic {
				added++
			} else {
				passed++
			}
		case record.Fail:
			failed = append(failed, c.Name)
		default:
			open = append(open, c.Name)
		}
	}
	text := fmt.Sprintf("%d of %d passed", passed, physics)
	if arithmetic := len(checks) - physics; arithmetic > 0 {
		text += fmt.Sprintf(", and %d of %d of the arithmetic", added, arithmetic)
	}
	if failed != nil {
		text += "; failed: " + strings.Join(failed, ", ")
	}
	if open != nil {
		text += "; cannot tell: " + strings.Join(open, ", ")
	}
	return text
}

// row adds a line to the table of how the runs ended.
func (d *comparisonData) row(name string, runs []compared, cell func(r compared) string) {
	line := comparedRow{Name: name}
	for _, r := range runs {
		line.Cells = append(line.Cells, comparedCell{Text: cell(r)})
	}
	if slices.ContainsFunc(line.Cells, func(c comparedCell) bool { return c.Text != "" }) {
		d.Ends = append(d.Ends, line)
	}
}

// trust says of each headline quantity, run by run, whether it can be relied on.
func (d *comparisonData) trust(runs []compared) {
	lines := map[string]*comparedRow{}
	var order []string
	for i, r := range runs {
		for _, t := range trusts(r.run, r.history) {
			line := lines[t.Quantity]
			if line == nil {
				line = &comparedRow{Name: t.Heading, Cells: slices.Repeat([]comparedCell{{Text: lacking}}, len(runs))}
				lines[t.Quantity] = line
				order = append(order, t.Quantity)
			}
			line.Cells[i] = comparedCell{Text: t.Words(), Class: verdictClass(t.Level)}
			if t.Reasons != "" {
				line.Cells[i].Text += ": " + t.Reasons
			}
		}
	}
	if len(order) > 0 {
		d.Ends = append(d.Ends, comparedRow{Name: "Can the numbers be trusted?", Head: true})
	}
	for _, name := range order {
		d.Ends = append(d.Ends, *lines[name])
	}
}

// settings lists the settings that differ, those of the first run first.
func (d *comparisonData) settings(runs []compared) {
	var seen []string
	for _, r := range runs {
		for _, s := range r.run.Config {
			if slices.Contains(seen, s.Name) || s.Name == "seed" {
				continue
			}
			seen = append(seen, s.Name)
			line, differ := comparedRow{Name: s.Name}, false
			for _, other := range runs {
				value := lacking
				have := func(o record.Setting) bool { return o.Name == s.Name }
				if i := slices.IndexFunc(other.run.Config, have); i >= 0 {
					value = other.run.Config[i].Value
				}
				line.Cells = append(line.Cells, comparedCell{Text: value})
				differ = differ || value != line.Cells[0].Text
			}
			if differ {
				d.Settings = append(d.Settings, line)
			}
		}
	}
}

// group adds quantities: a chart and a row of the last values for each, and what they mean.
func (d *comparisonData) group(title string, quantities []shown, runs []compared) error {
	if len(quantities) > 0 {
		d.Ends = append(d.Ends, comparedRow{Name: title, Head: true})
	}
	for _, s := range quantities {
		name := upperFirst(s.heading())
		if s.unit() != "" {
			name += " (" + s.unit() + ")"
		}
		d.row(name, runs, func(r compared) string {
			if own := s.in(r.history); own != nil {
				return own.lastCell(r.history)
			}
			return lacking
		})
		p := comparedPanel(s, runs)
		if err := d.show(nil, &figure{name: s.name(), rows: [][]*panel{{p}}}, false); err != nil {
			return err
		}
		for _, info := range s.all() {
			d.Quantities = append(d.Quantities, pageQuantity{Info: info})
		}
	}
	return nil
}

// in returns what a history declares of s: both of a pair, one, or nil.
func (s shown) in(h *record.History) *shown {
	own := shownOf(h.Infos(), func(info record.Info) bool { return slices.Contains(s.names(), info.Name) })
	if len(own) == 0 {
		return nil
	}
	return &own[0]
}

// comparedPanel draws a quantity, a curve for each run that knows it.
func comparedPanel(s shown, runs []compared) *panel {
	p := &panel{Title: upperFirst(s.legend()), figure: s.name(), infos: s.all(),
		Y: axis{Label: s.label()}}
	var all []estimate.Estimate
	for i, r := range runs {
		own := s.in(r.history)
		if own == nil {
			continue
		}
		c, readings := newCurve(*own, r.history)
		if !c.drawable(p.Y) {
			continue
		}
		c.Name = r.name
		c.Colour, c.Width = palette[i%len(palette)], 1.2
		c.Dash = [][]float64{nil, {5, 3}, {2, 2}}[i/len(palette)%3]
		c.unsound = r.run.Status == record.Failed || len(r.run.Failed()) > 0
		p.Curves = append(p.Curves, c)
		all = append(all, readings...)
	}
	if hasWidth(all) {
		p.note("%s.", upperFirst(intervalNote(nil, all)))
	}
	p.settle()
	return p
}
