package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors and what caught them (jarzynski, bar, crooks); more in jarzynski_test.go and two_sided_test.go:
//
//	bootstrap with the largest weight on the wrong side   FreeEnergyCoverage
//	no warning of a heavy tail                            PoorOverlapIsSaid
//	no test of Gaussianity                                QuenchedOscillators, PoorOverlapIsSaid
//	second-law bracket upside down                        FreeEnergiesSayWhatTheyDoNotKnow
//	reverse work not negated in the logistic fit          QuenchedOscillators, DraggedTrap
//	variance of a without - 1/n_F - 1/n_R                 FreeEnergyCoverage
//	covariance of a and b with the wrong sign             FreeEnergyCoverage
//	covariance with the wrong sign in Fieller's interval  FreeEnergyCoverage
//	covariance with the wrong sign in the delta method    FreeEnergyCoverage

func TestFreeEnergiesSayWhatTheyDoNotKnow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	nan, inf := math.NaN(), math.Inf(1)
	for name, e := range map[string]estimate.Estimate{
		"Jarzynski without work":       Jarzynski(nil, rng).DeltaF,
		"Jarzynski with NaN":           Jarzynski([]float64{1, nan}, rng).DeltaF,
		"Jarzynski with -infinity":     Jarzynski([]float64{1, -inf}, rng).DeltaF,
		"Jarzynski without weight":     Jarzynski([]float64{inf, inf}, rng).DeltaF,
		"BAR without weight":           BAR([]float64{inf}, []float64{1, 2}, rng).DeltaF,
		"Crooks without weight":        Crooks([]float64{1, 2}, []float64{inf, inf}, rng).DeltaF,
		"Gaussian without work":        GaussianWork(nil),
		"Gaussian of one":              GaussianWork([]float64{1}),
		"Gaussian with infinity":       GaussianWork([]float64{1, inf}),
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
		"Crooks":    Crooks([]float64{2, 2}, []float64{-2, -2, -2}, rng).DeltaF,
		"touching":  Crooks([]float64{2, 2, 5}, []float64{-2, 3}, rng).DeltaF,
		"wrong way": Crooks([]float64{2, -1}, []float64{-2, -3}, rng).DeltaF,
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
	assert.Contains(t, BAR([]float64{1, 2}, []float64{nan, 1}, nil).DeltaF.Warnings[0], "reverse work of realisation 0 "+
		"of 2 is NaN")
	assert.Contains(t, BAR([]float64{1}, []float64{0, -1}, nil).DeltaF.Warnings[0], "single realisation")
	single := Crooks([]float64{0.5}, []float64{-0.2, -1}, nil)
	assert.False(t, single.Slope.HasInterval())
	assert.Contains(t, single.DeltaF.Warnings[0], "single realisation")
	apart := BAR([]float64{4000, 4001}, []float64{-100, -102}, rng)
	// exp(C-4000) + exp(C-4001) = exp(100-C) + exp(102-C)
	root := (4000 - math.Log1p(math.Exp(-1)) + 102 + math.Log1p(math.Exp(-2))) / 2
	assert.InDelta(t, root, apart.DeltaF.Value, 1e-9, "values too far apart for the exponential")
	assert.Contains(t, apart.DeltaF.Warnings[0], "second law")
	open := BAR([]float64{4000, inf}, []float64{-100, -102}, rng)
	assert.True(t, open.DeltaF.Known() && !open.DeltaF.HasInterval(), "a bracket without an upper end")
	flat := Crooks([]float64{0, 0.1, 0.2}, []float64{0, -0.1, -0.25}, nil)
	assert.True(t, flat.DeltaF.Known() && !flat.DeltaF.HasInterval())
	assert.Contains(t, flat.DeltaF.Warnings[0], "no bounded interval")
}

// Few works that differ little are well sampled, whatever their number.
func TestFewWorksMayBeWellSampled(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for n, work := range map[int][]float64{20: gaussianWork(rng, 20, 2, 1e-4), 5: gaussianWork(rng, 5, 2, 1e-4)} {
		assert.Empty(t, Jarzynski(work, nil).DeltaF.Warnings, "%d works", n)
		f := FluctuationAverage([][]float64{work}, []float64{2})
		assert.Empty(t, f.Average.Warnings, "%d works", n)
		assert.Equal(t, CannotTell, f.Verdict(), "%d works test nothing", n)
	}
	assert.NotContains(t, Jarzynski(gaussianWork(rng, 8, 2, 4), nil).DeltaF.Warnings[0], "tail shape",
		"too few works to have one")
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
	jarzynski := Jarzynski(forward, nil)
	bar, crooks := BAR(forward, reverse, nil), Crooks(forward, reverse, nil)
	for name, e := range map[string]estimate.Estimate{
		"Jarzynski": jarzynski.DeltaF, "BAR": bar.DeltaF, "Crooks": crooks.DeltaF,
	} {
		assert.Less(t, math.Abs(e.Z(dF)), 3.5, name)
		assert.Less(t, e.SE, 0.02, name)
		assert.Empty(t, e.Warnings, name)
	}
	assert.Less(t, bar.DeltaF.SE, jarzynski.DeltaF.SE)
	assert.LessOrEqual(t, bar.DeltaF.SE, crooks.DeltaF.SE, "BAR has the least variance of all")
	assert.Less(t, math.Abs(crooks.Slope.Z(1)), 3.5)
	assert.Greater(t, math.Abs(Crooks(forward, quenchWork(rng, n, 0.5), nil).Slope.Z(1)), 10., "reverse work of another "+
		"quench")
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

// A trap of stiffness 1 dragged at speed 1 for a time 5 through a fluid of friction 1, in 200 jumps with exact
// relaxation between: <W> = t - 1 + e^-t = 4.00674, Var W = 2 <W>, dF = 0. The works are those of a Ledger.
func TestDraggedTrap(t *testing.T) {
	const chains, jumps, delta = 20_000, 200, 5. / 200
	const mean = 4.00674
	drag := func(rng *rand.Rand) []float64 {
		decay := math.Exp(-delta)
		spread := math.Sqrt(1 - decay*decay)
		u := make([]float64, chains) // measured from the trap
		moved, relaxed := make([]float64, chains), make([]float64, chains)
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
	gauss := GaussianWork(forward)
	bar, crooks := BAR(forward, reverse, nil), Crooks(forward, reverse, nil)
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
		"gaussian": {draw: func(rng *rand.Rand) (f, r []float64) {
			return gaussianWork(rng, n, 1.5, 0.8), gaussianWork(rng, n/2, -1.5, 0.8)
		}, dF: 1.5, gaussian: true},
		"quench": {draw: func(rng *rand.Rand) (f, r []float64) {
			return quenchWork(rng, n, 5), quenchWork(rng, 2*n, 1./5)
		}, dF: math.Log(5) / 2, gaussian: false},
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
			j := Jarzynski(f, rng)
			b, c := BAR(f, r, boot), Crooks(f, r, boot)
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
