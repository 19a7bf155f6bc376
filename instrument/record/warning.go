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
// cannot be known before training is not told where it is known later. The quantities of several parts have names of
// their own (see [History.ByPart]).
func (h *History) Warnings() (warnings []Warning, reasons map[string]string) {
	h = h.ByPart()
	reasons = map[string]string{}
	at := map[string]*gathered{} // by kind
	var order []*gathered
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
				w := at[r.Kind(k)]
				if w == nil {
					w = &gathered{Warning: Warning{First: steps[i], Last: -1}, texts: map[int]string{}}
					at[r.Kind(k)], order = w, append(order, w)
				}
				w.add(info.Name, steps[i], text)
			}
		}
	}
	for _, w := range order {
		warnings = append(warnings, w.Warning)
	}
	return warnings, reasons
}

// gathered is a warning in the making, with the texts of the quantity that carried it first.
type gathered struct {
	Warning
	texts map[int]string // by step
}

// add enters one more reading that carries the warning. Readings of one quantity come in the order of their steps. The
// numbers shown are those of the quantity that carried it first, which is the one declared first.
func (w *gathered) add(name string, step int, text string) {
	if len(w.Columns) == 0 || w.Columns[0] == name {
		w.Text, w.texts[step] = text, text
	} else if w.texts[step] != text {
		w.Of = w.Columns[0]
	}
	if !slices.Contains(w.Columns, name) {
		w.Columns = append(w.Columns, name)
	}
	w.First = min(w.First, step)
	if step > w.Last {
		w.Last = step
		w.Observations++
	}
}
