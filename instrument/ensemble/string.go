package ensemble

import (
	"fmt"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// What is measured here prints for people, in a notebook or by fmt: numbers as [estimate.Estimate] prints them.

// String prints what one looks at first, a line each, and nothing of what is not known.
func (r *Row) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "step %d: %s, %s on each; in nats", r.Step,
		record.Plural(r.Sets, "training set"), record.Plural(r.PerSet, "replica"))
	line := func(name string, known bool, value fmt.Stringer) {
		if known {
			fmt.Fprintf(&b, "\n%-20s %v", name, value)
		}
	}
	of := func(name string, e estimate.Estimate) { line(name, e.Known(), e) }
	of("training loss", r.TrainNLL)
	of("test loss", r.TestNLL)
	line("L-info", r.LInfo.Lower.Known() || r.LInfo.Upper.Known(), r.LInfo)
	of("M-info, at least", r.MInfo)
	of("CMI, at least", r.CMI)
	of("mem of an example", r.Mem)
	of("work", r.Work)
	of("heat dissipated", r.Heat.Scale(-1))
	of("entropy production", r.EntropyProduction)
	of("S(X|Theta)", r.SampleEntropy)
	return b.String()
}

// String prints what is memorized of all examples, not of each.
func (m *Memorization) String() string {
	return fmt.Sprintf("M-info at least %v, CMI at least %v nats; mem %v nats an example", m.MInfo, m.CMI, m.Mem)
}

// String prints the methods that apply.
func (m ByMethod) String() string {
	var known []string
	for _, way := range []struct {
		name string
		estimate.Estimate
	}{{"exact", m.Exact}, {"annealed", m.Annealed}, {"work", m.Work}, {"two-sided work", m.TwoSided}} {
		if way.Known() {
			known = append(known, way.name+" "+way.String())
		}
	}
	if known == nil {
		return "unknown by every method"
	}
	return strings.Join(known, "; ")
}

// String prints the difference, and how far the exponential average of work puts it high.
func (d Discrepancy) String() string {
	if !d.Difference.Known() {
		return d.Difference.String()
	}
	return fmt.Sprintf("%v, of it bias %.2g", d.Difference, d.Bias)
}

// String prints what the books use, and the other methods that apply.
func (f FreeEnergy) String() string {
	return fmt.Sprintf("F = %v nats (%v)", f.Best, ByMethod{f.Exact, f.Annealed, f.Work, f.TwoSided})
}

// String prints both chances and the share of copies that they leave room for.
func (c Copying) String() string {
	return fmt.Sprintf("chance to lie nearer to the training set than a held-out example does %v, nearer to their own "+
		"set than to another %v (1/2 without copying); copies are a share of at most %v", c.Nearer, c.Own, c.Most)
}
