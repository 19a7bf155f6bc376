package ensemble

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"

	G "gorgonia.org/gorgonia"
)

// Training is one training of a program under a [Lab].
type Training struct {
	Set      int       // d, the training set
	Replica  int       // r, of those trained on it
	Examples []float32 // of the training set, rows of the Lab's Dim, to be kept or changed as the program likes
	Seed     uint64    // of this training, for its order of batches and noise; another for each

	lab      *Lab
	number   int // s = d R + r
	meter    *instrument.Meter
	writer   *snapshotWriter
	watched  *observer
	replica  Replica
	before   *Replica // at the last observation
	first    *Snapshot
	last     *Snapshot
	observed []int
	err      error
}

// Meter returns the meter of this training, under which its solver must be wrapped; other quantities can be tracked
// with it, whose readings go to the folder of the training as JSON lines. It measures the network at the steps of the
// Lab's schedule, before the update of the step. What is wrong with the network comes back from the first Step of the
// wrapped solver, and from Done.
func (t *Training) Meter(cost *G.Node, n Network) *instrument.Meter {
	recorder := record.Recorder(instrument.NewMemory())
	if !t.lab.rehearsal {
		t.writer, t.err = t.lab.newWriter(t.number)
		if t.err == nil {
			recorder = instrument.NewJSONLines(t.writer.own)
		}
	}
	t.meter = instrument.New(cost, recorder)
	if t.err == nil {
		t.err = t.meet(n)
	}
	s := &t.lab.settings
	t.meter.Track(watch{t}, func(step int) bool {
		return t.err != nil || !t.lab.rehearsal && (s.Observe(step) || s.Follow > 0 && step%s.Follow == 0)
	})
	return t.meter
}

// meet looks at the network and prepares to observe it.
func (t *Training) meet(n Network) error {
	if err := n.check(); err != nil {
		return err
	}
	l := t.lab
	if err := l.meet(&n); err != nil {
		return err
	}
	net := newForeign(&n, l.settings.Dim)
	watched := newObserver(l.ensemble, net)
	t.watched = &watched
	l.judge = t.watched
	chains := l.ensemble.config.Chains
	t.replica = Replica{
		Set: t.Set, Index: t.Replica, Loss: math.NaN(),
		Gas: thermo.NewGas(chains, l.settings.Dim, instrument.Stream(l.settings.Seed, t.Set, t.Replica, "observers")),
	}
	if chains == 0 {
		return nil
	}
	if err := net.start(t.replica.Chains, l.ensemble.test, rand.New(t.replica.Observers)); err != nil {
		return fmt.Errorf("start of the observer chains: %w", err)
	}
	return nil
}

// watch is the quantity by which a Lab looks at a training.
type watch struct{ *Training }

// Info implements [instrument.Quantity].
func (w watch) Info() record.Info {
	return record.Info{Name: "lab_train_nll", Title: "training loss", Unit: "nats per sample",
		Doc: "mean loss of the training set at an observation of the Lab"}
}

// Measure implements [instrument.Quantity].
func (w watch) Measure(s *instrument.Step) (estimate.Estimate, error) {
	t := w.Training
	if t.err != nil {
		return estimate.Estimate{}, t.err
	}
	if s.Part != 0 {
		return estimate.Estimate{}, errors.New("the meter of a Lab serves one solver, which steps all of theta")
	}
	if len(t.observed) == 0 {
		if err := t.steps(s); err != nil {
			return estimate.Estimate{}, err
		}
	}
	t.replica.Step = s.Number
	if !t.lab.settings.Observe(s.Number) {
		err := t.follow()
		return estimate.Unknown("the observer chains alone were brought up to date"), err
	}
	loss, err := t.observe()
	if err == nil && len(t.observed) == 1 {
		t.lab.compareCost(s.Loss().Value, loss)
	}
	return estimate.Bare(loss), err
}

