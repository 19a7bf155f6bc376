package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// cycleHeads are the columns of the page's table, with their headings.
var cycleHeads = []Setting{
	{"step", "step"}, {"S(p)", "entropy_p"}, {"S(q)", "entropy_q"}, {"Q in", "q_in"}, {"W", "work"}, {"Q out", "q_out"}, {"ΔF", "delta_f"},
	{"KL(q‖p)", "kl_before"}, {"extracted", "extracted"}, {"η", "efficiency"}, {"summed extracted", "sum_extracted"}, {"τ(q)", "tau_q"},
	{"probe", "probe"}, {"neighbours", "knn"}, {"I(label;class)", "mi"},
}

// WriteCycleHTML writes report.html into the folder dir for a run with cycles, as [WriteHTML] does for one with curves: one
// file with figures, table, books and warnings.
func WriteCycleHTML(dir string, run *Run, cycles *Curves) error {
	return writePage(dir, func() (*pageData, error) { return newCyclePageData(run, cycles, false) })
}

func newCyclePageData(run *Run, cycles *Curves, brief bool) (*pageData, error) {
	if err := cycles.check(); err != nil {
		return nil, fmt.Errorf("report: cycles that cannot be shown: %w", err)
	}
	d := newPage(run, cycles)
	d.brief = brief
	d.Subtitle = cycleSubtitle(run)
	d.File = CyclesFile
	d.Symbols = "E = −logit/τ are the energies of a softmax p, F = −ln Z its free energy, q the self-label; ′ is after the step."
	d.Conclusions = CycleConclusions(run, cycles)
	d.Answers = cycleAnswers(run, cycles, d.footnotes)
	d.mean(cycleQuantities, cycles)
	for _, f := range cycleFigures {
		if err := d.show(newCycleFigure(f.Name, run, cycles), f.Value); err != nil {
			return nil, err
		}
	}
	rows := thin(len(cycles.Rows), reportRows)
	for range rows {
		d.Rows = append(d.Rows, nil)
	}
	for _, h := range cycleHeads {
		if !cycles.Known(h.Value) {
			continue
		}
		d.Heads = append(d.Heads, pageHead{h.Name, d.footnotes.of(h.Value)})
		x, se := cycles.Column(h.Value), cycles.Column(h.Value+"_se")
		for n, i := range rows {
			cell := plusMinus(x[i], se[i])
			if h.Value == "step" {
				cell = strconv.FormatInt(int64(x[i]), 10)
			}
			d.Rows[n] = append(d.Rows[n], cell)
		}
	}
	d.TableNotes = []string{"Nats per sample, means over the steps since the row before; ~ not known."}
	if hasErrors(cycles) {
		d.TableNotes = append(d.TableNotes, fmt.Sprintf("± one standard error over %d replicas.", cycleReplicas(cycles)))
	}
	return d, nil
}

func cycleSubtitle(run *Run) string {
	parts := []string{plural(max(run.Replicas, 1), "replica")}
	if run.Subset > 0 {
		parts = append(parts, plural(run.Subset, "image"))
	}
	return strings.Join(append(parts, plural(run.Steps, "step")), ", ")
}

// CycleConclusions says in sentences what the cycles of a run show: the work extracted and at which efficiency, what the
// representation is worth beside a random one, what the self-labels know of the classes, and whether the books balance.
func CycleConclusions(run *Run, c *Curves) []string {
	var say []string
	if s := statusWords(run, c); s != "" {
		say = append(say, s)
	}
	extracted, i := c.Last("sum_extracted")
	bought, j := c.Last("sum_bought")
	if i >= 0 && i == j && bought > 0 {
		s := fmt.Sprintf("%s. The steps turned %s nats of it into work beyond the free energy, an efficiency of %s",
			boughtWords(c, bought, i), brief(extracted), minus(percent(extracted/bought)))
		eta := c.Column("efficiency")
		first, last := slices.IndexFunc(eta, finite), 0
		_, last = c.Last("efficiency")
		if first >= 0 && last > first {
			s += fmt.Sprintf("; %s in the first window and %s in the last", minus(percent(eta[first])), minus(percent(eta[last])))
		}
		say = append(say, s+".")
	}
	if probe, i := c.Last("probe"); i >= 0 {
		s := fmt.Sprintf("A linear probe of the frozen representation is right on %s of the test images", percent(probe))
		if random, j := c.Last("probe_random"); j >= 0 {
			s += fmt.Sprintf(", %s %s points than on the random encoder (%s)", fixed(100*math.Abs(probe-random), 1), moreOrLess(probe-random), percent(random))
		}
		say = append(say, s+".")
	}
	if mi, i := c.Last("mi"); i >= 0 {
		s := fmt.Sprintf("The self-label holds %s nats about the true class", brief(mi))
		if ceiling, j := c.Last("mi_ceiling"); j >= 0 {
			s += fmt.Sprintf(", of at most %s", brief(ceiling))
		}
		say = append(say, s+".")
	}
	if run.Status != Running {
		say = append(say, bookWords(run.Books))
	}
	return say
}

func percent(share float64) string { return strings.TrimSuffix(brief(100*share), ".") + "%" }

func moreOrLess(difference float64) string {
	if difference < 0 {
		return "fewer"
	}
	return "more"
}
