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

// Deliberate errors and what caught them (jarzynski, bar, crooks):
//
//	exp(+W)                                               JarzynskiSmallExactCase, QuenchedOscillators, WorkOfLangevinDynamics
//	error with n instead of n-1                           JarzynskiSmallExactCase
//	error without - 1/n                                   JarzynskiSmallExactCase, FreeEnergyCoverage, JarzynskiBias
//	twice the bias                                        JarzynskiSmallExactCase, JarzynskiBias
//	bootstrap with the largest weight on the wrong side   FreeEnergyCoverage
//	no warning of a small effective sample size           JarzynskiSmallExactCase
//	no warning of a heavy tail                            PoorOverlapIsSaid
//	tail shape not drawn to 1/2; prior ten times narrower ParetoShape
//	mean - variance for Gaussian work                     GaussianWorkSmallExactCase, DraggedTrap
//	error of the variance without its 1/2                 GaussianWorkSmallExactCase
//	no test of Gaussianity                                QuenchedOscillators, PoorOverlapIsSaid
//	n_F/n_R squared in the acceptance ratio               TwoSidedSymmetries
//	reverse work with the wrong sign                      TwoSidedSymmetries, BARSmallExactCase
//	variance of BAR without - 1/n_F - 1/n_R               BARSmallExactCase
//	overlap without the numbers of realisations           BARSmallExactCase
//	second-law bracket upside down                        FreeEnergiesSayWhatTheyDoNotKnow
//	n_R/n_F for n_F/n_R in the logistic fit               CrooksSolvesItsScore, QuenchedOscillators
//	reverse work not negated in the logistic fit          QuenchedOscillators, DraggedTrap
//	crossing at -a instead of -a/b                        CrooksSolvesItsScore
//	variance of a without - 1/n_F - 1/n_R                 FreeEnergyCoverage
//	covariance of a and b with the wrong sign             FreeEnergyCoverage
//	covariance with the wrong sign in Fieller's interval  FreeEnergyCoverage
//	covariance with the wrong sign in the delta method    FreeEnergyCoverage

func TestJarzynskiSmallExactCase(t *testing.T) {
	r := Jarzynski([]float64{math.Log(2), -math.Log(1.5), 0, -math.Log(2)}, nil)
	assert.InDelta(t, -math.Log(1.25), r.DeltaF.Value, 1e-12)
	assert.InDelta(t, 25/7.5, r.ESS, 1e-12)
	variance := (0.75*0.75 + 0.25*0.25*2 + 0.75*0.75) / 3 / 4 / (1.25 * 1.25) // of the mean of e^-W, relative
	assert.InDelta(t, math.Sqrt(variance), r.DeltaF.SE, 1e-12)
	assert.InDelta(t, variance/2, r.Bias, 1e-12)
	assert.False(t, r.Bootstrap.HasInterval())
	assert.Contains(t, r.DeltaF.Warnings[0], "effective sample size 3.33 of 4")

	far := Jarzynski([]float64{5000 + math.Log(2), 5000 - math.Log(1.5), 5000, 5000 - math.Log(2)}, nil)
	assert.InDelta(t, 5000-math.Log(1.25), far.DeltaF.Value, 1e-9)
	assert.InDelta(t, math.Sqrt(variance), far.DeltaF.SE, 1e-9)
}

func TestGaussianWorkSmallExactCase(t *testing.T) {
	e := GaussianWork([]float64{1, 2, 3, 6})
	const s2 = 14. / 3
	assert.InDelta(t, 3-s2/2, e.Value, 1e-12)
	assert.InDelta(t, math.Sqrt(s2/4+s2*s2/6), e.SE, 1e-12)
	assert.Contains(t, e.Warnings[0], "too few")
}

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

