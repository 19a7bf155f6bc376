package main

import "math"

// domain is a set of numbers that a flag may take, with its description.
type domain struct {
	words string
	holds func(v float64) bool
}

var (
	positive    = domain{"positive and finite", func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }}
	notNegative = domain{"0 or more and finite", func(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }}
	belowOne    = domain{"0 or more and below 1", func(v float64) bool { return v >= 0 && v < 1 }}
)

// upTo holds the numbers from 0 to most.
func upTo(most float64) domain {
	return domain{"from 0 to " + real(most), func(v float64) bool { return v >= 0 && v <= most }}
}

// numberFlag is the value of a flag and the domain that it belongs to.
type numberFlag struct {
	flag  string
	value float64
	domain
}

// checkNumbers rejects the first number, NaN among them, outside its domain.
func checkNumbers(numbers []numberFlag) error {
	for _, n := range numbers {
		if !n.holds(n.value) {
			return usagef("--%s is %v; it must be %s", n.flag, n.value, n.words)
		}
	}
	return nil
}

// countFlag is the value of a flag and the least that it may be.
type countFlag struct {
	flag         string
	value, least int
}

// checkCounts rejects the first count that is too small.
func checkCounts(counts []countFlag) error {
	for _, n := range counts {
		if n.value < n.least {
			return usagef("--%s is %d; it must be %d or more", n.flag, n.value, n.least)
		}
	}
	return nil
}
