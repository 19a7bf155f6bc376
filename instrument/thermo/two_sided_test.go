package thermo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors and what caught them (bar, crooks):
//
//	n_F/n_R squared in the acceptance ratio               TwoSidedSymmetries
//	reverse work with the wrong sign                      TwoSidedSymmetries, BARSmallExactCase
//	variance of BAR without - 1/n_F - 1/n_R               BARSmallExactCase
//	overlap without the numbers of realisations           BARSmallExactCase
//	n_R/n_F for n_F/n_R in the logistic fit               CrooksSolvesItsScore, QuenchedOscillators
//	crossing at -a instead of -a/b                        CrooksSolvesItsScore

// The estimates shift with the origin of energy, and BAR is antisymmetric under exchange of the directions.
func TestTwoSidedSymmetries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		work := func(name string) []float64 {
			return rapid.SliceOfN(rapid.Float64Range(-30, 30), 2, 20).Draw(t, name)
		}
		f, r := work("forward"), work("reverse")
		shift := rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		value := BAR(f, r, nil)
		assert.InDelta(t, -value.DeltaF.Value, BAR(r, f, nil).DeltaF.Value, 1e-6*(1+1/value.Overlap))
		fs, rs := make([]float64, len(f)), make([]float64, len(r))
		for i := range f {
			fs[i] = f[i] + shift
		}
		for i := range r {
			rs[i] = r[i] - shift
		}
		assert.InDelta(t, value.DeltaF.Value+shift, BAR(fs, rs, nil).DeltaF.Value, 1e-6*(1+1/value.Overlap))
		assert.True(t, value.Overlap >= 0 && value.Overlap <= 1)

		// the defining equation
		m, c := math.Log(float64(len(f))/float64(len(r))), value.DeltaF.Value
		residual := 0.0
		for _, w := range f {
			residual += 1 / (1 + math.Exp(m+w-c))
		}
		for _, w := range r {
			residual -= 1 / (1 + math.Exp(-m+w+c))
		}
		assert.InDelta(t, 0, residual, 1e-8)
	})
}

// Equal numbers of equal works ordered as the theorem wants: one value each, dF half-way, p = 1/(1+e^(W-dF)).
func TestBARSmallExactCase(t *testing.T) {
	r := BAR([]float64{3, 3.5}, []float64{-1, -1.5}, nil)
	require.InDelta(t, 2.25, r.DeltaF.Value, 1e-9)
	information := 0.0
	for _, x := range []float64{0.75, 1.25, 1.25, 0.75} {
		p := 1 / (1 + math.Exp(-x))
		information += p * (1 - p)
	}
	assert.InDelta(t, information, r.Overlap, 1e-9) // (n_F+n_R)/(n_F n_R) = 1
	assert.InDelta(t, math.Sqrt(1/information-1), r.DeltaF.SE, 1e-9)
}

// The fit solves the two score equations of the likelihood, also where the slope is far from 1.
func TestCrooksSolvesItsScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		f, r := gaussianWork(rng, 30, 2, 2), gaussianWork(rng, 20, -2, 2)
		scale := rapid.Float64Range(0.2, 3).Draw(t, "scale") // of work: the slope falls as it grows
		for i := range f {
			f[i] *= scale
		}
		for i := range r {
			r[i] *= scale
		}
		c := Crooks(f, r, nil)
		if !c.DeltaF.Known() {
			t.Skip("separated")
		}
		zeroth, first := 0.0, 0.0
		posterior := func(w float64) float64 {
			return 1 / (1 + 20./30*math.Exp(-c.Slope.Value*(w-c.DeltaF.Value)))
		}
		for _, w := range f {
			zeroth += 1 - posterior(w)
			first += w * (1 - posterior(w))
		}
		for _, w := range r {
			zeroth -= posterior(-w)
			first -= -w * posterior(-w)
		}
		assert.InDelta(t, 0, zeroth, 1e-6)
		assert.InDelta(t, 0, first, 1e-6)
		if c.DeltaF.HasInterval() {
			assert.True(t, c.DeltaF.Covers(c.DeltaF.Value))
		}
	})
}

// BAR of 1000 + 1000 works takes about a quarter of the time of Jarzynski's estimate from all 2000, which sorts them
// for its tail; with the bootstrap of 200 resamples it takes about 130 times as long.
func BenchmarkBAR(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 1))
	f, r := gaussianWork(rng, 1000, 1, 2), gaussianWork(rng, 1000, -1, 2)
	both := append(slices.Clone(f), r...)
	b.Run("analytic", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			BAR(f, r, nil)
		}
	})
	b.Run("bootstrap", func(b *testing.B) {
		for b.Loop() {
			BAR(f, r, rng)
		}
	})
	b.Run("jarzynski", func(b *testing.B) {
		for b.Loop() {
			Jarzynski(both, nil)
		}
	})
}
