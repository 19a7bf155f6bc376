package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tableRows is how many observations the text table shows at most.
const tableRows = 15

// The headings that a line below the table explains.
const weightsHead, memorizedHead = "ΔS(Θ)", "M-info"

// view is one column of the table that people read; it may draw on several columns of the curves.
type view struct {
	head    string   // heading
	columns []string // the columns of the curves it shows
	rank    int      // 0 is never dropped from a narrow table; the highest goes first
	cells   []string // one an observation
}

// views returns the columns that people read, in their order, without those that the curves do not know.
func views(run *Run, c *Curves) []view {
	value := func(head, column string, rank int) view {
		v := view{head: head, columns: []string{column}, rank: rank}
		x, se := c.Column(column), c.Column(column+"_se")
		for i := range x {
			v.cells = append(v.cells, plusMinus(x[i], se[i]))
		}
		return v
	}
	bounds := func(head, lo, hi string, rank int) view {
		v := view{head: head, columns: []string{lo, hi}, rank: rank}
		a, b := c.Column(lo), c.Column(hi)
		for i := range a {
			v.cells = append(v.cells, interval(a[i], b[i]))
		}
		return v
	}

	step := view{head: "step", columns: []string{"step"}}
	for _, t := range c.Column("step") {
		step.cells = append(step.cells, strconv.FormatInt(int64(t), 10))
	}
	dissipated := view{head: "heat out -Q", columns: []string{"heat"}, rank: 4}
	for i, q := range negated(c.Column("heat")) {
		dissipated.cells = append(dissipated.cells, plusMinus(q, c.Column("heat_se")[i]))
	}
	weights := view{head: weightsHead, columns: []string{"s_theta"}, rank: 6}
	change, changeSE, _ := entropyChange(c, "s_theta")
	for i := range change {
		weights.cells = append(weights.cells, plusMinus(change[i], changeSE[i]))
	}
	memorized := view{head: memorizedHead, columns: []string{"m_info", "m_info_lo", "m_info_hi"}, rank: 2}
	m, lo, hi := c.Column("m_info"), c.Column("m_info_lo"), c.Column("m_info_hi")
	for i := range m {
		cell := number(m[i])
		if !math.IsNaN(lo[i]) || !math.IsNaN(hi[i]) {
			cell = bound(m[i]) + " " + interval(lo[i], hi[i])
		}
		memorized.cells = append(memorized.cells, cell)
	}

	all := []view{
		step,
		value("train loss", "train_nll", 0),
		value("test loss", "test_nll", 0),
		value("test accuracy", "test_accuracy", 1),
		value("work W", "work", 5),
		dissipated,
		value("production Σ", "entropy_production", 10),
		value("S(X|Θ)", "s_x_given_theta", 3),
		weights,
		bounds("L-info", "l_info_lo", "l_info_hi", 1),
		memorized,
		bounds("M-info, D sets", "m_info_d_lo", "m_info_d_hi", 7),
		bounds("X-info", "x_info_lo", "x_info_hi", 8),
		value("<exp(ΔF-w)>", "ift", 9),
		value("acceptance", "acceptance", 6),
		value("memory τ", "autocorrelation", 7),
	}
	if c.Known("delta_f_work") { // else the model is normalised and has none
		all = append(all, value("ΔF", "delta_f", 4))
	}
	return slices.DeleteFunc(all, func(v view) bool { return !slices.ContainsFunc(v.columns, c.Known) })
}

