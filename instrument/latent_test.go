package instrument

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	ln variance left out of ln q(z|x)             TestLatentOfExactPosterior
//	each draw weighed by its own proposal alone   TestLatentDefence
//	shares of the mixture swapped                 TestLatentMixture
//	p(z) left out                                 TestLatentOfExactPosterior
//	the mean of logarithms (ELBO), not of weights  TestLatentBias
//	noise drawn anew at each call                 TestLatentIsAFunction
//	noise that depends on the place of a row      TestLatentIsAFunction
//	one noise for all x                           TestLatentBias

// factors is probabilistic principal component analysis, x = W z + mu + N(0, sigma^2): -ln p(x) and p(z|x) are known.
// The columns of W are orthogonal, so that the posterior has independent z. The encoder's variance is that of the
// posterior times wide.
type factors struct {
	w     [][]float64 // a row for each number of x
	mu    []float64
	sigma float64
	wide  float64
}

func newFactors(scale, wide float64) *factors {
	return &factors{
		w:  [][]float64{{scale, scale}, {scale, -scale}, {2 * scale, 0}},
		mu: []float64{0.5, -1, 2}, sigma: 0.7, wide: wide,
	}
}

func (f *factors) column(j int) (squared float64) {
	for _, row := range f.w {
		squared += row[j] * row[j]
	}
	return squared
}

func (f *factors) encode(mean, logVar, x []float32) error {
	for i := 0; i < len(x); i += 3 {
		for j := range 2 {
			var projected float64
			for k, row := range f.w {
				projected += row[j] * (float64(x[i+k]) - f.mu[k])
			}
			precision := f.column(j) + f.sigma*f.sigma
			mean[i/3*2+j] = float32(projected / precision)
			logVar[i/3*2+j] = float32(math.Log(f.wide * f.sigma * f.sigma / precision))
		}
	}
	return nil
}

func (f *factors) decoded(z []float32, k int) float64 {
	return f.mu[k] + f.w[k][0]*float64(z[0]) + f.w[k][1]*float64(z[1])
}

func (f *factors) logLikelihood(dst []float64, x, z []float32) error {
	for i := range dst {
		dst[i] = -1.5 * math.Log(2*math.Pi*f.sigma*f.sigma)
		for k := range 3 {
			r := (float64(x[3*i+k]) - f.decoded(z[2*i:], k)) / f.sigma
			dst[i] -= r * r / 2
		}
	}
	return nil
}

func (f *factors) decode(x, z []float32, rng *rand.Rand) error {
	for i := range x {
		x[i] = float32(f.decoded(z[i/3*2:], i%3) + f.sigma*rng.NormFloat64())
	}
	return nil
}

// energy is -ln N(x; mu, W W^T + sigma^2), along the columns of W and across them.
func (f *factors) energy(x []float32) float64 {
	var across float64
	for k := range 3 {
		d := float64(x[k]) - f.mu[k]
		across += d * d
	}
	phi := 1.5*math.Log(2*math.Pi) + math.Log(f.sigma)
	for j := range 2 {
		var along float64
		for k, row := range f.w {
			along += row[j] * (float64(x[k]) - f.mu[k])
		}
		along *= along / f.column(j)
		across -= along
		variance := f.column(j) + f.sigma*f.sigma
		phi += math.Log(variance)/2 + along/(2*variance)
	}
	return phi + across/(2*f.sigma*f.sigma)
}

func (f *factors) latent(samples int, seed uint64) *Latent {
	return NewLatent(LatentSettings{Dim: 3, Latent: 2, Samples: samples, Encoded: samples, Seed: seed,
		Encode: f.encode, LogLikelihood: f.logLikelihood, Decode: f.decode})
}

// draws are n samples of the model.
func (f *factors) draws(t *testing.T, n int) []float32 {
	x := make([]float32, 3*n)
	require.NoError(t, f.latent(1, 1).Move(x, rand.New(rand.NewPCG(3, 4))))
	return x
}

// Where q(z|x) is the posterior every weight is p(x), and the energies are exact with a single draw.
func TestLatentOfExactPosterior(t *testing.T) {
	f := newFactors(0.8, 1)
	x, phi := f.draws(t, 50), make([]float64, 50)
	for _, samples := range []int{1, 7} {
		require.NoError(t, f.latent(samples, 1).Energies(phi, x))
		for i, v := range phi {
			assert.InDelta(t, f.energy(x[3*i:3*i+3]), v, 1e-4)
		}
	}
}

