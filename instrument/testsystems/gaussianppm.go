package testsystems

import (
	"cmp"
	"fmt"
	"math"
)

// ln2PiE is ln(2 pi e): a normal variable of variance v has the entropy (ln2PiE + ln v)/2.
var ln2PiE = math.Log(2*math.Pi) + 1

// GaussianPPM is the Gaussian parametric probabilistic model: the mean of an isotropic Gaussian, learned by full-batch
// Langevin SGD. Everything about it is linear and Gaussian, so M-info, L-info and the thermodynamics of its training
// are known in closed form at every step.
//
// Per coordinate, and the m coordinates are independent:
//
//	model       p(x|theta) = N(theta, s^2)
//	data        B = (b_1, ..., b_N), b_i ~ N(0, s0^2)
//	loss        L(theta) = 1/N sum_i (theta - b_i)^2/(2 s^2),   gradient g = (theta - mean b)/s^2
//	step        theta' = theta - r g + sqrt(2 r T) xi = a theta + (1-a) mean b + sqrt(2 r T) xi,   a = 1 - r/s^2
//	start       theta_0 ~ N(0, v0), independent for each replica
//
// Unrolled, theta_t = a^t theta_0 + (1-a^t) mean b + noise, and the noise has the variance of a geometric sum,
//
//	V(t) = 2 r T (1 + a^2 + ... + a^{2(t-1)}) = 2 r T (1 - a^{2t})/(1 - a^2).
//
// Hence theta_t given B is N((1-a^t) mean b, v_t), and its mean varies between data sets with the variance b_t:
//
//	v_t = a^{2t} v0 + V(t)            b_t = (1-a^t)^2 s0^2/N
//
// InitVar = 0 is a start shared by all replicas (at theta = 0). T = 0 is plain gradient descent; with InitVar = 0 the
// weights are then a function of the data and I(Theta;B) is +Inf. Truths are functions of the step t >= 0, which may
// exceed Steps, the length of a simulated run.
type GaussianPPM struct {
	Dim         int     // m, number of coordinates
	Sigma       float64 // s, standard deviation of the model
	DataSigma   float64 // s0, standard deviation of the data; 0 makes all data sets equal
	InitVar     float64 // v0, variance of the initial weights
	Subset      int     // N, examples in one training set
	Rate        float64 // r, learning rate; stable for r < 2 s^2
	Temperature float64 // T, of the Langevin noise
	Steps       int     // t, length of a simulated run
}

// Validate returns an error that names the first parameter for which the formulas do not hold.
func (g GaussianPPM) Validate() error {
	return cmp.Or(
		demand(g.Dim >= 1, "GaussianPPM.Dim", g.Dim, "need at least one coordinate"),
		demand(positive(g.Sigma), "GaussianPPM.Sigma", g.Sigma, "a standard deviation is finite and > 0"),
		demand(nonNegative(g.DataSigma), "GaussianPPM.DataSigma", g.DataSigma, "a standard deviation is finite and >= 0"),
		demand(nonNegative(g.InitVar), "GaussianPPM.InitVar", g.InitVar,
			"a variance is finite and >= 0 (0 is a shared start)"),
		demand(g.Subset >= 1, "GaussianPPM.Subset", g.Subset, "a training set has at least one example"),
		demand(positive(g.Rate), "GaussianPPM.Rate", g.Rate, "a learning rate is finite and > 0"),
		demand(g.Rate < 2*g.Sigma*g.Sigma, "GaussianPPM.Rate", g.Rate,
			fmt.Sprintf("training is unstable from 2 Sigma^2 = %v on; take a smaller rate", 2*g.Sigma*g.Sigma)),
		demand(nonNegative(g.Temperature), "GaussianPPM.Temperature", g.Temperature, "a temperature is finite and >= 0"),
		demand(g.Steps >= 0, "GaussianPPM.Steps", g.Steps, "a run has at least 0 steps"),
	)
}

func (g GaussianPPM) check(t int) {
	must(g.Validate())
	if t < 0 {
		panic(fmt.Sprintf("testsystems: GaussianPPM: step %d is before the start", t))
	}
}

// decay returns a^t; 0^0 is 1.
func (g GaussianPPM) decay(t int) float64 {
	return math.Pow(1-g.Rate/(g.Sigma*g.Sigma), float64(t))
}

