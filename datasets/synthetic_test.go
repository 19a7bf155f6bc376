package datasets

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	ln C left out of LogDensity                  TestMixtureDensity
//	Dim*ln(Sigma) once, not Dim times            TestMixtureDensity
//	Sigma^2 for Sigma in Draw                    TestMixtureDraws
//	last component never drawn                   TestMixtureDraws
//	largest term not rescaled                    TestMixtureDensity
//	plain images twice                           TestBarsAndStripes
//	test set from the training stream            TestSyntheticStreams

func TestBarsAndStripes(t *testing.T) {
	for side := 2; side <= 6; side++ {
		d, err := BarsAndStripes(side)
		require.NoError(t, err)
		require.Equal(t, 2<<side-2, d.Len())
		seen := map[string]bool{}
		for i := range d.Len() {
			row := d.Row(i)
			seen[fmt.Sprint(row)] = true
			bars, stripes := true, true
			for k, x := range row {
				require.True(t, x == 0 || x == 1)
				bars = bars && x == row[k%side]
				stripes = stripes && x == row[k/side*side]
			}
			require.Equal(t, [2]bool{d.Labels[i] != stripesLabel, d.Labels[i] != barsLabel}, [2]bool{bars, stripes},
				"pattern %d", i)
		}
		require.Len(t, seen, d.Len(), "all patterns differ")
	}
	for _, side := range []int{1, 13} {
		_, err := BarsAndStripes(side)
		assert.ErrorContains(t, err, "2 to 12")
	}
}

// The 30 patterns of side 4 are drawn with equal frequency: chi-squared with 29 degrees of freedom.
func TestBarsAndStripesDraws(t *testing.T) {
	s, err := Open(context.Background(), "bars-and-stripes", &Options{Size: 30000, Seed: 3})
	require.NoError(t, err)
	assert.Equal(t, 6000, s.Test.Len())
	assert.Equal(t, 4, s.Train.Rows)
	all, err := BarsAndStripes(4)
	require.NoError(t, err)
	for _, d := range []*Dataset{s.Train, s.Test} {
		counts := map[string]int{}
		for i := range d.Len() {
			counts[fmt.Sprint(d.Labels[i], d.Row(i))]++
		}
		chi, each := 0.0, float64(d.Len())/30
		for i := range all.Len() {
			n := float64(counts[fmt.Sprint(all.Labels[i], all.Row(i))])
			chi += (n - each) * (n - each) / each
		}
		require.Len(t, counts, 30)
		assert.Less(t, chi, 64.0) // P = 2e-4
		assert.Greater(t, chi, 9.0)
	}
}

// The density integrates to 1 over the plane, for one component and for several, and has the value that the formula
// gives at a point.
func TestMixtureDensity(t *testing.T) {
	for _, o := range []Options{
		{Components: 1, Dim: 2, Sigma: 0.7, Spread: 2, Seed: 1},
		{Components: 5, Dim: 2, Sigma: 0.5, Spread: 2, Seed: 2},
		{Components: 3, Dim: 2, Sigma: 1.5, Spread: 1, Seed: 3},
	} {
		m, err := NewMixture(&o)
		require.NoError(t, err)
		const half, step = 20.0, 0.125
		sum := 0.0
		for x := -half; x <= half; x += step {
			for y := -half; y <= half; y += step {
				sum += math.Exp(m.LogDensity([]float32{float32(x), float32(y)})) * step * step
			}
		}
		assert.InDelta(t, 1, sum, 1e-9, "%+v", o)
	}

	m := &Mixture{Dim: 3, Sigma: 2, Means: [][]float64{{0, 0, 0}, {1, 2, 3}}}
	x := []float32{1, 1, 1}
	norm := math.Pow(2*math.Pi*4, -1.5)
	want := math.Log(0.5*norm*math.Exp(-3.0/8) + 0.5*norm*math.Exp(-5.0/8))
	assert.InDelta(t, want, m.LogDensity(x), 1e-14)
	assert.InDelta(t, -4e10/8*3, m.LogDensity([]float32{2e5, 2e5, 2e5}), 1e6,
		"far away the density underflows, its logarithm does not")
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.LogDensity(x) }))
	assert.Panics(t, func() { m.LogDensity(x[:2]) })
	assert.Panics(t, func() { (&Mixture{Dim: 1, Means: make([][]float64, 257)}).Draw(1, stream(1, forTraining, 0)) })
}

