package instrument

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"calorimeter/instrument/record"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Meter measures quantities while a Gorgonia program trains, by decorating its solver.
//
// A Meter is not safe for concurrent use: give each training loop that runs in a goroutine of its own its own
// Meter.
type Meter struct {
	cost     *gorgonia.Node
	recorder record.Recorder
	tracked  []tracked
	columns  []Info
	parts    []*part
	start    int
	named    []Named // reused from event to event
	err      error
	halted   error
	closed   bool
}

type tracked struct {
	quantity Quantity
	when     Schedule
}

// New returns a Meter that reads the loss from the cost node and hands its readings to the recorder.
//
// cost may be nil; the loss is then unknown and not watched. In a program compiled by gorgonia.CompileFunction
// only the nodes listed as outputs hold values: list the cost among them. Its value outlives the machine's
// Reset, so Step may come before or after it. New panics if cost is not a scalar, or if the recorder is nil.
func New(cost *gorgonia.Node, r record.Recorder) *Meter {
	if cost != nil && cost.Shape().TotalSize() != 1 {
		panic(fmt.Sprintf("instrument: New: the cost node %q has shape %v: it must be a scalar", cost.Name(), cost.Shape()))
	}
	if r == nil {
		panic("instrument: New: the recorder is nil; NewMemory() is the simplest one")
	}
	return &Meter{cost: cost, recorder: r}
}

var (
	validName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	ambiguous = regexp.MustCompile(`_(se|lo|hi)$`) // the columns of another quantity's interval
	reserved  = []string{"step", "part", "warnings"}
)

// Track makes the meter measure q at the steps at which when is true. Each q needs a name of its own: give
// quantities that have settings different names where they are tracked twice.
//
// Track before the first step. A quantity that is tracked later is measured from the next scheduled step on, but
// the CSV recorder, whose columns are fixed by then, refuses it. Track panics on a nil argument, on a name that
// is in use, that is not made of lower-case letters, digits and underscores, that ends in _se, _lo or _hi, or that is
// one of step, part and warnings.
func (m *Meter) Track(q Quantity, when Schedule) {
	if q == nil || when == nil {
		panic("instrument: Track: the quantity or the schedule is nil")
	}
	info := q.Info()
	if !validName.MatchString(info.Name) || slices.Contains(reserved, info.Name) || ambiguous.MatchString(info.Name) {
		panic(fmt.Sprintf("instrument: Track: %q cannot be the name of a quantity", info.Name))
	}
	if slices.ContainsFunc(m.columns, func(c Info) bool { return c.Name == info.Name }) {
		panic(fmt.Sprintf("instrument: Track: a quantity named %q is tracked already", info.Name))
	}
	m.tracked = append(m.tracked, tracked{q, when})
	m.columns = append(m.columns, info)
}

// Wrap returns a solver that does what s does, to the bit, and measures on the way. The values are handed to s
// as they came: never filtered, reordered or wrapped, since solvers keep their state by index. Several solvers
// may be wrapped: two that train some of the nodes each make two parts (see [Step]), and one that takes over all
// nodes of another, at a new learning rate, carries on with the same part.
//
// Its Step looks at the loss and at whether there are gradients, measures what is scheduled, and makes the
// update; a step on which nothing is scheduled copies nothing and allocates nothing. Its error is one of
//
//   - a [*NonFiniteError]: no update was made, and none will be made until [Meter.Resume];
//   - a parameter without a gradient, named: no update was made, and the step does not count;
//   - an error of s itself;
//   - an error of a quantity or of the recorder, with the step: the update was made all the same, for measuring
//     must not change what is measured.
//
// [Meter.Err] keeps the first of them, for loops that drop the error of Step.
func (m *Meter) Wrap(s gorgonia.Solver) gorgonia.Solver {
	if s == nil {
		panic("instrument: Wrap: the solver is nil")
	}
	return &wrapped{meter: m, inner: s}
}

// Err returns the first error that any Step returned since the start or since Resume.
func (m *Meter) Err() error { return m.err }

// Steps returns the number of updates that the part of the model which was stepped first has made, from Resume's number
// on.
func (m *Meter) Steps() int {
	if len(m.parts) == 0 {
		return m.start
	}
	return m.parts[0].step.Number
}

// Close flushes the recorder, without closing the writer that it was given, and returns the first error of the
// run or of the flush; a [record.Failer] is told that of the run before. A wrapped solver may still be used after
// Close: it then only trains.
func (m *Meter) Close() error {
	if !m.closed {
		m.closed = true
		if f, ok := m.recorder.(record.Failer); ok && m.err != nil {
			f.Fail(m.err)
		}
		if err := m.recorder.Flush(); err != nil {
			m.keep(fmt.Errorf("instrument: close: %w", err))
		}
	}
	return m.err
}

// Resume makes the next step of every part number step: after a restart from a checkpoint, or after an error
// once good weights are back and the gradients are cleared. It forgets the error and the memory of all
// quantities: windows fill anew and references are taken anew. It panics on a negative step.
func (m *Meter) Resume(step int) {
	if step < 0 {
		panic(fmt.Sprintf("instrument: Resume(%d): steps are counted from 0", step))
	}
	m.start, m.parts = step, nil
	m.err, m.halted = nil, nil
}

func (m *Meter) keep(err error) {
	if m.err == nil {
		m.err = err
	}
}

