package instrument

import (
	"fmt"
	"math"

	"calorimeter/internal/vector"

	"gonum.org/v1/gonum/blas/gonum"
)

// vec is the arithmetic of long vectors: gonum's own, whatever BLAS the program has installed, so that neither a
// reading nor an update depends on it.
var vec gonum.Implementation

// NonFiniteError reports a loss, a weight or a gradient that is NaN or infinite. The update of that step is not
// made, unless After says that the update itself is what brought the number in. From then on every Step returns
// this error and makes no update, until [Meter.Resume].
type NonFiniteError struct {
	Step     int     // the step at which it was seen
	Part     int     // the part of the model, see [Step]
	LastGood int     // the last step whose loss was finite, -1 if there was none
	After    bool    // seen after the update of the step
	BadLoss  bool    // the loss is not finite; the parameter, if any, is the first that is not finite either
	Loss     float64 // the loss, if BadLoss
	Index    int     // place of the first such parameter among the nodes given to the solver, -1 if all are finite
	Name     string  // its name
	Gradient bool    // its gradient is meant, not its weights
	Element  int     // index into the flattened parameter
	Value    float64 // NaN or an infinity
}

// Error names what is not finite, where, and the last good step.
func (e *NonFiniteError) Error() string {
	what := ""
	if e.BadLoss {
		what = fmt.Sprintf("the loss is %v", e.Loss)
	}
	if e.Index >= 0 {
		kind := "weight"
		if e.Gradient {
			kind = "gradient"
		}
		if e.BadLoss {
			what += ", "
		}
		what += fmt.Sprintf("element %d of the %s of parameter %d %q is %v", e.Element, kind, e.Index, e.Name, e.Value)
	} else if e.BadLoss {
		what += ", all weights and gradients are finite"
	}
	if e.After {
		what += " after the update"
	} else {
		what += "; the update was not made"
	}
	last := "no step before it had a finite loss"
	if e.LastGood >= 0 {
		last = fmt.Sprintf("the last good step was %d", e.LastGood)
	}
	return fmt.Sprintf("instrument: step %d: %s; %s: try a smaller learning rate, or look at the data of this batch",
		e.Step, what, last)
}

// firstNonFinite returns the first number of the parameters that is NaN or infinite, weights before gradients, or nil.
// It enters the norms of the gradients on the way.
func firstNonFinite(params []Param) *NonFiniteError {
	all := true
	for i := range params {
		p := &params[i]
		good := true
		if p.Grad32 == nil {
			good = vector.Finite(p.Weight32)
		} else {
			p.square, good = vector.Gradient(p.Grad32, p.Weight32)
		}
		all = all && good && !math.IsInf(p.square, 0) && !math.IsNaN(p.square) && finite(p.Weight64) && finite(p.Grad64)
	}
	if all {
		return nil
	}
	for gradient := range 2 {
		for _, p := range params {
			x32, x64 := p.Weight32, p.Weight64
			if gradient == 1 {
				x32, x64 = p.Grad32, p.Grad64
			}
			e := &NonFiniteError{Index: p.Index, Name: p.Name, Gradient: gradient == 1}
			e.Element, e.Value = nonFinite(x32)
			if e.Element < 0 {
				e.Element, e.Value = nonFinite(x64)
			}
			if e.Element >= 0 {
				return e
			}
		}
	}
	return nil
}

// finite is false if some element is NaN or infinite; it may also be false where the square of one beyond 1e154
// overflows.
func finite(x []float64) bool {
	s := vec.Ddot(len(x), x, 1, x, 1)
	return !math.IsNaN(s) && !math.IsInf(s, 0)
}

func nonFinite[T float32 | float64](x []T) (int, float64) {
	for i, v := range x {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return i, v
		}
	}
	return -1, 0
}
