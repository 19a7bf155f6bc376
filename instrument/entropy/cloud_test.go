package entropy

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them (cloud.go):
//
//	Total with 1 in place of 1-1/R      TestCloudIsCalibrated
//	Within with D R in place of D(R-1)  TestCloudBiasWhereReplicasDominate
//	bias for D-1 degrees of freedom     TestCloudBiasWhereReplicasDominate
//	bias for D R - 1 degrees of freedom TestCloudIsCalibrated

// gaussianModel returns b_t and v_t of full-batch Langevin training of N(theta, 1) on N = 4 examples of N(0, 1):
// theta' = a theta + r mean(B) + sqrt(2 r T) xi, a = 1-r, theta_0 ~ N(0, v0).
func gaussianModel() (b, v float64) {
	const N, r, T, v0, t = 4, 0.1, 0.02, 0.01, 40
	a := 1 - r
	a2t := math.Pow(a, 2*t)
	return math.Pow(1-math.Pow(a, t), 2) / N, a2t*v0 + 2*r*T*(1-a2t)/(1-a*a)
}

func TestCloudIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	b, v := gaussianModel()
	for _, c := range []struct{ D, R, m, reps int }{
		{D: 8, R: 3, m: 1, reps: 3000},
		{D: 8, R: 3, m: 3, reps: 1500},
		{D: 64, R: 8, m: 1, reps: 600},
		{D: 64, R: 8, m: 3, reps: 600},
		{D: 16, R: 1, m: 3, reps: 1000},
	} {
		rng := stream(uint64(100*c.D + c.m))
		truth := float64(c.m) / 2 * math.Log(2*math.Pi*math.E*(b+v))
		tolerance := 0.1
		if c.D == 8 {
			tolerance = 0.25 // few groups: the jackknife errs on the safe side
		}
		calibrate(t, c.reps, truth, tolerance, func() estimate.Estimate {
			return ensemble(rng, c.D, c.R, c.m, b, v).Entropy()
		})
	}
}

// Where replicas differ by their noise alone, C has far more than D-1 degrees of freedom: a bias taken for D-1 would be
// off by 0.15 nats here.
func TestCloudBiasWhereReplicasDominate(t *testing.T) {
	rng := stream(9)
	const reps, m = 1200, 2
	values := make([]float64, reps)
	for i := range values {
		values[i] = mustMoments(t, ensemble(rng, 8, 4, m, 0, 1)).entropy()
	}
	mean, sd := stat.MeanStdDev(values, nil)
	z := (mean - m/2.0*math.Log(2*math.Pi*math.E)) / (sd / math.Sqrt(reps))
	t.Logf("z %.2f", z)
	assert.Less(t, math.Abs(z), 3.0)
}

func mustMoments(t *testing.T, c *Cloud) *Moments {
	t.Helper()
	m, err := c.Moments()
	require.NoError(t, err)
	return m
}

// The ensemble's case, 8 x 3 replicas of 50,000 weights, and a large one of 64 x 8.
func BenchmarkCloudEntropy(b *testing.B) {
	for _, c := range []struct {
		name string
		D, R int
	}{{name: "8x3", D: 8, R: 3}, {name: "64x8", D: 64, R: 8}} {
		cloud := &Cloud{Groups: c.D, PerGroup: c.R, Rows: gaussianRows(stream(1), c.D*c.R, slicesOfOne(50_000))}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cloud.Entropy()
			}
		})
	}
}
