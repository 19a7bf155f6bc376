package instrument

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
)

// Scalar returns a quantity of one's own that is a plain number, such as an accuracy on held-out data or a learning
// rate: value is called at each scheduled step, before the update, and its number is taken as exact. A NaN is a number
// that is not known. A [Quantity] of one's own can do more: see the step, carry an interval and warnings.
//
//	accuracy := instrument.Info{Name: "accuracy", Unit: "1", Doc: "share of held-out digits that are classified right"}
//	meter.Track(instrument.Scalar(accuracy, func() float64 { return right(heldOut) }), instrument.Every(100))
//
// Quantities that name the same [record.Panel] are drawn together. Scalar panics if value is nil.
func Scalar(info Info, value func() float64) Quantity {
	if value == nil {
		panic(fmt.Sprintf("instrument: Scalar(%q): the function is nil", info.Name))
	}
	return scalar{info: info, value: value}
}

type scalar struct {
	info  Info
	value func() float64
}

func (s scalar) Info() Info { return s.info }

func (s scalar) Measure(*Step) (Reading, error) {
	v := s.value()
	if math.IsNaN(v) {
		return estimate.Unknown("it is not a number"), nil
	}
	return estimate.Exact(v), nil
}
