package entropy

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/mat"
)

// Shrinkage returns the Gaussian entropy, in nats, of a cloud of n points in d dimensions (rows: n x d), d as large
// as memory holds rows,
//
//	S = 1/2 ln det( 2 pi e [(1-a) C + a mu 1] ),   C = sum_i x_i x_i^T / nu,   mu = tr C / d,
//
// x_i the rows about their mean, nu = dof, or n-1 for dof = 0. The log-determinant comes from the n x n
// Gram matrix of the rows in O(n^2 d) time; beside the rows it needs O(n^2) memory, never d x d. The weight a is that
// of oracle-approximating shrinkage (Chen, Wiesel, Eldar & Hero 2010, IEEE Trans. Signal Process. 58, 5016, n = nu+1),
//
//	a = min(1, [ (1-2/d) tr C^2 + (tr C)^2 ] / [ (nu+1+1-2/d) (tr C^2 - (tr C)^2/d) ]);
//
// over nine spectra from flat to 1/j^2 (24 or 64 Gaussian points, 30 to 3000 dimensions) its root-mean-square error was
// at most 1.24 times that of the rule of Ledoit & Wolf (2004), which reached 1.8 times this one's.
//
// The target makes the variances more alike than they are, and so the entropy too large: by 0.6 nats for 16 points in
// 10 dimensions whose variances fall as 1/j, by 8 in 20 dimensions where they fall as 1/j^2. With d >> n all but n-1
// eigenvalues are the target's a mu, and the value is a convention. As no interval can state that error there is none,
// and a warning says so. SE is the error of sampling alone, a delete-one-row jackknife (right, or up to half too
// large), by which observations of the same weights are to be compared. Their difference has neither the unit of the
// weights in it nor the target where the cloud grew or shrank as a whole; a change of its shape shows as less than it
// is (from 1/j to 1/j^2, with 24 points in 1000 dimensions, as half of it). With few columns, d <= (n-1)/2, use
// [PlugIn].
//
// Rows are taken for independent points. Use [Cloud] where replicas share a training set. dof is for a caller who
// removed more than the mean from the rows (a linear drift: n-2): they are then no independent points, and the value
// comes without an error. Points that are all
// identical, and values that are not finite, give no value and the reason.
func Shrinkage(rows [][]float64, dof float64) estimate.Estimate {
	g, constant, err := gramMatrix(rows)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	n := len(rows)
	if dof < 0 || dof > float64(n) {
		return estimate.Unknown("%v degrees of freedom from %d rows", dof, n)
	}
	return shrunkCloud{gram: g, groups: n, per: 1, dim: len(rows[0]), dof: dof}.estimate(constant)
}

// shrunkCloud is what the shrinkage entropy of groups x per points needs: their centred Gram matrix.
type shrunkCloud struct {
	gram        []float64 // (groups*per)^2
	groups, per int
	dim         int     // columns
	dof         float64 // of a plain cloud, if the caller knows better than groups-1; 0 otherwise
}

func (c shrunkCloud) estimate(constant int) estimate.Estimate {
	switch {
	case c.groups < 2:
		return estimate.Unknown("%d independent point: an entropy needs at least 2, better 8", c.groups)
	case constant == c.dim:
		return estimate.Unknown("all replicas still share their start: S(Theta) = -inf")
	}
	var e estimate.Estimate
	if c.dof > 0 {
		e = estimate.Point(c.entropy(-1), "degrees of freedom were given, so the rows are not independent points: the "+
			"error is unknown")
	} else {
		e = estimate.Jackknife(c.groups, c.entropy)
	}
	e.Lo, e.Hi = math.NaN(), math.NaN()
	e.Confidence = 0
	e = e.Warn("%s in %d dimensions: the shrinkage target governs this value, which has no interval; only differences "+
		"between observations mean something, and those of shape show as less than they are", c.points(), c.dim)
	if constant > 0 {
		e = e.Warn("%d of %d columns are identical in all rows and are given the target's variance; leave them out if they "+
			"never move", constant, c.dim)
	}
	return e
}

// points names the rows: "24 points", "8 groups of 3 points".
func (c shrunkCloud) points() string {
	if c.per == 1 {
		return fmt.Sprintf("%d points", c.groups)
	}
	return fmt.Sprintf("%d groups of %d points", c.groups, c.per)
}

