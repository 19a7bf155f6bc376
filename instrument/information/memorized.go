package information

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat/distuv"
)

// MInfo is what the weights of an ensemble hold of their training sets, seen in Dim coordinates.
type MInfo struct {
	// Gaussian estimates I(P Theta;B) <= I(Theta;B), nats: B a fresh training set, Gaussian model.
	Gaussian estimate.Estimate
	// FiniteSets brackets I(P Theta;d), d uniform on the D drawn sets; it cannot pass Ceiling = ln D (for "pca", which
	// sees half of the sets at a time, the mean of ln of the halves).
	FiniteSets Bracket
	// Projection P: "identity", "gaussian" (random directions) or "pca" (principal directions of other data sets);
	// "" where there is none.
	Projection string
	// Dim is the number of coordinates k.
	Dim int
}

// Memorized returns the M-info of an ensemble of D = Groups training sets with R = PerGroup replicas, whose weights are
// the rows of c.
//
// In k coordinates, with one Gaussian covariance within data sets,
//
//	I = 1/2 [ ln det T - ln det Sw ],   T = cov(means over d) + (1 - 1/R) Sw,
//
// Sw pooled within sets with D(R-1) degrees of freedom. Either log-determinant is corrected for its Wishart bias
// (entropy.LogDetBias), T with the degrees of freedom of entropy.Cloud. The estimate is defined here, not by a paper;
// the model is that of canonical correlation and of multivariate analysis of variance (Anderson 2003, An Introduction
// to Multivariate Statistical Analysis, chapter 8). It is close to unbiased and can be negative by chance where the
// truth is near 0: that is a value consistent with 0.
//
// k is at most min(D-1, D(R-1))/2. A cloud of no more columns is taken as it is. Otherwise two projections are tried,
// and the larger estimate is kept: k random directions, drawn from seed (use one seed for all observations of a run),
// and the leading principal directions of the group means of one half of the data sets, applied to the other half and
// the other way round, so that no direction is judged by the sets that chose it; there the value is the mean of the
// halves. By data processing either is a lower bound on I(Theta;B); the truth in all coordinates may be far above, and
// a warning says so. The larger of two noisy numbers is biased upward; the warning bounds by how much. Where the halves
// of the sets are too small for principal directions, as those of fewer than 6 sets are, there are the random ones
// alone.
//
// Interval, k = 1: exact for Gaussian weights, from the F distribution (D-1, D(R-1)) of the ratio of variances.
// k > 1: delete-one-set jackknife with D-1 degrees of freedom.
//
// FiniteSets brackets the information on which of the D drawn sets was used, given those sets, in the same coordinates
// (Kolchinsky & Tracey 2017, Entropy 19, 361): with squared Mahalanobis distances delta_ij^2 between set means,
//
//	-1/D sum_i ln[ 1/D sum_j exp(-c delta_ij^2) ],   c = 1/8 (Bhattacharyya) lower, c = 1/2 (Kullback-Leibler) upper.
//
// Measured means are apart by chance: with x = delta^2 as measured, nu = D(R-1) and b = 1 - 4c/R,
//
//	exp(-c delta^2) is estimated by min(1, b^(-k/2) exp( -(c/b) x (nu-k-1)/nu )),
//
// unbiased in the noise of the means but for the minimum, which makes the bounds err upward: little for the
// lower one, more for the upper one, which few replicas make loose and R = 2 leaves at its ceiling. Intervals are by
// the delta method, given the drawn sets; within a few hundredths of a nat of the ceiling they are too short.
//
// One replica per set, too few sets for one coordinate, replicas that share their start or do not differ within any
// set, and values that are not finite give no value and the reason.
func Memorized(c *entropy.Cloud, seed uint64) MInfo {
	if err := c.Validate(); err != nil {
		return noMInfo("%v", err)
	}
	limit := MostCoordinates(c.Groups, c.PerGroup)
	switch {
	case c.PerGroup < 2:
		return noMInfo("one replica per data set: the spread within data sets is unknown")
	case limit < 1:
		return noMInfo("%d data sets of %d replicas are too few for one coordinate: use at least 3 data sets",
			c.Groups, c.PerGroup)
	case c.Dim() <= limit:
		return memorizedIn(c, "identity")
	}
	random := memorizedAtRandom(c, limit, seed)
	if !random.Gaussian.Known() {
		return random
	}
	principal, ok := memorizedInPrincipal(c)
	if !ok {
		random.Gaussian = random.Gaussian.Warn("seen in %d of %d dimensions, drawn at random: a lower bound on what all "+
			"weights hold", random.Dim, c.Dim())
		return random
	}
	best := random
	if principal.Gaussian.Value > random.Gaussian.Value {
		best = principal
	}
	bias := math.Hypot(random.Gaussian.SE, principal.Gaussian.SE) / math.Sqrt(2*math.Pi)
	best.Gaussian = best.Gaussian.Warn("the larger of two projections (gaussian %.3g, pca %.3g): biased upward by up to "+
		"%.2g as a measure of either, and a lower bound on what all weights hold",
		random.Gaussian.Value, principal.Gaussian.Value, bias)
	return best
}

// MostCoordinates is the largest number k of coordinates that [Memorized] sees of D sets of R replicas: weights that
// are no more are seen as they are, more in a projection. 0: too few replicas for one.
func MostCoordinates(sets, replicas int) int { return min(sets-1, sets*(replicas-1)) / 2 }