func TestFreeEnergiesSayWhatTheyDoNotKnow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	nan := math.NaN()
	for name, e := range map[string]estimate.Estimate{
		"Jarzynski without work":       Jarzynski(nil, rng).DeltaF,
		"Jarzynski with NaN":           Jarzynski([]float64{1, nan}, rng).DeltaF,
		"Gaussian without work":        GaussianWork(nil),
		"Gaussian of one":              GaussianWork([]float64{1}),
		"Gaussian with infinity":       GaussianWork([]float64{1, math.Inf(1)}),
		"BAR without forward":          BAR(nil, []float64{1}, rng).DeltaF,
		"BAR without reverse":          BAR([]float64{1}, nil, rng).DeltaF,
		"BAR with NaN":                 BAR([]float64{1, 2}, []float64{nan, 1}, rng).DeltaF,
		"Crooks with NaN":              Crooks([]float64{1, nan}, []float64{1}, rng).DeltaF,
		"Crooks of disjoint works":     Crooks([]float64{5, 6, 7}, []float64{-1, 0, -2}, rng).DeltaF,
		"Crooks, disjoint, wrong sign": Crooks([]float64{-5, -6}, []float64{-1, 0, -2}, rng).Slope,
	} {
		assert.False(t, e.Known(), name)
		require.NotEmpty(t, e.Warnings, name)
	}
	for name, e := range map[string]estimate.Estimate{
		"Jarzynski": Jarzynski([]float64{2, 2, 2}, rng).DeltaF,
		"one work":  Jarzynski([]float64{2}, rng).DeltaF,
		"Gaussian":  GaussianWork([]float64{2, 2, 2}),
		"BAR":       BAR([]float64{2, 2}, []float64{-2, -2, -2}, rng).DeltaF,
	} {
		assert.InDelta(t, 2, e.Value, 1e-9, name)
		assert.True(t, math.IsNaN(e.SE) && !e.HasInterval(), "%s: never 2 +- 0", name)
		assert.NotEmpty(t, e.Warnings, name)
	}
	disjoint := BAR(gaussianWork(rng, 50, 3, 900), gaussianWork(rng, 50, -3, 900), rng)
	assert.Less(t, disjoint.Overlap, noOverlap)
	assert.True(t, math.IsNaN(disjoint.DeltaF.SE))
	assert.True(t, disjoint.DeltaF.Covers(3), "%v", disjoint.DeltaF)
	assert.Less(t, disjoint.DeltaF.Lo, -400.0)
	assert.Contains(t, disjoint.DeltaF.Warnings[0], "second law")
	assert.Contains(t, BAR([]float64{1, 2}, []float64{nan, 1}, nil).DeltaF.Warnings[0], "reverse work of realisation 0 of 2 is NaN")
	assert.Contains(t, BAR([]float64{1}, []float64{0, -1}, nil).DeltaF.Warnings[0], "single realisation")
	single := Crooks([]float64{0.5}, []float64{-0.2, -1}, nil)
	assert.False(t, single.Slope.HasInterval())
	assert.Contains(t, single.DeltaF.Warnings[0], "single realisation")
	apart := BAR([]float64{4000, 4001}, []float64{-100, -102}, rng)
	assert.InDelta(t, (4000.5+101)/2, apart.DeltaF.Value, 1e-9, "values too far apart for the exponential")
	assert.Contains(t, apart.DeltaF.Warnings[0], "second law")
	flat := Crooks([]float64{0, 0.1, 0.2}, []float64{0, -0.1, -0.25}, nil)
	assert.True(t, flat.DeltaF.Known() && !flat.DeltaF.HasInterval())
	assert.Contains(t, flat.DeltaF.Warnings[0], "no bounded interval")
}

func TestFreeEnergiesAreDeterministic(t *testing.T) {
	run := func() (TwoSided, CrooksFit, OneSided) {
		rng := rand.New(rand.NewPCG(9, 9))
		f, r := gaussianWork(rng, 100, 1, 2), gaussianWork(rng, 80, -1, 2)
		return BAR(f, r, rng), Crooks(f, r, rng), Jarzynski(f, rng)
	}
	a1, b1, c1 := run()
	a2, b2, c2 := run()
	assert.Equal(t, a1, a2)
	assert.Equal(t, b1, b2)
	assert.Equal(t, c1, c2)
}

// The quench of an oscillator from K to rK: <W> = (r-1)/2, dF = 1/2 ln r, in both directions and by every estimator.
func TestQuenchedOscillators(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, r = 20_000, 4
	dF := math.Log(r) / 2
	forward, reverse := quenchWork(rng, n, r), quenchWork(rng, n/2, 1./r)
	assert.Less(t, math.Abs(estimate.Mean(forward).Z((r-1)/2.)), 3.5)
	jarzynski, bar, crooks := Jarzynski(forward, nil), BAR(forward, reverse, nil), Crooks(forward, reverse, nil)
	for name, e := range map[string]estimate.Estimate{"Jarzynski": jarzynski.DeltaF, "BAR": bar.DeltaF, "Crooks": crooks.DeltaF} {
		assert.Less(t, math.Abs(e.Z(dF)), 3.5, name)
		assert.Less(t, e.SE, 0.02, name)
		assert.Empty(t, e.Warnings, name)
	}
	assert.Less(t, bar.DeltaF.SE, jarzynski.DeltaF.SE)
	assert.LessOrEqual(t, bar.DeltaF.SE, crooks.DeltaF.SE, "BAR has the least variance of all")
	assert.Less(t, math.Abs(crooks.Slope.Z(1)), 3.5)
	assert.Greater(t, math.Abs(Crooks(forward, quenchWork(rng, n, 0.5), nil).Slope.Z(1)), 10., "reverse work of another quench")
	require.NotEmpty(t, GaussianWork(forward).Warnings, "work of a quench is not Gaussian")

	// twenty oscillators each quenched a little: work nearly Gaussian, all agree
	sum := func(r float64) []float64 {
		w := make([]float64, n)
		for range 20 {
			for i, x := range quenchWork(rng, n, r) {
				w[i] += x
			}
		}
		return w
	}
	forward, reverse = sum(1.05), sum(1/1.05)
	for _, e := range []estimate.Estimate{Jarzynski(forward, nil).DeltaF, BAR(forward, reverse, nil).DeltaF} {
		assert.Less(t, math.Abs(e.Z(10*math.Log(1.05))), 3.5)
	}
	assert.InDelta(t, 10*math.Log(1.05), GaussianWork(forward).Value, 0.01)
}