// entropy returns the shrinkage entropy without group skip (-1: of all), NaN if fewer than two groups are left.
func (c shrunkCloud) entropy(skip int) float64 {
	k, dof := c.covarianceGram(skip)
	n, groups := k.SymmetricDim(), c.groups
	if skip >= 0 {
		groups--
	}
	if groups < 2 {
		return math.NaN()
	}
	var trace, trace2 float64
	for i := range n {
		trace += k.At(i, i)
		for j := range n {
			trace2 += k.At(i, j) * k.At(i, j)
		}
	}
	d := float64(c.dim)
	mu := trace / d
	a := 1.0
	if spread := trace2 - trace*trace/d; spread > 0 {
		a = ((1-2/d)*trace2 + trace*trace) / ((dof + 2 - 2/d) * spread)
		a = math.Max(0, math.Min(1, a))
	}
	for i := range n {
		for j := i; j < n; j++ {
			k.SetSym(i, j, (1-a)*k.At(i, j))
		}
		k.SetSym(i, i, k.At(i, i)+a*mu)
	}
	var chol mat.Cholesky
	if !chol.Factorize(k) {
		return math.NaN()
	}
	return (d*math.Log(2*math.Pi*math.E) + (d-float64(n))*math.Log(a*mu) + chol.LogDet()) / 2
}

// covarianceGram returns an n x n matrix with the non-zero eigenvalues of the unbiased total covariance
//
//	C = cov(group means) + (1 - 1/R) Sw,   Sw pooled within groups with D(R-1) degrees of freedom,
//
// of the groups other than skip, and its degrees of freedom by Satterthwaite (1946) on the traces. In the centred
// Gram matrix G the two parts are projections: J averages over a group, and C has the spectrum of M G M with
// M = J/sqrt(R(D-1)) + (1-J)/sqrt(RD). Taking rows out of G and centring again is exact.
func (c shrunkCloud) covarianceGram(skip int) (*mat.SymDense, float64) {
	total := c.groups * c.per
	keep := make([]int, 0, total)
	groups := 0
	for g := range c.groups {
		if g == skip {
			continue
		}
		groups++
		for r := range c.per {
			keep = append(keep, g*c.per+r)
		}
	}
	n := len(keep)
	k := mat.NewDense(n, n, nil)
	for i, gi := range keep {
		for j, gj := range keep {
			k.Set(i, j, c.gram[gi*total+gj])
		}
	}
	D, R := float64(groups), float64(c.per)
	between, within := 1/math.Sqrt(R*(D-1)), 1/math.Sqrt(R*D)
	if c.dof > 0 {
		between = 1 / math.Sqrt(c.dof)
	}
	mix := func(column func(i int) *float64) {
		var grand float64
		for i := range n {
			grand += *column(i)
		}
		grand /= float64(n)
		for i0 := 0; i0 < n; i0 += c.per {
			var mean float64
			for i := i0; i < i0+c.per; i++ {
				mean += *column(i) / R
			}
			for i := i0; i < i0+c.per; i++ {
				x := column(i)
				*x = between*(mean-grand) + within*(*x-mean)
			}
		}
	}
	raw := k.RawMatrix()
	for j := range n {
		mix(func(i int) *float64 { return &raw.Data[i*raw.Stride+j] })
	}
	for j := range n {
		mix(func(i int) *float64 { return &raw.Data[j*raw.Stride+i] })
	}
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (k.At(i, j)+k.At(j, i))/2)
		}
	}
	if c.dof > 0 {
		return sym, c.dof
	}
	return sym, c.satterthwaite(sym, D, R)
}

// satterthwaite returns the degrees of freedom of tr C: (tr C)^2 / [ (tr Cb)^2/(D-1) + (tr Cw)^2/(D(R-1)) ].
func (c shrunkCloud) satterthwaite(k *mat.SymDense, D, R float64) float64 {
	var total, between float64
	n := k.SymmetricDim()
	for i0 := 0; i0 < n; i0 += c.per {
		for i := i0; i < i0+c.per; i++ {
			total += k.At(i, i)
			for j := i0; j < i0+c.per; j++ {
				between += k.At(i, j) / R
			}
		}
	}
	terms := between * between / (D - 1)
	if within := total - between; c.per > 1 {
		terms += within * within / (D * (R - 1))
	}
	if terms == 0 {
		return D - 1
	}
	return total * total / terms
}
