package instrument

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	n for n-1 in tr(Sigma)                             TestGradientNoiseOfAGaussian
//	without the batch size                             TestGradientNoiseOfAGaussian, ...OfARegression
//	|m|^2 without its bias term                        TestGradientNoiseOfAGaussian, ...WithoutASignalSaysSo
//	row sum taken out once, not twice                  TestGradientNoiseOfARegression
//	jackknife 1/n for (n-1)/n                          TestGradientNoiseOfARegression
//	interval in ln B without a clear signal            TestGradientNoiseWithoutASignalSaysSo
//	von Neumann ratio: cross term or factor 2 lost     TestGradientNoiseWarnsOfDrift
//	von Neumann ratio: order of the ring, not of time  TestVonNeumannRatio
//	window: irregular spacing let through              TestWindowBeginsAnewWhenTheSpacingChanges
//	no look at a ratio above 1                         TestGradientNoiseOfAShuffledEpoch
//	batches taken for equal, plain means for weighted  TestGradientNoiseOfUnequalBatches
//	noise from trace - total/n, which rounds           TestGradientNoiseOfIdenticalGradients

// noisyGradient hands the meter mini-batch gradients of a known law: mean mu(step) in every coordinate, and
// covariance diag(sigma_j^2)/batch.
type noisyGradient struct {
	d, batch, window int
	sizes            []int // of the batches in turn, where they differ
	sigma            func(j int) float64
	mu               func(step int) float64
}

// size returns the batch of a step.
func (g noisyGradient) size(step int) int {
	if g.sizes == nil {
		return g.batch
	}
	return g.sizes[step%len(g.sizes)]
}

// truth returns tr(Sigma)/|G|^2 for the mean gradient of step 0.
func (g noisyGradient) truth() float64 {
	var trace float64
	for j := range g.d {
		trace += g.sigma(j) * g.sigma(j)
	}
	return trace / (float64(g.d) * g.mu(0) * g.mu(0))
}

func (g noisyGradient) measure(t testing.TB, seed uint64, steps int) []Reading {
	rng := rand.New(rand.NewPCG(seed, 1))
	p, rec := newVectorParam("w", g.d), NewMemory()
	m := New(nil, rec)
	m.Track(GradientNoiseOf(g.size, g.window), Every(1))
	solver := m.Wrap(solverFunc(nothing))
	for step := range steps {
		for j := range g.d {
			p.grad.Float64s()[j] = g.mu(step) + g.sigma(j)*rng.NormFloat64()/math.Sqrt(float64(g.size(step)))
		}
		require.NoError(t, solver.Step([]G.ValueGrad{p}))
	}
	_, readings := rec.Series("grad_noise_scale")
	return readings
}

var gaussianGradient = noisyGradient{
	d: 40, batch: 8, window: 16,
	sigma: func(j int) float64 { return 0.5 + 0.1*float64(j%10) },
	mu:    func(int) float64 { return 0.3 },
}

// The two moments are unbiased, and the interval of their ratio covers.
func TestGradientNoiseOfAGaussian(t *testing.T) {
	g := gaussianGradient
	seeds := 200
	if testing.Short() {
		seeds = 40
	}
	covered, warned := 0, 0
	var noise, signal moments
	for seed := range seeds {
		r := g.measure(t, uint64(seed), g.window)
		last := r[len(r)-1]
		require.True(t, last.Known())
		if last.Covers(g.truth()) {
			covered++
		}
		if len(last.Warnings) > 0 {
			warned++
		}
		a, b := g.unbiased(uint64(seed))
		noise.add(a)
		signal.add(b)
	}
	trace := g.truth() * float64(g.d) * g.mu(0) * g.mu(0)
	assert.Less(t, math.Abs(noise.z(trace)), 4.0, "tr Sigma")
	assert.Less(t, math.Abs(signal.z(float64(g.d)*g.mu(0)*g.mu(0))), 4.0, "|G|^2")
	assert.Less(t, warned, seeds/20, "false alarms")
	if !testing.Short() {
		assert.InDelta(t, 0.95, float64(covered)/float64(seeds), 0.03, "coverage")
	}
}

// unbiased returns the two moments of one window, from gradients drawn as measure draws them.
func (g noisyGradient) unbiased(seed uint64) (noise, signal float64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([][]float64, g.window)
	var total, trace float64
	for i := range x {
		x[i] = make([]float64, g.d)
		for j := range x[i] {
			x[i][j] = g.mu(i) + g.sigma(j)*rng.NormFloat64()/math.Sqrt(float64(g.batch))
		}
	}
	for i := range x {
		for k := range x {
			for j := range x[i] {
				total += x[i][j] * x[k][j]
				if i == k {
					trace += x[i][j] * x[i][j]
				}
			}
		}
	}
	return sumsOf(g.window, g.batch, total, trace).moments()
}

