package entropy

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/entropy/neighbours"
	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// KozachenkoLeonenko returns the differential entropy, in nats, of n independent points in d < n dimensions (rows:
// n x d) without assuming a shape, from the distance e_i of each to its k-th neighbour,
//
//	S = psi(n) - psi(k) + ln c_d + d < ln e_i > + 1/2 ln det C,
//
// psi the digamma function, c_d = 2^d the volume of the unit ball of the max-norm, in which distances are taken, < >
// the mean over points. Distances are taken in coordinates in which the covariance C of the points is 1: neither the
// units of columns nor linear dependence between them matters. k = 3 or so is a good choice; k = 1 has the least bias
// and the most variance.
//
// Error: the standard error is sd sqrt(size/n), sd the spread of the entropies of disjoint random subsets of the
// points; there are ten of n/10 points, at most 500, or fewer so that each holds 10 k, and under 30 k points no error
// is told. The subsets are the same in every call. A bias comes from the density's variation within the neighbourhoods,
// whose size is as x = (k/n)^{1/d}. S is seen at three sizes, k neighbours and 4k of all points, and k in the subsets;
// from x to 0 it is taken to change no faster than it did between these,
//
//	|bias| <= x max |dS/dx|,
//
// which is what edges of a density do; inside, the bias falls faster, but terms of both signs may hide one another.
// Where that is more than half a standard error, as mostly in two dimensions and more, the interval is widened by it on
// both sides and a warning says so: it then covers more often than it claims.
//
// Assumptions: independent points with a density. In more than about ten dimensions, or with points on a curved surface
// of fewer dimensions, the estimate is far off and the interval very wide.
//
// No value where k < 1, n <= k or n <= d, or a value is not finite; nor where S = -inf: a column is constant, columns
// are linearly dependent, or a point coincides with its k-th neighbour (repeated or integer data).
//
// Source: Kozachenko & Leonenko 1987, Probl. Inf. Transm. 23, 95; Kraskov, Stoegbauer & Grassberger 2004, Phys. Rev. E
// 69, 066138, equation 20. That the bias goes by powers of (k/n)^{1/d}: Berrett, Samworth & Yuan 2019, Ann. Statist.
// 47, 288; bounding it by the slope is this project's own.
func KozachenkoLeonenko(rows [][]float64, k int) estimate.Estimate {
	cloud, lnUnits, err := pack(rows)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	n, d := cloud.Dims()
	switch {
	case k < 1 || n <= k:
		return estimate.Unknown("k = %d neighbours of %d points: need 0 < k < n", k, n)
	case n <= d:
		return estimate.Unknown("%d points cannot fill %d dimensions: project them to fewer", n, d)
	}
	c, err := ellipsoidOf(cloud, float64(n-1))
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	c.whiten(cloud)
	return kozachenkoLeonenko(cloud.RawMatrix().Data, d, k).Plus(c.lnDet()/2 + lnUnits)
}

// kozachenkoLeonenko is the estimate with its error of points without a scale of their own, flat and row-major.
func kozachenkoLeonenko(points []float64, d, k int) estimate.Estimate {
	n := len(points) / d
	m := min(10, n/(10*k))
	if m < 3 {
		s, err := nearestEntropy(points, d, k)
		if err != nil {
			return estimate.Unknown("%v", err)
		}
		return estimate.Point(s[0], fmt.Sprintf("%d points are too few to tell the error from subsets of them", n))
	}
	s, err := nearestEntropy(points, d, k, 4*k)
	if err != nil {
		return estimate.Unknown("%v", err)
	}
	size := min(n/m, 500)
	subsets := make([]float64, m)
	order := rand.New(rand.NewPCG(uint64(n), uint64(k))).Perm(n)
	part := make([]float64, 0, size*d)
	for i := range subsets {
		part = part[:0]
		for _, p := range order[i*size : (i+1)*size] {
			part = append(part, points[p*d:(p+1)*d]...)
		}
		of, err := nearestEntropy(part, d, k)
		if err != nil {
			return estimate.Point(s[0], "its error is unknown: in a subset of the points "+err.Error())
		}
		subsets[i] = of[0]
	}
	mean, sd := stat.MeanStdDev(subsets, nil)
	e := estimate.FromSE(s[0], sd*math.Sqrt(float64(size)/float64(n)), float64(m-1))
	bias := biasBound(float64(d), []float64{1, 4, float64(n) / float64(size)}, []float64{s[0], s[1], mean})
	if bias > e.SE/2 {
		e.Lo, e.Hi = e.Lo-bias, e.Hi+bias
		e = e.Warn("the interval is widened: the entropy still drifts with the distance to the neighbours and may be off "+
			"by %.2g nats", bias)
	}
	return e
}

// biasBound returns x max |dS/dx| at the first of the neighbourhoods, x the d-th root of their volumes, which are in
// units of the first and rise.
func biasBound(d float64, volumes, entropies []float64) float64 {
	steepest := 0.0
	for i := 1; i < len(volumes); i++ {
		dx := math.Pow(volumes[i], 1/d) - math.Pow(volumes[i-1], 1/d)
		steepest = max(steepest, math.Abs(entropies[i]-entropies[i-1])/dx)
	}
	return steepest
}

// nearestEntropy is the estimate without its error for each of the numbers of neighbours, which rise.
func nearestEntropy(points []float64, d int, ks ...int) ([]float64, error) {
	n, most := len(points)/d, ks[len(ks)-1]
	dist := neighbours.Distances(points, d, most)
	values := make([]float64, len(ks))
	logs := make([]float64, n)
	for j, k := range ks {
		zeros := 0
		for i := range logs {
			e := dist[i*most+k-1]
			if e == 0 {
				zeros++
			}
			logs[i] = math.Log(e)
		}
		if zeros > 0 {
			return nil, fmt.Errorf("%d of %d points coincide with their neighbour number %d: S = -inf (repeated or integer "+
				"data have no density)", zeros, n, k)
		}
		values[j] = mathext.Digamma(float64(n)) - mathext.Digamma(float64(k)) +
			float64(d)*math.Ln2 + float64(d)*stat.Mean(logs, nil)
	}
	return values, nil
}
