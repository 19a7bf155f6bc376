package instrument

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/entropy"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	drift left in, or slope off by 2/n^2               TestDetrendRemovesLinesExactly
//	n-1 for n-2 degrees of freedom                     TestWindowEntropyInManyDimensions
//	autocorrelation time: rho counted once             TestAutocorrelationTime
//	autocorrelation time: bias of detrending left in   TestAutocorrelationTime

// quadratic is SGD with rate r on sum_j l_j (theta_j - drift step)^2 / 2 with gradient noise of variance c: its
// stationary variance in coordinate j is r c / (l_j (2 - r l_j)).
type quadratic struct {
	l        []float64
	c, rate  float64
	every, n int
	drift    float64
}

// entropy returns the true stationary entropy, sum_j 1/2 ln(2 pi e var_j).
func (s quadratic) entropy() (S float64) {
	for _, l := range s.l {
		S += 0.5 * math.Log(2*math.Pi*math.E*s.rate*s.c/(l*(2-s.rate*l)))
	}
	return S
}

// measure returns the first reading of a full window, after a burn-in.
func (s quadratic) measure(t testing.TB, seed uint64) Reading {
	rng := rand.New(rand.NewPCG(seed, 11))
	p, rec := newVectorParam("w", len(s.l)), NewMemory()
	m := New(nil, rec)
	m.Track(WindowEntropy(&WindowSettings{Points: s.n}), func(step int) bool { return step >= 200 && step%s.every == 0 })
	solver := m.Wrap(NewSGD(s.rate))
	for step := 0; len(rec.Events()) < s.n; step++ {
		for j, l := range s.l {
			p.grad.Float64s()[j] = l*(p.value.Float64s()[j]-s.drift*float64(step)) + math.Sqrt(s.c)*rng.NormFloat64()
		}
		require.NoError(t, solver.Step([]G.ValueGrad{p}))
	}
	_, r := rec.Series("s_theta_window")
	for _, early := range r[:s.n-1] {
		require.False(t, early.Known())
	}
	return r[s.n-1]
}

// In few dimensions, on a stationary run sampled far apart, the value is unbiased and the interval covers. The
// drift of the minimum, 0.02 a step and so 12 standard deviations across the window, must not matter.
func TestWindowEntropyOfAStationaryRun(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 50
	}
	for _, drift := range []float64{0, 0.02} {
		s := quadratic{l: []float64{1, 1.5, 2}, c: 1, rate: 0.4, every: 10, n: 30, drift: drift}
		var values moments
		covered, known := 0, 0
		for seed := range seeds {
			r := s.measure(t, uint64(seed))
			values.add(r.Value)
			if r.HasInterval() {
				known++
				if r.Covers(s.entropy()) {
					covered++
				}
			}
		}
		assert.Less(t, math.Abs(values.z(s.entropy())), 4.0,
			"drift %v: mean %v, truth %v", drift, values.sum/values.n, s.entropy())
		assert.Greater(t, float64(known), 0.94*float64(seeds), "false alarms of correlation")
		if !testing.Short() {
			assert.InDelta(t, 0.95, float64(covered)/float64(known), 0.03, "coverage")
		}
	}
}

// In many independent dimensions the value is right, here d/2 ln(2 pi e var).
func TestWindowEntropyInManyDimensions(t *testing.T) {
	s := quadratic{l: make([]float64, 400), c: 2, rate: 0.5, every: 20, n: 24}
	for j := range s.l {
		s.l[j] = 1
	}
	var values moments
	for seed := range 20 {
		r := s.measure(t, uint64(seed))
		require.True(t, r.Known())
		assert.False(t, r.HasInterval())
		assert.NotEmpty(t, r.Warnings)
		assert.InDelta(t, s.n, r.N, 1e-9, "points far apart are independent")
		values.add(r.Value)
	}
	// n-1 degrees of freedom instead of n-2 would cost 9 nats, no correction for the drift's two 17.
	assert.InDelta(t, s.entropy(), values.sum/values.n, 2)

	louder := s
	louder.c *= 4
	assert.InDelta(t, 400*math.Log(2), louder.measure(t, 1).Value-s.measure(t, 1).Value, 1e-6, "differences are exact")
}