func noMInfo(format string, args ...any) MInfo {
	e := estimate.Unknown(format, args...)
	return MInfo{Gaussian: e, FiniteSets: Bracket{Lower: e, Upper: e, Ceiling: math.NaN()}}
}

// memorizedIn estimates in the columns of c as they are.
func memorizedIn(c *entropy.Cloud, projection string) MInfo {
	w, err := whiten(c)
	if err != nil {
		return noMInfo("%v", err)
	}
	e := estimate.Jackknife(c.Groups, func(skip int) float64 {
		if skip < 0 {
			return w.memorized()
		}
		rest, err := whiten(c.Without(skip))
		if err != nil {
			return math.NaN()
		}
		return rest.memorized()
	})
	if w.k == 1 {
		e.Lo, e.Hi = w.fisherInterval()
		e.Confidence = estimate.Confidence
	}
	if e.Hi < 0 {
		e = e.Warn("the whole interval lies below 0, where no information can: by chance the sets' means differ less than " +
			"the replicas within a set would make them; read it as none")
	}
	return MInfo{Gaussian: e, FiniteSets: w.finiteSets(), Projection: projection, Dim: w.k}
}

// fisherInterval returns the exact interval for one column: R spread is (1 + R b/v) F with F of (D-1, D(R-1)) degrees
// of freedom, and I = 1/2 ln(1 + b/v).
func (w *whitened) fisherInterval() (lo, hi float64) {
	f := distuv.F{D1: float64(w.sets - 1), D2: float64(w.sets * (w.replicas - 1))}
	at := func(p float64) float64 {
		return math.Log(w.spread[0]/f.Quantile(p)+1-1/float64(w.replicas)) / 2
	}
	return at((1 + estimate.Confidence) / 2), at((1 - estimate.Confidence) / 2)
}

func memorizedAtRandom(c *entropy.Cloud, k int, seed uint64) MInfo {
	rows, err := entropy.Project(c.Rows, k, rand.New(rand.NewPCG(seed, 0x6d696e666f)))
	if err != nil {
		return noMInfo("%v", err)
	}
	return memorizedIn(&entropy.Cloud{Groups: c.Groups, PerGroup: c.PerGroup, Rows: rows}, "gaussian")
}

// memorizedInPrincipal fits directions on either half of the sets, estimates on the other, and averages; not ok where
// the halves are too small or do not vary.
func memorizedInPrincipal(c *entropy.Cloud) (MInfo, bool) {
	half := c.Groups / 2
	first, second := part(c, 0, half), part(c, half, c.Groups)
	k := min(MostCoordinates(half, c.PerGroup), half-1)
	if k < 1 {
		return MInfo{}, false
	}
	a, err := crossFit(second, first, k)
	if err != nil {
		return MInfo{}, false
	}
	b, err := crossFit(first, second, k)
	if err != nil {
		return MInfo{}, false
	}
	return MInfo{
		Gaussian: average(a.Gaussian, b.Gaussian),
		FiniteSets: Bracket{
			Lower:   average(a.FiniteSets.Lower, b.FiniteSets.Lower),
			Upper:   average(a.FiniteSets.Upper, b.FiniteSets.Upper),
			Ceiling: (a.FiniteSets.Ceiling + b.FiniteSets.Ceiling) / 2,
		},
		Projection: "pca", Dim: k,
	}, true
}

// part returns groups lo to hi-1; it shares the rows.
func part(c *entropy.Cloud, lo, hi int) *entropy.Cloud {
	return &entropy.Cloud{Groups: hi - lo, PerGroup: c.PerGroup, Rows: c.Rows[lo*c.PerGroup : hi*c.PerGroup]}
}

// crossFit estimates on one part in the principal directions of the group means of the other.
func crossFit(fit, evaluate *entropy.Cloud, k int) (MInfo, error) {
	means := make([][]float64, fit.Groups)
	for g := range means {
		means[g] = make([]float64, fit.Dim())
		for _, row := range fit.Rows[g*fit.PerGroup : (g+1)*fit.PerGroup] {
			for j, x := range row {
				means[g][j] += x / float64(fit.PerGroup)
			}
		}
	}
	pca, err := entropy.FitPCA(means, k)
	if err != nil {
		return MInfo{}, err
	}
	rows, err := pca.Apply(evaluate.Rows)
	if err != nil {
		return MInfo{}, err
	}
	m := memorizedIn(&entropy.Cloud{Groups: evaluate.Groups, PerGroup: evaluate.PerGroup, Rows: rows}, "pca")
	if !m.Gaussian.Known() {
		return m, fmt.Errorf("%s", m.Gaussian.Warnings[0])
	}
	return m, nil
}

// average returns the mean of two independent estimates; distances to the ends add in squares (Zou & Donner 2008,
// Statist. Med. 27, 1693).
func average(a, b estimate.Estimate) estimate.Estimate {
	e := estimate.Estimate{
		Value: (a.Value + b.Value) / 2, SE: math.Hypot(a.SE, b.SE) / 2,
		Confidence: math.Min(a.Confidence, b.Confidence), N: a.N + b.N,
	}
	e.Lo = e.Value - math.Hypot(a.Value-a.Lo, b.Value-b.Lo)/2
	e.Hi = e.Value + math.Hypot(a.Hi-a.Value, b.Hi-b.Value)/2
	return e.WarnAs(a, b)
}