// Table writes the curves as an aligned text table for people: the important quantities, at most 15 observations
// (first and last among them), value ± one standard error, ~ where a value is not known. Where it would be wider than
// width (in characters; 0 for no limit) the less important quantities are left out, and a line below names them.
func Table(w io.Writer, run *Run, c *Curves, width int) error {
	if len(c.Rows) == 0 {
		_, err := fmt.Fprintln(w, "no observation was recorded")
		return err
	}
	shown := views(run, c)
	rows := thin(len(c.Rows), tableRows)
	widths := func() (each []int, total int) {
		for _, v := range shown {
			n := utf8.RuneCountInString(v.head)
			for _, i := range rows {
				n = max(n, utf8.RuneCountInString(v.cells[i]))
			}
			each = append(each, n)
			total += n + 2
		}
		return each, total - 2
	}
	var dropped []string
	each, total := widths()
	for width > 0 && total > width {
		last := 0
		for j, v := range shown {
			if v.rank > shown[last].rank {
				last = j
			}
		}
		if shown[last].rank == 0 {
			break
		}
		dropped = append(dropped, shown[last].head)
		shown = slices.Delete(shown, last, last+1)
		each, total = widths()
	}

	var b strings.Builder
	line := func(cell func(view) string) {
		for j, v := range shown {
			if j > 0 {
				b.WriteString("  ")
			}
			s := cell(v)
			b.WriteString(strings.Repeat(" ", each[j]-utf8.RuneCountInString(s)))
			b.WriteString(s)
		}
		b.WriteByte('\n')
	}
	line(func(v view) string { return v.head })
	for _, i := range rows {
		line(func(v view) string { return v.cells[i] })
	}
	notes := tableNotes(run, c, len(rows), dropped)
	for _, a := range allAbsences(run, c) {
		notes = append(notes, a.String())
	}
	for _, s := range notes {
		for _, l := range wrap(s, width, utf8.RuneCountInString) {
			b.WriteString(l)
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tableNotes says how to read the table without the dropped columns.
func tableNotes(run *Run, c *Curves, rows int, dropped []string) []string {
	bounds := "[a, b] lower and upper bound"
	if c.Known("m_info_lo") && !slices.Contains(dropped, memorizedHead) {
		bounds += ", for M-info the 95% interval"
	}
	notes := []string{"Nats" + errorLegend(run) + "; " + bounds + "; ~ not known."}
	if _, _, ref := entropyChange(c, "s_theta"); ref >= 0 && !slices.Contains(dropped, weightsHead) {
		notes = append(notes, fmt.Sprintf("%s is the change since step %.0f.", weightsHead, c.Column("step")[ref]))
	}
	if rows < len(c.Rows) {
		notes = append(notes, fmt.Sprintf("%d of %d observations are shown.", rows, len(c.Rows)))
	}
	if len(dropped) > 0 {
		notes = append(notes, "Left out for width: "+strings.Join(dropped, "; ")+".")
	}
	return notes
}

// errorLegend says what ± stands for.
func errorLegend(run *Run) string {
	if run.Datasets < 2 {
		return "; one training set: errors are not known"
	}
	return fmt.Sprintf("; ± one standard error over %d training sets", run.Datasets)
}

// Books writes the checks of the books, one a line: name, verdict, and the figure it rests on, with the detail of
// those that did not pass below them.
func Books(w io.Writer, checks []Check) error {
	name, verdict := 0, 0
	for _, k := range checks {
		name = max(name, utf8.RuneCountInString(plain(k.Name)))
		verdict = max(verdict, utf8.RuneCountInString(plain(k.Verdict)))
	}
	for _, k := range checks {
		line := fmt.Sprintf("%-*s  %-*s  %s", name, plain(k.Name), verdict, plain(k.Verdict), plain(k.Figure))
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
		if k.Verdict != Pass && k.Detail != "" {
			if _, err := fmt.Fprintf(w, "%*s  %s\n", name, "", plain(k.Detail)); err != nil {
				return err
			}
		}
	}
	return nil
}

// thin returns at most limit of the rows 0..n-1, evenly spread, the first and the last among them.
func thin(n, limit int) []int {
	keep := make([]int, 0, min(n, limit))
	for i := range min(n, limit) {
		if n <= limit {
			keep = append(keep, i)
		} else {
			keep = append(keep, int(math.Round(float64(i)*float64(n-1)/float64(limit-1))))
		}
	}
	return keep
}

// wrap breaks s between words into lines of at most width, measured by size; width <= 0 means one line.
func wrap(s string, width int, size func(string) int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case width > 0 && size(line+" "+word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
