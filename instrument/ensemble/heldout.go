package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat"
)

// exampleError is the standard error of the loss on held-out examples that comes from their being few: the standard
// deviation over examples of the energy averaged over replicas, over the root of their number. 0 where the expectation
// itself is known, or a single example has no spread.
func (o *Observation) exampleError() float64 {
	if len(o.HeldOut) == 0 || len(o.HeldOut[0]) < 2 {
		return 0
	}
	mean := make([]float64, len(o.HeldOut[0]))
	for _, phi := range o.HeldOut {
		for i, v := range phi {
			mean[i] += v / float64(len(o.HeldOut))
		}
	}
	return stat.StdDev(mean, nil) / math.Sqrt(float64(len(mean)))
}

// overExamples adds the error of held-out examples to an average over data sets: all replicas are judged on the same
// examples, so that more training sets do not lessen it.
func (o *Observation) overExamples(e estimate.Estimate, se float64) estimate.Estimate {
	if !e.HasInterval() || se == 0 {
		return e
	}
	var errors estimate.Quadrature
	errors.AddEstimate(e, 1)
	errors.Add(se, float64(len(o.HeldOut[0])-1))
	wide := errors.Estimate(e.Value)
	wide.Warnings = e.Warnings
	return wide
}

// accuracy averages the accuracies over data sets. Of n held-out examples the error is that of n independent answers,
// each right with the mean accuracy a, sqrt(a (1-a)/n): the most that it can be, reached where replicas are right on the
// same ones.
func (o *Observation) accuracy(row *Row) {
	row.TrainRight, row.TestRight = thermo.OverSets(o.TrainAccuracy, o.set()), thermo.OverSets(o.TestAccuracy, o.set())
	if a := row.TestRight.Value; len(o.HeldOut) > 0 && len(o.HeldOut[0]) > 1 && a > 0 && a < 1 {
		row.TestRight = o.overExamples(row.TestRight, math.Sqrt(a*(1-a)/float64(len(o.HeldOut[0]))))
	}
}
