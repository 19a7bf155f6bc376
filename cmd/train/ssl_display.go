package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
)

// sslHeadline is the newest observation in a line.
func sslHeadline(o *selfsupervised.Observation) string {
	a := o.Accuracies()
	text := fmt.Sprintf("step %d: probe %.1f %% (random %.1f %%), neighbours %.1f %%",
		o.Step, 100*a.Probe.Value, 100*a.RandomProbe.Value, 100*a.Neighbours.Value)
	if n, _ := o.Collapsed(); n > 0 {
		text += fmt.Sprintf(", %d collapsed", n)
	}
	return text
}

// sslResult prints the table, the books and where everything is.
func (d *display) sslResult(f *sslFolder) error {
	if !d.quiet {
		fmt.Fprintln(d.out)
		if err := cycleTable(d.out, f.cycles); err != nil {
			return err
		}
		fmt.Fprintln(d.out, "Nats a sample; heat, work, entropies and efficiency are means over the steps since the row before,\nsum extracted is over all steps so far; +-: standard error of the probe over\nreplicas; random: the encoder before training; ~ not known.")
		fmt.Fprintln(d.out)
		if err := report.Books(d.out, f.run.Books); err != nil {
			return err
		}
		if f.occupation != "" {
			fmt.Fprintf(d.out, "\nLabels: %s\n", f.occupation)
		}
		if n := len(f.run.Warnings); n > 0 {
			fmt.Fprintf(d.out, "\nWarnings (%d):\n", n)
			for _, w := range f.run.Warnings {
				fmt.Fprintf(d.out, "- %s\n", w)
			}
		}
		fmt.Fprintf(d.out, "\n%.1f s. Everything is in %s; open %s/%s\n", f.run.Seconds, f.dir, f.dir, report.ReportFile)
	}
	if !d.json {
		return nil
	}
	line, err := report.Summary(f.dir, f.run, f.cycles)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.object, "%s\n", line)
	return err
}

// cycleTable prints the observations: mean cycles since the one before, in nats, and accuracies in per cent.
func cycleTable(w io.Writer, c *report.Curves) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	columns := []struct {
		head, name string
		scale      float64
		format     string
	}{
		{"step", "step", 1, "%.0f"}, {"Q_in", "q_in", 1, "%.3f"}, {"W", "work", 1, "%.4f"}, {"Q_out", "q_out", 1, "%.3f"},
		{"dF", "delta_f", 1, "%.4f"}, {"S(p)", "entropy_p", 1, "%.3f"}, {"S(q)", "entropy_q", 1, "%.3f"}, {"KL(q||p)", "kl_before", 1, "%.3f"},
		{"efficiency %", "efficiency", 100, "%.2f"}, {"sum extracted", "sum_extracted", 1, "%.3g"},
		{"probe %", "probe", 100, "%.1f"}, {"+-", "probe_se", 100, "%.1f"}, {"random %", "probe_random", 100, "%.1f"},
		{"neighbours %", "knn", 100, "%.1f"}, {"I(label;class)", "mi", 1, "%.3f"},
	}
	for _, col := range columns {
		fmt.Fprintf(t, "%s\t", col.head)
	}
	fmt.Fprintln(t)
	for i := range c.Rows {
		for _, col := range columns {
			if v := c.Column(col.name)[i]; math.IsNaN(v) {
				fmt.Fprint(t, "~\t")
			} else {
				fmt.Fprintf(t, col.format+"\t", col.scale*v)
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
