package estimate

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Difference returns a - b of two independent estimates. The distances to the ends of their intervals add in squares,
//
//	Hi = a - b + sqrt[ (Hi_a - a)^2 + (b - Lo_b)^2 ],   Lo likewise
//
// (Zou & Donner 2008, Statist. Med. 27, 1693), so that lopsided intervals give a lopsided one. The warnings of a and b
// are not repeated. Where one of them is not known, or infinite, there is no difference; where one has no interval, the
// difference has none.
func Difference(a, b Estimate) Estimate {
	if d, done := bare(a, b); done {
		return d
	}
	d := Estimate{
		Value: a.Value - b.Value, SE: math.Hypot(a.SE, b.SE),
		Confidence: min(a.Confidence, b.Confidence), N: min(a.N, b.N),
	}
	d.Lo = d.Value - math.Hypot(a.Value-a.Lo, b.Hi-b.Value)
	d.Hi = d.Value + math.Hypot(a.Hi-a.Value, b.Value-b.Lo)
	return d
}

// Paired returns a - b of two estimates over the same n independent units, and whether they can be paired: both keep
// their units, equally many and at least two. That unit i of one is unit i of the other, such as the training set that
// two networks were trained on, is for the caller to know. What a unit does to both then cancels,
//
//	se^2 = variance of (u_i - v_i) over i / n,
//
// u and v the units of a and b, with Student's interval of n-1 degrees of freedom moved for the skewness of u - v
// ([Estimate.Skewed]). The error that all units share ([Estimate.Widened]) is not in it: the units were judged on the
// same examples, and a warning says so. Otherwise as [Difference].
func Paired(a, b Estimate) (d Estimate, ok bool) {
	n := len(a.Units)
	if n < 2 || n != len(b.Units) {
		return Estimate{}, false
	}
	if d, done := bare(a, b); done {
		return d, true
	}
	units := floats.SubTo(make([]float64, n), a.Units, b.Units)
	d = FromSE(a.Value-b.Value, stat.StdDev(units, nil)/math.Sqrt(float64(n)), float64(n-1))
	d = d.Skewed(stat.Skew(units, nil), n)
	d.Units = units
	if a.shared() || b.shared() {
		d = d.Warn("both on the same examples, whose number adds an error that is not in the interval")
	}
	return d, true
}

// bare is the difference of two estimates of which one has no value or no interval.
func bare(a, b Estimate) (d Estimate, done bool) {
	switch {
	case !a.Known() || !b.Known():
		return Unknown("one of the values is not known"), true
	case math.IsInf(a.Value, 0) || math.IsInf(b.Value, 0):
		return Unknown("one of the values is infinite"), true
	case !a.HasInterval() || !b.HasInterval():
		return Point(a.Value-b.Value, "one of the values has no interval"), true
	}
	return Estimate{}, false
}

// shared reports whether the error holds more than the scatter of the units.
func (e Estimate) shared() bool {
	return e.SE > 1.0001*stat.StdDev(e.Units, nil)/math.Sqrt(float64(len(e.Units)))
}
