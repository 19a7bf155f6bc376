package information

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// NullBounds returns what [CrossLogLikelihood.Bounds] come out as where there is no information, by permutation: a
// small or negative bound is read against it. For L-info I(X;B) the replicas, with their samples, are dealt to the
// training sets at random; for I(X;Theta) and I(X;Theta|B) the samples are dealt to the replicas at random. Replicas
// are exchangeable under the first null hypothesis, samples under the second, so that each permutation is a draw of the
// bound under it.
//
// In each bound Value is the mean over permutations, SE their standard deviation, [Lo, Hi] their 5 % and 95 % quantiles
// (Confidence 0.9), N their number, in nats: a bound above Hi is information at the 5 % level. Under 19 permutations a
// warning says that they are too few. Bounds that are unknown stay so. rng is the caller's stream. Each permutation
// costs O(E^2 K) time and, while it is computed, that much memory; all processors work on them. When ctx ends it
// returns within a permutation, and what it returns is not to be used. It panics on fewer than one permutation.
func (c *CrossLogLikelihood) NullBounds(ctx context.Context, permutations int, rng *rand.Rand) Bounds {
	mustPermute(permutations)
	full := c.Bounds()
	null := [bounds][]float64{}
	type deal struct{ replicas, samples []int }
	n := c.Sets * c.Replicas
	draw := func() deal { return deal{replicas: rng.Perm(n), samples: rng.Perm(n)} }
	for _, none := range permuted(ctx, permutations, draw, func(d deal) [bounds]float64 {
		whole := []int{c.Sets}
		learned := c.dealt(d.replicas, d.replicas)
		lower, upper := learned.lower(siblings, whole)[0], learned.means(whole)[0][learnedUpper]
		sample := c.dealt(nil, d.samples)
		none := sample.means(whole)[0]
		none[sampleLower] = sample.lower(same, whole)[0]
		none[learnedLower], none[learnedUpper] = lower, upper
		return none
	}) {
		for bound, v := range none {
			null[bound] = append(null[bound], v)
		}
	}
	for bound, e := range map[int]*estimate.Estimate{
		learnedLower: &full.Learned.Lower, learnedUpper: &full.Learned.Upper,
		sampleLower: &full.Sample.Lower, sampleUpper: &full.Sample.Upper,
		noiseLower: &full.Noise.Lower, noiseUpper: &full.Noise.Upper,
	} {
		if e.Known() && len(null[bound]) > 0 {
			*e = nullOf(null[bound])
		}
	}
	return full
}

// dealt returns the matrix with replica reference[r] in the place of r as a judge (nil: itself) and the samples of
// source[s] in the place of those of s.
func (c *CrossLogLikelihood) dealt(reference, source []int) *CrossLogLikelihood {
	p := *c
	p.L = make([]float64, 0, len(c.L))
	n := c.Sets * c.Replicas
	for r := range n {
		judge := r
		if reference != nil {
			judge = reference[r]
		}
		for _, s := range source {
			p.L = append(p.L, c.L[(judge*n+s)*c.Chains:(judge*n+s+1)*c.Chains]...)
		}
	}
	return &p
}

// NullMemorized returns what [Memorized] comes out as where the weights hold nothing of their training sets: the
// replicas are dealt to the sets at random. The fields of its estimates are those of [CrossLogLikelihood.NullBounds];
// those of FiniteSets are nulls of the bounds in whichever projection a permutation is seen in, as the bounds
// themselves are. What is unknown of Memorized is so here. Each permutation costs one Memorized. When ctx ends it
// returns within a permutation, and what it returns is not to be used. It panics on fewer than one permutation.
func NullMemorized(
	ctx context.Context, c *entropy.Cloud, seed uint64, permutations int, rng *rand.Rand,
) MInfo {
	mustPermute(permutations)
	m := Memorized(c, seed)
	if !m.Gaussian.Known() {
		return m
	}
	null := []*estimate.Estimate{&m.Gaussian, &m.FiniteSets.Lower, &m.FiniteSets.Upper}
	values := make([][]float64, len(null))
	draw := func() *entropy.Cloud {
		p := &entropy.Cloud{Groups: c.Groups, PerGroup: c.PerGroup, Rows: make([][]float64, len(c.Rows))}
		for i, j := range rng.Perm(len(c.Rows)) {
			p.Rows[i] = c.Rows[j]
		}
		return p
	}
	for _, drawn := range permuted(ctx, permutations, draw, func(p *entropy.Cloud) MInfo { return Memorized(p, seed) }) {
		for i, e := range []estimate.Estimate{drawn.Gaussian, drawn.FiniteSets.Lower, drawn.FiniteSets.Upper} {
			if e.Known() {
				values[i] = append(values[i], e.Value)
			}
		}
	}
	for i, e := range null {
		if len(values[i]) == 0 {
			*e = estimate.Unknown("no permutation of the replicas gave a value")
		} else if e.Known() {
			*e = nullOf(values[i])
		}
	}
	return m
}

// permuted draws so many permutations, one after the other, and returns what each comes out as, computed on all
// processors. When ctx ends it returns what there is by then.
func permuted[P, R any](ctx context.Context, n int, draw func() P, compute func(P) R) (results []R) {
	for len(results) < n && ctx.Err() == nil {
		some := make([]R, min(n-len(results), runtime.GOMAXPROCS(0)))
		var all sync.WaitGroup
		for i := range some {
			p := draw()
			all.Go(func() { some[i] = compute(p) })
		}
		all.Wait()
		results = append(results, some...)
	}
	return results
}

func mustPermute(permutations int) {
	if permutations < 1 {
		panic("information: a null needs at least one permutation")
	}
}

// nullOf describes the draws of a null distribution.
func nullOf(values []float64) estimate.Estimate {
	mean, sd := stat.MeanStdDev(values, nil)
	slices.Sort(values)
	e := estimate.Estimate{Value: mean, SE: sd, N: float64(len(values)), Confidence: 0.9}
	n := len(values) // one more draw exceeds the i-th of n in order with probability 1 - i/(n+1)
	e.Lo = values[max(0, (n+1)/20-1)]
	e.Hi = values[min(n-1, (19*(n+1)+19)/20-1)]
	if n < 19 {
		e = e.Warn("%d permutations are too few for a 95 %% quantile", len(values))
	}
	return e
}