// steps makes sure that the solver steps the weights that the Lab looks at.
func (t *Training) steps(s *instrument.Step) error {
	stepped, err := s.Params()
	if err != nil {
		return err
	}
	for _, p := range t.watched.net.Params() {
		w32, w64 := live(p)
		if !slices.ContainsFunc(stepped, func(q instrument.Param) bool {
			return len(w32) > 0 && len(q.Weight32) > 0 && &w32[0] == &q.Weight32[0] ||
				len(w64) > 0 && len(q.Weight64) > 0 && &w64[0] == &q.Weight64[0]
		}) {
			return fmt.Errorf("parameter %q of the network is not among the %d that the solver steps: give the nodes that "+
				"are trained, of the graph that is trained", p.Name(), len(stepped))
		}
	}
	return nil
}

// follow brings the observer chains up to date between observations.
func (t *Training) follow() error {
	if !t.replica.Opened() {
		return nil
	}
	return t.watched.bath.Follow(&t.replica.Gas)
}

// observe takes a snapshot and writes it down.
func (t *Training) observe() (loss float64, err error) {
	r := &t.replica
	r.Theta = weights(r.Theta, t.watched.net.Params())
	snapshot, err := t.watched.measure(r, t.before, t.examples(), t.lab.ensemble.test)
	if err != nil {
		return 0, err
	}
	if err := t.writer.encoder.Encode(snapshot); err != nil {
		return 0, fmt.Errorf("writing %s: %w", t.writer.file.Name(), err)
	}
	t.before = r.Copy().(*Replica)
	if t.first == nil {
		t.first = &Snapshot{Theta: t.before.Theta, HeldOut: snapshot.HeldOut}
	}
	t.last = snapshot
	t.observed = append(t.observed, r.Step)
	return snapshot.TrainNLL, nil
}

func (t *Training) examples() []float32 { return t.lab.ensemble.sets[t.Set] }

// Done ends the training: it observes the network once more, after the last step, and closes the meter. All trainings
// of a Lab must make the same number of steps. An error, of this training or of its meter, says that it does not count;
// the program can be started again, and goes on with it.
func (t *Training) Done() error {
	err := t.end()
	if err != nil {
		err = fmt.Errorf("ensemble: %s: %w", t.name(), err)
	}
	t.lab.release(err)
	return err
}

func (t *Training) end() error {
	if t.meter == nil {
		return errors.New("Done without a Meter")
	}
	closed := t.meter.Close()
	switch {
	case t.err != nil: // which the meter has passed on
		return t.err
	case closed != nil || t.lab.rehearsal:
		return closed
	}
	l := t.lab
	steps := t.meter.Steps()
	if steps == 0 {
		return errors.New("no step was made under the meter: wrap the solver with Meter.Wrap")
	}
	t.replica.Step = steps
	l.ensemble.last = steps
	_, err := t.observe()
	l.ensemble.last = -1
	if err != nil {
		return fmt.Errorf("after the last step: %w", err)
	}
	if err := t.blind(); err != nil {
		return err
	}
	if first := l.steps; first != nil && !slices.Equal(first, t.observed) {
		return fmt.Errorf("observed at the steps %v, those before it at %v: all trainings must make the same number of steps",
			t.observed, first)
	}
	l.steps = t.observed
	if err := l.close(t.writer, t.number, t.observed); err != nil {
		return err
	}
	l.report(t)
	return nil
}

// blind finds energies that do not see the weights: those of a copy, say.
func (t *Training) blind() error {
	moved := !slices.EqualFunc(t.first.Theta, t.last.Theta, slices.Equal)
	if moved && slices.Equal(t.first.HeldOut, t.last.HeldOut) {
		return errors.New("the weights have moved, and the energies of all held-out examples are the same to the bit: they " +
			"must be computed from the memory of the weights in Params, not from a copy")
	}
	return nil
}

func (t *Training) name() string { return fmt.Sprintf("training set %d, replica %d", t.Set, t.Replica) }