// noise returns V(t), with 1 - a^2 = u(2-u) and u = r/s^2 so that a small rate loses no digits.
func (g GaussianPPM) noise(t int) float64 {
	u := g.Rate / (g.Sigma * g.Sigma)
	at := g.decay(t)
	return 2 * g.Rate * g.Temperature * (1 - at*at) / (u * (2 - u))
}

func (g GaussianPPM) half() float64 { return float64(g.Dim) / 2 }

// WeightVariance returns v_t = a^{2t} v0 + 2 r T (1-a^{2t})/(1-a^2), the variance of one weight at step t given the
// data set.
func (g GaussianPPM) WeightVariance(t int) float64 {
	g.check(t)
	at := g.decay(t)
	return at*at*g.InitVar + g.noise(t)
}

// DataVariance returns b_t = (1-a^t)^2 s0^2/N, the variance between data sets of the mean of one weight at step t.
func (g GaussianPPM) DataVariance(t int) float64 {
	g.check(t)
	d := 1 - g.decay(t)
	return d * d * g.DataSigma * g.DataSigma / float64(g.Subset)
}

// MInfo returns the memorized information at step t, in nats,
//
//	I(Theta_t;B) = m/2 ln(1 + b_t/v_t),
//
// the information over the Gaussian channel from mean b, the only statistic of B that training sees, to theta. It is
// 0 at t = 0 and +Inf where the weights are a function of the data (v_t = 0 < b_t).
func (g GaussianPPM) MInfo(t int) float64 {
	b, v := g.DataVariance(t), g.WeightVariance(t)
	if b == 0 {
		return 0
	}
	return g.half() * math.Log1p(b/v)
}

// ExampleInfo returns the sum over the examples of what the weights hold of each at step t, in nats,
//
//	sum_i I(Theta;Z_i) = N m/2 ln[ (b + v) / (b (1 - 1/N) + v) ],   b and v as in [GaussianPPM.MInfo]:
//
// at most M-info, for the examples are independent. It is +Inf where one example alone, without noise, is all there is.
func (g GaussianPPM) ExampleInfo(t int) float64 {
	b, v := g.DataVariance(t), g.WeightVariance(t)
	if b == 0 {
		return 0
	}
	n := float64(g.Subset)
	return n * g.half() * math.Log((b+v)/(b*(1-1/n)+v))
}

// LInfo returns the learned information at step t, in nats: what one sample x ~ p(.|theta_t) reveals of the data,
//
//	I(X;B) = m/2 ln( (b_t + v_t + s^2)/(v_t + s^2) ),
//
// since x given B is N((1-a^t) mean b, v_t + s^2).
func (g GaussianPPM) LInfo(t int) float64 {
	return g.half() * math.Log1p(g.DataVariance(t)/(g.WeightVariance(t)+g.Sigma*g.Sigma))
}

// XInfo returns I(X;Theta_t) = m/2 ln( (b_t + v_t + s^2)/s^2 ), in nats: what one sample reveals of the weights. It
// is LInfo + XInfoGivenData, by the chain rule along B -> Theta -> X.
func (g GaussianPPM) XInfo(t int) float64 {
	return g.half() * math.Log1p((g.DataVariance(t)+g.WeightVariance(t))/(g.Sigma*g.Sigma))
}

// XInfoGivenData returns I(X;Theta_t|B) = m/2 ln( (v_t + s^2)/s^2 ), in nats: what one sample reveals of the training
// noise alone. It is 0 where training is deterministic.
func (g GaussianPPM) XInfoGivenData(t int) float64 {
	return g.half() * math.Log1p(g.WeightVariance(t)/(g.Sigma*g.Sigma))
}

// EntropyTheta returns the differential entropy of the weights at step t over replicas and data sets, in nats,
//
//	S(Theta_t) = m/2 ln( 2 pi e (b_t + v_t) ),
//
// -Inf at a shared start (t = 0, InitVar = 0).
func (g GaussianPPM) EntropyTheta(t int) float64 {
	return g.half() * (ln2PiE + math.Log(g.DataVariance(t)+g.WeightVariance(t)))
}

