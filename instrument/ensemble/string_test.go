package ensemble

import (
	"fmt"
	"math"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"

	"github.com/stretchr/testify/assert"
)

// Results print for people: what is not known is left out where there are several.
func TestStrings(t *testing.T) {
	ends := func(v, lo, hi float64) estimate.Estimate {
		return estimate.Estimate{Value: v, SE: (hi - lo) / 4, Lo: lo, Hi: hi, Confidence: 0.95}
	}
	why := estimate.Unknown("no sampler")
	half := ends(0.5, 0.4, 0.6)
	memory := Memorization{MInfo: ends(87, 80, 94), CMI: ends(60, 50, 70), Mem: half}
	for _, c := range []struct {
		result fmt.Stringer
		want   string
	}{
		{&Row{
			Step: 40, Sets: 8, PerSet: 3, TrainNLL: half, TestNLL: ends(0.7, 0.6, 0.8), Heat: ends(-2, -3, -1),
			LInfo: information.Bracket{Lower: half, Upper: ends(0.9, 0.8, 1), Ceiling: math.Log(8)}, Memorization: memory,
			Work: why, EntropyProduction: why, SampleEntropy: why,
		}, "step 40: 8 training sets, 3 replicas on each; in nats\n" +
			"training loss        0.5 [0.4, 0.6]\n" +
			"test loss            0.7 [0.6, 0.8]\n" +
			"L-info               at least 0.5 [0.4, 0.6], at most 0.9 [0.8, 1] nats; the lower bound cannot pass 2.079\n" +
			"M-info, at least     87 [80, 94]\n" +
			"CMI, at least        60 [50, 70]\n" +
			"mem of an example    0.5 [0.4, 0.6]\n" +
			"heat dissipated      2 [1, 3]"},
		{&memory, "M-info at least 87 [80, 94], CMI at least 60 [50, 70] nats; mem 0.5 [0.4, 0.6] nats an example"},
		{ByMethod{Exact: why, Annealed: half, Work: estimate.Bare(0.25), TwoSided: why},
			"annealed 0.5 [0.4, 0.6]; work 0.25"},
		{ByMethod{Exact: why, Annealed: why, Work: why, TwoSided: why}, "unknown by every method"},
		{FreeEnergy{Best: half, Exact: half, Annealed: why, Work: why, TwoSided: why},
			"F = 0.5 [0.4, 0.6] nats (exact 0.5 [0.4, 0.6])"},
		{Discrepancy{Difference: half, Bias: 0.0123}, "0.5 [0.4, 0.6], of it bias 0.012"},
		{Copying{Nearer: half, Own: ends(0.7, 0.6, 0.8), Most: why}, "chance to lie nearer to the training set than a " +
			"held-out example does 0.5 [0.4, 0.6], nearer to their own set than to another 0.7 [0.6, 0.8] (1/2 without " +
			"copying); copies are a share of at most ~"},
	} {
		assert.Equal(t, c.want, fmt.Sprint(c.result), "%T", c.result)
	}
}