// A trap of stiffness 1 dragged at speed 1 for a time 5 through a fluid of friction 1, in 200 jumps with exact relaxation
// between: <W> = t - 1 + e^-t = 4.00674, Var W = 2 <W>, dF = 0. The works are those of a Ledger.
func TestDraggedTrap(t *testing.T) {
	const chains, jumps, delta = 20_000, 200, 5. / 200
	const mean = 4.00674
	drag := func(rng *rand.Rand) []float64 {
		decay := math.Exp(-delta)
		spread := math.Sqrt(1 - decay*decay)
		u, moved, relaxed := make([]float64, chains), make([]float64, chains), make([]float64, chains) // u is measured from the trap
		for k := range u {
			u[k] = rng.NormFloat64()
			relaxed[k] = u[k] * u[k] / 2
		}
		var l Ledger
		require.NoError(t, l.Start(relaxed, 0))
		for range jumps {
			for k := range u {
				u[k] -= delta
				moved[k] = u[k] * u[k] / 2
				u[k] = decay*u[k] + spread*rng.NormFloat64()
				relaxed[k] = u[k] * u[k] / 2
			}
			require.NoError(t, l.Record(moved, relaxed, 0))
		}
		assert.Less(t, math.Abs(l.Total().EntropyProduction.Z(mean)), 3.5)
		return l.TotalWork
	}
	rng := rand.New(rand.NewPCG(3, 1))
	forward, reverse := drag(rng), drag(rng) // by symmetry the reverse process does the same
	var squares []float64
	for _, w := range forward {
		squares = append(squares, (w-mean)*(w-mean))
	}
	assert.Less(t, math.Abs(estimate.Mean(squares).Z(2*mean)), 3.5)
	gauss, bar, crooks := GaussianWork(forward), BAR(forward, reverse, nil), Crooks(forward, reverse, nil)
	for name, e := range map[string]estimate.Estimate{"Gaussian": gauss, "BAR": bar.DeltaF, "Crooks": crooks.DeltaF} {
		assert.Less(t, math.Abs(e.Z(0)), 3.5, name)
		assert.Less(t, e.SE, 0.06, name)
		assert.Empty(t, e.Warnings, name)
	}
	assert.Less(t, math.Abs(crooks.Slope.Z(1)), 3.5)
	assert.NotEmpty(t, Jarzynski(forward, nil).DeltaF.Warnings, "variance 8 is beyond one-sided sampling")
}

// Every interval printed at good overlap covers the truth in 92-98 % of repetitions.
func TestFreeEnergyCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("statistical")
	}
	const reps, n = 1000, 200
	for name, system := range map[string]struct {
		draw     func(rng *rand.Rand) (forward, reverse []float64)
		dF       float64
		gaussian bool
	}{
		"gaussian": {func(rng *rand.Rand) (f, r []float64) {
			return gaussianWork(rng, n, 1.5, 0.8), gaussianWork(rng, n/2, -1.5, 0.8)
		}, 1.5, true},
		"quench": {func(rng *rand.Rand) (f, r []float64) {
			return quenchWork(rng, n, 5), quenchWork(rng, 2*n, 1./5)
		}, math.Log(5) / 2, false},
	} {
		rng := rand.New(rand.NewPCG(4, uint64(len(name))))
		covered := map[string]int{}
		bias, meanBias := 0.0, 0.0
		for i := range reps {
			f, r := system.draw(rng)
			boot := rng
			if i%4 != 0 { // the bootstrap is slow and needs no more than 250 repetitions
				boot = nil
			}
			j, b, c := Jarzynski(f, rng), BAR(f, r, boot), Crooks(f, r, boot)
			bias += j.DeltaF.Value - system.dF
			meanBias += j.Bias
			count := func(what string, e estimate.Estimate, truth float64) {
				if e.Covers(truth) {
					covered[what]++
				}
			}
			count("Jarzynski", j.DeltaF, system.dF)
			count("Jarzynski bootstrap", j.Bootstrap, system.dF)
			count("BAR", b.DeltaF, system.dF)
			count("Crooks", c.DeltaF, system.dF)
			count("Crooks slope", c.Slope, 1)
			count("Crooks delta method", estimate.FromSE(c.DeltaF.Value, c.DeltaF.SE, n), system.dF)
			if boot != nil {
				for range 4 { // each stands for four
					count("BAR bootstrap", b.Bootstrap, system.dF)
					count("Crooks bootstrap", c.Bootstrap, system.dF)
				}
			}
			if system.gaussian {
				count("Gaussian", GaussianWork(f), system.dF)
			}
		}
		assert.Len(t, covered, map[bool]int{true: 9, false: 8}[system.gaussian])
		for what, k := range covered {
			c := float64(k) / reps
			t.Logf("%s: %s %.3f", name, what, c)
			assert.True(t, c >= 0.92 && c <= 0.98, "%s: %s covers in %.3f of repetitions", name, what, c)
		}
		t.Logf("%s: bias of Jarzynski %.4f, estimated %.4f", name, bias/reps, meanBias/reps)
	}
}

