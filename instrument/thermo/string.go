package thermo

import (
	"fmt"
	"math"
)

// What is measured here prints for people, in a notebook or by fmt: numbers as estimate.Estimate prints them, in nats.

// String prints the books, an entry a line.
func (b Balance) String() string {
	return fmt.Sprintf("work on the samples  %v nats\nheat absorbed        %v\nfree energy change   %v\n"+
		"entropy production   %v\nentropy of samples   %v",
		b.Work, b.Heat, b.DeltaF, b.EntropyProduction, b.SampleEntropy)
}

// String prints the average, what it rests on, and the verdict.
func (f Fluctuation) String() string {
	return fmt.Sprintf("<exp(-(w - dF))> = %v, which should be 1: %v (%d chains%s)",
		f.Average, f.Verdict(), f.Samples, ifFinite(", worth %.4g", f.ESS))
}

// String prints the difference and how many work values it rests on.
func (o OneSided) String() string {
	return fmt.Sprintf("dF = %v nats from work in one direction", o.DeltaF) +
		ifFinite(", by an effective sample of %.4g", o.ESS) + ifFinite("; bias about %.2g", o.Bias)
}

// String prints the difference and the overlap.
func (t TwoSided) String() string {
	return fmt.Sprintf("dF = %v nats from work in both directions", t.DeltaF) + ifFinite("; overlap %.3g of 1", t.Overlap)
}

// String prints the crossing and the slope there.
func (c CrooksFit) String() string {
	return fmt.Sprintf("dF = %v nats where the distributions cross; slope %v, which should be 1", c.DeltaF, c.Slope) +
		ifFinite("; overlap %.3g of 1", c.Overlap)
}

// String prints what the demon bought, what of it was extracted, and what is left.
func (c Cycle) String() string {
	return fmt.Sprintf("bought %.4g, extracted %.4g, left %.4g nats a sample%s; work %.4g, free energy change %.4g",
		c.KLBefore, c.Extracted(), c.KLAfter, ifFinite("; efficiency %.3g", c.Efficiency()), c.Work, c.DeltaF)
}

// ifFinite prints a number, and nothing where it is not known or infinite.
func ifFinite(format string, v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return fmt.Sprintf(format, v)
}
