package instrument

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// LatentSettings describe a model with latent variables, a variational autoencoder say,
//
//	p(x|theta) = int p(x|z,theta) p(z) dz,  p(z) = N(0, 1),
//
// and the normal distribution q(z|x), as an encoder gives it, which proposes z for an x. Rows are row-major. The
// functions are called as [SamplesSettings] says: between steps, on a machine of their own. z is always given with as
// many rows as x.
type LatentSettings struct {
	Dim     int    // numbers of one x
	Latent  int    // numbers of one z
	Samples int    // S, draws of z for each energy; default 64
	Encoded int    // of these, draws from q(z|x); the others are from p(z). Default: half of them, rounded up
	Seed    uint64 // of the noise of these draws
	// Encode writes the mean and the logarithm of the variance of q(z|x) for each row of x; both hold rows of Latent
	// numbers. The weights of an encoder then belong to theta, for the energies depend on them.
	Encode func(mean, logVar, x []float32) error
	// LogLikelihood writes ln p(x|z,theta) of each pair of rows into dst, in nats.
	LogLikelihood func(dst []float64, x, z []float32) error
	// Decode draws each row of x from p(x|z,theta), with no other source of chance than rng.
	Decode func(x, z []float32, rng *rand.Rand) error
}

// Latent gives the energies and the samples of a model with latent variables:
//
//	latent := instrument.NewLatent(instrument.LatentSettings{Dim: 784, Latent: 16, Samples: 64, Seed: 1,
//		Encode: net.encode, LogLikelihood: net.logLikelihood, Decode: net.decode})
//	... Energies: latent.Energies, Move: latent.Move, Exact: true ... // of NewSamples, or of a network of a Lab
//
// -ln p(x) has no closed form. Its estimate is that of importance sampling (Burda, Grosse & Salakhutdinov 2016,
// arXiv:1509.00519), whose noise eps depends on x and Seed alone, and is the same at every call and for every network:
//
//	phi(x) = -ln 1/S sum_s p(x|z_s) p(z_s) / r(z_s),  r = a q(z|x) + (1 - a) p(z),
//	z_s = mean(x) + sd(x) eps_s for the first a S of the draws, z_s = eps_s for the others.
//
// The draws from p(z) see to it that no weight is above p(x|z)/(1 - a) (the defensive mixture of Hesterberg 1995,
// Technometrics 37, 185). Without them the energies of the samples of a model in training are tens of nats too high:
// the encoder has not seen what comes of a z of p(z).
//
// So phi is a function of the weights and of x alone, the first law holds to rounding, and part of the error cancels in
// differences between networks. What follows from phi being an estimate:
//
//   - On average over seeds it is an upper bound on -ln p(x). What it is too high by is about V/2S, V the variance of
//     p(z|x)/r(z) under r, while that is below 1; more draws lower it, and one from q(z|x) is the negative ELBO. A phi
//     that lies b nats below -ln p(x) has, for any x, at most the chance exp(-b). What it errs by beside is independent
//     from one x to another: averages over x average it away, and their intervals cover it.
//   - exp(-phi) is normalised on average over seeds only. It is taken for normalised, LogZ nil, F = 0.
//   - Move samples ancestrally, z from p(z) and x from p(x|z): it is exact for p(.|theta) and not for exp(-phi). Hence
//     the fluctuation theorem is only approximate: <exp(-w)> is not 1 but the average of exp(b_n - b_{n+1}), b the
//     error of phi at the two ends of the interval, over the samples of the later network. An encoder that catches up
//     with its decoder shows in the fluctuation average, ift, and a poor one in S(X|theta), too high by the mean of b.
//
// Whether S is enough is seen by doubling it: ift then comes closer to 1, S(X|theta) and the losses go down, and once
// they stay where they are the bias is small against what is measured.
//
// Cost: an energy takes one Encode and S LogLikelihoods. A Latent keeps its buffers: it is not safe for concurrent use.
type Latent struct {
	settings     LatentSettings
	noise        []*rand.Rand // of each row
	eps          []float64
	mean, logVar []float32
	z            []float32
	like         []float64
	logSum       []logSum
}

// NewLatent returns the energies and samples of such a model. It panics without a Dim, a Latent or one of the
// functions, and where more draws are Encoded than there are.
func NewLatent(s LatentSettings) *Latent {
	if s.Dim < 1 || s.Latent < 1 || s.Samples < 0 || s.Encoded < 0 {
		panic(fmt.Sprintf("instrument: NewLatent: x of %d numbers, z of %d, %d samples, %d of q(z|x): give at least 1 of "+
			"each", s.Dim, s.Latent, s.Samples, s.Encoded))
	}
	if s.Encode == nil || s.LogLikelihood == nil || s.Decode == nil {
		panic("instrument: NewLatent: give Encode, LogLikelihood and Decode")
	}
	if s.Samples == 0 {
		s.Samples = 64
	}
	if s.Encoded == 0 {
		s.Encoded = (s.Samples + 1) / 2
	}
	if s.Encoded > s.Samples {
		panic(fmt.Sprintf("instrument: NewLatent: %d of %d samples are of q(z|x)", s.Encoded, s.Samples))
	}
	return &Latent{settings: s}
}

