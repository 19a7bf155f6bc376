package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"calorimeter/instrument/validate"
)

// sheet is a table of validation under a heading for each system, to be printed as text or as Markdown.
type sheet struct {
	verb    string // how a system is posed again
	columns []column
	lines   []line
	note    string
}

type column struct {
	name  string
	align string // of Markdown
	wide  bool   // left out of Markdown
}

type line struct {
	system   string
	cells    []string // one a column
	remark   string
	warnings []string
}

func sheetOfRows(rows []validate.Row) *sheet {
	s := &sheet{
		verb: "train validate",
		columns: []column{
			{name: "quantity", align: "---"}, {name: "estimator", align: "---"}, {name: "truth", align: "---:"},
			{name: "estimate", align: "---:"}, {name: "95 % interval", align: "---"}, {name: "z", align: "---:"},
			{name: "n", align: "---:", wide: true}, {name: "seconds", align: "---:", wide: true},
		},
		note: "z of a bound (lower, upper): how far it lies, in standard errors, on the wrong side, 0 on the right side.",
	}
	for i := range rows {
		r := &rows[i]
		e := r.Estimate
		s.lines = append(s.lines, line{
			system: r.System + " " + r.Posed,
			cells: []string{
				r.Quantity, r.Estimator, number(r.Truth, "%.4g"), number(e.Value, "%.4g"), interval(e.Lo, e.Hi, "%.4g"),
				number(r.Z, "%+.2f"), number(e.N, "%.0f"), number(r.Seconds, "%.2g"),
			},
			remark:   remark(r.Outcome()),
			warnings: e.Warnings,
		})
	}
	return s
}

func sheetOfCoverages(rows []validate.Coverage) *sheet {
	s := &sheet{
		verb: "train validate --calibrate",
		columns: []column{
			{name: "quantity", align: "---"}, {name: "estimator", align: "---"}, {name: "intervals", align: "---:"},
			{name: "coverage %", align: "---:"}, {name: "95 % of it", align: "---"}, {name: "mean z", align: "---:"},
			{name: "sd z", align: "---:"}, {name: "warned %", align: "---:"},
		},
		note: "The interval of a bound is held against the mean of the bound over the repetitions.",
	}
	for i := range rows {
		c := &rows[i]
		l := line{
			system: c.System + " " + c.Posed,
			cells: []string{
				c.Quantity, c.Estimator, fmt.Sprint(c.Repetitions), number(100*c.Share(), "%.1f"),
				interval(100*c.Lo, 100*c.Hi, "%.1f"), number(c.MeanZ, "%+.2f"), number(c.SDZ, "%.2f"),
				number(100*c.Warned, "%.1f"),
			},
			remark: remark(c.Outcome()),
		}
		if c.Outcome() != validate.Agrees && c.Warning != "" {
			l.warnings = []string{c.Warning}
		}
		s.lines = append(s.lines, l)
	}
	return s
}

// text prints the sheet, with the warnings as footnotes.
func (s *sheet) text(w io.Writer) error {
	var notes footnotes
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	system := ""
	for _, l := range s.lines {
		if l.system != system {
			system = l.system
			t.Flush()
			fmt.Fprintf(w, "\n%s\n", system)
			fmt.Fprint(t, "  ")
			for _, c := range s.columns {
				fmt.Fprintf(t, "%s\t", c.name)
			}
			fmt.Fprintln(t)
		}
		fmt.Fprintf(t, "  %s\t%s\n", strings.Join(l.cells, "\t"), strings.TrimSpace(l.remark+" "+notes.mark(l.warnings)))
	}
	t.Flush()
	fmt.Fprintf(w, "\n%s\n", s.note)
	return notes.print(w)
}

// markdown prints the sheet without its wide columns and warnings.
func (s *sheet) markdown(w io.Writer) error {
	system := ""
	for _, l := range s.lines {
		var cells, names, aligns strings.Builder
		for i, c := range s.columns {
			if !c.wide {
				fmt.Fprintf(&cells, " %s |", l.cells[i])
				fmt.Fprintf(&names, " %s |", c.name)
				fmt.Fprintf(&aligns, "%s|", c.align)
			}
		}
		if l.system != system {
			system = l.system
			fmt.Fprintf(w, "\n`%s %s`\n\n|%s |\n|%s---|\n", s.verb, system, &names, &aligns)
		}
		fmt.Fprintf(w, "|%s %s |\n", &cells, l.remark)
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n", s.note)
	return err
}

// footnotes numbers warnings, each text once.
type footnotes []string

func (f *footnotes) mark(warnings []string) string {
	var marks []string
	for _, w := range warnings {
		i := slices.Index(*f, w)
		if i < 0 {
			i, *f = len(*f), append(*f, w)
		}
		marks = append(marks, fmt.Sprintf("[%d]", i+1))
	}
	return strings.Join(marks, "")
}

func (f footnotes) print(w io.Writer) error {
	for i, text := range f {
		if _, err := fmt.Fprintf(w, "[%d] %s\n", i+1, text); err != nil {
			return err
		}
	}
	return nil
}

// number prints a number, and an unknown one as "~".
func number(v float64, format string) string {
	if math.IsNaN(v) {
		return "~"
	}
	return fmt.Sprintf(format, v)
}

func interval(lo, hi float64, format string) string {
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return "~"
	}
	return fmt.Sprintf("["+format+", "+format+"]", lo, hi)
}

// remark is what a person should know of the outcome of a row.
func remark(o validate.Outcome) string {
	switch o {
	case validate.Agrees:
		return ""
	case validate.Warned:
		return "expected: warned"
	case validate.Misses:
		return "MISSES"
	}
	return o.String()
}
