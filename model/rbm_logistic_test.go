package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	quarters of a random number overlap; a cell of the table cut
//	  short; the lower half not drawn, or at another place            TestDrawBitsAgainstTheLogisticFunction
//	sign in the logistic function's third derivative; no beta in the
//	  linear part; products of 512 dropped                            TestLogistic

// rationed yields one 16-bit number at a time from the quarters of 64-bit ones, lowest first, as drawBits does.
type rationed struct {
	src  rand.PCG
	rest uint64
	left int
}

func (r *rationed) next() uint64 {
	if r.left == 0 {
		r.rest, r.left = r.src.Uint64(), 4
	} else {
		r.rest >>= 16
	}
	r.left--
	return r.rest & math.MaxUint16
}

// below draws as much of a 32-bit number as it takes to say whether it is below p.
func (r *rationed) below(p float64) bool {
	upper := r.next()
	if upper != uint64(p/(1<<16)) {
		return float64(upper<<16) < p
	}
	return float64(upper<<16|r.src.Uint64()>>48) < p
}

// drawBits must decide as the logistic function does, bit for bit, in and beyond its table.
func TestDrawBitsAgainstTheLogisticFunction(t *testing.T) {
	const n = 3_000_000
	rng := rand.New(rand.NewPCG(3, 4))
	logits := make([]float32, n)
	for i := range logits {
		logits[i] = float32(6 * rng.NormFloat64())
		switch {
		case i%50 == 0:
			logits[i] = float32(math.Round(float64(logits[i])*cellsPerNat) / cellsPerNat) // on the grid
		case i%50 == 1:
			logits[i] *= 20 // beyond the table
		}
	}
	for _, scale := range []float64{1, 0.37} {
		reference := &rationed{src: *rand.NewPCG(5, 6)}
		got := append([]float32(nil), logits...)
		require.True(t, drawBits(got, scale, rand.New(rand.NewPCG(5, 6))))
		var ones, expected, variance float64
		for i, l := range logits {
			p := sigmoid64(scale * float64(l))
			want := float32(0)
			if reference.below(p * (1 << 32)) {
				want = 1
			}
			if got[i] != want {
				require.Failf(t, "another bit", "logit %v: %v, not %v", l, got[i], want)
			}
			ones, expected = ones+float64(got[i]), expected+p
			variance += p * (1 - p)
		}
		require.Less(t, math.Abs(ones-expected)/math.Sqrt(variance), 4.0)
	}
	inf := float32(math.Inf(1))
	x := []float32{inf, -inf, 1e30, -1e30}
	require.True(t, drawBits(x, 1, rng))
	require.Equal(t, []float32{1, 0, 1, 0}, x)
	require.False(t, drawBits([]float32{0, float32(math.NaN())}, 1, rng))
}

func TestLogistic(t *testing.T) {
	for z := -40.0; z <= 40; z += 0.00137 {
		require.InDelta(t, sigmoid64(z), logistic(z), 4e-10)
	}
	require.True(t, math.IsNaN(logistic(math.NaN())))
	rng := rand.New(rand.NewPCG(1, 2))
	z := make([]float32, 1300)
	var gain float64
	for i := range z {
		z[i] = float32(10 * rng.NormFloat64())
		gain += softplus64(0.7*float64(z[i])) - softplus64(0.3*float64(z[i]))
	}
	require.InDelta(t, gain, softplusGain(z, 0.3, 0.7), 1e-6)
}
