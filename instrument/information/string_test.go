package information

import (
	"fmt"
	"math"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
)

// Results print for people: what is known with its interval and its ceiling, what is not with the reason.
func TestStrings(t *testing.T) {
	ends := func(v, lo, hi float64) estimate.Estimate {
		return estimate.Estimate{Value: v, SE: (hi - lo) / 4, Lo: lo, Hi: hi, Confidence: 0.95}
	}
	why := estimate.Unknown("one training set only")
	bracket := Bracket{Lower: ends(0.17071, 0.1339, 0.2104), Upper: ends(0.184, 0.1446, 0.2266), Ceiling: math.Log(8)}
	const printed = "at least 0.1707 [0.1339, 0.2104], at most 0.184 [0.1446, 0.2266] nats; " +
		"the lower bound cannot pass 2.079"
	for _, c := range []struct {
		result fmt.Stringer
		want   string
	}{
		{bracket, printed},
		{Bracket{Lower: why, Upper: ends(2, 1, 3), Ceiling: math.Inf(1)}, "at least ~, at most 2 [1, 3] nats"},
		{Bracket{Lower: why, Upper: why}, "unknown: one training set only"},
		{Bounds{Learned: bracket, Sample: bracket, Noise: Bracket{Lower: why, Upper: why}}, "L-info I(X;B)    " + printed +
			"\nI(X;Theta)       " + printed + "\nI(X;Theta|B)     unknown: one training set only"},
		{ExampleInfo{MInfo: ends(376, 348, 404), CMI: ends(120, 110, 130), Ceiling: 1000, CeilingCMI: 346.6},
			"M-info at least 376 [348, 404] of at most 1000 nats; " +
				"with one ghost at a time 120 [110, 130] of at most 346.6 nats"},
		{MInfo{Gaussian: ends(3.5, 3, 4), FiniteSets: bracket, Projection: "pca", Dim: 7},
			"3.5 [3, 4] nats in 7 coordinates (pca); of the drawn sets " + printed},
		{MInfo{Gaussian: why}, "unknown: one training set only"},
		{Memory{In: 30, Out: 34.5, Mem: ends(4.5, 4, 5), Share: 2.25},
			"mem 4.5 [4, 5]: loss 30 with it, 34.5 without; 2.25 nats of M-info"},
		{MutualInformation{Estimate: ends(0.41, 0.3, 0.5), Null: ends(0, -0.05, 0.05), Ceiling: 5.3},
			"0.41 [0.3, 0.5] of at most 5.3 nats; independent data give 0 [-0.05, 0.05]"},
		{MutualInformation{Estimate: ends(0.41, 0.3, 0.5), Null: why}, "0.41 [0.3, 0.5] nats"},
		{CountInformation{Corrected: ends(0.51, 0.4, 0.6), PlugIn: 0.55, Ceiling: 2.303},
			"0.51 [0.4, 0.6] of at most 2.303 nats; of the frequencies as they are 0.55"},
	} {
		assert.Equal(t, c.want, fmt.Sprint(c.result), "%T", c.result)
	}
}