// readLoss puts the value of the cost node into the step of the part, or the reason why there is none.
func (m *Meter) readLoss(p *part) {
	s := &p.step
	s.loss, s.noLoss = math.NaN(), ""
	switch {
	case m.cost == nil:
		s.noLoss = "the meter was given no cost node"
		return
	case p.cost == nil:
		s.noLoss = "the cost node belongs to another graph than these parameters"
		return
	case len(s.names) > 0 && s.names[0].node != nil && s.names[0].node.Graph() != p.cost.Graph():
		s.noLoss = fmt.Sprintf("the graph was rebuilt and has not one scalar node %q, as the cost node is called: give the "+
			"cost a name with gorgonia.WithName", p.cost.Name())
		return
	}
	switch v := p.cost.Value().(type) {
	case *gorgonia.F32:
		s.loss = float64(*v)
	case *gorgonia.F64:
		s.loss = float64(*v)
	case *tensor.Dense:
		if f32, f64, err := Floats(v); err != nil {
			s.noLoss = err.Error()
		} else if len(f32) == 1 {
			s.loss = float64(f32[0])
		} else {
			s.loss = f64[0]
		}
	case nil:
		s.noLoss = "the cost node holds no value: list it among the outputs of gorgonia.CompileFunction"
	default:
		s.noLoss = fmt.Sprintf("the cost node holds a %T, not a float32 or float64", v)
	}
}

// wrapped is a solver under measurement.
type wrapped struct {
	meter *Meter
	inner gorgonia.Solver
}

// Step implements gorgonia.Solver; see [Meter.Wrap].
func (w *wrapped) Step(model []gorgonia.ValueGrad) error {
	m := w.meter
	if m.closed {
		return w.inner.Step(model)
	}
	if m.halted != nil {
		return m.halted
	}
	err := m.step(w.inner, model)
	if err != nil {
		m.keep(err)
	}
	return err
}

func (m *Meter) step(inner gorgonia.Solver, model []gorgonia.ValueGrad) error {
	p, err := m.part(model)
	if err != nil {
		return err
	}
	s := &p.step
	for i, vg := range model {
		if _, err := gradientOf(vg); err != nil {
			return fmt.Errorf("instrument: step %d: parameter %d %q: %w", s.Number, i, p.ids[i].name, err)
		}
	}
	s.model, s.nonFinite = model, nil
	s.after, s.viewed = false, false
	m.readLoss(p)
	if s.noLoss == "" && (math.IsNaN(s.loss) || math.IsInf(s.loss, 0)) {
		return m.halt(badLoss(s))
	}
	due, errs := m.measureBefore(p)
	if s.nonFinite != nil {
		return m.halt(s.nonFinite)
	}
	if err := inner.Step(model); err != nil {
		s.Number++
		return join(append(errs, fmt.Errorf("instrument: step %d: %w", s.Number-1, err)))
	}
	if due {
		errs = append(errs, m.measureAfter(p)...)
		if err := m.record(p); err != nil {
			errs = append(errs, fmt.Errorf("instrument: step %d: %w", s.Number, err))
		}
	}
	s.lastGood = s.Number
	s.Number++
	if s.nonFinite != nil {
		return m.halt(s.nonFinite)
	}
	return join(errs)
}

// join is errors.Join that leaves a single error as it is.
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func (m *Meter) halt(err error) error {
	m.halted = err
	return err
}

// badLoss looks for the first parameter to blame for a loss that is not finite.
func badLoss(s *Step) *NonFiniteError {
	e := &NonFiniteError{Step: s.Number, Part: s.Part, LastGood: s.lastGood, Index: -1}
	if _, err := s.Params(); err != nil {
		errors.As(err, &e)
	}
	e.BadLoss, e.Loss = true, s.loss
	return e
}

// measureBefore makes the measurements that are due before the update and reports whether anything is due.
func (m *Meter) measureBefore(p *part) (due bool, errs []error) {
	for i, t := range m.tracked {
		p.due[i] = t.when(p.step.Number)
		if !p.due[i] {
			continue
		}
		due = true
		var err error
		if q, ok := p.quantities[i].(TwoSided); ok {
			err = q.Before(&p.step)
		} else {
			p.readings[i], err = p.quantities[i].Measure(&p.step)
		}
		errs = m.check(p, i, err, errs)
	}
	return due, errs
}

// measureAfter makes the measurements that are due after the update.
func (m *Meter) measureAfter(p *part) (errs []error) {
	p.step.turn()
	for i := range m.tracked {
		if q, ok := p.quantities[i].(TwoSided); ok && p.due[i] {
			var err error
			p.readings[i], err = q.Measure(&p.step)
			errs = m.check(p, i, err, errs)
		}
	}
	return errs
}

// check takes a quantity that failed out of the event and adds its error to errs.
func (m *Meter) check(p *part, i int, err error, errs []error) []error {
	if err == nil {
		return errs
	}
	p.due[i] = false
	return append(errs, fmt.Errorf("instrument: step %d: %s: %w", p.step.Number, m.columns[i].Name, err))
}

// record hands the readings of the step to the recorder.
func (m *Meter) record(p *part) error {
	m.named = m.named[:0]
	for i, info := range m.columns {
		if !p.due[i] {
			continue
		}
		if p.doubtful {
			p.readings[i] = p.readings[i].Warn("part %d of the model is one of many of the same names and shapes that made a "+
				"single step: a graph that is rebuilt in every step is known again by its weights, which are not those that "+
				"the last step left", p.step.Part)
		}
		m.named = append(m.named, Named{Info: info, Reading: p.readings[i]})
	}
	if len(m.named) == 0 {
		return nil
	}
	return m.recorder.Record(Event{Step: p.step.Number, Part: p.step.Part, Columns: m.columns, Readings: m.named})
}
