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
	spread := o.lossSpread()
	if spread == 0 {
		return 0
	}
	return spread / math.Sqrt(float64(len(o.HeldOut[0])))
}

// lossSpread is the standard deviation over held-out examples of the energy averaged over replicas; 0 where there are
// fewer than two examples.
func (o *Observation) lossSpread() float64 {
	mean := o.meanHeldOut()
	if len(mean) < 2 {
		return 0
	}
	return stat.StdDev(mean, nil)
}

// meanHeldOut is the energy of each held-out example, averaged over replicas.
func (o *Observation) meanHeldOut() []float64 {
	if len(o.HeldOut) == 0 {
		return nil
	}
	mean := make([]float64, len(o.HeldOut[0]))
	for _, phi := range o.HeldOut {
		for i, v := range phi {
			mean[i] += v / float64(len(o.HeldOut))
		}
	}
	return mean
}

// overExamples adds the error of held-out examples to an average over training sets: all replicas are judged on the
// same examples, so that more training sets do not lessen it.
func (o *Observation) overExamples(e estimate.Estimate, se float64) estimate.Estimate {
	if len(o.HeldOut) == 0 {
		return e
	}
	return e.Widened(se, len(o.HeldOut[0]))
}

// testAccuracy averages the accuracy on held-out examples over training sets. Of n of them the error is that of n
// independent answers, each right with the mean accuracy a, sqrt(a (1-a)/n): the most that it can be, reached where
// replicas are right on the same ones.
func (o *Observation) testAccuracy() estimate.Estimate {
	e := thermo.OverSets(o.TestAccuracy, o.set())
	if a := e.Value; len(o.HeldOut) > 0 && len(o.HeldOut[0]) > 1 && a > 0 && a < 1 {
		e = o.overExamples(e, math.Sqrt(a*(1-a)/float64(len(o.HeldOut[0]))))
	}
	return e
}
