package instrument

import (
	"math"

	"calorimeter/instrument/estimate"
)

// WeightDisplacement returns the quantity
//
//	|theta_n - theta_ref|
//
// the Euclidean distance of the weights of the part from a reference: the weights at the first step at which the
// quantity is scheduled (theta_0 for schedules that hold step 0), where it is 0.
//
// Unit: that of the weights. Exact for the weights as stored. Cost: one copy of the weights kept, one pass on a
// scheduled step.
func WeightDisplacement() Stateful { return &displacement{} }

// RelativeDisplacement returns the quantity
//
//	|theta_n - theta_ref| / |theta_ref|
//
// with the reference of [WeightDisplacement]. It is unknown where all reference weights are zero.
//
// No unit. Exact for the weights as stored. Cost: that of [WeightDisplacement], and one pass over the reference.
func RelativeDisplacement() Stateful { return &displacement{relative: true} }

type displacement struct {
	relative  bool
	reference *snapshot
}

func (q *displacement) Info() Info {
	if q.relative {
		return Info{
			Name: "weight_displacement_rel", Symbol: "|theta-theta_0|/|theta_0|", Unit: "1",
			Title: "displacement of the weights, relative",
			Doc:   "distance of the weights from where they were first measured, over the norm of those",
			Cost:  "O(d) time and memory",
		}
	}
	return Info{
		Name: "weight_displacement", Symbol: "|theta-theta_0|", Unit: "weight", Title: "displacement of the weights",
		Doc:  "Euclidean distance of the weights from where they were first measured",
		Cost: "O(d) time and memory",
	}
}

func (q *displacement) Fresh() Quantity { return &displacement{relative: q.relative} }

func (q *displacement) Measure(s *Step) (Reading, error) {
	params, err := s.Params()
	if err != nil {
		return Reading{}, err
	}
	if q.reference == nil {
		q.reference = new(snapshot)
		q.reference.setWeights(params)
	}
	d := math.Sqrt(q.reference.distance2(params))
	if !q.relative {
		return estimate.Exact(d), nil
	}
	norm := math.Sqrt(q.reference.norm2())
	if norm == 0 {
		return estimate.Unknown("all weights of the reference are zero: use WeightDisplacement"), nil
	}
	return estimate.Exact(d / norm), nil
}
