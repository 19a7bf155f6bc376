package thermo

import (
	"fmt"
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Results print for people.
func TestStrings(t *testing.T) {
	ends := func(v, lo, hi float64) estimate.Estimate {
		return estimate.Estimate{Value: v, SE: (hi - lo) / 4, Lo: lo, Hi: hi, Confidence: 0.95}
	}
	half := ends(0.5, 0.4, 0.6)
	// Two labels of equal energy; the measurement says the first, and the step lowers its energy by 1.
	cycle, err := NewCycle(2, []float64{0, 0}, []float64{1, 0}, []float64{-1, 0})
	require.NoError(t, err)
	for _, c := range []struct {
		result fmt.Stringer
		want   string
	}{
		{Balance{Work: half, Heat: ends(-2, -3, -1), DeltaF: estimate.Exact(0), EntropyProduction: half,
			SampleEntropy: estimate.Unknown("no equilibrium")},
			"work on the samples  0.5 [0.4, 0.6] nats\nheat absorbed        -2 [-3, -1]\nfree energy change   0 [0, 0]\n" +
				"entropy production   0.5 [0.4, 0.6]\nentropy of samples   ~"},
		{Fluctuation{Average: ends(1.02, 0.9, 1.2), Samples: 200, ESS: 131.4},
			"<exp(-(w - dF))> = 1.02 [0.9, 1.2], which should be 1: cannot tell (200 chains, worth 131.4)"},
		{OneSided{DeltaF: half, ESS: 120, Bias: 0.0123},
			"dF = 0.5 [0.4, 0.6] nats from work in one direction, by an effective sample of 120; bias about 0.012"},
		{OneSided{DeltaF: half, ESS: 120, Bias: math.NaN()},
			"dF = 0.5 [0.4, 0.6] nats from work in one direction, by an effective sample of 120"},
		{TwoSided{DeltaF: half, Overlap: 0.8}, "dF = 0.5 [0.4, 0.6] nats from work in both directions; overlap 0.8 of 1"},
		{CrooksFit{TwoSided: TwoSided{DeltaF: half, Overlap: 0.8}, Slope: ends(0.98, 0.9, 1.1)},
			"dF = 0.5 [0.4, 0.6] nats where the distributions cross; " +
				"slope 0.98 [0.9, 1.1], which should be 1; overlap 0.8 of 1"},
		{Jarzynski(nil, nil), "dF = ~ nats from work in one direction"},
		{BAR(nil, nil, nil), "dF = ~ nats from work in both directions"},
		{Crooks(nil, nil, nil), "dF = ~ nats where the distributions cross; slope ~, which should be 1"},
		{FluctuationAverage(nil, nil), "<exp(-(w - dF))> = ~, which should be 1: cannot tell (0 chains)"},
		// ln 2 bought; W = -1, dF = -ln((1+e)/2) = -0.6201.
		{cycle, "bought 0.6931, extracted 0.3799, left 0.3133 nats a sample; " +
			"efficiency 0.548; work -1, free energy change -0.6201"},
	} {
		assert.Equal(t, c.want, fmt.Sprint(c.result), "%T", c.result)
	}
}
