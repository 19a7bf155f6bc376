package datasets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// Mixture is an equally weighted mixture of C round Gaussians in Dim dimensions,
//
//	p(x) = 1/C sum_c N(x; mu_c, Sigma^2 1),
//
// whose density is known exactly. Its examples are labelled by their component c.
type Mixture struct {
	Dim   int
	Means [][]float64 // mu_c, C x Dim
	Sigma float64     // standard deviation of each coordinate about the mean
}

// NewMixture returns the mixture from which Open(ctx, "gaussian-mixture", o) draws: Options.Components means, each
// coordinate drawn from N(0, Spread^2) under Options.Seed, and the given Sigma. It fails on a senseless option.
func NewMixture(o *Options) (*Mixture, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	rng := stream(opts.Seed, forMeans, 0)
	m := &Mixture{Dim: opts.Dim, Sigma: opts.Sigma, Means: make([][]float64, opts.Components)}
	for c := range m.Means {
		m.Means[c] = make([]float64, opts.Dim)
		for j := range m.Means[c] {
			m.Means[c][j] = opts.Spread * rng.NormFloat64()
		}
	}
	return m, nil
}

// LogDensity returns ln p(x) in nats for one example x of Dim values, without allocation. It panics on another
// length. The mean of -LogDensity over fresh draws is the entropy, which no model's mean negative log-likelihood
// can undercut. (Examples are rounded to float32, a relative error of 6e-8 that the density takes no notice of.)
func (m *Mixture) LogDensity(x []float32) float64 {
	if len(x) != m.Dim {
		panic(fmt.Sprintf("datasets: LogDensity of %d values in %d dimensions", len(x), m.Dim))
	}
	// ln sum_c exp(e_c) in one pass: sum holds the terms relative to the largest so far.
	largest, sum := math.Inf(-1), 0.0
	for _, mu := range m.Means {
		e := 0.0
		for j, v := range x {
			z := (float64(v) - mu[j]) / m.Sigma
			e -= z * z / 2
		}
		if e > largest {
			sum = sum*math.Exp(largest-e) + 1
			largest = e
		} else {
			sum += math.Exp(e - largest)
		}
	}
	norm := float64(m.Dim) * (math.Log(2*math.Pi)/2 + math.Log(m.Sigma))
	return largest + math.Log(sum) - norm - math.Log(float64(len(m.Means)))
}

// Draw returns n independent examples, each with its component as its label. It panics if there are more than 256
// components, which labels cannot tell apart, or none.
func (m *Mixture) Draw(n int, rng *rand.Rand) *Dataset {
	if len(m.Means) < 1 || len(m.Means) > 256 {
		panic(fmt.Sprintf("datasets: Draw from a mixture of %d components; labels need 1 to 256", len(m.Means)))
	}
	d := &Dataset{
		Name: "gaussian-mixture", Rows: 1, Cols: m.Dim,
		X:      make([]float32, n*m.Dim),
		Labels: make([]uint8, n),
		Origin: fmt.Sprintf("synthetic: %d Gaussians of standard deviation %v in %d dimensions",
			len(m.Means), m.Sigma, m.Dim),
	}
	for i := range n {
		c := rng.IntN(len(m.Means))
		d.Labels[i] = uint8(c)
		for j, row := 0, d.Row(i); j < len(row); j++ {
			row[j] = float32(m.Means[c][j] + m.Sigma*rng.NormFloat64())
		}
	}
	return d
}

func openMixture(_ context.Context, o Options) (*Split, error) {
	m, err := NewMixture(&o)
	if err != nil {
		return nil, err
	}
	return o.split(m.Draw), nil
}
