package instrument

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"

	"gorgonia.org/gorgonia"
)

// CycleSettings tells a [Cycle] how to look at the softmax that is trained, n samples with K labels at a time. All
// functions write row-major samples x labels.
type CycleSettings struct {
	Samples, Labels int
	// Energies evaluates E_ik = -logit_ik/tau on the batch of this step with the weights as they are. It is called on both
	// sides of the update, and must therefore run a forward pass: [LogitEnergies] makes such a function. A label that is
	// forbidden to a sample has +Inf.
	Energies func(dst []float64) error
	// Targets tells what the step trains towards, q_ik: the one-hot label of a classifier, a self-label. It is called
	// before the update, and q is held over it.
	Targets func(dst []float64) error
	// Loss, if not nil, evaluates the program's own mean cross-entropy of q and p (or KL(q||p)) on the batch, with the
	// weights as they are, on both sides of the update: what the quantity loss_residual checks the cycle against.
	Loss func() (float64, error)
	// Temperatures asks for the effective temperatures tau_q and tau_q2, which cost a few times the rest.
	Temperatures bool
}

// Cycle reads training steps of a softmax as thermodynamic cycles: measurement of q, work of the update, and
// thermalisation (see [thermo.Cycle] for the definitions; after Salazar 2021, arXiv:2106.08981). It serves any
// training that ends in a softmax: a classifier, with q the label, as well as self-supervised learning. Its quantities
// share one evaluation a step:
//
//	cycle := instrument.NewCycle(instrument.CycleSettings{Samples: 64, Labels: 10,
//		Energies: instrument.LogitEnergies(forward, logits, 1), Targets: labels})
//	meter.Track(cycle.Quantity("extracted"), instrument.Every(1))
//	meter.Track(cycle.Quantity("efficiency"), instrument.Every(1))
//
// [Cycle.Ledger] keeps the sums over all measured steps and the last one sample by sample.
type Cycle struct {
	settings              CycleSettings
	ledger                *thermo.CycleLedger
	energy, target, moved []float64
	loss, movedLoss       float64
	part, step            int
	stage                 stage
}

// stage is how far the evaluation of a step has come.
type stage int

const (
	idle stage = iota
	before
	after
)

// NewCycle returns a Cycle with an empty ledger. It panics without a function, a sample, or two labels.
func NewCycle(s CycleSettings) *Cycle {
	if s.Samples < 1 || s.Labels < 2 || s.Energies == nil || s.Targets == nil {
		panic(fmt.Sprintf("instrument: NewCycle: %d samples of %d labels: give at least 1 and 2, Energies, and Targets",
			s.Samples, s.Labels))
	}
	c := &Cycle{settings: s, ledger: thermo.NewCycleLedger(s.Labels)}
	c.ledger.Temperatures = s.Temperatures
	n := s.Samples * s.Labels
	c.target = make([]float64, n)
	c.energy, c.moved = make([]float64, n), make([]float64, n)
	return c
}

// Ledger returns the books of the steps measured so far. They are the cycle's own: take windows from them
// ([thermo.CycleLedger.Take]), but do not record into them.
func (c *Cycle) Ledger() *thermo.CycleLedger { return c.ledger }

// CycleQuantities returns the names that [Cycle.Quantity] takes: those of [thermo.CycleNames], then first_law, demon
// and loss_residual.
func CycleQuantities() []string {
	var names []string
	for _, info := range cycleInfo {
		names = append(names, info.Name)
	}
	return names
}

// Quantity returns the named number of the cycle as a quantity to track; its column is cycle_NAME. It panics on a name
// that [CycleQuantities] does not list.
//
// Unit: nats a sample, but for temperatures, efficiency and residuals. Exact for the batch. Cost: two forward passes
// and some ten exponentials a sample and label on a scheduled step, however many quantities of the cycle are scheduled.
func (c *Cycle) Quantity(name string) TwoSided {
	at := slices.IndexFunc(cycleInfo, func(i Info) bool { return i.Name == name })
	if at < 0 {
		panic(fmt.Sprintf("instrument: a cycle has no quantity %q; it has %v", name, CycleQuantities()))
	}
	info := CycleInfo(name)
	info.Cost = "two forward passes, O(samples x labels)"
	return &cycleQuantity{cycle: c, info: info, read: at}
}

