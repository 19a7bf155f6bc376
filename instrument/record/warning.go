package record

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Warning is a reason not to take numbers at face value: which numbers, since when, and why.
type Warning struct {
	Columns      []string `json:"columns,omitempty"`      // the quantities that it concerns; empty: all
	First        int      `json:"first"`                  // step
	Last         int      `json:"last"`                   // step
	Observations int      `json:"observations,omitempty"` // how many carry it; 0 where it is of the run as a whole
	Text         string   `json:"text"`                   // as it was given last
	Of           string   `json:"of,omitempty"`           // the quantity whose numbers the text holds, where they differ
}

// String says it in a line: "heat, work, from step 2 to 16 (5 observations): text".
func (w Warning) String() string {
	var head []string
	if len(w.Columns) > 0 {
		head = append(head, strings.Join(w.Columns, ", "))
	}
	switch {
	case w.Observations == 1:
		head = append(head, fmt.Sprintf("at step %d", w.Last))
	case w.Observations > 1:
		head = append(head, fmt.Sprintf("from step %d to %d (%d observations)", w.First, w.Last, w.Observations))
	}
	text := w.Text
	if w.Of != "" {
		text += " (numbers of " + w.Of + ")"
	}
	if len(head) == 0 {
		return text
	}
	return strings.Join(head, ", ") + ": " + text
}

// Warnings returns what the readings of a history say against themselves, each kind of warning once (see
// [estimate.Estimate.Kind]), and the newest reason why a quantity has no value, at some steps or at all. That something
// cannot be known before training is not told where it is known later.
func (h *History) Warnings() (warnings []Warning, reasons map[string]string) {
	reasons = map[string]string{}
	at := map[string]int{} // kind -> index
	for _, info := range h.infos {
		steps, readings := h.Series(info.Name)
		for i, r := range readings {
			if n := len(r.Warnings); !r.Known() && n > 0 && (steps[i] > 0 || !h.Known(info.Name)) {
				reasons[info.Name] = r.Warnings[n-1]
			}
			if !r.Known() || math.IsInf(r.Value, 0) { // an infinite bound says so itself
				continue
			}
			for k, text := range r.Warnings {
				kind := r.Kind(k)
				n, ok := at[kind]
				if !ok {
					n = len(warnings)
					at[kind] = n
					warnings = append(warnings, Warning{First: steps[i], Last: -1})
				}
				warnings[n].add(info.Name, steps[i], text)
			}
		}
	}
	return warnings, reasons
}

// add enters one more reading that carries the warning. Readings of one quantity come in the order of their steps.
func (w *Warning) add(name string, step int, text string) {
	if !slices.Contains(w.Columns, name) {
		if w.Of != "" || len(w.Columns) > 0 && w.Text != text {
			w.Of = name
		}
		w.Columns = append(w.Columns, name)
	}
	w.First, w.Text = min(w.First, step), text
	if step > w.Last {
		w.Last = step
		w.Observations++
	}
}