// With a q(z|x) of twice the posterior's variance, p(z|x)/q(z|x) has the variance V = (2/sqrt 3)^2 - 1 = 1/3 in two
// dimensions: the energies are too high by V/2S on average over seeds.
func TestLatentBias(t *testing.T) {
	f := newFactors(0.8, 2)
	const rows, seeds = 100, 100
	x, phi := f.draws(t, rows), make([]float64, rows)
	before := math.Inf(1)
	for _, samples := range []int{1, 4, 16, 64} {
		var bias, weight []float64
		for seed := range uint64(seeds) {
			require.NoError(t, f.latent(samples, seed).Energies(phi, x))
			var d float64
			for i, v := range phi {
				b := v - f.energy(x[3*i:3*i+3])
				d += b / rows
				weight = append(weight, math.Exp(-b))
			}
			bias = append(bias, d)
		}
		mean, sd := stat.MeanStdDev(bias, nil)
		se := sd / math.Sqrt(seeds)
		// of one x it is sqrt(V/S): the error of an average over x falls with their number
		assert.Less(t, se, 2*math.Sqrt(1.0/3/float64(samples)/rows/seeds))
		expected := 1.0 / 6 / float64(samples)
		t.Logf("S = %2d: bias %.4f +- %.4f, V/2S = %.4f", samples, mean, se, expected)
		assert.Less(t, mean, before, "the bias falls with S")
		before = mean
		if samples == 1 {
			// the negative ELBO: E[ln q - ln p(z|x)] = 2 (2 - 1 - ln 2) / 2
			expected = 1 - math.Ln2
		}
		assert.InDelta(t, expected, mean, 3*se+0.1*expected/float64(samples))
		mean, sd = stat.MeanStdDev(weight, nil)
		assert.InDelta(t, 1, mean, 4*sd/math.Sqrt(rows*seeds), "exp(-phi) is right on average over seeds")
	}
}

// With draws from p(z) beside those of an encoder that knows nothing of x, p(x) is right on average over seeds, and no
// energy is off by much: without them the same encoder's are too high by 100 nats.
func TestLatentDefence(t *testing.T) {
	f := newFactors(0.8, 1)
	const rows, seeds = 20, 300
	x, phi := f.draws(t, rows), make([]float64, rows)
	astray := LatentSettings{Dim: 3, Latent: 2, Samples: 64, LogLikelihood: f.logLikelihood, Decode: f.decode,
		Encode: func(mean, logVar, _ []float32) error {
			for i := range mean {
				mean[i], logVar[i] = 10, -2
			}
			return nil
		}}
	var weight []float64
	for seed := range uint64(seeds) {
		astray.Seed = seed
		require.NoError(t, NewLatent(astray).Energies(phi, x))
		for i, v := range phi {
			b := v - f.energy(x[3*i:3*i+3])
			assert.Less(t, b, 20.0)
			weight = append(weight, math.Exp(-b))
		}
	}
	mean, sd := stat.MeanStdDev(weight, nil)
	t.Logf("p(x) is estimated as %.3f +- %.3f of what it is", mean, sd/math.Sqrt(seeds))
	assert.InDelta(t, 1, mean, 4*sd/math.Sqrt(seeds))
	astray.Encoded = 64
	require.NoError(t, NewLatent(astray).Energies(phi, x))
	assert.Greater(t, phi[0]-f.energy(x[:3]), 50.0)
}

// Half of the draws of p(z), half of an encoder that is exact: p(x) is right on average over seeds.
func TestLatentMixture(t *testing.T) {
	f := newFactors(0.8, 1)
	const rows, seeds = 20, 300
	x, phi := f.draws(t, rows), make([]float64, rows)
	s := f.latent(4, 0).settings
	s.Encoded = 1
	var weight []float64
	for s.Seed = range uint64(seeds) {
		require.NoError(t, NewLatent(s).Energies(phi, x))
		for i, v := range phi {
			weight = append(weight, math.Exp(f.energy(x[3*i:3*i+3])-v))
		}
	}
	mean, sd := stat.MeanStdDev(weight, nil)
	t.Logf("p(x) is estimated as %.3f +- %.3f of what it is", mean, sd/math.Sqrt(seeds))
	assert.InDelta(t, 1, mean, 4*sd/math.Sqrt(seeds))
}

// The energy of x is the same at each call, and beside whatever rows.
func TestLatentIsAFunction(t *testing.T) {
	f := newFactors(0.8, 2)
	x, phi := f.draws(t, 5), make([]float64, 5)
	l := f.latent(8, 1)
	require.NoError(t, l.Energies(phi, x))
	for i := range phi {
		again := make([]float64, 1)
		require.NoError(t, l.Energies(again, x[3*i:3*i+3]))
		assert.Equal(t, phi[i], again[0])
	}
	another := make([]float64, 5)
	require.NoError(t, f.latent(8, 2).Energies(another, x))
	assert.NotEqual(t, phi, another, "another seed, other noise")
}

