package information

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, and the tests that caught them:
//
//	bounds.go    ex with the own replica                        TestBoundsAgainstDefinition
//	bounds.go    ex as a mean over R in place of R-1            TestBoundsAgainstDefinition
//	bounds.go    out with the own data set                      TestBoundsAgainstDefinition
//	infonce.go   mix with D parts of out in place of D-1        TestBoundsAgainstDefinition
//	infonce.go   r-th replicas of the other sets in mix         TestBoundsAgainstDefinition
//	infonce.go   r-th replicas in the fit, as samples           TestBoundsAgainstDefinition
//	infonce.go   r-th replicas in the fit, as references        TestBoundsAgainstDefinition
//	infonce.go   lambda of all sets where one is deleted        TestBoundsAgainstDefinition
//	infonce.go   lambda and 1-lambda exchanged                  TestBoundsAgainstDefinition
//	infonce.go   mix without the candidate of d                 TestSmoothedRatiosAverageToOne
//	infonce.go   lambda of the first replicas for all           TestBoundsAgainstDefinition
//	bounds.go    source and reference exchanged                 TestBoundsAgainstDefinition
//	bounds.go    a sum in place of a mean over replicas         TestBoundsAgainstDefinition
//	bounds.go    set deleted as source only                     TestBoundsAgainstDefinition
//	bounds.go    set deleted, and counted from one side         TestBoundsAgainstDefinition
//	jackknife.go sign of the skewness                           TestBoundsAreCalibrated
//	gaussian.go  T = cov(means) + Sw, without -Sw/R             TestMemorizedIsCalibrated
//	gaussian.go  no bias correction of Sw                       TestMemorizedIsCalibrated
//	gaussian.go  bias of T for D-1 degrees of freedom           TestMemorizedIsCalibrated
//	gaussian.go  D R degrees of freedom within                  TestMemorizedIsCalibrated
//	memorized.go F with D R degrees of freedom                  TestFisherIntervalIsExact
//	memorized.go interval of I without -1/R                     TestMemorizedIsCalibrated
//	memorized.go directions judged by the sets that chose them  TestProjectionsFindNothingInNoise
//	mixture.go   distances at twice, or a fraction of, the rate TestMixtureBoundsHoldTheIntegral
//	mixture.go   noise of the means not removed, or twice       TestFiniteSetsAreCalibrated
//	mixture.go   Sw^-1 taken for unbiased                       TestFiniteSetsAreCalibrated
//	mixture.go   variance of one replica in place of R          TestFiniteSetsAreCalibrated
//	noise.go     sigma^2 in place of 2 sigma^2                  TestGeneralizationBound
//	noise.go     SE without the 1/2                             TestGeneralizationBound

func stream(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x1f0)) }

// The Gaussian model: p(x|theta) = N(theta, 1), trained on N = 4 examples of N(0, 1) by t = 40 steps theta' = a theta +
// r mean(B) + sqrt(2 r T) xi, a = 1-r, r = 0.1, T = 0.02, theta_0 ~ N(0, 0.01). The mean of the examples moves
// theta with variance b, everything else with variance v.
var (
	dataVariance  = math.Pow(1-math.Pow(0.9, 40), 2) / 4
	noiseVariance = math.Pow(0.9, 80)*0.01 + 0.004*(1-math.Pow(0.9, 80))/(1-0.81)

	trueLearned   = math.Log1p(dataVariance/(noiseVariance+1)) / 2
	trueSample    = math.Log1p(dataVariance+noiseVariance) / 2
	trueNoise     = math.Log1p(noiseVariance) / 2
	trueMemorized = math.Log1p(dataVariance/noiseVariance) / 2
)

func TestGaussianModelIsTheExample(t *testing.T) {
	assert.InDelta(t, 1.263978, trueMemorized, 1e-6)
	assert.InDelta(t, 0.106612, trueLearned, 1e-6)
	assert.InDelta(t, 0.117028, trueSample, 1e-6)
}

// gaussianCross draws an ensemble of the Gaussian model and its cross log-likelihood.
func gaussianCross(rng *rand.Rand, sets, replicas, chains int, b, v float64) *CrossLogLikelihood {
	theta := gaussianReplicas(rng, sets, replicas, b, v)
	return crossOf(rng, sets, replicas, chains, theta, theta)
}