// The upward bias of Jarzynski's estimator and its estimate agree.
func TestJarzynskiBias(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	const reps, n = 20_000, 20
	values, biases := make([]float64, reps), make([]float64, reps)
	for i := range reps {
		r := Jarzynski(gaussianWork(rng, n, 0, 0.5), nil)
		values[i], biases[i] = r.DeltaF.Value-r.Bias, r.Bias
	}
	left, removed := estimate.Mean(values), estimate.Mean(biases)
	assert.Less(t, math.Abs(left.Value), removed.Value/4+2*left.SE, "what is left of the bias after its estimate is taken off")
	assert.Greater(t, removed.Value, 6*left.SE, "a bias that this test can see")
}

// A stiffness quenched from 1 to 100 at once, 100 realisations: the interval covers, or a warning says that it may not.
func TestPoorOverlapIsSaid(t *testing.T) {
	const reps, n, r = 200, 100, 100
	dF := math.Log(r) / 2
	rng := rand.New(rand.NewPCG(6, 1))
	silent := map[string]int{}
	count := func(name string, e estimate.Estimate, truth float64) {
		assert.False(t, e.SE == 0, name)
		if !e.Covers(truth) && len(e.Warnings) == 0 {
			silent[name]++
		}
	}
	for range reps {
		forward, reverse := quenchWork(rng, n, r), quenchWork(rng, n, 1./r)
		count("Jarzynski forward", Jarzynski(forward, rng).DeltaF, dF)
		count("Jarzynski reverse", Jarzynski(reverse, rng).DeltaF, -dF)
		count("Gaussian forward", GaussianWork(forward), dF)
		count("Gaussian reverse", GaussianWork(reverse), -dF)
		count("BAR", BAR(forward, reverse, nil).DeltaF, dF)
		count("Crooks", Crooks(forward, reverse, nil).DeltaF, dF)
		hard, back := gaussianWork(rng, n, 2, 40), gaussianWork(rng, n, -2, 40)
		count("Jarzynski, variance 40", Jarzynski(hard, rng).DeltaF, 2)
		count("BAR, variance 40", BAR(hard, back, nil).DeltaF, 2)
		count("Crooks, variance 40", Crooks(hard, back, nil).DeltaF, 2)
	}
	assert.Less(t, silent["Jarzynski reverse"], reps*25/100, "one direction cannot tell more than this")
	delete(silent, "Jarzynski reverse")
	for name, k := range silent {
		assert.LessOrEqual(t, k, reps*8/100, "%s: misses without a warning", name)
	}
	missed := 0
	for range reps {
		r := Jarzynski(quenchWork(rng, 8*n, 1./r), nil)
		if !r.DeltaF.Covers(-dF) && len(r.DeltaF.Warnings) == 0 {
			missed++
		}
	}
	assert.Less(t, missed, reps*6/100, "with more realisations the tail shows")
}

// Draws from a generalised Pareto distribution of shape k: x = ((1-u)^-k - 1)/k.
func TestParetoShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for _, k := range []float64{-0.4, 0.3, 0.7} {
		shapes := make([]float64, 200)
		for i := range shapes {
			x := make([]float64, 400)
			for j := range x {
				x[j] = (math.Pow(1-rng.Float64(), -k) - 1) / k
			}
			slices.Sort(x)
			shapes[i] = paretoShape(x)
		}
		drawn := (k*400 + 5) / 410 // towards 1/2
		assert.InDelta(t, drawn, estimate.Mean(shapes).Value, 0.015, "shape %v", k)
	}
	assert.True(t, math.IsNaN(tailShape(make([]float64, 24))))
	assert.Less(t, tailShape(make([]float64, 100)), 0., "equal weights have no tail")
}

// BAR of 1000 + 1000 works takes about a quarter of the time of Jarzynski's estimate from all 2000, which sorts them for its
// tail; with the bootstrap of 200 resamples it takes about 130 times as long.
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
