package instrument

import "slices"

// Memory is the recorder that keeps all events, for plots in the same program and for tests.
type Memory struct {
	events []Event
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{} }

// Record implements [Recorder].
func (m *Memory) Record(e Event) error {
	e.Columns, e.Readings = slices.Clone(e.Columns), slices.Clone(e.Readings)
	for i := range e.Readings {
		e.Readings[i].Reading.Warnings = slices.Clone(e.Readings[i].Reading.Warnings)
	}
	m.events = append(m.events, e)
	return nil
}

// Flush implements [Recorder]; there is nothing to do.
func (m *Memory) Flush() error { return nil }

// Events returns all events so far, in order. They must not be modified.
func (m *Memory) Events() []Event { return m.events }

// Series returns the steps at which the named quantity was measured on part 0 (see [Step]) and its readings,
// unknown ones included.
func (m *Memory) Series(name string) (steps []int, readings []Reading) {
	for _, e := range m.events {
		for _, r := range e.Readings {
			if r.Info.Name == name && e.Part == 0 {
				steps, readings = append(steps, e.Step), append(readings, r.Reading)
			}
		}
	}
	return steps, readings
}
