package entropy

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// Deliberate errors, and the tests that caught them:
//
//	wishart.go   (dof-i)/2 -> (dof-i-1)/2           TestLogDetBias, TestPlugInIsCalibrated
//	wishart.go   bias without the 1/2               TestLogDetBias, TestCloudIsCalibrated
//	wishart.go   bias added in place of subtracted  TestPlugInIsCalibrated
//	wishart.go   SE without the 1/2                 TestPlugInIsCalibrated
//	wishart.go   sign of the skewness term          TestPlugInIntervalIsChiSquared
//	plugin.go    no factor (n-1)/dof                TestPlugInHonoursDegreesOfFreedom

func TestLogDetBias(t *testing.T) {
	for _, c := range []struct {
		k, n int
		bias float64
	}{
		{k: 5, n: 100, bias: -0.0772},
		{k: 10, n: 20, bias: -1.8215},
		{k: 10, n: 50, bias: -0.6058},
		{k: 100, n: 200, bias: -15.614},
	} {
		assert.InDelta(t, c.bias, LogDetBias(c.k, float64(c.n-1)), 6e-4*math.Max(1, math.Abs(c.bias)), "k=%d n=%d", c.k, c.n)
	}
	assert.InDelta(t, math.Pi/math.Sqrt(2)/2, math.Sqrt(newLogDet(1, 1).variance)/2, 1e-12) // Var ln chi^2_1 = pi^2/2
	assert.Panics(t, func() { LogDetBias(3, 2) })
}

func TestPlugInIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct{ n, k int }{{6, 1}, {8, 3}, {30, 10}, {200, 2}} {
		rng := stream(uint64(c.n))
		scale := make([]float64, c.k)
		for j := range scale {
			scale[j] = math.Pow(10, float64(j-1))
		}
		calibrate(t, 2000, gaussianEntropy(scale), 0.1,
			func() estimate.Estimate { return PlugIn(gaussianRows(rng, c.n, scale), 0) })
	}
}

// In one dimension the interval is that of chi^2, nu C / sigma^2; the Cornish-Fisher ends are within 3 % of its width.
func TestPlugInIntervalIsChiSquared(t *testing.T) {
	for _, dof := range []float64{7, 23, 200} {
		e := newLogDet(1, dof).entropyOf(1, 0)
		chi := distuv.ChiSquared{K: dof}
		end := func(p float64) float64 { return math.Log(2*math.Pi*math.E*dof/chi.Quantile(p)) / 2 }
		width := end(0.025) - end(0.975)
		assert.InDelta(t, end(0.975), e.Lo, 0.03*width)
		assert.InDelta(t, end(0.025), e.Hi, 0.03*width)
	}
}

// Removing a linear trend costs a second degree of freedom; told so, the estimate is unbiased.
func TestPlugInHonoursDegreesOfFreedom(t *testing.T) {
	rng := stream(2)
	const n, k = 12, 2
	scale := []float64{1, 3}
	calibrate(t, 1500, gaussianEntropy(scale), 0.1, func() estimate.Estimate {
		rows := gaussianRows(rng, n, scale)
		for j := range k {
			var slope, norm float64
			for i := range rows {
				x := float64(i) - (n-1)/2.0
				slope += x * rows[i][j]
				norm += x * x
			}
			for i := range rows {
				rows[i][j] -= slope / norm * (float64(i) - (n-1)/2.0)
			}
		}
		return PlugIn(rows, n-2)
	})
}

// S(A x + b) = S(x) + ln |det A|, for the value and both ends.
func TestPlugInUnderAffineMaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(rapid.Uint64().Draw(t, "seed"))
		k := rapid.IntRange(1, 5).Draw(t, "k")
		ones := make([]float64, k)
		for j := range ones {
			ones[j] = 1
		}
		rows := gaussianRows(rng, k+3+rng.IntN(20), ones)
		a := mat.NewDense(k, k, nil)
		for i := range k {
			for j := range k {
				a.Set(i, j, rng.NormFloat64())
			}
			a.Set(i, i, a.At(i, i)+3)
		}
		mapped := newRows(len(rows), k)
		for i, row := range rows {
			y := mat.NewVecDense(k, mapped[i])
			y.MulVec(a, mat.NewVecDense(k, row))
			for j := range k {
				mapped[i][j] += 7
			}
		}
		lnDetA, _ := mat.LogDet(a)
		before, after := PlugIn(rows, 0), PlugIn(mapped, 0)
		assert.InDelta(t, before.Value+lnDetA, after.Value, 1e-8)
		assert.InDelta(t, before.Hi+lnDetA, after.Hi, 1e-8)
	})
}

// Columns in any units: of one column of sd 1e160 S = ln(1e160 sqrt(2 pi e)) = 369.8.
func TestGaussianEntropyInAnyUnits(t *testing.T) {
	rng := stream(9)
	one := PlugIn(gaussianRows(rng, 1000, []float64{1e160}), 0)
	assert.InDelta(t, 369.83, one.Value, 4*one.SE)
	ones := gaussianRows(rng, 20, []float64{1, 1, 1})
	plain, cloud := PlugIn(ones, 0), (&Cloud{Groups: 20, PerGroup: 1, Rows: ones}).Entropy()
	for _, unit := range []float64{1e-300, 1e-170, 1e-80, 1e9, 1e12, 1e99, 1e154, 1e300} {
		rows := newRows(20, 3)
		for i, row := range ones {
			copy(rows[i], row)
			rows[i][1] *= unit
		}
		assert.InDelta(t, plain.Hi+math.Log(unit), PlugIn(rows, 0).Hi, 1e-9, "%v", unit)
		other := &Cloud{Groups: 20, PerGroup: 1, Rows: rows}
		e := other.Entropy()
		assert.InDelta(t, cloud.Value+math.Log(unit), e.Value, 1e-9, "%v: %v", unit, e.Warnings)
		assert.InDelta(t, cloud.SE, e.SE, 1e-9, "%v", unit)
		for _, e := range []estimate.Estimate{Shrinkage(rows, 0), other.Hadamard()} {
			if unit > 1e153 || unit < 1e-153 {
				require.False(t, e.Known())
				assert.Contains(t, e.Warnings[0], "column 1 is so large or so small", "%v", unit)
				continue
			}
			assert.InDelta(t, cloud.Value+math.Log(unit), e.Value, 0.3, "%v", unit)
		}
	}
}

func TestPlugInWarnsOfColumnsThatAreNotGaussian(t *testing.T) {
	rng := stream(3)
	alarms := 0
	for range 300 {
		if len(PlugIn(gaussianRows(rng, 60, []float64{1, 1, 1}), 0).Warnings) > 0 {
			alarms++
		}
	}
	assert.LessOrEqual(t, alarms, 6, "2 %% of 300 Gaussian clouds")
	rows := gaussianRows(rng, 200, []float64{1, 1})
	for i := range rows {
		rows[i][1] = math.Exp(rows[i][1])
	}
	e := PlugIn(rows, 0)
	require.Len(t, e.Warnings, 1)
	assert.Contains(t, e.Warnings[0], "column 1")
}
