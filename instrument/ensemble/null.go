package ensemble

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
)

// Null is what the informations of an observation come out as where there are none, by permutation; see
// [information.CrossLogLikelihood.NullBounds] and [information.NullMemorized].
type Null struct {
	LInfo, XInfo information.Bracket
	MInfoGauss   estimate.Estimate
	MInfoFinite  information.Bracket
}

// Null reads the informations of an observation against labels dealt at random, so many times. It draws from a stream
// of its own, seeded by seed. When ctx ends it returns within a permutation, and what it returns is not to be used. It
// panics on fewer than one permutation.
func (o *Observation) Null(ctx context.Context, permutations int, seed uint64) Null {
	rng := rand.New(instrument.Stream(seed, -1, -1, "null"))
	m := information.NullMemorized(ctx, o.cloud(), o.ProjectionSeed, permutations, rng)
	n := Null{MInfoGauss: m.Gaussian, MInfoFinite: m.FiniteSets}
	cross, err := information.NewCrossLogLikelihood(o.Sets, o.PerSet, o.Chains, o.LogLikelihood)
	if err != nil {
		n.LInfo, n.XInfo = unknownBracket(err), unknownBracket(err)
		return n
	}
	b := cross.NullBounds(ctx, permutations, rng)
	n.LInfo, n.XInfo = b.Learned, b.Sample
	return n
}

// Nulls implements [Observed]: those that are known, by the quantities that are read against them.
func (o *Observation) Nulls(ctx context.Context, permutations int, seed uint64) (map[string]record.Null, error) {
	if permutations < 1 {
		return nil, nil
	}
	n := o.Null(ctx, permutations, seed)
	ways := groupings(o.Sets, o.PerSet)
	if ways > 1e6 {
		ways = 0 // no matter how many
	}
	kept, err := MemorizationNulls(ctx, &o.Told, permutations, seed)
	if !o.Roles.Projected {
		n.MInfoGauss = estimate.Unknown("not measured")
	}
	for name, e := range map[string]estimate.Estimate{
		"l_info_lo": n.LInfo.Lower, "l_info_hi": n.LInfo.Upper, "x_info_lo": n.XInfo.Lower, "x_info_hi": n.XInfo.Upper,
		"m_info_gauss": n.MInfoGauss, "m_info_d_lo": n.MInfoFinite.Lower, "m_info_d_hi": n.MInfoFinite.Upper,
	} {
		if e.Known() && !math.IsInf(e.Value, 0) && !math.IsInf(e.Hi, 0) {
			kept[name] = record.Null{Mean: e.Value, Hi: e.Hi, Permutations: int(e.N), Ways: ways}
		}
	}
	return kept, err
}

// groupings is the number of ways to deal D*R replicas into D sets of R.
func groupings(sets, replicas int) float64 {
	ways := 1.0
	for d := sets; d > 1; d-- { // the first replica left and any R-1 of the others make a set
		for i := 1; i < replicas; i++ {
			ways *= float64(d*replicas-i) / float64(i)
		}
	}
	return math.Round(ways)
}
