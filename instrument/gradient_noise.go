package instrument

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
)

// GradientNoise returns the gradient noise scale, defined here as the simple noise scale
//
//	B = tr(Sigma) / |G|^2
//
// with G the mean gradient and Sigma the covariance of the gradient of a single example (McCandlish, Kaplan,
// Amodei et al. 2018, arXiv:1812.06162, appendix A): the batch size, in examples, at which noise and signal of
// a mini-batch gradient are equal. It is estimated from the mini-batch gradients g_1 ... g_n of the last n
// scheduled steps, each the mean over b_i = batch examples:
//
//	tr(Sigma) = 1/(n-1) sum_i b_i |g_i - m|^2,   |G|^2 = |m|^2 - tr(Sigma)/sum_i b_i,   m = sum_i b_i g_i / sum_i b_i
//
// both unbiased. Sums in place of means scale both alike and give the same B. Where batches differ in size, as the last
// one of an epoch may, use [GradientNoiseOf].
//
// The interval is symmetric in ln B, with the delete-one jackknife over the window and Student's t with n-1 degrees
// of freedom. Where tr(Sigma) is not clear of zero it is that of Fieller's theorem (1954) for a ratio; identical
// gradients have B = 0 exactly. Where |G|^2 is not clear of zero (at the same level) it has no upper end (+Inf), and
// its lower end is Fieller's. Where the estimate of |G|^2 is not even positive there is no value: the window then says
// only that B is at least the lower end. A longer window or a larger batch helps. The interval covers as it should
// (93-98 % in simulations of Gaussian gradients, windows of 8 to 32) but for a single weight whose |G|^2 is hardly
// above its error, where it is too short (87-90 %).
//
// Assumption: the weights hardly move within the window and its batches are independent. A warning tells when
// successive gradients differ less than distant ones do (the ratio of von Neumann 1941, generalised to vectors),
// which is how a moving mean gradient shows; or more, which is how batches show that exclude each other.
//
// Batches of an epoch do where a training set of N examples is shuffled and dealt out. With S and G_N the covariance
// and mean of the gradient over these N, two batches of one epoch have covariance -S/N, those of different epochs none,
// and the two estimates have the expectations
//
//	tr(S) [1 - (1-f) batch/N]   and   |G_N|^2 - f tr(S)/N,
//
// f the share of the pairs in the window that share an epoch. A window of many epochs (f near 0) thus gives the
// training set's own noise scale times 1 - batch/N, which is what stands in the way of a shuffled epoch: divide by it
// for independent batches. A window within one epoch (f = 1) sees each example once, as if drawn afresh: it gives the
// noise scale of the population that the training set is a sample of, which is larger, tr(S)/(|G_N|^2 - tr(S)/N) (as
// long as the weights have not been fitted to the examples). In between lies a mixture, whose interval covers neither.
// No warning can tell a window within one epoch; with several it comes where batch/N is not small beside the
// fluctuations of the ratio.
//
// The window must be evenly spaced: it begins anew when the spacing of the scheduled steps changes, and until it is
// full the reading is unknown. Every(1) fills it once and slides it; Bursts(1000, n) fills it every thousand steps.
//
// Unit: examples. Cost of a scheduled step: O(n d) time; memory: n copies of the gradient. GradientNoise panics
// if batch < 1 or window < 4.
func GradientNoise(batch, window int) Stateful {
	if batch < 1 || window < 4 {
		panic(fmt.Sprintf("instrument: GradientNoise(%d, %d): the batch must be at least 1 and the window at least 4",
			batch, window))
	}
	return GradientNoiseOf(func(int) int { return batch }, window)
}

// GradientNoiseOf is [GradientNoise] of gradients that are means over batch(step) examples each, step counting from 0
// as in [Step]. A batch below 1 is an error of that step. It panics without batch, or if window < 4.
func GradientNoiseOf(batch func(step int) int, window int) Stateful {
	if batch == nil || window < 4 {
		panic(fmt.Sprintf("instrument: GradientNoiseOf(batch, %d): batch must be given and the window at least 4", window))
	}
	q := &gradientNoise{
		batch: batch, window: newWindow(window), sizes: make([]float64, window), gram: make([][]float64, window),
	}
	for i := range q.gram {
		q.gram[i] = make([]float64, window)
	}
	return q
}

