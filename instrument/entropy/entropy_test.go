package entropy

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

func stream(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xca1)) }

// gaussianRows draws n rows of independent N(0, scale_j^2).
func gaussianRows(rng *rand.Rand, n int, scale []float64) [][]float64 {
	rows := newRows(n, len(scale))
	for _, row := range rows {
		for j, s := range scale {
			row[j] = s * rng.NormFloat64()
		}
	}
	return rows
}

func gaussianEntropy(scale []float64) float64 {
	var s float64
	for _, x := range scale {
		s += math.Log(2*math.Pi*math.E*x*x) / 2
	}
	return s
}

// calibrate repeats an estimate and checks that its mean is within 3 standard errors of the truth, that the mean SE is
// the spread to within the tolerance, and that the intervals cover in 92-98 % of the repetitions.
func calibrate(t *testing.T, reps int, truth, tolerance float64, draw func() estimate.Estimate) {
	t.Helper()
	values := make([]float64, reps)
	var meanSE, covered float64
	for i := range values {
		e := draw()
		require.True(t, e.HasInterval(), "%v", e.Warnings)
		values[i] = e.Value
		meanSE += e.SE / float64(reps)
		if e.Covers(truth) {
			covered += 1 / float64(reps)
		}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	z := (mean - truth) / (sd / math.Sqrt(float64(reps)))
	t.Logf("truth %.4f mean %.4f z %.2f sd %.4f mean SE %.4f coverage %.3f", truth, mean, z, sd, meanSE, covered)
	assert.Less(t, math.Abs(z), 3.0)
	assert.InEpsilon(t, sd, meanSE, tolerance)
	assert.InDelta(t, 0.95, covered, 0.03)
}

func TestReasonsWhyThereIsNoEntropy(t *testing.T) {
	rng := stream(4)
	good := func() [][]float64 { return gaussianRows(rng, 9, []float64{1, 1}) }
	constant := good()
	for i := range constant {
		constant[i][1] = 0.1
	}
	dependent := good()
	for i := range dependent {
		dependent[i][1] = 2*dependent[i][0] + 1
	}
	nan := good()
	nan[4][1] = math.NaN()
	ragged := good()
	ragged[3] = ragged[3][:1]
	same := gaussianRows(rng, 1, make([]float64, 50))
	for range 8 {
		same = append(same, same[0])
	}
	plug := func(rows [][]float64) estimate.Estimate { return PlugIn(rows, 0) }
	shrink := func(rows [][]float64) estimate.Estimate { return Shrinkage(rows, 0) }
	cloud := func(rows [][]float64) estimate.Estimate {
		return (&Cloud{Groups: 9, PerGroup: 1, Rows: rows}).Entropy()
	}
	for _, c := range []struct {
		name   string
		f      func([][]float64) estimate.Estimate
		rows   [][]float64
		reason string
	}{
		{name: "plug-in constant", f: plug, rows: constant, reason: "column 1 is identical"},
		{name: "plug-in dependent", f: plug, rows: dependent, reason: "linearly dependent"},
		{name: "plug-in NaN", f: plug, rows: nan, reason: "row 4, column 1"},
		{name: "plug-in ragged", f: plug, rows: ragged, reason: "row 3 has 1 columns"},
		{name: "plug-in k >= n", f: plug, rows: gaussianRows(rng, 3, []float64{1, 1, 1}), reason: "use Shrinkage"},
		{name: "plug-in empty", f: plug, rows: nil, reason: "no points"},
		{name: "shrinkage NaN", f: shrink, rows: nan, reason: "row 4, column 1"},
		{name: "shrinkage one point", f: shrink, rows: good()[:1], reason: "at least 2"},
		{name: "shrinkage shared start", f: shrink, rows: same, reason: "share their start"},
		{name: "shrinkage two points at one place", f: shrink, rows: same[:2], reason: "S(Theta) = -inf"},
		{name: "cloud constant", f: cloud, rows: constant, reason: "column 1 is identical"},
		{name: "cloud dependent", f: cloud, rows: dependent, reason: "linearly dependent"},
		{name: "cloud NaN", f: cloud, rows: nan, reason: "row 4, column 1"},
		{name: "cloud shared start", f: cloud, rows: same, reason: "share their start"},
		{name: "cloud sizes", f: cloud, rows: good()[:8], reason: "8 rows for 9 groups of 1"},
	} {
		e := c.f(c.rows)
		assert.False(t, e.Known(), c.name)
		require.NotEmpty(t, e.Warnings, c.name)
		assert.Contains(t, e.Warnings[0], c.reason, c.name)
	}
}

// ensemble draws D groups of R from N(mu_d, within), mu_d from N(0, between), m columns.
func ensemble(rng *rand.Rand, D, R, m int, between, within float64) *Cloud {
	c := &Cloud{Groups: D, PerGroup: R}
	for range D {
		centre := make([]float64, m)
		for j := range centre {
			centre[j] = math.Sqrt(between) * rng.NormFloat64()
		}
		for range R {
			row := make([]float64, m)
			for j := range row {
				row[j] = centre[j] + math.Sqrt(within)*rng.NormFloat64()
			}
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

func slicesOfOne(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func TestSameBitsAtAnyGOMAXPROCS(t *testing.T) {
	rng := stream(12)
	rows := gaussianRows(rng, 96, slicesOfOne(1500))
	c := &Cloud{Groups: 12, PerGroup: 8, Rows: rows}
	run := func(procs int) (estimate.Estimate, *PCA) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		p, err := FitPCA(rows, 2)
		require.NoError(t, err)
		return c.Entropy(), p
	}
	e1, p1 := run(1)
	e2, p2 := run(4)
	assert.Equal(t, [...]float64{e1.Value, e1.SE}, [...]float64{e2.Value, e2.SE})
	assert.Equal(t, p1, p2)
}