// sumsOf are the sums of n gradients of equal batches whose Gram matrix has the given sum of all entries and trace.
func sumsOf(n, batch int, total, trace float64) gradientSums {
	m, b := float64(n), float64(batch)
	return gradientSums{n: m, examples: m * b, square: b * b * total, apart: b * b * (m*trace - total)}
}

// moments is a running mean and variance.
type moments struct{ n, sum, square float64 }

func (m *moments) add(x float64) { m.n++; m.sum += x; m.square += x * x }
func (m *moments) z(truth float64) float64 {
	mean := m.sum / m.n
	return (mean - truth) / math.Sqrt((m.square/m.n-mean*mean)/(m.n-1))
}

// Batches of 8, 8 and 3: told of it the interval covers and the von Neumann ratio gives no alarm; taken for 8 each the
// noise scale is half as large again.
func TestGradientNoiseOfUnequalBatches(t *testing.T) {
	for _, sizes := range [][]int{{8, 8, 3}, {100, 100, 100, 1}, {1, 30}} {
		g := gaussianGradient
		g.window, g.sizes = 24, sizes
		const seeds = 60
		covered, warned := 0, 0
		var logs moments
		for seed := range seeds {
			r := g.measure(t, uint64(seed), g.window)
			last := r[len(r)-1]
			logs.add(math.Log(last.Value))
			if last.Covers(g.truth()) {
				covered++
			}
			if len(last.Warnings) > 0 {
				warned++
			}
		}
		t.Logf("%v: coverage %d of %d, warned %d, mean of ln B %.2f for %.2f", sizes, covered, seeds, warned,
			logs.sum/logs.n, math.Log(g.truth()))
		assert.GreaterOrEqual(t, covered, 9*seeds/10, "%v", sizes)
		assert.LessOrEqual(t, warned, seeds/10, "%v", sizes)
		assert.InDelta(t, math.Log(g.truth()), logs.sum/logs.n, 0.2, "%v", sizes)
	}
	g := gaussianGradient
	g.sizes = []int{8, 0}
	p, m := newVectorParam("w", g.d), New(nil, NewMemory())
	m.Track(GradientNoiseOf(g.size, 4), Every(1))
	solver := m.Wrap(solverFunc(nothing))
	require.NoError(t, solver.Step([]G.ValueGrad{p}))
	assert.ErrorContains(t, solver.Step([]G.ValueGrad{p}), "the batch of step 1 has 0 examples")
}

// Gradients without noise, as of the whole training set at weights that stand still: B is 0 and known to be. Noise at
// the rounding of a float is next to none.
func TestGradientNoiseOfIdenticalGradients(t *testing.T) {
	for _, sizes := range [][]int{nil, {8, 8, 3}} {
		g := gaussianGradient
		g.sizes = sizes
		g.sigma = func(int) float64 { return 0 }
		r := g.measure(t, 1, g.window+3)
		last := r[len(r)-1]
		assert.Equal(t, [...]float64{0, 0, 0, 0}, [...]float64{last.Value, last.SE, last.Lo, last.Hi}, "%v", last.Warnings)
		assert.Empty(t, last.Warnings)
		g.sigma = func(int) float64 { return 1e-9 }
		r = g.measure(t, 1, g.window)
		last = r[len(r)-1]
		assert.InDelta(t, 0, last.Value, 1e-14)
		assert.True(t, last.Hi < 1e-13 && last.Lo >= 0, "%v", last)
	}
}

// The sliding window equals a window filled afresh with the same gradients, and forgets the ones before it.
func TestGradientNoiseSlides(t *testing.T) {
	g := gaussianGradient
	g.mu = func(step int) float64 {
		if step < 20 {
			return 5
		}
		return 0.3
	}
	r := g.measure(t, 3, 20+g.window)
	for _, early := range r[:g.window-1] {
		assert.False(t, early.Known())
	}
	assert.Contains(t, r[g.window-2].Warnings[0], "the window holds 15 of 16")
	g.mu = func(int) float64 { return 0.3 }
	steady := g.measure(t, 3, 20+g.window)
	assert.InEpsilon(t, steady[len(r)-1].Value, r[len(r)-1].Value, 1e-9)
	assert.NotEmpty(t, r[30].Warnings, "the mean gradient jumped within the window")
}

