package instrument

import (
	"math"

	"calorimeter/instrument/estimate"
)

// UpdateNorm returns the quantity
//
//	|theta_{n+1} - theta_n|
//
// the Euclidean length of what the solver added to the weights of the part in this step.
//
// Unit: that of the weights. Exact for the weights as stored. Cost: a copy of the weights and two passes over
// them on a scheduled step.
func UpdateNorm() TwoSided { return &updateNorm{} }

type updateNorm struct{ before snapshot }

func (*updateNorm) Info() Info {
	return Info{
		Name: "update_norm", Symbol: "|theta'-theta|", Unit: "weight", Title: "length of the update",
		Doc:  "Euclidean length of the update of this step, |theta_{n+1} - theta_n|",
		Cost: "O(d) time and memory",
	}
}

func (q *updateNorm) Before(s *Step) error {
	params, err := s.Params()
	q.before.setWeights(params)
	return err
}

func (q *updateNorm) Measure(s *Step) (Reading, error) {
	params, err := s.Params()
	if err != nil {
		return Reading{}, err
	}
	return estimate.Exact(math.Sqrt(q.before.distance2(params))), nil
}
