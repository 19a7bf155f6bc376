package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"
	"calorimeter/model"
)

// noLogZ is why there is no exact free energy: the way does not apply to the model, which is no fault of the run.
const noLogZ = "the model does not know its ln Z"

// FreeEnergy is F(theta_n) = -ln Z(theta_n) of one replica in nats, by every method that applies. Those that do not are
// unknown.
type FreeEnergy struct {
	Best     estimate.Estimate // what the books use: the first known of Exact, Annealed, Work
	Exact    estimate.Estimate // the model knows it
	Annealed estimate.Estimate // annealed importance sampling at theta_n, with chains of its own
	Work     estimate.Estimate // F(theta_0) and the work of the observer chains since (Jarzynski)
	TwoSided estimate.Estimate // F(theta_0) and, between observations, forward and reverse work (Bennett)
}

// freeEnergy estimates F at the model's present weights, which are those of r. forward and reverse are the work of
// switching at once from those of the last observation to here, and back, and are entered into r.TwoSided.
func (o *observer) freeEnergy(r *Replica, forward, reverse []float64) FreeEnergy {
	none := estimate.Unknown(noLogZ)
	f := FreeEnergy{Best: none, Exact: none, Annealed: none, Work: none, TwoSided: none}
	lnZ, known := o.net.LogZ()
	if known {
		f.Exact = estimate.Exact(0 - lnZ)
	}
	if !o.ensemble.roles.Unnormalised {
		f.Best = f.Exact
		return f
	}
	f.Annealed = o.annealed(r)
	f.Best = f.Exact
	if !known {
		f.Best = f.Annealed
	}
	if !r.Opened() {
		f.Work, f.TwoSided = f.Best, f.Best
		r.TwoSided = thermo.NewSuccessive(f.Best)
		return f
	}
	f.Work = sum(r.Origin, r.Switching.DeltaF())
	r.TwoSided.Add(forward, reverse)
	f.TwoSided = r.TwoSided.Total
	if !f.Best.Known() {
		f.Best = f.Work
	}
	return f
}

// annealed runs annealed importance sampling with a stream of this step's own.
func (o *observer) annealed(r *Replica) estimate.Estimate {
	size := o.config.Annealing
	m, ok := o.net.(model.Annealer)
	if size.Chains == 0 || !ok {
		return estimate.Unknown("no annealing was asked for")
	}
	logWeight := make([]float64, size.Chains)
	stream := instrument.Stream(o.config.Seed, r.Set, r.Index, fmt.Sprintf("annealing %d", r.Step))
	if err := m.LogWeights(logWeight, size.Distributions, rand.New(stream)); err != nil {
		return estimate.Unknown("annealing: %v", err)
	}
	for k, v := range logWeight {
		logWeight[k] = -v
	}
	return thermo.Jarzynski(logWeight, nil).DeltaF
}

// sum adds independent estimates. Its warnings are those of a, or else those of b: along a run the first trouble stays.
func sum(a, b estimate.Estimate) estimate.Estimate {
	exact := func(e estimate.Estimate) bool { return e.SE == 0 && e.HasInterval() }
	switch {
	case !a.Known():
		return a
	case !b.Known():
		return b
	case exact(a):
		return b.Plus(a.Value)
	case exact(b):
		return a.Plus(b.Value)
	}
	var errors estimate.Quadrature
	errors.AddEstimate(a, 1)
	errors.AddEstimate(b, 1)
	e := errors.Estimate(a.Value + b.Value)
	if math.IsNaN(e.SE) {
		e = estimate.Point(e.Value, "the error of a part of it is unknown")
	}
	e = e.WarnAs(a)
	if len(e.Warnings) == 0 {
		e = e.WarnAs(b)
	}
	return e
}