// The von Neumann ratio takes the gradients in the order of time, wherever they lie in the ring.
func TestVonNeumannRatio(t *testing.T) {
	x := []float64{9, 9, 1, 3, 2, 5} // 9, 9 are pushed out
	q := GradientNoise(1, 4).(*gradientNoise)
	for step, v := range x {
		w := q.window.next
		q.sizes[w] = 1
		g := q.window.push(step)
		g.x64 = append(g.x64[:0], v)
		for i := range q.window.ring {
			if h := &q.window.ring[i]; len(h.x64) == 1 {
				q.gram[w][i], q.gram[i][w] = g.dot(h), g.dot(h)
			}
		}
	}
	all, rows, _ := q.sums()
	eta, margin := q.vonNeumann(all, rows)
	// Successive differences 2, -1, 3: 14/3. Variance of 1, 3, 2, 5: (49+1+9+81)/16/3 = 35/12.
	assert.InDelta(t, 14.0/3/(2*35.0/12), eta, 1e-12)
	assert.InDelta(t, 3*math.Sqrt(2.0/15), margin, 1e-12, "one coordinate: (n-2)/(n^2-1)")
}

func TestGradientNoiseWithoutASignalSaysSo(t *testing.T) {
	g := gaussianGradient
	g.mu = func(int) float64 { return 0 }
	unknown, unbounded := 0, 0
	for seed := range 40 {
		r := g.measure(t, uint64(seed), g.window)
		last := r[len(r)-1]
		if !last.Known() {
			unknown++
			assert.False(t, last.Lo < 0 || math.IsNaN(last.Lo))
			assert.True(t, math.IsInf(last.Hi, 1))
			assert.Contains(t, last.Warnings[0], "|G|^2")
		} else if math.IsInf(last.Hi, 1) {
			unbounded++
			assert.Contains(t, last.Warnings[0], "not clear of zero")
		}
	}
	assert.InDelta(t, 20, unknown, 15, "the unbiased |G|^2 of pure noise is negative half of the time")
	assert.GreaterOrEqual(t, unknown+unbounded, 36)

	below := []float64{-1, -1.001, -0.999, -1}
	assert.False(t, ratio(1, -1, []float64{1, 1, 1, 1}, below).Known(), "|G|^2 clear of zero on the wrong side")
}

func TestGradientNoiseWarnsOfDrift(t *testing.T) {
	g := gaussianGradient
	g.mu = func(step int) float64 { return 0.3 + 0.1*float64(step) }
	warned := 0
	for seed := range 40 {
		r := g.measure(t, uint64(seed), g.window)
		for _, w := range r[len(r)-1].Warnings {
			if assert.Contains(t, w, "von Neumann") {
				warned++
			}
		}
	}
	assert.GreaterOrEqual(t, warned, 38)
}

// Batches dealt out of a shuffled epoch: both estimates have the expectations that the documentation states, a window
// within one epoch covers the population's noise scale, and one of several says that its batches exclude each other.
func TestGradientNoiseOfAShuffledEpoch(t *testing.T) {
	const d, mu, population = 40, 0.3, 1 / (0.3 * 0.3)
	reps := 200
	if testing.Short() {
		reps = 60
	}
	for _, k := range []struct{ examples, batch, window int }{
		{examples: 200, batch: 50, window: 32},
		{examples: 160, batch: 10, window: 16},
	} {
		rng := rand.New(rand.NewPCG(5, 9))
		perEpoch := k.examples / k.batch
		// f; the window is whole epochs.
		share := float64(k.window/perEpoch*perEpoch*(perEpoch-1)) / float64(k.window*(k.window-1))
		var noise, signal moments
		warned, covered := 0, 0
		for range reps {
			x, mean := make([][]float64, k.examples), make([]float64, d)
			for i := range x {
				x[i] = make([]float64, d)
				for j := range x[i] {
					x[i][j] = mu + rng.NormFloat64()
					mean[j] += x[i][j] / float64(k.examples)
				}
			}
			var trace, square float64
			for j, m := range mean {
				square += m * m
				for i := range x {
					trace += (x[i][j] - m) * (x[i][j] - m) / float64(k.examples-1)
				}
			}
			q := GradientNoise(k.batch, k.window).(*gradientNoise)
			p, rec := newVectorParam("w", d), NewMemory()
			m := New(nil, rec)
			m.Track(q, Every(1))
			solver := m.Wrap(solverFunc(nothing))
			var order []int
			var total, sum float64
			all := make([]float64, d)
			for range k.window {
				if len(order) == 0 {
					order = rng.Perm(k.examples)
				}
				g := p.grad.Float64s()
				clear(g)
				for _, i := range order[:k.batch] {
					for j, v := range x[i] {
						g[j] += v / float64(k.batch)
					}
				}
				order = order[k.batch:]
				for j, v := range g {
					sum += v * v
					all[j] += v
				}
				require.NoError(t, solver.Step([]G.ValueGrad{p}))
			}
			for _, v := range all {
				total += v * v
			}
			a, b := sumsOf(k.window, k.batch, total, sum).moments()
			noise.add(a - trace*(1-(1-share)*float64(k.batch)/float64(k.examples)))
			signal.add(b - (square - share*trace/float64(k.examples)))
			_, r := rec.Series("grad_noise_scale")
			last := r[len(r)-1]
			if len(last.Warnings) > 0 {
				warned++
			}
			if last.Covers(population) {
				covered++
			}
		}
		t.Logf("%+v: z of tr(Sigma) %.2f, of |G|^2 %.2f; warned %d, population covered %d of %d",
			k, noise.z(0), signal.z(0), warned, covered, reps)
		assert.Less(t, math.Abs(noise.z(0)), 4.0)
		assert.Less(t, math.Abs(signal.z(0)), 4.0)
		if share < 1 {
			assert.GreaterOrEqual(t, warned, 95*reps/100)
		} else {
			assert.GreaterOrEqual(t, covered, 91*reps/100)
			assert.Less(t, warned, reps/10)
		}
	}
}