// cycleQuantity is one number of a cycle.
type cycleQuantity struct {
	cycle *Cycle
	info  Info
	read  int
}

// Info implements [Quantity].
func (q *cycleQuantity) Info() Info { return q.info }

// Before implements [TwoSided].
func (q *cycleQuantity) Before(s *Step) error { return q.cycle.before(s) }

// Measure implements [Quantity].
func (q *cycleQuantity) Measure(s *Step) (Reading, error) {
	c := q.cycle
	if err := c.after(s); err != nil {
		return Reading{}, err
	}
	last := c.ledger.Last
	values := append(last.Values(), last.FirstLaw, last.Demon, last.LossResidual(c.loss, c.movedLoss))
	if v := values[q.read]; !math.IsNaN(v) {
		return estimate.Exact(v), nil
	}
	switch q.info.Name {
	case "cycle_efficiency":
		return estimate.Unknown("the target is what the softmax says already: nothing was bought"), nil
	case "cycle_loss_residual":
		return estimate.Unknown("the settings of the cycle have no Loss"), nil
	}
	return estimate.Unknown("the settings of the cycle do not ask for Temperatures"), nil
}

// before evaluates energies and targets, once a step.
func (c *Cycle) before(s *Step) (err error) {
	if c.stage == before && c.part == s.Part && c.step == s.Number {
		return nil
	}
	c.stage = idle
	c.part, c.step = s.Part, s.Number
	if err := c.settings.Targets(c.target); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	c.loss, err = c.evaluate(c.energy)
	if err != nil {
		return err
	}
	c.stage = before
	return nil
}

// after evaluates the energies anew and records the cycle, once a step.
func (c *Cycle) after(s *Step) (err error) {
	if c.part != s.Part || c.step != s.Number || c.stage == idle {
		return fmt.Errorf("the energies before the update could not be had")
	}
	if c.stage == after {
		return nil
	}
	c.stage = idle
	c.movedLoss, err = c.evaluate(c.moved)
	if err != nil {
		return fmt.Errorf("after the update: %w", err)
	}
	if err := c.ledger.Record(c.energy, c.target, c.moved); err != nil {
		return err
	}
	c.stage = after
	return nil
}

// evaluate fills in the energies and returns the loss, NaN without one.
func (c *Cycle) evaluate(energy []float64) (loss float64, err error) {
	if err := c.settings.Energies(energy); err != nil {
		return math.NaN(), fmt.Errorf("energies: %w", err)
	}
	if c.settings.Loss == nil {
		return math.NaN(), nil
	}
	loss, err = c.settings.Loss()
	if err != nil {
		return math.NaN(), fmt.Errorf("loss: %w", err)
	}
	return loss, nil
}

// LogitEnergies returns a function for [CycleSettings] that runs the machine and writes E = -logit/tau of the logits
// node, a dense tensor of float32 or float64, samples x labels. The machine must be one of its own for the forward
// pass, since the one that trains has not been Reset when its solver steps; and the logits must be the only output of
// its gorgonia.CompileFunction, since what is computed from them further on may be written in their place. It panics
// unless tau is finite and positive.
func LogitEnergies(vm gorgonia.VM, logits *gorgonia.Node, tau float64) func(dst []float64) error {
	if vm == nil || logits == nil || !(tau > 0) || math.IsInf(tau, 1) {
		panic(fmt.Sprintf("instrument: LogitEnergies needs a machine, a node and a finite positive temperature, not %v", tau))
	}
	return func(dst []float64) error {
		defer vm.Reset()
		if err := vm.RunAll(); err != nil {
			return err
		}
		f32, f64, err := Floats(logits.Value())
		if err != nil {
			return fmt.Errorf("node %q: %w", logits.Name(), err)
		}
		if len(f32)+len(f64) != len(dst) {
			return fmt.Errorf("node %q has %d values of shape %v where samples x labels are %d",
				logits.Name(), len(f32)+len(f64), logits.Shape(), len(dst))
		}
		for i, l := range f32 {
			dst[i] = -float64(l) / tau
		}
		for i, l := range f64 {
			dst[i] = -l / tau
		}
		return nil
	}
}
