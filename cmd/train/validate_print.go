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

const (
	boundNote    = "z of a bound (lower, upper): how far it lies, in standard errors, on the wrong side, 0 on the right side."
	coverageNote = "The interval of a bound is held against the mean of the bound over the repetitions."
)

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

func interval(lo, hi float64) string {
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return "~"
	}
	return fmt.Sprintf("[%.4g, %.4g]", lo, hi)
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

// printRows prints the rows under a heading for each system.
func printRows(w io.Writer, rows []validate.Row) error {
	var notes footnotes
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	heading := ""
	for i := range rows {
		r := &rows[i]
		if h := r.System + " " + r.Posed; h != heading {
			heading = h
			t.Flush()
			fmt.Fprintf(w, "\n%s\n", h)
			fmt.Fprintln(t, "  quantity\testimator\ttruth\testimate\tinterval\tz\tn\tseconds\t")
		}
		e := r.Estimate
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2g\t%s\n", r.Quantity, r.Estimator, number(r.Truth, "%.4g"), number(e.Value, "%.4g"),
			interval(e.Lo, e.Hi), number(r.Z, "%+.2f"), number(e.N, "%.0f"), r.Seconds,
			strings.TrimSpace(remark(r.Outcome())+" "+notes.mark(e.Warnings)))
	}
	t.Flush()
	fmt.Fprintf(w, "\n%s\n", boundNote)
	return notes.print(w)
}

func markdownRows(w io.Writer, rows []validate.Row) error {
	heading := ""
	for i := range rows {
		r := &rows[i]
		e := r.Estimate
		if h := r.System + " " + r.Posed; h != heading {
			heading = h
			fmt.Fprintf(w, "\n`train validate %s`\n\n| quantity | estimator | truth | estimate | 95 %% interval | z | |\n|---|---|---:|---:|---|---:|---|\n", h)
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Quantity, r.Estimator,
			number(r.Truth, "%.4g"), number(e.Value, "%.4g"), interval(e.Lo, e.Hi), number(r.Z, "%+.2f"), remark(r.Outcome())); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n", boundNote)
	return err
}

func percent(v float64) string { return number(100*v, "%.1f %%") }

func printCoverages(w io.Writer, rows []validate.Coverage) error {
	var notes footnotes
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	heading := ""
	for i := range rows {
		c := &rows[i]
		if h := c.System + " " + c.Posed; h != heading {
			heading = h
			t.Flush()
			fmt.Fprintf(w, "\n%s\n", h)
			fmt.Fprintln(t, "  quantity\testimator\tintervals\tcoverage\t95 % of it\tmean z\tsd z\twarned\t")
		}
		mark := ""
		if c.Outcome() != validate.Agrees {
			mark = remark(c.Outcome())
			if c.Warning != "" {
				mark += " " + notes.mark([]string{c.Warning})
			}
		}
		fmt.Fprintf(t, "  %s\t%s\t%d\t%s\t[%s, %s]\t%s\t%s\t%s\t%s\n", c.Quantity, c.Estimator, c.Repetitions, percent(c.Share()),
			percent(c.Lo), percent(c.Hi), number(c.MeanZ, "%+.2f"), number(c.SDZ, "%.2f"), percent(c.Warned), mark)
	}
	t.Flush()
	fmt.Fprintf(w, "\n%s\n", coverageNote)
	return notes.print(w)
}

func markdownCoverages(w io.Writer, rows []validate.Coverage) error {
	heading := ""
	for i := range rows {
		c := &rows[i]
		if h := c.System + " " + c.Posed; h != heading {
			heading = h
			fmt.Fprintf(w, "\n`train validate --calibrate %s`\n\n| quantity | estimator | intervals | coverage | 95 %% of it | mean z | sd z | warned | |\n|---|---|---:|---:|---|---:|---:|---:|---|\n", h)
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %d | %s | %s to %s | %s | %s | %s | %s |\n", c.Quantity, c.Estimator,
			c.Repetitions, percent(c.Share()), percent(c.Lo), percent(c.Hi), number(c.MeanZ, "%+.2f"), number(c.SDZ, "%.2f"),
			percent(c.Warned), remark(c.Outcome())); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n", coverageNote)
	return err
}