type gradientNoise struct {
	batch  func(step int) int
	window window
	sizes  []float64   // examples of the window's gradients, by their places in the ring
	gram   [][]float64 // inner products of the window's gradients, likewise
}

func (q *gradientNoise) Info() Info {
	return Info{
		Name: "grad_noise_scale", Symbol: "B", Unit: "examples", Title: "noise scale of the gradient",
		Doc: "simple noise scale tr(Sigma)/|G|^2 of the gradient, Sigma the covariance over single examples",
		Assumption: "the weights hardly move within the window, and its batches are independent, " +
			"not dealt out of one shuffled epoch",
		Cost: "O(window d) time and memory",
		Ref:  "McCandlish et al. 2018, arXiv:1812.06162, appendix A",
	}
}

func (q *gradientNoise) Fresh() Quantity { return GradientNoiseOf(q.batch, q.window.size) }

func (q *gradientNoise) Measure(s *Step) (Reading, error) {
	params, err := s.Params()
	if err != nil {
		return Reading{}, err
	}
	size := q.batch(s.Number)
	if size < 1 {
		return Reading{}, fmt.Errorf("the batch of step %d has %d examples: it must have at least 1", s.Number, size)
	}
	at := q.window.next
	q.sizes[at] = float64(size)
	g := q.window.push(s.Number)
	g.setGradient(params)
	for i := range q.window.ring {
		if h := &q.window.ring[i]; len(h.x32) == len(g.x32) && len(h.x64) == len(g.x64) {
			q.gram[at][i] = g.dot(h)
			q.gram[i][at] = q.gram[at][i]
		}
	}
	if !q.window.full() {
		return estimate.Unknown("the window holds %d of %d evenly spaced gradients", q.window.n, q.window.size), nil
	}
	return q.reading(), nil
}

// reading estimates B from the Gram matrix of a full window.
func (q *gradientNoise) reading() Reading {
	n := q.window.size
	all, rows, apart := q.sums()
	noise, signal := all.moments()
	noises, signals := make([]float64, n), make([]float64, n)
	for i, b := range q.sizes {
		noises[i], signals[i] = gradientSums{
			n: all.n - 1, examples: all.examples - b,
			square: all.square - 2*b*rows[i] + b*b*q.gram[i][i], apart: all.apart - apart[i],
		}.moments()
	}
	r := ratio(noise, signal, noises, signals)
	switch eta, margin := q.vonNeumann(all, rows); {
	case eta < 1-margin:
		r = r.Warn("successive gradients differ less than distant ones (von Neumann ratio %.2f, %.2f or more if the "+
			"weights stood still): shorten the window, or its spacing", eta, 1-margin)
	case eta > 1+margin:
		r = r.Warn("successive gradients differ more than distant ones (von Neumann ratio %.2f, %.2f or less if "+
			"batches were independent): batches dealt out of a shuffled epoch exclude each other, and the noise scale "+
			"is too low by the share of the training set that a batch is; or the weights swing to and fro", eta, 1+margin)
	}
	return r
}

// sums returns the sums over the window, and the parts of each gradient in them: rows[i] is g_i sum_j b_j g_j, and
// apart[i] the part of the pairs that it belongs to.
func (q *gradientNoise) sums() (all gradientSums, rows, apart []float64) {
	rows, apart = make([]float64, q.window.size), make([]float64, q.window.size)
	all.n = float64(q.window.size)
	for i, row := range q.gram {
		for j, k := range row {
			rows[i] += q.sizes[j] * k
			apart[i] += q.sizes[i] * q.sizes[j] * (row[i] + q.gram[j][j] - 2*k)
		}
		all.examples += q.sizes[i]
		all.square += q.sizes[i] * rows[i]
		all.apart += apart[i] / 2
	}
	return all, rows, apart
}

// gradientSums are the sums over the gradients g_i of n batches of b_i examples that the moments need.
type gradientSums struct {
	n, examples float64 // n and sum_i b_i
	square      float64 // |sum_i b_i g_i|^2
	apart       float64 // sum over pairs of b_i b_j |g_i - g_j|^2, exactly 0 for identical gradients
}