func TestWindowBeginsAnewWhenTheSpacingChanges(t *testing.T) {
	g := gaussianGradient
	p, rec := newVectorParam("w", g.d), NewMemory()
	m := New(nil, rec)
	m.Track(GradientNoise(1, 4), Bursts(10, 5))
	solver := m.Wrap(solverFunc(nothing))
	rng := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		for j := range g.d {
			p.grad.Float64s()[j] = 1 + rng.NormFloat64()
		}
		require.NoError(t, solver.Step([]G.ValueGrad{p}))
	}
	_, r := rec.Series("grad_noise_scale")
	var known []bool
	for _, r := range r {
		known = append(known, r.Known())
	}
	assert.Equal(t, []bool{false, false, false, true, true, false, false, false, true, true}, known)
}

// A regression in one dimension whose noise scale is known: examples y = e with e ~ N(0, s^2), loss (w-y)^2/2,
// gradient of one example w - y, so tr(Sigma) = s^2 and |G|^2 = w^2, through a Gorgonia graph of float32.
func TestGradientNoiseOfARegression(t *testing.T) {
	const batch, window, s, w = 4, 32, 0.5, 1.0
	g := G.NewGraph()
	y := G.NewVector(g, G.Float32, G.WithShape(batch), G.WithName("y"))
	zero := dense(G.Float32, rand.New(rand.NewPCG(0, 0)), 0, 1)
	a := G.NewVector(g, G.Float32, G.WithShape(1), G.WithName("a"), G.WithValue(zero))
	cost := G.Must(G.Mean(G.Must(G.Square(G.Must(G.BroadcastSub(y, a, nil, []byte{0}))))))
	n := (&network{cost: G.Must(G.Div(cost, G.NewConstant(float32(2)))), params: G.Nodes{a}}).compile(t, G.Nodes{y})
	setW(t, a, w)
	rng := rand.New(rand.NewPCG(9, 9))
	var ratio moments
	seeds, covered := 300, 0
	if testing.Short() {
		seeds = 100
	}
	for range seeds {
		rec := NewMemory()
		m := New(n.cost, rec)
		m.Track(GradientNoise(batch, window), Every(1))
		still := m.Wrap(solverFunc(func(model []G.ValueGrad) error {
			grad, err := model[0].Grad()
			clear(grad.Data().([]float32))
			return err
		}))
		for range window {
			require.NoError(t, G.Let(y, dense(G.Float32, rng, s, batch)))
			require.NoError(t, n.step(t, still))
		}
		_, r := rec.Series("grad_noise_scale")
		ratio.add(r[window-1].Value)
		if r[window-1].Covers(s * s / (w * w)) {
			covered++
		}
	}
	assert.Less(t, math.Abs(ratio.z(s*s/(w*w))), 4.0)
	assert.InDelta(t, 0.93, float64(covered)/float64(seeds), 0.04)
}

func setW(t testing.TB, n *G.Node, w float32) {
	f32, _, err := Floats(n.Value())
	require.NoError(t, err)
	f32[0] = w
}