func gaussianReplicas(rng *rand.Rand, sets, replicas int, b, v float64) []float64 {
	theta := make([]float64, sets*replicas)
	for d := range sets {
		centre := math.Sqrt(b) * rng.NormFloat64()
		for r := range replicas {
			theta[d*replicas+r] = centre + math.Sqrt(v)*rng.NormFloat64()
		}
	}
	return theta
}

// crossOf is the cross log-likelihood of replicas theta and of samples drawn from source in their place.
func crossOf(rng *rand.Rand, sets, replicas, chains int, theta, source []float64) *CrossLogLikelihood {
	x := make([]float64, len(source)*chains)
	for i := range x {
		x[i] = source[i/chains] + rng.NormFloat64()
	}
	l := make([]float64, 0, len(theta)*len(x))
	for _, th := range theta {
		for i := range x {
			l = append(l, -(x[i]-th)*(x[i]-th)/2-math.Log(2*math.Pi)/2)
		}
	}
	c, err := NewCrossLogLikelihood(sets, replicas, chains, l)
	if err != nil {
		panic(err)
	}
	return c
}

// all lists the six bounds, in the order of the constants.
func (b Bounds) all() [bounds]estimate.Estimate {
	return [bounds]estimate.Estimate{
		b.Learned.Lower, b.Learned.Upper, b.Sample.Lower, b.Sample.Upper, b.Noise.Lower, b.Noise.Upper,
	}
}

// byDefinition computes the six bounds from probabilities, one sample at a time.
func byDefinition(c *CrossLogLikelihood) (mean [bounds]float64) {
	E, R := c.Sets*c.Replicas, c.Replicas
	for s := range E {
		for k := range c.Chains {
			var own, set, all float64
			for r := range E {
				p := math.Exp(c.L[(r*E+s)*c.Chains+k])
				all += p
				if r/R == s/R {
					set += p
				}
				if r == s {
					own = p
				}
			}
			out := (all - set) / float64(E-R)
			in := set / float64(R)
			ex := (set - own) / float64(R-1)
			ratios := map[int]float64{
				learnedUpper: in / out, sampleUpper: own / out, noiseLower: own / in, noiseUpper: own / ex,
			}
			for i, ratio := range ratios {
				mean[i] += math.Log(ratio) / float64(E*c.Chains)
			}
		}
	}
	mean[learnedLower] = lowerByDefinition(c, R > 2, func(q, own, r int) bool { return q != own && q != r })
	mean[sampleLower] = lowerByDefinition(c, R > 1, func(q, own, _ int) bool { return q == own })
	return mean
}

// lowerByDefinition takes the mean of the replicas q of each set that belong to its candidate for a sample of replica
// own, in the fold r; lambda is found to a part in 3^60 by golden thirds.
func lowerByDefinition(c *CrossLogLikelihood, fits bool, belongs func(q, own, r int) bool) float64 {
	E, R := c.Sets*c.Replicas, c.Replicas
	total := 0.0
	for r := range R {
		ratios := func(judged bool) (y []float64) {
			for s := range E {
				if (s%R == r) != judged {
					continue
				}
				for k := range c.Chains {
					var mine, all float64
					for ref := range E {
						if belongs(ref%R, s%R, r) {
							p := math.Exp(c.L[(ref*E+s)*c.Chains+k])
							all += p
							if ref/R == s/R {
								mine += p
							}
						}
					}
					y = append(y, mine/(all/float64(c.Sets)))
				}
			}
			return y
		}
		mean := func(y []float64, lambda float64) (m float64) {
			for _, v := range y {
				m += math.Log(lambda+(1-lambda)*v) / float64(len(y))
			}
			return m
		}
		gain := func(y []float64, lambda float64) float64 { return mean(y, lambda) - lambda/float64(4*c.Sets) }
		lo, hi := 0.0, 0.0
		if fits {
			others := ratios(false)
			for hi = 1; hi-lo > 1e-13; {
				a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
				if gain(others, a) < gain(others, b) {
					lo = a
				} else {
					hi = b
				}
			}
		}
		total += mean(ratios(true), lo) / float64(R)
	}
	return total
}