// Energies writes the estimate of -ln p(x|theta) of each row of x into dst, in nats. An energy does not depend on the
// rows beside it. It returns an error where the encoder or the likelihood gives what is not finite.
func (l *Latent) Energies(dst []float64, x []float32) error {
	s, rows := &l.settings, len(dst)
	if err := l.fit(x, rows); err != nil {
		return err
	}
	if err := s.Encode(l.mean, l.logVar, x); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	for i, v := range l.mean {
		if w := float64(l.logVar[i]); math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || math.IsNaN(w) ||
			math.IsInf(w, 0) {
			return fmt.Errorf("encode: q(z|x) of row %d of %d has mean %v and ln variance %v", i/s.Latent, rows, v, w)
		}
	}
	for k := range s.Samples {
		if err := l.sample(k, x); err != nil {
			return err
		}
	}
	for i := range dst {
		dst[i] = math.Log(float64(s.Samples)) - l.logSum[i].value()
	}
	return nil
}

// sample adds the k-th draw of z to the sum of each row.
func (l *Latent) sample(k int, x []float32) error {
	s := &l.settings
	for i, m := range l.mean {
		l.eps[i] = l.noise[i/s.Latent].NormFloat64()
		l.z[i] = float32(l.eps[i])
		if k < s.Encoded {
			l.z[i] = m + float32(math.Exp(float64(l.logVar[i])/2)*l.eps[i])
		}
	}
	if err := s.LogLikelihood(l.like, x, l.z); err != nil {
		return fmt.Errorf("log-likelihood: %w", err)
	}
	for i, like := range l.like {
		if math.IsNaN(like) || math.IsInf(like, 0) {
			return fmt.Errorf("log-likelihood: ln p(x|z) of row %d of %d is %v", i, len(l.like), like)
		}
		l.logSum[i].add(like - l.proposed(i, k < s.Encoded))
	}
	return nil
}

// proposed is ln r(z)/p(z) of the z of a row.
func (l *Latent) proposed(row int, encoded bool) float64 {
	s := &l.settings
	var ratio float64 // ln q(z|x)/p(z)
	for i := row * s.Latent; i < (row+1)*s.Latent; i++ {
		z, logVar := float64(l.z[i]), float64(l.logVar[i])
		eps := l.eps[i]
		if !encoded {
			eps = (z - float64(l.mean[i])) * math.Exp(-logVar/2)
		}
		ratio += (z*z - eps*eps - logVar) / 2
	}
	if s.Encoded == s.Samples {
		return ratio
	}
	share := float64(s.Encoded) / float64(s.Samples)
	var r logSum
	r.add(math.Log(share) + ratio)
	r.add(math.Log1p(-share))
	return r.value()
}

// fit makes the buffers of that many rows.
func (l *Latent) fit(x []float32, rows int) error {
	s := &l.settings
	if len(x) != rows*s.Dim {
		return fmt.Errorf("instrument: energies of %d rows from %d numbers: rows have %d", rows, len(x), s.Dim)
	}
	if cap(l.logSum) < rows {
		l.mean, l.logVar = make([]float32, rows*s.Latent), make([]float32, rows*s.Latent)
		l.z, l.like = make([]float32, rows*s.Latent), make([]float64, rows)
		l.noise, l.eps = make([]*rand.Rand, rows), make([]float64, rows*s.Latent)
		l.logSum = make([]logSum, rows)
	}
	n := rows * s.Latent
	l.noise, l.eps = l.noise[:rows], l.eps[:n]
	l.mean, l.logVar = l.mean[:n], l.logVar[:n]
	l.z, l.like = l.z[:n], l.like[:rows]
	l.logSum = l.logSum[:rows]
	clear(l.logSum)
	for i := range l.noise {
		l.noise[i] = rand.New(rand.NewPCG(s.Seed, hashed(x[i*s.Dim:(i+1)*s.Dim])))
	}
	return nil
}

// hashed is the FNV-1a hash of the bits of a row.
func hashed(row []float32) uint64 {
	h := uint64(14695981039346656037)
	for _, v := range row {
		for b := math.Float32bits(v); b != 0; b >>= 8 {
			h = (h ^ uint64(b&0xff)) * 1099511628211
		}
		h = (h ^ 0x100) * 1099511628211
	}
	return h
}

// Move draws each row of x anew: z from p(z), and x from p(x|z,theta).
func (l *Latent) Move(x []float32, rng *rand.Rand) error {
	z := make([]float32, len(x)/l.settings.Dim*l.settings.Latent)
	for i := range z {
		z[i] = float32(rng.NormFloat64())
	}
	if err := l.settings.Decode(x, z, rng); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// logSum is the logarithm of a sum of exponentials: sum exp(most), with sum at least 1 once there is a term.
type logSum struct{ sum, most float64 }

func (l *logSum) add(v float64) {
	switch {
	case l.sum == 0:
		l.sum, l.most = 1, v
	case v > l.most:
		l.sum, l.most = l.sum*math.Exp(l.most-v)+1, v
	default:
		l.sum += math.Exp(v - l.most)
	}
}

func (l *logSum) value() float64 { return l.most + math.Log(l.sum) }
