package information

import (
	"fmt"
	"math"
	"strings"

	"calorimeter/instrument/estimate"
)

// What is measured here prints for people, in a notebook or by fmt: numbers as [estimate.Estimate] does, in nats.

// String prints both bounds, and the ceiling of the lower one; the reason where neither is known.
func (b Bracket) String() string {
	if !b.Lower.Known() && !b.Upper.Known() {
		return unknown(b.Lower)
	}
	text := fmt.Sprintf("at least %v, at most %v nats", b.Lower, b.Upper)
	if b.Ceiling > 0 && !math.IsInf(b.Ceiling, 1) {
		text += fmt.Sprintf("; the lower bound cannot pass %.4g", b.Ceiling)
	}
	return text
}

// String prints the three brackets, one a line.
func (b Bounds) String() string {
	return fmt.Sprintf("L-info I(X;B)    %v\nI(X;Theta)       %v\nI(X;Theta|B)     %v", b.Learned, b.Sample, b.Noise)
}

// String prints both bounds with what they cannot pass; not what each example adds.
func (e ExampleInfo) String() string {
	return fmt.Sprintf("M-info at least %s; with one ghost at a time %s",
		known(e.MInfo, e.Ceiling), known(e.CMI, e.CeilingCMI))
}

// String prints the estimate in the coordinates that it was made in, and the bracket of the drawn sets.
func (m MInfo) String() string {
	if m.Projection == "" {
		return unknown(m.Gaussian)
	}
	return fmt.Sprintf("%v nats in %d coordinates (%s); of the drawn sets %v",
		m.Gaussian, m.Dim, m.Projection, m.FiniteSets)
}

// String prints what training took off the loss of the example, and both losses.
func (m Memory) String() string {
	return fmt.Sprintf("mem %v: loss %.4g with it, %.4g without; %.4g nats of M-info", m.Mem, m.In, m.Out, m.Share)
}

// String prints the estimate, what independent data give, and the ceiling.
func (m MutualInformation) String() string {
	text := known(m.Estimate, m.Ceiling)
	if m.Null.Known() {
		text += fmt.Sprintf("; independent data give %v", m.Null)
	}
	return text
}

// String prints the corrected estimate and that of the bare frequencies.
func (c CountInformation) String() string {
	return fmt.Sprintf("%s; of the frequencies as they are %.4g", known(c.Corrected, c.Ceiling), c.PlugIn)
}

// known prints an estimate with what it cannot pass, or why there is none.
func known(e estimate.Estimate, ceiling float64) string {
	switch {
	case !e.Known():
		return unknown(e)
	case ceiling > 0 && !math.IsInf(ceiling, 1):
		return fmt.Sprintf("%v of at most %.4g nats", e, ceiling)
	}
	return fmt.Sprintf("%v nats", e)
}

// unknown says why there is no value.
func unknown(e estimate.Estimate) string {
	return strings.TrimSuffix("unknown: "+strings.Join(e.Warnings, "; "), ": ")
}
