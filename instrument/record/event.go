package record

import (
	"errors"
	"fmt"
	"io"

	"calorimeter/instrument/estimate"
)

// Event is what was measured at one step.
type Event struct {
	Step     int     // number of the step: 0 is before the first update
	Part     int     // the part of the model, where parts are trained apart; 0 for the first
	Columns  []Info  // all quantities that are measured in the run, in their order
	Readings []Named // those that were measured at this step, in the same order
}

// Named is a reading and what it is a reading of. A number that could not be had is an [estimate.Unknown] with the
// reason.
type Named struct {
	Info    Info
	Reading estimate.Estimate
}

// Of returns the reading of the named quantity, and whether there is one.
func (e Event) Of(name string) (estimate.Estimate, bool) {
	for _, r := range e.Readings {
		if r.Info.Name == name {
			return r.Reading, true
		}
	}
	return estimate.Estimate{}, false
}

// Recorder receives the events of a run, in order. It must not keep the slices of an event. An error of Record
// or Flush names the recorder; who calls it adds the step.
//
// Recorders write each event as it comes: a run that is killed leaves whole lines.
type Recorder interface {
	Record(Event) error
	// Flush passes on what is held back, here and in the writer underneath if it has a Flush of its own.
	Flush() error
}

// Failer is a recorder that wants to know that the run failed, before it is flushed.
type Failer interface {
	Recorder
	Fail(err error)
}

// Multi returns a recorder that hands each event to all of rs, in order. A recorder that fails does not keep the
// event from the others; the errors are joined.
func Multi(rs ...Recorder) Recorder { return multi(rs) }

type multi []Recorder

func (m multi) Record(e Event) error {
	return m.each(func(r Recorder) error { return r.Record(e) })
}

func (m multi) Flush() error { return m.each(Recorder.Flush) }

// Fail implements [Failer].
func (m multi) Fail(err error) {
	for _, r := range m {
		if f, ok := r.(Failer); ok {
			f.Fail(err)
		}
	}
}

func (m multi) each(f func(Recorder) error) error {
	var errs []error
	for _, r := range m {
		errs = append(errs, f(r))
	}
	return errors.Join(errs...)
}

// flush flushes w if it is buffered, as a *bufio.Writer is.
func flush(w io.Writer, name string) error {
	if b, ok := w.(interface{ Flush() error }); ok {
		if err := b.Flush(); err != nil {
			return fmt.Errorf("%s recorder: %w", name, err)
		}
	}
	return nil
}