// Samples have the mean and covariance of the model, and -ln p(x) of them its entropy.
func TestLatentMove(t *testing.T) {
	f := newFactors(0.8, 1)
	const n = 20000
	x := f.draws(t, n)
	columns, phi := make([][]float64, 3), make([]float64, n)
	for i, v := range x {
		columns[i%3] = append(columns[i%3], float64(v))
	}
	for i := range 3 {
		for j := range i + 1 {
			truth := f.w[i][0]*f.w[j][0] + f.w[i][1]*f.w[j][1]
			if i == j {
				truth += f.sigma * f.sigma
				assert.InDelta(t, f.mu[i], stat.Mean(columns[i], nil), 4*math.Sqrt(truth/n))
			}
			assert.InDelta(t, truth, stat.Covariance(columns[i], columns[j], nil), 0.1)
		}
	}
	require.NoError(t, f.latent(4, 1).Energies(phi, x))
	entropy := 1.5*math.Log(2*math.Pi*math.E) + math.Log(f.sigma)
	for j := range 2 {
		entropy += math.Log(f.column(j)+f.sigma*f.sigma) / 2
	}
	mean, sd := stat.MeanStdDev(phi, nil)
	assert.InDelta(t, entropy, mean, 4*sd/math.Sqrt(n))
}

// An encoder of 1.3 times the posterior's variance learns the posterior while the decoder stays: the fluctuation
// average is <exp(b)> of the error b that was, with one draw (int q^2/p)^2 = (1/1.3 / sqrt(2/1.3 - 1))^2 = 1.099 in two
// dimensions, and 1 with many. A decoder that moves under an exact encoder gives 1 with one.
func TestLatentFluctuationAverage(t *testing.T) {
	const n = 20000
	x := newFactors(0.8, 1).draws(t, n)
	average := func(before, after *factors, samples int) float64 {
		phi, moved := make([]float64, n), make([]float64, n)
		require.NoError(t, before.latent(samples, 1).Energies(phi, x))
		require.NoError(t, after.latent(samples, 1).Energies(moved, x))
		for i := range moved {
			moved[i] = math.Exp(phi[i] - moved[i])
		}
		return stat.Mean(moved, nil)
	}
	assert.InDelta(t, 1, average(newFactors(0.8, 1), newFactors(0.85, 1), 1), 0.01)
	one := average(newFactors(0.8, 1.3), newFactors(0.8, 1), 1)
	many := average(newFactors(0.8, 1.3), newFactors(0.8, 1), 64)
	t.Logf("encoder that learns: %.3f with S = 1, %.3f with S = 64", one, many)
	assert.InDelta(t, 1.099, one, 0.015)
	assert.InDelta(t, 1, many, 0.005)
}

// What goes wrong is said with its place.
func TestLatentErrors(t *testing.T) {
	f := newFactors(0.8, 1)
	s := LatentSettings{Dim: 3, Latent: 2, Encode: f.encode, LogLikelihood: f.logLikelihood, Decode: f.decode}
	phi, x := make([]float64, 2), make([]float32, 6)
	assert.ErrorContains(t, NewLatent(s).Energies(phi, x[:5]), "energies of 2 rows from 5 numbers: rows have 3")

	broken := s
	broken.LogLikelihood = func(dst []float64, _, _ []float32) error {
		dst[0], dst[1] = 0, math.NaN()
		return nil
	}
	assert.EqualError(t, NewLatent(broken).Energies(phi, x), "log-likelihood: ln p(x|z) of row 1 of 2 is NaN")
	broken.LogLikelihood = func([]float64, []float32, []float32) error { return errors.New("no machine") }
	assert.EqualError(t, NewLatent(broken).Energies(phi, x), "log-likelihood: no machine")
	broken = s
	broken.Encode = func(mean, logVar, _ []float32) error {
		logVar[3] = float32(math.Inf(1))
		return nil
	}
	assert.EqualError(t, NewLatent(broken).Energies(phi, x),
		"encode: q(z|x) of row 1 of 2 has mean 0 and ln variance +Inf")
	broken.Encode = nil
	assert.PanicsWithValue(t, "instrument: NewLatent: give Encode, LogLikelihood and Decode",
		func() { NewLatent(broken) })
	broken = s
	broken.Latent = 0
	assert.PanicsWithValue(t, "instrument: NewLatent: x of 3 numbers, z of 0, 0 samples, 0 of q(z|x): give at least 1 "+
		"of each", func() { NewLatent(broken) })
	broken = s
	broken.Samples, broken.Encoded = 4, 5
	assert.PanicsWithValue(t, "instrument: NewLatent: 5 of 4 samples are of q(z|x)", func() { NewLatent(broken) })
}
