package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// Successive adds up free energy differences by [BAR] over successive intervals of one run. The states in between serve
// twice, as the start of the reverse process of one interval and of the forward process of the next, which ties the
// errors of neighbours: where the weights move on steadily the error of the sum is up to sqrt(2) times what independent
// intervals would have, and it is smaller where they move to and fro.
//
// The independent units are therefore the states. With p_k the probability in Bennett's equation that the work value of
// state k came from the other direction and I its slope, sum p(1-p), state k moves the estimate by
//
//	m_k = (p_k - <p>)/I as the start of the reverse process,    m_k = (<p> - p_k)/I of the forward process
//
// (the influence function; for an interval alone the sum of the squares is the variance that BAR states, but for terms
// of relative order 1/K). The two movements are added state by state before they are squared, and
//
//	SE^2 = sum over sets of K states of K/(K-1) sum_k (movement of state k)^2.
//
// States of different sets are taken to be independent, as where chains come to equilibrium between observations.
//
// A Successive is a plain value: encoding/gob saves and restores it whole.
type Successive struct {
	Total  estimate.Estimate   // the sum, from the free energy that it began with
	Closed estimate.Quadrature // error of all but the newest states
	Open   []float64           // by how much each of the newest states moves the sum so far
}

// NewSuccessive returns the sum that begins with the free energy of the first weights.
func NewSuccessive(origin estimate.Estimate) Successive {
	s := Successive{Total: origin}
	s.Closed.AddEstimate(origin, 1)
	return s
}

// Add enters the next interval: forward[k] is the work of state k at its beginning, the state whose reverse[k] was
// entered last, reverse[k] that of state k at its end, with conventions as for [BAR]. The sum keeps the first warning
// that an interval had; one whose error is unknown leaves the sum without an error for good, and one without a value
// leaves it without a value. It panics if the number of states changes. It keeps neither slice.
func (s *Successive) Add(forward, reverse []float64) {
	if len(forward) != len(reverse) || s.Open != nil && len(s.Open) != len(forward) {
		panic(fmt.Sprintf("thermo: interval of %d and %d states after %d", len(forward), len(reverse), len(s.Open)))
	}
	interval := BAR(forward, reverse, nil).DeltaF
	switch {
	case !s.Total.Known():
		return
	case !interval.Known():
		s.Total = interval
		return
	}
	start, end := movements(forward, reverse, interval.Value)
	if s.Open != nil {
		for k, m := range s.Open {
			start[k] += m
		}
	}
	s.Closed.Add(ofMovements(start))
	if math.IsNaN(interval.SE) {
		s.Closed.Variance = math.NaN()
	}
	s.Open = end

	errors := s.Closed
	errors.Add(ofMovements(end))
	total := errors.Estimate(s.Total.Value + interval.Value)
	if math.IsNaN(total.SE) {
		total = estimate.Point(total.Value, "the error of a part of it is unknown")
	}
	total = total.WarnAs(s.Total)
	if len(total.Warnings) == 0 {
		total = total.WarnAs(interval)
	}
	s.Total = total
}

// movements returns by how much the states at both ends of an interval move the estimate c.
func movements(forward, reverse []float64, c float64) (start, end []float64) {
	start, end = make([]float64, len(forward)), make([]float64, len(reverse))
	slope := 0.0
	for k := range start { // as many forward as reverse: M = 0
		start[k] = 1 / (1 + math.Exp(forward[k]-c))
		end[k] = 1 / (1 + math.Exp(reverse[k]+c))
		slope += start[k]*(1-start[k]) + end[k]*(1-end[k])
	}
	meanStart, meanEnd := stat.Mean(start, nil), stat.Mean(end, nil)
	for k := range start {
		start[k] = (meanStart - start[k]) / slope
		end[k] = (end[k] - meanEnd) / slope
	}
	return start, end
}

// ofMovements returns the error that independent states make, and its degrees of freedom.
func ofMovements(m []float64) (se, dof float64) {
	n := float64(len(m))
	return stat.StdDev(m, nil) * math.Sqrt(n), max(1, n-1)
}
