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
		Value: e.Value - null.Value, SE: null.SE, Lo: e.Value - null.Hi, Hi: math.Inf(1),
		Confidence: estimate.Confidence, N: null.N,
	}
}

// IndependentGaussian is the Gaussian model with training sets that are all the same (s0 = 0), so that neither samples
// nor weights can tell anything of them.
type IndependentGaussian struct {
	Dim         int     `default:"1" help:"Dimension m."`
	Sigma       float64 `default:"1" help:"Standard deviation s of a sample."`
	InitVar     float64 `default:"0.01" help:"Variance v0 of the initial weights."`
	Subset      int     `default:"4" help:"Examples N in one training set, all 0."`
	Rate        float64 `name:"lr" default:"0.1" help:"Learning rate r."`
	Temperature float64 `default:"0.02" help:"Temperature T of Langevin noise."`
	Steps       int     `default:"40" help:"SGD steps."`
	Datasets    int     `default:"24" help:"Training sets D."`
	Replicas    int     `default:"4" help:"Replicas R trained on each set."`
	Chains      int     `default:"8" help:"Observer chains K of a replica."`
}

// Pose demands that L-info and M-info lie within their permutation nulls.
func (p IndependentGaussian) Pose() (*System, error) {
	g := testsystems.GaussianPPM{Dim: p.Dim, Sigma: p.Sigma, InitVar: p.InitVar, Subset: p.Subset,
		Rate: p.Rate, Temperature: p.Temperature, Steps: p.Steps}
	size := EnsembleSize{Datasets: p.Datasets, Replicas: p.Replicas, Chains: p.Chains}
	s, err := gaussian("gaussian-null", p, g, size)
	if err != nil {
		return nil, err
	}
	if size.Datasets < 2 || size.Replicas < 2 {
		return nil, fmt.Errorf("validate: %d training sets of %d replicas: a null deals replicas to sets, need 2 or more "+
			"of each", size.Datasets, size.Replicas)
	}
	type reading struct {
		row  *ensemble.Row
		null ensemble.Null
	}
	s.Simulate = func(ctx context.Context, rng *rand.Rand, _ int) (any, error) {
		o, err := observe(g, size, rng)
		if err != nil {
			return nil, err
		}
		return &reading{o.Row(), o.Null(ctx, permutations, rng.Uint64())}, ctx.Err()
	}
	s.Cases = []Case{
		of("l_info_above_null", "Bounds, lower", Value, 0,
			func(r *reading) estimate.Estimate { return aboveNull(r.row.LInfo.Lower, r.null.LInfo.Lower) }),
		of("l_info_above_null", "Bounds, upper", Value, 0,
			func(r *reading) estimate.Estimate { return aboveNull(r.row.LInfo.Upper, r.null.LInfo.Upper) }),
		of("m_info_above_null", "Memorized", Value, 0,
			func(r *reading) estimate.Estimate { return aboveNull(r.row.MInfoGauss, r.null.MInfoGauss) }),
	}
	return s, nil
}