// EntropyX returns the differential entropy of the samples without knowledge of the weights, in nats,
//
//	S(X_t) = m/2 ln( 2 pi e (b_t + v_t + s^2) ) = EntropyXGivenTheta + XInfo.
func (g GaussianPPM) EntropyX(t int) float64 {
	return g.half() * (ln2PiE + math.Log(g.DataVariance(t)+g.WeightVariance(t)+g.Sigma*g.Sigma))
}

// EntropyXGivenTheta returns S(X|Theta) = m/2 ln(2 pi e s^2), in nats, the same at every step.
func (g GaussianPPM) EntropyXGivenTheta() float64 {
	g.check(0)
	return g.half() * (ln2PiE + 2*math.Log(g.Sigma))
}

// LogZ returns ln Z = m/2 ln(2 pi s^2) for the energy |x-theta|^2/(2 s^2). It does not depend on theta: dF = 0
// throughout training.
func (g GaussianPPM) LogZ() float64 {
	g.check(0)
	return g.half() * (math.Log(2*math.Pi) + 2*math.Log(g.Sigma))
}

// Work returns the mean work on a sample in equilibrium at step t1 that is held while the weights move to step
// t2 >= t1, in nats. Since dF = 0 it is also the mean entropy production.
//
// For x ~ N(theta_{t1}, s^2) the work |x-theta_{t2}|^2/(2 s^2) - |x-theta_{t1}|^2/(2 s^2) has the mean
// |theta_{t2} - theta_{t1}|^2/(2 s^2), the Kullback-Leibler divergence of the two models. With k = t2 - t1
//
//	theta_{t2} - theta_{t1} = (a^{t2} - a^{t1}) (theta_0 - mean b) + (a^k - 1) noise(t1) + noise'(k)
//
// with two independent noises of variance V(t1) and V(k), so
//
//	<w> = m [ (a^{t2}-a^{t1})^2 (v0 + s0^2/N) + (a^k-1)^2 V(t1) + V(k) ] / (2 s^2).
func (g GaussianPPM) Work(t1, t2 int) float64 {
	g.check(t1)
	k := t2 - t1
	if k < 0 {
		panic(fmt.Sprintf("testsystems: GaussianPPM.Work: interval [%d, %d] runs backwards", t1, t2))
	}
	d, e := g.decay(t2)-g.decay(t1), g.decay(k)-1
	n := float64(g.Subset)
	square := d*d*(g.InitVar+g.DataSigma*g.DataSigma/n) + e*e*g.noise(t1) + g.noise(k)
	return g.half() * square / (g.Sigma * g.Sigma)
}

// CumulativeWork returns the mean work at each of the observed steps, in nats, summed over the intervals from
// observed[0] on, for chains that are drawn afresh from p(.|theta) at every observation. The mean heat absorbed by
// the chains is minus this, because their mean energy never changes. The steps must not decrease.
func (g GaussianPPM) CumulativeWork(observed []int) []float64 {
	sums := make([]float64, len(observed))
	for n := 1; n < len(observed); n++ {
		sums[n] = sums[n-1] + g.Work(observed[n-1], observed[n])
	}
	return sums
}

// TrainNLL returns the expected negative log-likelihood of a training example at step t, in nats,
//
//	m/2 ln(2 pi s^2) + m [ v_t + b_t + s0^2 - 2 (1-a^t) s0^2/N ] / (2 s^2):
//
// the last term is the covariance of an example with the mean of its own training set.
func (g GaussianPPM) TrainNLL(t int) float64 { return g.TestNLL(t) - g.GeneralizationGap(t) }

// TestNLL returns the expected negative log-likelihood of a new example at step t, in nats,
//
//	m/2 ln(2 pi s^2) + m (v_t + b_t + s0^2)/(2 s^2).
func (g GaussianPPM) TestNLL(t int) float64 {
	square := g.WeightVariance(t) + g.DataVariance(t) + g.DataSigma*g.DataSigma
	return g.LogZ() + g.half()*square/(g.Sigma*g.Sigma)
}

// GeneralizationGap returns TestNLL - TrainNLL = m (1-a^t) s0^2/(N s^2), in nats.
func (g GaussianPPM) GeneralizationGap(t int) float64 {
	g.check(t)
	return float64(g.Dim) * (1 - g.decay(t)) * g.DataSigma * g.DataSigma / (float64(g.Subset) * g.Sigma * g.Sigma)
}
