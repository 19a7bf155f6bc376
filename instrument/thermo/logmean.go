package thermo

import "math"

// logSum accumulates sum e^x and sum e^2x without overflow, both relative to the largest x so far; x may be -Inf.
type logSum struct {
	n         int
	max       float64
	sum, sum2 float64
}

func (s *logSum) add(x float64) {
	switch {
	case math.IsInf(x, -1): // e^x = 0
	case s.sum == 0:
		s.max = x
		s.sum, s.sum2 = 1, 1
	case x > s.max:
		r := math.Exp(s.max - x)
		s.max = x
		s.sum, s.sum2 = s.sum*r+1, s.sum2*r*r+1
	default:
		r := math.Exp(x - s.max)
		s.sum += r
		s.sum2 += r * r
	}
	s.n++
}

// logMean returns ln( sum e^x / n ).
func (s *logSum) logMean() float64 { return s.max + math.Log(s.sum/float64(s.n)) }

// ess returns (sum e^x)^2 / sum e^2x, between 1 and n; 0 where all e^x are.
func (s *logSum) ess() float64 {
	if s.sum == 0 {
		return 0
	}
	return s.sum * s.sum / s.sum2
}

// logMeanError returns the error of ln( 1/n sum e^x ) by the delta method,
//
//	SE^2 = (1/ESS - 1/n) n/(n-1) = s^2/(n m^2)    with mean m and variance s^2 of e^x,
//
// and the degrees of freedom of that error itself, after Satterthwaite (Biometrics Bulletin 2, 110 (1946)): those of
// the chi-square whose mean and variance are those of s^2,
//
//	nu = 2 / (relative variance of s^2) = 2n / (kurtosis - (n-3)/(n-1)),    2 <= nu <= n-1.
//
// s^2 of a few large e^x is itself uncertain, and low more often than not; Student's t for nu allows for it. For
// lognormal e^x the interval then holds the truth in 93 % of samples where n-1 has it in 91 % (n = 50, effective sample
// size 40 % of that), and in 94 % for 93 % where it is 65 %. acc is the sum over x; n > 1.
func logMeanError(x []float64, acc logSum) (se, dof float64) {
	n := float64(len(x))
	mean := acc.sum / n
	var m2, m4 float64
	for _, v := range x {
		c := math.Exp(v-acc.max)/mean - 1
		m2 += c * c
		m4 += c * c * c * c
	}
	if !(m2 > 0) {
		return 0, n - 1
	}
	excess := n*m4/(m2*m2) - (n-3)/(n-1)
	return math.Sqrt(m2 / (n * (n - 1))), min(n-1, max(2, 2*n/max(excess, 0)))
}
