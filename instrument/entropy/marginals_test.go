package entropy

import (
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	bias of ln s^2 for D-1 degrees of freedom     TestHadamardIsUnbiased
//	D/(D-1) -> 1 without a group                  TestHadamardWithoutAGroup
//	columns that vary in one group counted        TestMovingColumns

// The mean over many columns is right however the variance is split between groups and noise.
func TestHadamardIsUnbiased(t *testing.T) {
	const columns = 100_000
	for _, between := range []float64{0, 0.25, 0.5, 0.75, 1} {
		c := ensemble(stream(1), 8, 3, columns, between, 1-between)
		e := c.Hadamard()
		bias := e.Value/columns - math.Log(2*math.Pi*math.E)/2
		t.Logf("%.2f of the variance between groups: %+.4f nats a column", between, bias)
		assert.InDelta(t, 0, bias, 0.004)
	}
}

// The sum without a group is that of the cloud without it, but that the split of each variance is taken of all groups.
func TestHadamardWithoutAGroup(t *testing.T) {
	for _, R := range []int{1, 3} {
		c := ensemble(stream(2), 8, R, 1500, 0.5, 0.5)
		m := newMarginals(8, R, 0)
		require.NoError(t, centredBlocks(c.Rows, m.enter))
		for g := range 8 {
			tolerance := 1e-6
			if R > 1 {
				tolerance = 0.005 * 1500
			}
			assert.InDelta(t, c.Without(g).Hadamard().Value, m.entropy(g), tolerance)
		}
	}
}

func TestHadamardIsCalibrated(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	rng := stream(3)
	truth := 10 * math.Log(2*math.Pi*math.E) / 2
	calibrate(t, 1500, truth, 0.25, func() estimate.Estimate { return ensemble(rng, 8, 3, 10, 0.7, 0.3).Hadamard() })
}

func TestMovingColumns(t *testing.T) {
	rows := func(columns ...[]float64) [][]float64 {
		out := newRows(len(columns[0]), len(columns))
		for j, c := range columns {
			for i, x := range c {
				out[i][j] = x
			}
		}
		return out
	}
	still, first := []float64{1, 1, 1, 1, 1, 1}, []float64{2, 1, 1, 1, 1, 1}
	shifted := []float64{2, 2, 1, 1, 1, 1}
	third, two := []float64{1, 1, 1, 1, 1, 2}, []float64{1, 2, 1, 3, 1, 1}
	c := &Cloud{Groups: 3, PerGroup: 2, Rows: rows(still, first, shifted, third, two)}
	moving, err := c.Moving()
	require.NoError(t, err)
	assert.Equal(t, []bool{false, false, false, false, true}, moving)
	assert.Equal(t, rows(two), c.Keep(moving).Rows)
	assert.Same(t, c, c.Keep([]bool{true, true, true, true, true}))
	h := c.Hadamard()
	assert.Equal(t, c.Keep(moving).Hadamard().Value, h.Value)
	assert.Contains(t, h.Warnings[0], "4 of 5 columns do not vary, or in one group only")
	assert.Contains(t, (&Cloud{Groups: 3, PerGroup: 2, Rows: rows(first)}).Hadamard().Warnings[0], "only one training set")

	pair := &Cloud{Groups: 2, PerGroup: 1, Rows: rows([]float64{1, 1}, []float64{1, 2})}
	moving, err = pair.Moving()
	require.NoError(t, err)
	assert.Equal(t, []bool{false, true}, moving)
}