// without returns the cross log-likelihood of the other sets, both as sources and as references.
func without(c *CrossLogLikelihood, set int) *CrossLogLikelihood {
	E, R := c.Sets*c.Replicas, c.Replicas
	K := c.Chains
	rest := &CrossLogLikelihood{Sets: c.Sets - 1, Replicas: R, Chains: K}
	for r := range E {
		for s := range E {
			if r/R != set && s/R != set {
				rest.L = append(rest.L, c.L[(r*E+s)*K:(r*E+s+1)*K]...)
			}
		}
	}
	return rest
}

func TestBoundsAgainstDefinition(t *testing.T) {
	for _, size := range []struct{ D, R, K int }{
		{D: 3, R: 2, K: 1}, {D: 5, R: 3, K: 4}, {D: 4, R: 2, K: 3}, {D: 4, R: 4, K: 3},
	} {
		c := gaussianCross(stream(1), size.D, size.R, size.K, 1, 2)
		full := byDefinition(c)
		parts := make([][bounds]float64, size.D)
		for j := range parts {
			parts[j] = byDefinition(without(c, j))
		}
		for i, e := range c.Bounds().all() {
			want := estimate.Jackknife(size.D, func(skip int) float64 {
				if skip < 0 {
					return full[i]
				}
				return parts[skip][i]
			})
			tolerance := 1e-12
			if i == learnedLower || i == sampleLower {
				tolerance = 1e-7 // a concave function's maximum is found to the root of its rounding
			}
			assert.InDelta(t, want.Value, e.Value, tolerance, "%+v bound %d", size, i)
			assert.InDelta(t, want.SE, e.SE, tolerance, "%+v bound %d", size, i)
			assert.LessOrEqual(t, e.Lo, want.Lo+5*tolerance)
			assert.GreaterOrEqual(t, e.Hi, want.Hi-5*tolerance)
		}
	}
}

// U(X;Theta) = U(X;B) + L(X;Theta|B), adding a constant to all values of one sample changes nothing, and the
// ceilings hold, however far the log-likelihoods are apart.
func TestBoundsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(rapid.Uint64().Draw(t, "seed"))
		D, R := 2+rng.IntN(4), 2+rng.IntN(3)
		K := 1 + rng.IntN(3)
		scale := math.Pow(10, rapid.Float64Range(-2, 4).Draw(t, "scale"))
		E := D * R
		l := make([]float64, E*E*K)
		shifted := make([]float64, len(l))
		shift := make([]float64, E*K)
		for i := range shift {
			shift[i] = 1000 * rng.NormFloat64()
		}
		for i := range l {
			l[i] = scale * rng.NormFloat64()
			shifted[i] = l[i] + shift[i%(E*K)]
		}
		a := (&CrossLogLikelihood{Sets: D, Replicas: R, Chains: K, L: l}).Bounds()
		b := (&CrossLogLikelihood{Sets: D, Replicas: R, Chains: K, L: shifted}).Bounds()
		tolerance := 1e-9 * (1 + scale)
		assert.InDelta(t, a.Sample.Upper.Value, a.Learned.Upper.Value+a.Noise.Lower.Value, tolerance)
		assert.LessOrEqual(t, a.Learned.Lower.Value, math.Log(float64(D))+tolerance)
		assert.LessOrEqual(t, a.Sample.Lower.Value, math.Log(float64(D))+tolerance)
		assert.LessOrEqual(t, a.Noise.Lower.Value, math.Log(float64(R))+tolerance)
		for i, e := range a.all() {
			assert.False(t, math.IsInf(e.Value, 0) || math.IsNaN(e.Value))
			assert.InDelta(t, e.Value, b.all()[i].Value, tolerance)
		}
	})
}

func TestIdenticalReplicasGiveExactlyZero(t *testing.T) {
	const D, R, K = 7, 3, 5
	rng := stream(2)
	row := make([]float64, D*R*K)
	for i := range row {
		row[i] = -100 * rng.Float64()
	}
	var l []float64
	for range D * R {
		l = append(l, row...)
	}
	for i, e := range (&CrossLogLikelihood{Sets: D, Replicas: R, Chains: K, L: l}).Bounds().all() {
		assert.Zero(t, e.Value, "bound %d", i)
		assert.Zero(t, e.SE, "bound %d", i)
	}
}