// Each component's share, mean and variance, as z-scores over the draws.
func TestMixtureDraws(t *testing.T) {
	o := &Options{Components: 4, Dim: 3, Sigma: 0.5, Seed: 9, Size: 20000}
	m, err := NewMixture(o)
	require.NoError(t, err)
	s, err := Open(context.Background(), "gaussian-mixture", o)
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 20000, 4000}, []int{s.Train.Rows, s.Train.Cols, s.Train.Len(), s.Test.Len()})
	for c, mu := range m.Means {
		for j := range mu {
			var values []float64
			for i := range s.Train.Len() {
				if int(s.Train.Labels[i]) == c {
					values = append(values, float64(s.Train.Row(i)[j]))
				}
			}
			n := float64(len(values))
			require.Less(t, math.Abs(n-5000)/math.Sqrt(20000*0.25*0.75), 4.0)
			mean, variance := stat.MeanVariance(values, nil)
			assert.Less(t, math.Abs(mean-mu[j])/(0.5/math.Sqrt(n)), 4.0)
			assert.Less(t, math.Abs(variance/0.25-1)/math.Sqrt(2/(n-1)), 4.0)
		}
	}
}

// Draws and density belong together: the mean of N(x; 0, s^2)/p(x) over draws from p is 1.
func TestMixtureDrawsMatchDensity(t *testing.T) {
	m := &Mixture{Dim: 1, Sigma: 1, Means: [][]float64{{-1}, {0.5}, {2}}}
	d := m.Draw(50000, stream(4, forTraining, 0))
	var ratios []float64
	for i := range d.Len() {
		x := float64(d.X[i])
		q := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		ratios = append(ratios, q/math.Exp(m.LogDensity(d.Row(i))))
	}
	mean, sd := stat.MeanStdDev(ratios, nil)
	assert.Less(t, math.Abs(mean-1)/(sd/math.Sqrt(50000)), 4.0)
	assert.Less(t, sd/math.Sqrt(50000), 0.01, "the test has the power to see 4 %%")
}

// The means follow N(0, Spread^2).
func TestMixtureSpread(t *testing.T) {
	m, err := NewMixture(&Options{Components: 256, Dim: 40, Spread: 3})
	require.NoError(t, err)
	var all []float64
	for _, mu := range m.Means {
		all = append(all, mu...)
	}
	n := float64(len(all))
	mean, variance := stat.MeanVariance(all, nil)
	assert.Less(t, math.Abs(mean)/(3/math.Sqrt(n)), 4.0)
	assert.Less(t, math.Abs(variance/9-1)/math.Sqrt(2/(n-1)), 4.0)
}

// One seed, one answer, on any number of processors; other seeds and the other half give other draws.
func TestSyntheticStreams(t *testing.T) {
	for _, name := range []string{"bars-and-stripes", "gaussian-mixture"} {
		open := func(seed uint64) *Split {
			s, err := Open(context.Background(), name, &Options{Seed: seed, Size: 500})
			require.NoError(t, err)
			return s
		}
		a := open(1)
		old := runtime.GOMAXPROCS(1)
		b := open(1)
		runtime.GOMAXPROCS(old)
		assert.Equal(t, a, b)
		assert.NotEqual(t, a.Train.X, open(2).Train.X)
		assert.NotEqual(t, a.Train.Labels[:100], a.Test.Labels)
	}
}
