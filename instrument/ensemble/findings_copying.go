package ensemble

import (
	"fmt"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// Shares of samples that can be copies: an answer of yes is surely beyond the first, one of no surely below the second.
const (
	fewCopied  = 0.1
	halfCopied = 0.5
)

// copies says yes where samples lie nearer to their training set than held-out examples do, as a whole or cell by cell,
// and also nearer to it than to another training set: samples that are merely smoother than examples pass the first
// test alone. Where they pass the second alone, or by so little that hardly any can be copies, they lean towards their
// training set. No is the answer where they do not, and half of them cannot be copies.
func copies(c Copying) record.Finding {
	f := record.Finding{
		Question: "Do the samples copy the training set?", Answer: "Cannot tell", Class: record.CannotTell,
		Columns: []string{"copying", "copying_own", "copying_z"},
	}
	if !c.Nearer.Known() {
		f.Because = "The distances of samples were not measured: " + why(c.Nearer) + "."
		return f
	}
	f.Because = fmt.Sprintf("A sample lies nearer to its training set than a held-out example does in %s of cases, where "+
		"50%% is as near as new examples", inPercent(c.Nearer))
	if c.Nearer.Hi < 0.5 {
		f.Because += ": as a whole they are farther"
	}
	if c.Z.Known() {
		f.Because += fmt.Sprintf(" (z of the data-copying test: %s; below 0 is nearer)", record.Brief(c.Z.Value))
	}
	f.Because += "."
	if !c.Own.HasInterval() {
		f.Because += " Whether they owe that to the examples of their own training set is not known: " + why(c.Own) + "."
		return f
	}
	f.Because += fmt.Sprintf(" It lies nearer to its own training set than to another in %s, where 50%% would owe "+
		"nothing to its own", inPercent(c.Own))
	if c.Most.Hi < 1 {
		f.Because += fmt.Sprintf(": at most %s of the samples are copies", percent(c.Most.Hi))
	}
	f.Because += "."
	nearer, leans := c.Nearer.Lo > 0.5 || c.Z.Hi < 0, c.Own.Lo > 0.5
	switch {
	case nearer && c.Most.Lo > fewCopied:
		f.Answer, f.Class = "Yes", record.Pass
	case leans:
		f.Answer, f.Class = "They lean towards it", ""
	case c.Most.Hi < halfCopied:
		f.Answer, f.Class = "No", ""
		if nearer {
			f.Because += " What they are near to is what training sets have in common."
		}
	default:
		f.Answer = "Not told from chance"
	}
	return f
}

// inPercent prints a share as "58.9% (95% interval 53.1% to 64.6%)"; units that are all alike tell no error.
func inPercent(e estimate.Estimate) string {
	s := percent(e.Value)
	switch {
	case !e.HasInterval():
		return s
	case e.Lo == e.Hi:
		return s + " (in every set, which tells no error)"
	}
	return s + fmt.Sprintf(" (95%% interval %s to %s)", percent(e.Lo), percent(e.Hi))
}

func percent(share float64) string { return record.Brief(100*share) + "%" }
