package report

import (
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"calorimeter/instrument/record"
)

// ClaimsFile is the usual name of the page of claims.
const ClaimsFile = "claims.html"

// experimentData is what the template of an experiment draws; experiments side by side share a page.
type experimentData struct {
	Title       string
	Experiments []experimentPart
}

type experimentPart struct {
	*record.Experiment
	Link     string // of its own page; empty there
	Picture  template.HTML
	Halves   []experimentHalf
	Command  string
	Facts    []record.Setting
	Standing string // the verdict in words
}

type experimentHalf struct {
	*record.Trial
	Heading string
	Known   bool // the answer is
}

// WriteExperiment writes the figure of an experiment, as SVG, PNG and PDF, and its page experiment.html into the folder
// dir: claim, verdict, every statement with its number, the figure with its caption, what would sharpen the result and
// what limits it. It returns the names of the files. An experiment without diagrams has no figure.
func WriteExperiment(dir string, e *record.Experiment) ([]string, error) {
	files, err := experimentFigure(dir, e)
	if err != nil {
		return files, err
	}
	part, err := newExperimentPart(dir, e)
	if err != nil {
		return files, err
	}
	data := experimentData{Title: e.Title, Experiments: []experimentPart{part}}
	write := func(w io.Writer) error { return templates.ExecuteTemplate(w, "experiments", data) }
	return append(files, record.ExperimentPage), record.WriteAtomic(filepath.Join(dir, record.ExperimentPage), write)
}

// WriteClaims writes one page at path with the experiments of the given folders: a table of claims with their verdicts,
// and below it each experiment.
func WriteClaims(path string, dirs []string) error {
	data := experimentData{Title: "Claims"}
	for _, dir := range dirs {
		e, err := record.LoadExperiment(dir)
		if err != nil {
			return err
		}
		part, err := newExperimentPart(dir, e)
		if err != nil {
			return err
		}
		link, err := filepath.Rel(filepath.Dir(path), filepath.Join(dir, record.ExperimentPage))
		if err != nil {
			link = filepath.Join(dir, record.ExperimentPage)
		}
		part.Link = filepath.ToSlash(link)
		data.Experiments = append(data.Experiments, part)
	}
	return record.WriteAtomic(path, func(w io.Writer) error { return templates.ExecuteTemplate(w, "experiments", data) })
}

func newExperimentPart(dir string, e *record.Experiment) (experimentPart, error) {
	part := experimentPart{Experiment: e, Command: shellLine(e.Command), Standing: standing(e.Verdict)}
	svg, err := os.ReadFile(filepath.Join(dir, record.ExperimentFigure+".svg"))
	if err == nil {
		part.Picture = inline(string(svg), e.Title)
	} else if !os.IsNotExist(err) {
		return part, fmt.Errorf("report: %w", err)
	}
	if e.Exact != nil {
		part.Halves = append(part.Halves, experimentHalf{Trial: e.Exact, Heading: "Where the answer is known", Known: true})
	}
	if e.Network != nil {
		part.Halves = append(part.Halves, experimentHalf{Trial: e.Network, Heading: "On networks"})
	}
	part.Facts = facts(&record.Run{
		Program: "train", Version: e.Version, Machine: e.Machine, Started: e.Made, Seconds: e.Seconds,
	})
	return part, nil
}

// Statements prints the parts of a claim: verdict, text, the number with its interval, and what it is held against.
func Statements(w io.Writer, parts []record.Statement) error {
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range parts {
		text := plain(s.Text)
		if s.Identity {
			text += " (identity)"
		}
		unit := s.Unit
		if unit == "1" {
			unit = ""
		}
		fmt.Fprintf(tabs, "%s\t%s\t%s\t%s\t%s\n", s.Verdict, text, strings.TrimSpace(s.Figure.String()+" "+unit),
			plain(s.Expected), plain(s.Because))
	}
	return tabs.Flush()
}

// standing is a verdict in a word, of an experiment that may not be done.
func standing(v record.Verdict) string {
	if v == "" {
		return "not done"
	}
	return string(v)
}

// experimentFigure draws the panels of both halves, those where the answer is known first. Panels are lettered; what
// they show is told by the caption, which the record holds.
func experimentFigure(dir string, e *record.Experiment) ([]string, error) {
	var diagrams []record.Diagram
	for _, half := range []*record.Trial{e.Exact, e.Network} {
		if half != nil {
			diagrams = append(diagrams, half.Diagrams...)
		}
	}
	if len(diagrams) == 0 {
		return nil, nil
	}
	diagrams = slices.Clone(diagrams)
	for i := range diagrams {
		diagrams[i].Figure = record.ExperimentFigure
		diagrams[i].Title = string(rune('a' + i))
		diagrams[i].Notes = nil
	}
	var panels []*panel
	for i := range diagrams { // each to its own scale
		panels = append(panels, diagramsOf(diagrams[i:i+1])...)
	}
	f := &figure{name: record.ExperimentFigure, rows: rowsOf(panels)}
	return f.save(dir, e.Made)
}