func TestBoundsOfSmallEnsembles(t *testing.T) {
	rng := stream(3)
	one := gaussianCross(rng, 6, 1, 4, 1, 1).Bounds()
	assert.True(t, one.Sample.Lower.HasInterval() && one.Sample.Upper.HasInterval())
	for _, b := range []Bracket{one.Learned, one.Noise} {
		assert.False(t, b.Lower.Known() || b.Upper.Known())
		assert.Contains(t, b.Lower.Warnings[0], "one replica per data set")
	}
	set := gaussianCross(rng, 1, 6, 4, 1, 1).Bounds()
	assert.True(t, set.Noise.Lower.Known() && set.Noise.Upper.Known())
	assert.False(t, set.Noise.Lower.HasInterval())
	for _, b := range []Bracket{set.Learned, set.Sample} {
		assert.False(t, b.Lower.Known() || b.Upper.Known())
		assert.Contains(t, b.Upper.Warnings[0], "one data set")
	}
	two := gaussianCross(rng, 2, 3, 4, 1, 1).Bounds()
	assert.True(t, two.Learned.Lower.Known() && two.Noise.Lower.HasInterval())
	assert.False(t, two.Learned.Lower.HasInterval(), "deleting one of two sets leaves nothing to compare with")
}

func TestBoundsSaturate(t *testing.T) {
	b := gaussianCross(stream(4), 8, 3, 8, 1e6, 1e-6).Bounds()
	assert.InDelta(t, math.Log(8), b.Learned.Lower.Value, 1e-3)
	assert.Contains(t, b.Learned.Lower.Warnings[0], "saturated")
	assert.Equal(t, math.Log(8), b.Learned.Ceiling)
	assert.Equal(t, math.Log(3), b.Noise.Ceiling)
	assert.Empty(t, b.Noise.Lower.Warnings)
}

func TestImpossibleSamples(t *testing.T) {
	// two replicas of each of three sets; the sample of replica 0 is impossible under all others
	const D, R = 3, 2
	l := make([]float64, D*R*D*R)
	for r := 1; r < D*R; r++ {
		l[r*D*R] = math.Inf(-1)
	}
	c, err := NewCrossLogLikelihood(D, R, 1, l)
	require.NoError(t, err)
	b := c.Bounds()
	assert.Equal(t, math.Inf(1), b.Learned.Upper.Value)
	assert.Equal(t, math.Inf(-1), b.Learned.Lower.Value)
	assert.Equal(t, math.Inf(1), b.Noise.Upper.Value)
	assert.Contains(t, b.Noise.Upper.Warnings[0], "infinite")
	assert.InDelta(t, math.Log(2)/6, b.Noise.Lower.Value, 1e-12)
	assert.InDelta(t, math.Log(3)/6, b.Sample.Lower.Value, 1e-12)

	// of three replicas a set, the samples are smoothed: those of replica 0 add ln lambda, lambda < 1
	const three = 3
	l3 := make([]float64, D*three*D*three)
	for r := 1; r < D*three; r++ {
		l3[r*D*three] = math.Inf(-1)
	}
	c, err = NewCrossLogLikelihood(D, three, 1, l3)
	require.NoError(t, err)
	assert.Equal(t, math.Inf(-1), c.Bounds().Learned.Lower.Value, "of the others no sample is impossible: lambda is 0")
	for s := range D * three { // now all are, under all but their own
		for r := range D * three {
			if r != s {
				l3[r*D*three+s] = math.Inf(-1)
			}
		}
	}
	assert.Zero(t, c.Bounds().Learned.Lower.Value)

	l[0] = math.Inf(-1)
	_, err = NewCrossLogLikelihood(D, R, 1, l)
	assert.ErrorContains(t, err, "sample 0 of replica 0 is impossible under the replica that drew it")
	l[0], l[7] = 0, math.NaN()
	_, err = NewCrossLogLikelihood(D, R, 1, l)
	assert.ErrorContains(t, err, "sample 0 of replica 1 under replica 1 is NaN")
	_, err = NewCrossLogLikelihood(D, R, 2, l)
	assert.ErrorContains(t, err, "it needs 72")
	_, err = NewCrossLogLikelihood(0, R, 2, l)
	assert.ErrorContains(t, err, "at least 1")
}
