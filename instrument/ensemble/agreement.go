package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"
)

// ByMethod is one number as it comes out by every way to the free energy. What does not apply is unknown.
type ByMethod struct {
	Exact    estimate.Estimate // ln Z by the model itself
	Annealed estimate.Estimate // by annealed importance sampling
	Work     estimate.Estimate // by the work of the observer chains since the start
	TwoSided estimate.Estimate // by forward and reverse work from observation to observation
}

// Discrepancy is the difference between two ways to the free energy, averaged over replicas, with the standard error
// that their own errors make. Estimates from the exponential average of work lie high by Bias, half their squared
// error.
type Discrepancy struct {
	Difference estimate.Estimate
	Bias       float64
}

// byMethod compares the free energies.
func (o *Observation) byMethod(row *Row) {
	each := func(pick func(f *FreeEnergy) *estimate.Estimate) (deltaF, test estimate.Estimate) {
		for s := range o.Free {
			if e := pick(&o.Free[s]); !e.Known() {
				return *e, *e
			}
		}
		deltaF = o.over(func(s int) float64 { return pick(&o.Free[s]).Value - o.Origin[s].Value })
		test = o.over(func(s int) float64 { return o.TestNLL[s] + o.Free[s].Best.Value - pick(&o.Free[s]).Value })
		test = o.overExamples(test, o.exampleError())
		for s := range o.Free {
			if w := pick(&o.Free[s]).Warnings; len(w) > 0 {
				return deltaF.Warn("replica %d: %s", s, w[0]), test.Warn("replica %d: %s", s, w[0])
			}
		}
		return deltaF, test
	}
	f, t := &row.FreeEnergy, &row.TestByFree
	f.Exact, t.Exact = each(func(f *FreeEnergy) *estimate.Estimate { return &f.Exact })
	f.Annealed, t.Annealed = each(func(f *FreeEnergy) *estimate.Estimate { return &f.Annealed })
	f.Work, t.Work = each(func(f *FreeEnergy) *estimate.Estimate { return &f.Work })
	f.TwoSided, t.TwoSided = each(func(f *FreeEnergy) *estimate.Estimate { return &f.TwoSided })

	exact := func(f *FreeEnergy) estimate.Estimate { return f.Exact }
	annealed := func(f *FreeEnergy) estimate.Estimate { return f.Annealed }
	work := func(f *FreeEnergy) estimate.Estimate { return f.Work }
	row.AnnealedLessExact = o.discrepancy(annealed, exact)
	row.WorkLessExact = o.discrepancy(work, exact)
	row.WorkLessAnnealed = o.discrepancy(work, annealed)
}

// discrepancy compares two ways to F(theta_n) - F(theta_0), replica by replica.
func (o *Observation) discrepancy(a, b func(f *FreeEnergy) estimate.Estimate) Discrepancy {
	var d Discrepancy
	var difference float64
	var errors estimate.Quadrature
	var all []estimate.Estimate
	n := float64(len(o.Free))
	for s := range o.Free {
		x, y := a(&o.Free[s]), b(&o.Free[s])
		difference += (x.Value - y.Value) / n
		errors.AddEstimate(x, 1/n)
		errors.AddEstimate(y, 1/n)
		d.Bias += (x.SE*x.SE - y.SE*y.SE) / (2 * n)
		all = append(all, x, y)
	}
	if math.IsNaN(difference) || math.IsNaN(errors.Variance) {
		d.Difference = estimate.Unknown("a free energy, or its error, is unknown").WarnAs(all...)
		return d
	}
	d.Difference = errors.Estimate(difference).WarnAs(all...)
	return d
}

// fluctuationSinceStart tests the integral fluctuation theorem where chains need not be in equilibrium between
// observations: the weights of the chains, resampled or not, then average to exp(-dF) over the whole run only. dF must
// not come from that work itself.
func (o *Observation) fluctuationSinceStart(row *Row) {
	reference := make([]estimate.Estimate, len(o.Free))
	for s, f := range o.Free {
		switch {
		case f.Exact.Known():
			reference[s] = f.Exact.Plus(-o.Origin[s].Value)
		case f.Annealed.Known():
			reference[s] = f.Annealed
			reference[s].Value -= o.Origin[s].Value
			reference[s].SE = math.Hypot(f.Annealed.SE, o.Origin[s].SE)
		default:
			none := &row.Fluctuation
			none.Average = estimate.Unknown("no free energy but that of the work itself, which would make the average 1 by " +
				"construction")
			none.Z = math.NaN()
			none.ESS, none.ESSFraction = math.NaN(), math.NaN()
			return
		}
	}
	row.Fluctuation = thermo.FluctuationSinceStart(o.Switching, reference)
}
