package thermo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/estimate"

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
//	root begun at the mean of the works, within 700 of it FarWorksHaveNoWeight, SoftenedOscillator
//	logistic fit begun at slope 0                         FarWorksHaveNoWeight
//	bracket not shifted for works of weight 0             FarWorksHaveNoWeight

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

// A work far above all others has weight 0, wherever it lies: the estimates are those of the same works with +Inf in
// its place, which counts in the number of realisations alone.
func TestFarWorksHaveNoWeight(t *testing.T) {
	for _, n := range []int{10, 200} {
		rng := rand.New(rand.NewPCG(uint64(n), 12))
		near, other := gaussianWork(rng, n-1, 0.5, 1), gaussianWork(rng, n, -0.5, 1)
		with := func(far float64) []float64 { return append(slices.Clone(near), far) }
		hard := with(math.Inf(1))
		m := math.Log(float64(n-1) / float64(n)) // exp(M) n_F is the number of finite works
		bar := BAR(hard, other, nil)
		assert.InDelta(t, BAR(near, other, nil).DeltaF.Value-m, bar.DeltaF.Value, 1e-9)
		assert.InDelta(t, Crooks(near, other, nil).Slope.Value, Crooks(hard, other, nil).Slope.Value, 1e-9)
		assert.InDelta(t, Jarzynski(near, nil).DeltaF.Value-m, Jarzynski(hard, nil).DeltaF.Value, 1e-9)
		boot := func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }
		for _, far := range []float64{2e4, 1e7, 1e300} {
			assert.InDelta(t, bar.DeltaF.Value, BAR(with(far), other, nil).DeltaF.Value, 1e-9, far)
			assert.InDelta(t, -bar.DeltaF.Value, BAR(other, with(far), nil).DeltaF.Value, 1e-9, far)
			for name, pair := range map[string][2]estimate.Estimate{
				"BAR bootstrap": {BAR(hard, other, boot()).Bootstrap, BAR(with(far), other, boot()).Bootstrap},
				"crossing":      {Crooks(hard, other, nil).DeltaF, Crooks(with(far), other, nil).DeltaF},
				"slope":         {Crooks(hard, other, nil).Slope, Crooks(with(far), other, nil).Slope},
				"reversed":      {Crooks(other, hard, nil).Slope, Crooks(other, with(far), nil).Slope},
				"Jarzynski":     {Jarzynski(hard, boot()).DeltaF, Jarzynski(with(far), boot()).DeltaF},
			} {
				assert.InDelta(t, pair[0].Value, pair[1].Value, 1e-9, "%s, %v", name, far)
				assert.InDelta(t, pair[0].SE, pair[1].SE, 1e-9, "%s, %v", name, far)
			}
		}
		assert.Less(t, math.Abs(bar.DeltaF.Z(0.5)), 3.)
	}
	inf := math.Inf(1)
	assert.InDelta(t, 2+math.Ln2, BAR([]float64{2, inf, 2, inf}, []float64{-2, -2}, nil).DeltaF.Value, 1e-12)
	rng := rand.New(rand.NewPCG(2, 12))
	f, r := gaussianWork(rng, 200, 0.5, 1), gaussianWork(rng, 200, -0.5, 1)
	f[0] = 1e7
	fit, ok := logisticFit(f, r, crossing{centre: 2.5e4})
	assert.True(t, ok)
	assert.InDelta(t, Crooks(f, r, nil).Slope.Value, fit.b, 1e-6, "begun at slope 0, where that work has all the leverage")
	hopeless := Crooks(append(gaussianWork(rng, 50, 0, 1), -1e7), []float64{0, 1, 2}, nil)
	assert.Contains(t, hopeless.Slope.Warnings[0], "did not converge", "a work that low has all the leverage")
}

// Nine works of ten so far up that most resamples hold none of the lowest: the bootstrap stays finite.
func TestBootstrapOfFarWorks(t *testing.T) {
	far := append(slices.Repeat([]float64{1e4}, 9), 0)
	rng := rand.New(rand.NewPCG(4, 12))
	for name, work := range map[string][]float64{"far": far, "infinite": {0, 1, 2, math.Inf(1), math.Inf(1)}} {
		j, b := Jarzynski(work, rng), BAR(work, []float64{0, 1, 0.5}, rng)
		for _, x := range []float64{j.Bias, j.Bootstrap.SE, j.DeltaF.Lo, j.DeltaF.Hi, b.DeltaF.SE, b.Bootstrap.SE} {
			assert.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%s: %+v %+v", name, j, b)
		}
	}
}

// An oscillator softened at once to 1/10,000 of its stiffness, 200 times each way: reverse work of thousands, of which
// the few low ones overlap with the forward work.
func TestSoftenedOscillator(t *testing.T) {
	const ratio = 1e-4
	dF := math.Log(ratio) / 2
	var values []float64
	rng := rand.New(rand.NewPCG(5, 12))
	for range 40 {
		r := BAR(quenchWork(rng, 200, ratio), quenchWork(rng, 200, 1/ratio), nil)
		assert.InDelta(t, dF, r.DeltaF.Value, 2)
		values = append(values, r.DeltaF.Value)
	}
	assert.Less(t, math.Abs(estimate.Mean(values).Z(dF)), 3.5)
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

// BAR of 1000 + 1000 works takes about a third of the time of Jarzynski's estimate from all 2000, which sorts them
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
