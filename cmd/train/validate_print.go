package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"calorimeter/instrument/validate"
)

// sheet is a table of validation under a heading for each system, to be printed as text, Markdown or JSON.
type sheet struct {
	verb    string   // how a system is posed again
	columns []string // names
	rule    string   // of Markdown, for the columns that it shows: the first
	lines   []line
	note    string
	rows    any // of JSON
}

type line struct {
	system   string
	cells    []string // one a column
	outcome  validate.Outcome
	warnings []string
}

func sheetOfRows(rows []validate.Row) *sheet {
	s := &sheet{
		verb:    "train validate",
		columns: []string{"quantity", "estimator", "truth", "estimate", "95 % interval", "z", "n", "seconds"},
		rule:    "|---|---|---:|---:|---|---:|",
		note:    "z of a bound (lower, upper): how far it lies, in standard errors, on the wrong side, 0 on the right side.",
		rows:    rows,
	}
	for _, r := range rows {
		e := r.Estimate
		s.lines = append(s.lines, line{r.System + " " + r.Posed, []string{
			r.Quantity, r.Estimator, numbers("%.4g", r.Truth), numbers("%.4g", e.Value),
			numbers("[%.4g, %.4g]", e.Lo, e.Hi), numbers("%+.2f", r.Z), numbers("%.0f", e.N), numbers("%.2g", r.Seconds),
		}, r.Outcome(), e.Warnings})
	}
	return s
}

func sheetOfCoverages(rows []validate.Coverage) *sheet {
	s := &sheet{
		verb: "train validate --calibrate",
		columns: []string{
			"quantity", "estimator", "intervals", "coverage %", "95 % of it", "beyond %", "mean z", "sd z", "warned %",
		},
		rule: "|---|---|---:|---:|---|---:|---:|---:|---:|",
		note: "The interval of a bound is held against the mean of the bound over the repetitions. beyond: those that lie " +
			"wholly on the wrong side of the truth.",
		rows: rows,
	}
	for _, c := range rows {
		var warnings []string
		beyond := ""
		if c.Kind != validate.Value {
			beyond = numbers("%.1f", 100*float64(c.Beyond)/float64(c.Repetitions))
		}
		if c.Outcome() != validate.Agrees && c.Warning != "" {
			warnings = []string{c.Warning}
		}
		s.lines = append(s.lines, line{c.System + " " + c.Posed, []string{
			c.Quantity, c.Estimator, fmt.Sprint(c.Repetitions), numbers("%.1f", 100*c.Share()),
			numbers("[%.1f, %.1f]", 100*c.Lo, 100*c.Hi), beyond, numbers("%+.2f", c.MeanZ), numbers("%.2f", c.SDZ),
			numbers("%.1f", 100*c.Warned),
		}, c.Outcome(), warnings})
	}
	return s
}

func (s *sheet) json() (string, error) {
	text, err := json.MarshalIndent(s.rows, "", " ")
	return string(text) + "\n", err
}

// text is the sheet with the warnings as numbered footnotes, each once.
func (s *sheet) text() string {
	var out strings.Builder
	var notes []string
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	system := ""
	for _, l := range s.lines {
		if l.system != system {
			system = l.system
			t.Flush()
			fmt.Fprintf(&out, "\n%s\n", system)
			fmt.Fprintf(t, "  %s\t\n", strings.Join(s.columns, "\t"))
		}
		remark := remarks[l.outcome] + " "
		for _, w := range l.warnings {
			if !slices.Contains(notes, w) {
				notes = append(notes, w)
			}
			remark += fmt.Sprintf("[%d]", slices.Index(notes, w)+1)
		}
		fmt.Fprintf(t, "  %s\t%s\n", strings.Join(l.cells, "\t"), strings.TrimSpace(remark))
	}
	t.Flush()
	fmt.Fprintf(&out, "\n%s\n", s.note)
	for i, w := range notes {
		fmt.Fprintf(&out, "[%d] %s\n", i+1, w)
	}
	return out.String()
}

// markdown is the sheet without the columns beyond its rule, and without warnings.
func (s *sheet) markdown() string {
	var out strings.Builder
	shown := strings.Count(s.rule, "-|") + strings.Count(s.rule, ":|")
	system := ""
	for _, l := range s.lines {
		if l.system != system {
			system = l.system
			fmt.Fprintf(&out, "\n`%s %s`\n\n| %s | |\n%s---|\n",
				s.verb, system, strings.Join(s.columns[:shown], " | "), s.rule)
		}
		fmt.Fprintf(&out, "| %s | %s |\n", strings.Join(l.cells[:shown], " | "), remarks[l.outcome])
	}
	fmt.Fprintf(&out, "\n%s\n\n", s.note)
	return out.String()
}

// numbers prints numbers, an infinite one in words, and "~" where one is unknown.
func numbers(format string, values ...float64) string {
	var all []any
	for _, v := range values {
		if math.IsNaN(v) {
			return "~"
		}
		all = append(all, v)
	}
	return strings.NewReplacer("+Inf", "infinite", "-Inf", "-infinite").Replace(fmt.Sprintf(format, all...))
}

// remarks are what a person should know of the outcome of a row.
var remarks = map[validate.Outcome]string{
	validate.Warned: "expected: warned", validate.Misses: "MISSES", validate.Unknown: "unknown",
}
