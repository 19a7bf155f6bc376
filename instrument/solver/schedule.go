package solver

import (
	"fmt"
	"math"
	"slices"
)

// Shapes of a [Schedule].
const (
	Constant = "constant"
	Cosine   = "cosine"
	Steps    = "step"
)

// Shapes are all of them.
func Shapes() []string { return []string{Constant, Cosine, Steps} }

// Schedule is how the learning rate changes in training: it is [Settings].Rate times a factor. At step n of N, from 0
// on,
//
//	constant   1
//	cosine     cos^2(pi n / 2N) = (1 + cos(pi n/N))/2, from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)
//	step       Drop^k, k = floor(n (Drops+1)/N): it falls Drops times, after equal parts of training
//
// After step N-1 the factor stays what it was there.
type Schedule struct {
	Shape string  // default: constant
	N     int     // steps of training; not of constant
	Drop  float64 // factor at a drop, above 0 and below 1
	Drops int     // how often, at least 1
}

func (s Schedule) validate() error {
	switch {
	case s.Shape != "" && !slices.Contains(Shapes(), s.Shape):
		return fmt.Errorf("solver: unknown schedule %q of the learning rate: known are %v", s.Shape, Shapes())
	case (s.Shape == Cosine || s.Shape == Steps) && s.N < 1:
		return fmt.Errorf("solver: a %s schedule over %d steps; there must be 1 or more", s.Shape, s.N)
	case s.Shape == Steps && !(s.Drop > 0 && s.Drop < 1):
		return fmt.Errorf("solver: the learning rate drops to %v of itself; it must be above 0 and below 1", s.Drop)
	case s.Shape == Steps && s.Drops < 1:
		return fmt.Errorf("solver: the learning rate drops %d times; it must be 1 or more", s.Drops)
	}
	return nil
}

// factor is positive: the square of a cosine, unlike 1 + cos, does not round to 0 before its end.
func (s Schedule) factor(n int) float64 {
	n = min(n, s.N-1)
	switch s.Shape {
	case Cosine:
		c := math.Cos(math.Pi / 2 * float64(n) / float64(s.N))
		return c * c
	case Steps:
		return math.Pow(s.Drop, math.Floor(float64(n)*float64(s.Drops+1)/float64(s.N)))
	}
	return 1
}
