package record

import (
	"slices"

	"calorimeter/instrument/estimate"
)

// History is the recorder that keeps all events: for plots and tests in the same program, and what is read back from
// a run folder.
type History struct {
	infos  []Info
	events []Event
}

// NewHistory returns a history of the given quantities without events. More are added as events bring them.
func NewHistory(infos []Info) *History { return &History{infos: slices.Clone(infos)} }

// Record implements [Recorder]. The units of a reading (Estimate.Units) serve to compare last values: those of the last
// known reading of each quantity are kept.
func (h *History) Record(e Event) error {
	e.Readings = slices.Clone(e.Readings)
	for i, r := range e.Readings {
		e.Readings[i].Reading.Warnings = slices.Clone(r.Reading.Warnings)
		if r.Reading.Known() {
			h.dropUnits(r.Info.Name, e.Part)
		}
	}
	for _, info := range e.Columns {
		if !slices.ContainsFunc(h.infos, func(have Info) bool { return have.Name == info.Name }) {
			h.infos = append(h.infos, info)
		}
	}
	e.Columns = h.infos // one slice for all events: a declaration takes more memory than a reading
	h.events = append(h.events, e)
	return nil
}

// dropUnits drops those of the last known reading, the only one that may have any.
func (h *History) dropUnits(name string, part int) {
	for _, e := range slices.Backward(h.events) {
		for i, r := range e.Readings {
			if e.Part == part && r.Info.Name == name && r.Reading.Known() {
				e.Readings[i].Reading.Units = nil
				return
			}
		}
	}
}

// Flush implements [Recorder]; there is nothing to do.
func (h *History) Flush() error { return nil }

// Infos returns the quantities, in their order. They must not be modified.
func (h *History) Infos() []Info { return h.infos }

// Info returns the declaration of the named quantity, and whether there is one.
func (h *History) Info(name string) (Info, bool) {
	i := slices.IndexFunc(h.infos, func(info Info) bool { return info.Name == name })
	if i < 0 {
		return Info{Name: name}, false
	}
	return h.infos[i], true
}

// Events returns all events so far, in order. They must not be modified.
func (h *History) Events() []Event { return h.events }

// Series returns the steps at which the named quantity was measured on part 0 and its readings, unknown ones included.
func (h *History) Series(name string) (steps []int, readings []estimate.Estimate) {
	for _, e := range h.events {
		if r, ok := e.Of(name); ok && e.Part == 0 {
			steps, readings = append(steps, e.Step), append(readings, r)
		}
	}
	return steps, readings
}

// Last returns the last known reading of the named quantity on part 0 and its step. Where no value is known it is the
// last reading, which says why, or an [estimate.Unknown] where there is none.
func (h *History) Last(name string) (step int, r estimate.Estimate) {
	steps, readings := h.Series(name)
	for i := len(steps) - 1; i >= 0; i-- {
		if readings[i].Known() {
			return steps[i], readings[i]
		}
	}
	if n := len(steps); n > 0 {
		return steps[n-1], readings[n-1]
	}
	return 0, estimate.Unknown("%s was not measured", name)
}

// Known reports whether the named quantity has a value at any step.
func (h *History) Known(name string) bool {
	_, r := h.Last(name)
	return r.Known()
}
