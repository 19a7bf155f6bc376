package information

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat"
)

// Each pair brackets the Gaussian truth in expectation, and comes closer with more sets and replicas.
func TestBoundsBracketTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct {
		D, R, reps   int
		lower, upper float64 // of L-info, from an independent computation (the lower one with lambda = 0)
	}{
		{D: 4, R: 3, reps: 1500, lower: 0.0742, upper: 0.1522},
		{D: 8, R: 4, reps: 800, lower: 0.0929, upper: 0.1315},
		{D: 16, R: 4, reps: 400, lower: 0.0968, upper: 0.1184},
	} {
		rng := stream(uint64(c.D))
		values := make([][]float64, bounds)
		for range c.reps {
			for i, e := range gaussianCross(rng, c.D, c.R, 8, dataVariance, noiseVariance).Bounds().all() {
				values[i] = append(values[i], e.Value)
			}
		}
		var mean, se [bounds]float64
		for i := range values {
			m, sd := stat.MeanStdDev(values[i], nil)
			mean[i], se[i] = m, sd/math.Sqrt(float64(c.reps))
		}
		t.Logf("%+v\nmean %.4f\nse   %.4f", c, mean, se)
		for i, truth := range []float64{trueLearned, trueSample, trueNoise} {
			assert.Less(t, mean[2*i]+3*se[2*i], truth, "lower bound %d of %+v", i, c)
			assert.Greater(t, mean[2*i+1]-3*se[2*i+1], truth, "upper bound %d of %+v", i, c)
		}
		assert.InDelta(t, c.lower, mean[learnedLower], 4*se[learnedLower])
		assert.InDelta(t, c.upper, mean[learnedUpper], 4*se[learnedUpper])
	}
}

// The intervals cover the expectation of the bounds. Plain jackknife intervals do so in 85-88 % at 8 sets.
func TestBoundsAreCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	for _, c := range []struct{ D, R, K, reps int }{
		{D: 8, R: 3, K: 4, reps: 2000},
		{D: 16, R: 4, K: 2, reps: 800},
		{D: 64, R: 8, K: 1, reps: 200},
	} {
		rng := stream(uint64(50 + c.D))
		all := make([][bounds]estimate.Estimate, c.reps)
		var mean, covered [bounds]float64
		for n := range all {
			all[n] = gaussianCross(rng, c.D, c.R, c.K, dataVariance, noiseVariance).Bounds().all()
			for i, e := range all[n] {
				mean[i] += e.Value / float64(c.reps)
			}
		}
		for n := range all {
			for i, e := range all[n] {
				if e.Covers(mean[i]) {
					covered[i] += 1 / float64(c.reps)
				}
			}
		}
		t.Logf("%+v coverage %.3f", c, covered)
		slack := 0.0
		if c.reps < 500 {
			slack = 0.01 // the coverage itself has a standard error of 1.5 % here
		}
		for i := range covered {
			assert.InDelta(t, 0.95, covered[i], 0.03+slack, "bound %d of %+v", i, c)
		}
	}
}

// Processor time on one core: some 3 ms for the main job's 8 x 3 replicas with 32 chains; 1.7 s for 64 x 8, with 80 MB
// beside the 67 MB of its values. Most of it are the sums of the jackknife for each of the 8 replicas left out in turn,
// which without running sums would take 64 times the whole; the fits of lambda take a tenth.
func BenchmarkBounds(b *testing.B) {
	for _, c := range []struct {
		name string
		D, R int
	}{{name: "E=24,K=32", D: 8, R: 3}, {name: "E=512,K=32", D: 64, R: 8}} {
		cross := gaussianCross(stream(1), c.D, c.R, 32, dataVariance, noiseVariance)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cross.Bounds()
			}
		})
	}
}
