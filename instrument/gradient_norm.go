package instrument

import (
	"math"

	"calorimeter/instrument/estimate"
)

// GradientNorm returns the quantity
//
//	|g| = sqrt( sum_i g_i^2 )
//
// the Euclidean norm of the gradient of the loss over all weights of the part, as it is before the solver clips
// or scales it. Sums are in float64, whatever the type of the weights.
//
// Unit: cost per unit of weight. Exact. Cost: one pass over the gradient.
func GradientNorm() Quantity { return gradientNorm{} }

type gradientNorm struct{}

func (gradientNorm) Info() Info {
	return Info{
		Name: "grad_norm", Symbol: "|g|", Unit: "cost/weight", Title: "gradient norm",
		Doc:  "Euclidean norm of the gradient over all weights, sqrt(sum_i g_i^2)",
		Cost: "O(d) time",
	}
}

func (gradientNorm) Measure(s *Step) (Reading, error) {
	params, err := s.Params()
	if err != nil {
		return Reading{}, err
	}
	var norm float64
	for i := range params {
		p := &params[i]
		norm = math.Hypot(norm, math.Sqrt(p.square))
		norm = math.Hypot(norm, vec.Dnrm2(len(p.Grad64), p.Grad64, 1))
	}
	r := estimate.Exact(norm)
	if norm == 0 {
		r = r.Warn("the gradient is exactly zero: the RunAll of a TapeMachine does nothing until its Reset, and that of a " +
			"LispMachine nothing after its first run, Reset or not: use gorgonia.NewTapeMachine")
	}
	return r, nil
}