// moments returns the unbiased tr(Sigma) and |G|^2.
func (s gradientSums) moments() (noise, signal float64) {
	noise = s.apart / (s.examples * (s.n - 1))
	return noise, s.square/(s.examples*s.examples) - noise/s.examples
}

// ratio returns a/b with its interval, given the delete-one jackknife values of a and b.
func ratio(a, b float64, as, bs []float64) Reading {
	n := float64(len(as))
	va, vb := jackknifeCov(as, as), jackknifeCov(bs, bs)
	cab := jackknifeCov(as, bs)
	t := estimate.TQuantile(n - 1)
	// Fieller: the rho with (a - rho b)^2 <= t^2 Var(a - rho b), that is p rho^2 - 2 q rho + s <= 0.
	p := b*b - t*t*vb
	q := a*b - t*t*cab
	s := a*a - t*t*va
	switch {
	case p > 0 && slices.Min(bs) > 0 && slices.Min(as) > 0:
		logs := make([]float64, len(as))
		for i := range logs {
			logs[i] = math.Log(as[i] / bs[i])
		}
		se := math.Sqrt(jackknifeCov(logs, logs))
		return Reading{
			Value: a / b, SE: a / b * se, Lo: a / b * math.Exp(-t*se), Hi: a / b * math.Exp(t*se),
			Confidence: estimate.Confidence, N: n,
		}
	case p > 0 && b > 0: // a is not clear of zero, b is
		half := math.Sqrt(max(0, q*q-p*s))
		rho := max(0, a/b)
		return Reading{
			Value: rho, SE: math.Sqrt(max(0, va-2*rho*cab+rho*rho*vb)) / b,
			Lo: max(0, (q-half)/p), Hi: (q + half) / p, Confidence: estimate.Confidence, N: n,
		}
	}
	lo := 0.0
	if p < 0 && q*q > p*s {
		lo = max((q-math.Sqrt(q*q-p*s))/p, 0) // the larger root: all rho beyond it are in
	}
	if b > 0 {
		r := Reading{Value: a / b, SE: math.NaN(), Lo: lo, Hi: math.Inf(1), Confidence: estimate.Confidence, N: n}
		return r.Warn("|G|^2 is not clear of zero: the noise scale has no upper bound at this window and batch")
	}
	r := estimate.Unknown("|G|^2 is estimated as %.3g, not above zero: the noise scale is at least %.3g", b, lo)
	r.Lo, r.Hi = lo, math.Inf(1)
	r.Confidence, r.N = estimate.Confidence, n
	return r
}

// jackknifeCov returns (n-1)/n sum_i (a_i - mean a)(b_i - mean b) of delete-one values.
func jackknifeCov(a, b []float64) float64 {
	n := float64(len(a))
	var ma, mb, sum float64
	for i := range a {
		ma += a[i] / n
		mb += b[i] / n
	}
	for i := range a {
		sum += (a[i] - ma) * (b[i] - mb)
	}
	return (n - 1) / n * sum
}

// vonNeumann returns the mean square successive difference of the gradients, each over what it is on average if they
// are independent and of one mean, tr(Sigma) (1/b_i + 1/b_j): 1 then; and three standard deviations of it. The
// variance of the ratio is that of one coordinate, (n-2)/(n^2-1), times tr(Sigma^2)/tr(Sigma)^2; the latter is
// taken from the Gram matrix of the sqrt(b_i) (g_i - m), which gives it too large. rows[i] is g_i sum_j b_j g_j.
func (q *gradientNoise) vonNeumann(all gradientSums, rows []float64) (eta, margin float64) {
	n := q.window.size
	var square, successive float64
	for i, row := range q.gram {
		for j, k := range row {
			c := k - (rows[i]+rows[j])/all.examples + all.square/(all.examples*all.examples)
			square += q.sizes[i] * q.sizes[j] * c * c
		}
	}
	for i := 1; i < n; i++ {
		a, b := (q.window.next+i-1)%n, (q.window.next+i)%n
		successive += (q.gram[a][a] + q.gram[b][b] - 2*q.gram[a][b]) / (1/q.sizes[a] + 1/q.sizes[b])
	}
	noise, _ := all.moments()
	m := all.n
	variance := noise * (m - 1)
	return successive / variance, 3 * math.Sqrt((m-2)/(m*m-1)*square/(variance*variance))
}
