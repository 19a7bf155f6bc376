package estimate

import "math"

// Quadrature is the squared error of a sum of independent terms, and how well that error is itself known. The zero
// value is that of an empty sum. It is a plain value: encoding/gob saves it.
type Quadrature struct {
	Variance float64 // sum of V_i = SE_i^2
	Scatter  float64 // sum of V_i^2/nu_i
}

// Add enters a term whose error se rests on dof degrees of freedom.
func (q *Quadrature) Add(se, dof float64) {
	v := se * se
	q.Variance += v
	q.Scatter += v * v / dof
}

// AddEstimate enters weight times the estimate e, with the degrees of freedom e.N - 1, one at least; an e that is exact
// adds nothing.
func (q *Quadrature) AddEstimate(e Estimate, weight float64) {
	q.Add(weight*e.SE, max(1, e.N-1))
}

// SE returns the standard error of the sum.
func (q Quadrature) SE() float64 { return math.Sqrt(q.Variance) }

// DOF returns the degrees of freedom of that error, V^2 / sum V_i^2/nu_i (Welch, Biometrika 34, 28 (1947)): between the
// fewest of a term and those of all terms together; infinite where there is no error.
func (q Quadrature) DOF() float64 {
	if q.Variance == 0 {
		return math.Inf(1)
	}
	return q.Variance * q.Variance / q.Scatter
}

// Estimate returns the sum, whose value is given, with Student's interval.
func (q Quadrature) Estimate(value float64) Estimate {
	return FromSE(value, q.SE(), min(q.DOF(), 1e6))
}

// Widened returns e with the error of n examples that all of its units share, in quadrature: an average over training
// sets that are judged on the same examples has that error too, however many sets there are. se is its standard error.
// An interval that [Estimate.Skewed] made lopsided stays so by the share (SE/SE')^3 that the skewness of e has in that
// of the sum; its units stay too. An e without an interval, or an error of 0 or of fewer than two examples, changes
// nothing.
func (e Estimate) Widened(se float64, n int) Estimate {
	if !e.HasInterval() || !(se > 0) || n < 2 {
		return e
	}
	var errors Quadrature
	errors.AddEstimate(e, 1)
	errors.Add(se, float64(n-1))
	sum := errors.Estimate(e.Value).WarnAs(e)
	sum.Units = e.Units
	share := math.Pow(e.SE/sum.SE, 3)
	student, half := TQuantile(max(1, e.N-1))*e.SE, sum.Hi-sum.Value
	if !(student > 0) {
		return sum
	}
	sum.Lo = sum.Value - half*(1+share*((e.Value-e.Lo)/student-1))
	sum.Hi = sum.Value + half*(1+share*((e.Hi-e.Value)/student-1))
	return sum
}
