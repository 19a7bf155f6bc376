package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

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

// table prints the observations: mean cycles since the one before, in nats, and accuracies in per cent.
func (j *sslJob) table(w io.Writer, _ int) error {
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
	for i := range j.curves.Rows {
		for _, col := range columns {
			if v := j.curves.Column(col.name)[i]; math.IsNaN(v) {
				fmt.Fprint(t, "~\t")
			} else {
				fmt.Fprintf(t, col.format+"\t", col.scale*v)
			}
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "Nats a sample; heat, work, entropies and efficiency are means over the steps since the row before,\nsum extracted is over all steps so far; +-: standard error of the probe over\nreplicas; random: the encoder before training; ~ not known.")
	return err
}
