package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
)

// permutations behind every null: as few as put its largest value at the 95 % quantile.
const permutations = 19

// aboveNull returns how far an estimate lies above the mean of its permutation null, with the one-sided 95 % interval
//
//	[value - null's 95 % quantile, +Inf],
//
// which holds 0 in 95 % of cases where the null hypothesis is true.
func aboveNull(e, null estimate.Estimate) estimate.Estimate {
	if !e.Known() || !null.Known() {
		return estimate.Unknown("no estimate (%v), or no null (%v)", e, null)
	}
	return estimate.Estimate{
		Value:      e.Value - null.Value,
		SE:         null.SE,
		Lo:         e.Value - null.Hi,
		Hi:         math.Inf(1),
		Confidence: estimate.Confidence,
		N:          null.N,
	}
}

// IndependentGaussian poses the Gaussian model with training sets that are all the same (s0 = 0), so that neither
// samples nor weights can tell anything of them: L-info and M-info must lie within their permutation nulls. The
// data-sigma of g is not looked at.
func IndependentGaussian(g testsystems.GaussianPPM, size EnsembleSize) (*System, error) {
	g.DataSigma = 0
	s, err := SimulatedGaussian(g, size)
	if err != nil {
		return nil, err
	}
	if size.Datasets < 2 || size.Replicas < 2 {
		return nil, fmt.Errorf("validate: %d training sets of %d replicas: a null deals replicas to sets, need 2 or more "+
			"of each", size.Datasets, size.Replicas)
	}
	s.Name = "gaussian-null"
	s.Parameters = parameters("dim", g.Dim, "sigma", g.Sigma, "init-var", g.InitVar, "subset", g.Subset, "lr", g.Rate,
		"temperature", g.Temperature, "steps", g.Steps,
		"datasets", size.Datasets, "replicas", size.Replicas, "chains", size.Chains)
	type reading struct {
		row  *ensemble.Row
		null ensemble.Null
	}
	s.Simulate = func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
		o, err := observe(g, size, rng)
		if err != nil {
			return nil, err
		}
		return &reading{o.Row(), o.Null(permutations, rng.Uint64())}, nil
	}
	against := func(of func(r *reading) (e, null estimate.Estimate)) func(any, *rand.Rand) estimate.Estimate {
		return on(func(r *reading, _ *rand.Rand) estimate.Estimate { return aboveNull(of(r)) })
	}
	s.Cases = []Case{
		{Quantity: "l_info_above_null", Estimator: "Bounds, lower",
			Estimate: against(func(r *reading) (e, null estimate.Estimate) {
				return r.row.LInfo.Lower, r.null.LInfo.Lower
			})},
		{Quantity: "l_info_above_null", Estimator: "Bounds, upper",
			Estimate: against(func(r *reading) (e, null estimate.Estimate) {
				return r.row.LInfo.Upper, r.null.LInfo.Upper
			})},
		{Quantity: "m_info_above_null", Estimator: "Memorized",
			Estimate: against(func(r *reading) (e, null estimate.Estimate) {
				return r.row.MInfo, r.null.MInfo
			})},
	}
	return s, nil
}
