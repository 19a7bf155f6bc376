package information

import "math"

// contrast names what InfoNCE compares for a sample of the r-th replica of set d: one candidate of each set.
type contrast int

const (
	siblings contrast = iota // the replicas of a set but its r-th, as one mixture
	same                     // the r-th replica of a set
)

// lower returns the lower bound of [CrossLogLikelihood.Bounds] from one contrast, without each set of deleted (as
// source and as reference; c.Sets deletes none), in nats:
//
//	E ln[ lambda_r + (1-lambda_r) y ],   y = p(x|candidate of d) / mean over sets of p(x|candidate)
//
// Why it is a bound. Let x be independent of all D sets: they, and their candidates, are then exchangeable, at any x
// and any lambda_r that treats all sets alike. The mean of y at given x and lambda_r is that of all D candidates, 1,
// and E[lambda_r + (1-lambda_r) y] = 1. By Jensen's inequality (Donsker & Varadhan) the mean of its logarithm, where x
// does belong to d, is at most what x shares with its candidate: I(X;Theta) with the r-th replica, and at most I(X;B)
// with its siblings, of which x knows through B alone. So lambda_r may be fitted to all replicas of all sets but their
// r-th. Fitted to the sets other than d it would be no proof, as these are x's references too: lambda could be low
// just where they happen to lie far from x, and E[lambda + (1-lambda) y] over 1.
//
// The fit maximizes the same mean, concave in lambda, over the samples of the other replicas, with the r-th left out of
// all mixtures; a penalty of lambda/(4D), any of which is as valid, spares plain InfoNCE the noise of the fit where it
// does well (without it the interval covers in 91 % at 8 sets). At lambda = 1 the bound is 0; at lambda = 0 it is plain
// InfoNCE, deeply negative where siblings differ so much that a sample is hardly likelier under them than under another
// set. Where nothing is left to fit (siblings: fewer than three replicas a set; same: one) lambda is 0. As y <= D the
// bound is at most ln D at any lambda.
func (c *CrossLogLikelihood) lower(of contrast, deleted []int) []float64 {
	ratios := c.logRatios(of, deleted)
	values := make([]float64, len(deleted))
	for i, gone := range deleted {
		sets := c.Sets
		if gone < c.Sets {
			sets--
		}
		for r := range c.Replicas {
			lambda := fitted(ratios[i], r, sets)
			for _, l := range ratios[i][r][r] {
				values[i] += smoothed(l, lambda)
			}
		}
		values[i] /= float64(sets * c.Replicas * c.Chains)
	}
	return values
}

// fitted returns the lambda of the r-th replicas, from all samples but theirs: ratios are [own][r][sample].
func fitted(ratios [][][]float64, r, sets int) float64 {
	y := make([]float64, 0, len(ratios)*len(ratios[r][r]))
	for own := range ratios {
		if own != r {
			for _, l := range ratios[own][r] {
				y = append(y, math.Exp(l))
			}
		}
	}
	return smoothing(y, 1/float64(4*sets))
}

// logRatios returns ln y of the samples of each set's own-th replica with the r-th left out, [deleted][own][r][sample];
// no samples where that leaves no candidate.
func (c *CrossLogLikelihood) logRatios(of contrast, deleted []int) [][][][]float64 {
	R := c.Replicas
	ratios := make([][][][]float64, len(deleted))
	for i := range ratios {
		ratios[i] = make([][][]float64, R)
		for own := range R {
			ratios[i][own] = make([][]float64, R)
			for r := range R {
				if r == own || of == siblings {
					ratios[i][own][r] = make([]float64, 0, c.Sets*c.Chains)
				}
			}
		}
	}
	row := make([]float64, c.Sets*R)
	candidates := make([]float64, c.Sets)
	rest := newLeaveOneOut(c.Sets)
	for s := range row {
		d, own := s/R, s%R
		for k := range c.Chains {
			for q := range row {
				row[q] = c.at(q, s, k)
			}
			for r := range R {
				if r != own && (of == same || R < 3) {
					continue
				}
				for j := range candidates {
					candidates[j] = row[j*R+own]
					if of == siblings {
						candidates[j] = meanWithout(row[j*R:(j+1)*R], own, r)
					}
				}
				rest.fill(candidates, d)
				for i, gone := range deleted {
					if gone != d {
						out, left := rest.without(gone)
						ratios[i][own][r] = append(ratios[i][own][r], overMixture(candidates[d], out, left))
					}
				}
			}
		}
	}
	if of == same { // no mixture has a replica but own
		for i := range ratios {
			for own := range R {
				for r := range R {
					ratios[i][own][r] = ratios[i][own][own]
				}
			}
		}
	}
	return ratios
}

// meanWithout returns the lme of x but for its entries i and j (which may be the same); -Inf if that leaves none.
func meanWithout(x []float64, i, j int) float64 {
	sum, n := emptySum, 0
	for q, v := range x {
		if q != i && q != j {
			sum = sum.plus(expSum{v, 1})
			n++
		}
	}
	return sum.mean(n)
}

// smoothed returns ln[lambda + (1-lambda) exp(l)].
func smoothed(l, lambda float64) float64 {
	if lambda == 0 {
		return l
	}
	return math.Log(lambda + (1-lambda)*math.Exp(l))
}

// smoothing returns the lambda in [0, 1] that maximizes the mean of ln[lambda + (1-lambda) y] less penalty*lambda: the
// root of the slope, which falls, by Newton's method kept inside a bracket by bisection. It is 0 for no values.
func smoothing(y []float64, penalty float64) float64 {
	slope := func(lambda float64) (first, second float64) {
		for _, v := range y {
			d := (1 - v) / (lambda + (1-lambda)*v)
			first += d
			second -= d * d
		}
		return first - penalty*float64(len(y)), second
	}
	if first, _ := slope(0); !(first > 0) {
		return 0
	}
	if first, _ := slope(1); first >= 0 {
		return 1
	}
	lambda := 0.5
	lo, hi := 0.0, 1.0
	for {
		first, second := slope(lambda)
		if first > 0 {
			lo = lambda
		} else {
			hi = lambda
		}
		next := lambda - first/second
		if !(lo < next && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-lambda) < 1e-9 {
			return next
		}
		lambda = next
	}
}

// overMixture returns p - ln[ (exp(p) + others exp(out)) / (others+1) ], -Inf where exp(p) = 0.
func overMixture(p, out float64, others int) float64 {
	if math.IsInf(p, -1) {
		return p
	}
	return p - expSum{p, 1}.plus(expSum{out, float64(others)}).mean(others+1)
}
