package instrument

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// Quantity is something that can be read off one training step.
//
// Measure is called before the update of a scheduled step: the step shows the loss, the weights theta_n, and the
// gradient at theta_n. Statistical trouble (too few points, a broken assumption) is a warning in the [Reading];
// the error is for what must be mended in the program, and the [Meter] wraps it with the step and the name.
// Measure must not write to anything the step shows, nor keep it beyond the call.
type Quantity interface {
	Info() record.Info
	Measure(*Step) (estimate.Estimate, error)
}

// TwoSided is a [Quantity] that needs both sides of the update. Before is called where Measure otherwise is: it
// sees theta_n and the gradient. Measure is then called after the update: it sees theta_{n+1}, and no gradient,
// for solvers have cleared it by then.
type TwoSided interface {
	Quantity
	Before(*Step) error
}

// Stateful is a [Quantity] that remembers earlier steps. Fresh returns one with the same settings and no memory.
// The [Meter] measures with a fresh one for each part of the model that is trained (see [Step]), so that two
// networks never mix in one window.
type Stateful interface {
	Quantity
	Fresh() Quantity
}