func TestWindowEntropyWarnsOfCorrelation(t *testing.T) {
	for _, every := range []int{1, 2} {
		s := quadratic{l: []float64{0.2, 0.2}, c: 1, rate: 0.5, every: every, n: 40}
		below := 0
		for seed := range 30 {
			r := s.measure(t, uint64(seed))
			require.True(t, r.Known())
			assert.False(t, r.HasInterval(), "an interval of correlated points would be too short")
			assert.Less(t, r.N, 25.0)
			assert.Contains(t, r.Warnings[len(r.Warnings)-1], "correlated in time")
			if r.Value < s.entropy() {
				below++
			}
		}
		assert.Greater(t, below, 20, "the window's entropy is below the stationary one")
	}
}

// An autoregression with coefficient a has the autocorrelation a^k; white noise, a = 0, has the time 1.
func TestAutocorrelationTime(t *testing.T) {
	for _, a := range []float64{0, 0.5, 0.8} {
		want := (1 + a) / (1 - a)
		want -= 2 * want * want / 1500 // two degrees of freedom, of n/tau, went into the line
		assert.InEpsilon(t, want, autoregression(1500, 40, a), 0.06, "a = %v", a)
	}
	// Where a short window loses most of the correlation to the line, what is left is still seen.
	assert.Equal(t, 1.0, autoregression(12, 2000, 0))
	assert.Greater(t, autoregression(12, 2000, 0.4), 1.2)
}

// autoregression returns the measured autocorrelation time of d stationary autoregressions over n points.
func autoregression(n, d int, a float64) float64 {
	rng := rand.New(rand.NewPCG(4, 4))
	q := &windowEntropy{points: n, window: newWindow(n)}
	x := make([]float64, d)
	for step := range n + 50 {
		for j := range x {
			x[j] = a*x[j] + rng.NormFloat64()
		}
		w := q.window.push(step)
		w.x64 = append(w.x64[:0], x...)
	}
	q.detrend()
	return autocorrelationTime(q.rows)
}

func TestDetrendRemovesLinesExactly(t *testing.T) {
	q := &windowEntropy{points: 7, window: newWindow(7)}
	for step := range 9 { // two more than fit
		w := q.window.push(step)
		w.x32 = append(w.x32[:0], 1e6, float32(step))
		w.x64 = append(w.x64[:0], 3-2*float64(step), 1e9+float64(step*step))
	}
	q.detrend()
	for i, row := range q.rows {
		u := float64(i) - 3 // t^2 less its line: u^2 - mean(u^2), mean 4
		assert.Zero(t, row[0], "a weight that stands still is exactly 0")
		assert.InDeltaSlice(t, []float64{0, 0, u*u - 4}, row[1:], 1e-12)
	}
}

func TestWindowEntropyOfOneLayer(t *testing.T) {
	run := func(names []string) Reading {
		n, rec := newMLP(t, G.Float64, 2, 2, 1), NewMemory()
		m := New(n.cost, rec)
		m.Track(WindowEntropy(&WindowSettings{Points: 20, Params: names}), Every(1))
		n.train(t, m.Wrap(NewSGD(0.1).WithTemperature(0.1, rand.New(rand.NewPCG(1, 1)))), 20)
		_, r := rec.Series("s_theta_window")
		return r[19]
	}
	assert.True(t, run([]string{"w0", "b0"}).Known())
	assert.NotEqual(t, run([]string{"w0"}).Value, run([]string{"w1"}).Value)
	assert.Contains(t, run([]string{"w7"}).Warnings[0], "not all of [w7]")
}

func TestWindowEntropyOfWeightsThatStandStill(t *testing.T) {
	n, rec := newMLP(t, G.Float32, 2, 2, 1), NewMemory()
	m := New(n.cost, rec)
	m.Track(WindowEntropy(&WindowSettings{Points: 5}), Every(1))
	n.train(t, m.Wrap(NewSGD(1e-30)), 5)
	_, r := rec.Series("s_theta_window")
	assert.False(t, r[4].Known())
	assert.NotEmpty(t, r[4].Warnings)
}

// The estimators are those of package entropy: with the drift removed and nothing else done.
func TestWindowEntropyChoosesTheEstimator(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, d := range []int{5, 50} {
		q := WindowEntropy(&WindowSettings{Points: 12}).(*windowEntropy)
		for step := range 12 {
			w := q.window.push(step)
			for range d {
				w.x64 = append(w.x64, rng.NormFloat64())
			}
		}
		q.detrend()
		want := entropy.PlugIn(q.rows, 10)
		if d == 50 {
			want = entropy.Shrinkage(q.rows, 10)
		}
		assert.Equal(t, want.Value, q.reading().Value)
	}
}
