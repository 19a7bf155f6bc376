package thermo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it:
//
//	n-1 degrees of freedom              -> TestLogMeanIntervalsCover (0.908 at n = 50, variance 1.2)
//	kurtosis without the -(n-3)/(n-1)   -> TestLogMeanErrorByHand
//	n for n-1 in the squared error      -> TestLogMeanErrorByHand
//	sum of epochs with the fewest dof   -> TestQuadrature of package estimate

func logMean(x []float64) (value, se, dof float64) {
	var acc logSum
	for _, v := range x {
		acc.add(v)
	}
	se, dof = logMeanError(x, acc)
	return acc.logMean(), se, dof
}

func TestLogMeanErrorByHand(t *testing.T) {
	// e^x = 1, 1, 1, 5: mean 2, deviations -1, -1, -1, 3: s^2 = 12/3; kurtosis 4 84/144 = 7/3, less 1/3: 2; 2 n/2 = 4, at
	// most 3
	value, se, dof := logMean([]float64{0, 0, 0, math.Log(5)})
	require.InDelta(t, math.Ln2, value, 1e-15)
	require.InDelta(t, math.Sqrt(4.0/4/4), se, 1e-15)
	require.Equal(t, 3.0, dof)

	// One of n carries all: kurtosis (n^2-3n+3)/(n-1), less (n-3)/(n-1).
	x := make([]float64, 20)
	x[7] = 800 // beyond the range of exp
	_, se, dof = logMean(x)
	require.InDelta(t, 1, se, 1e-12, "s^2/m^2 = n, over n")
	require.InDelta(t, 2*20*19/(20*20-4*20+6.0), dof, 1e-9)

	_, se, dof = logMean([]float64{3, 3, 3})
	require.Zero(t, se)
	require.Equal(t, 2.0, dof)
}

// Student's interval with the degrees of freedom of the error covers better than with n-1, for exponentials of normal
// numbers of the variances that resampling leaves. With n-1 the second case covers 90.8 %.
func TestLogMeanIntervalsCover(t *testing.T) {
	for _, c := range []struct {
		n        int
		variance float64
		least    float64
	}{{n: 50, variance: 0.5, least: 0.935}, {n: 50, variance: 1.2, least: 0.917}, {n: 200, variance: 1.2, least: 0.938}} {
		t.Run(fmt.Sprint(c.n, c.variance), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, uint64(c.n)))
			const trials = 6000
			covered := 0.0
			x := make([]float64, c.n)
			for range trials {
				for i := range x {
					x[i] = math.Sqrt(c.variance) * rng.NormFloat64()
				}
				value, se, dof := logMean(x)
				if e := estimate.FromSE(value, se, dof); e.Covers(c.variance / 2) {
					covered += 1.0 / trials
				}
			}
			require.GreaterOrEqual(t, covered, c.least)
			require.LessOrEqual(t, covered, 0.98)
		})
	}
}
