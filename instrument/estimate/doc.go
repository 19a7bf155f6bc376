// Package estimate holds the one small type in which calorimeter states a measured number: its value, its interval, the
// effective number of independent units behind it, and the warnings under which it should be read.
//
// An [Estimate] of what could not be measured is [Unknown]: NaN with the reason, printed as "~" and never as 0. One
// whose error could not be told is a [Point]: a value with the reason why it has no interval. What is known without
// error is [Exact].
//
// # Ways to an interval
//
// All count independent units (data sets, replicas, chains), never the correlated samples inside one unit:
//
//   - [Mean]: Student's t over the units, for plain averages;
//   - [Jackknife]: leave out one unit at a time, Student's t, for smooth statistics of few units;
//   - [SkewedMean], [SkewedJackknife]: the same with both ends corrected for the skewness of few units;
//   - [Bootstrap]: percentiles over units drawn with replacement, for statistics of many units (20 or more);
//   - [Subsamples]: disjoint subsets of the units, for statistics of many points that a unit left out or drawn twice
//     would mislead, such as those of nearest neighbours; it also tells a bias that falls with the number of points;
//   - [Quadrature]: errors of independent terms added in quadrature, with Student's t for the degrees of freedom that
//     the sum has;
//   - [FromSE]: a standard error with its degrees of freedom from elsewhere, such as a formula.
//
// [Difference] is that of two independent estimates, [Paired] that of two over the same units, whose common errors
// cancel.
//
// The interval claims to hold the truth with probability [Confidence], 95 %, and the package that makes an estimate
// tests that it does.
//
//	e := estimate.Mean([]float64{1.2, 0.9, 1.1, 1.4, 0.8})
//	fmt.Println(e)             // 1.08 [0.7836, 1.376]
//	fmt.Println(e.SE, e.N)     // its standard error, and 5 units
//	fmt.Println(e.Covers(1))   // true
//	for _, w := range e.Warnings { ... }
//
// All values are in the unit of the statistic, in calorimeter nats unless said otherwise.
package estimate
