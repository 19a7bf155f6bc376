package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// GaussianSettings describe a [Gaussian].
type GaussianSettings struct {
	Dim       int       // m, number of coordinates
	Sigma     float64   // s, standard deviation of a sample about theta
	InitVar   float64   // v0, variance of theta_0 in each coordinate
	Batch     int       // rows of a training batch
	EvalBatch int       // rows evaluated at once by Energies; 0 means 1024
	Precision Precision // of the weights
}

// Validate returns an error for what [NewGaussian] refuses whatever the samples are: it does not look at Dim.
func (s GaussianSettings) Validate() error {
	switch {
	case !(s.Sigma > 0) || math.IsInf(s.Sigma, 0):
		return fmt.Errorf("model: gaussian's sigma is %v; it must be positive and finite", s.Sigma)
	case !(s.InitVar >= 0) || math.IsInf(s.InitVar, 0):
		return fmt.Errorf("model: gaussian's initial variance is %v; it must be 0 or more and finite", s.InitVar)
	case s.Batch < 1:
		return fmt.Errorf("model: gaussian's batch is %d rows; it must be 1 or more", s.Batch)
	case s.EvalBatch < 0:
		return fmt.Errorf("model: gaussian evaluates %d rows at once; it must be 1 or more", s.EvalBatch)
	}
	return nil
}

// Gaussian is the exactly solvable model of location,
//
//	p(x|theta) = N(theta, s^2 I),   phi_theta(x) = |x - theta|^2 / (2 s^2) + (m/2) ln(2 pi s^2),   ln Z = 0,
//
// trained by the mean of phi over the batch, whose gradient is (theta - mean(batch))/s^2. Under Langevin SGD its
// weights stay Gaussian, so every quantity that calorimeter measures has a closed form to be tested against.
type Gaussian struct {
	settings    GaussianSettings
	theta       *tensor.Dense // 1 x m
	params      G.Nodes
	train, eval *program
}

// NewGaussian builds the graphs; theta is 0 until Init. It returns an error for a dimension or batch below 1, a
// sigma that is not positive, or a negative initial variance.
func NewGaussian(s GaussianSettings) (*Gaussian, error) {
	preset(&s.EvalBatch, 1024)
	if s.Dim < 1 {
		return nil, fmt.Errorf("model: gaussian needs 1 or more dimensions, not %d", s.Dim)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	m := &Gaussian{settings: s, theta: s.Precision.zeros(1, s.Dim)}
	var err error
	m.params, m.train, m.eval, err = pair(m.build, s.Batch, s.EvalBatch)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Gaussian) build(rows int, gradient bool) (G.Nodes, *program, error) {
	g := G.NewGraph()
	s := m.settings
	x := matrix(g, "x", s.Precision.zeros(rows, s.Dim))
	theta := matrix(g, "theta", m.theta)
	precision := s.Precision.zeros(s.Dim, 1) // squares times this column are the energies
	fill(precision, func(int) float64 { return 1 / (2 * s.Sigma * s.Sigma) })
	lnNorm := s.Precision.zeros(1, 1)
	fill(lnNorm, func(int) float64 {
		return float64(s.Dim) / 2 * math.Log(2*math.Pi*s.Sigma*s.Sigma)
	})
	constants := G.Nodes{matrix(g, "precision", precision), matrix(g, "lnNorm", lnNorm)}
	squares := G.Must(G.Square(G.Must(G.BroadcastSub(x, theta, nil, []byte{0}))))
	out := G.Must(G.BroadcastAdd(G.Must(G.Mul(squares, constants[0])), constants[1], nil, []byte{0}))
	if gradient {
		out = G.Must(G.Mean(out))
	}
	params := G.Nodes{theta}
	p, err := compile(x, out, constants, params, gradient)
	return params, p, err
}

// Dim implements [PPM].
func (m *Gaussian) Dim() int { return m.settings.Dim }

// Params implements [PPM]: theta, 1 x m.
func (m *Gaussian) Params() G.Nodes { return m.params }

// Free implements [PPM]: all of theta.
func (m *Gaussian) Free(int) []bool { return nil }

// Init draws theta_0 from N(0, v0 I).
func (m *Gaussian) Init(rng *rand.Rand) {
	sd := math.Sqrt(m.settings.InitVar)
	fill(m.theta, func(int) float64 { return sd * rng.NormFloat64() })
}

// Loss implements [PPM]: the mean energy of the batch.
func (m *Gaussian) Loss(batch []float32) (float64, error) { return m.train.loss(batch) }

// Energies implements [PPM].
func (m *Gaussian) Energies(dst []float64, x []float32) error { return m.eval.energies(dst, x) }

// Move implements [PPM]: every row of x becomes an independent exact draw from N(theta, s^2 I).
func (m *Gaussian) Move(x []float32, rng *rand.Rand) error {
	theta := make([]float64, m.settings.Dim)
	for i := range theta {
		theta[i] = at(m.theta, i)
	}
	for i := range x {
		x[i] = float32(theta[i%len(theta)] + m.settings.Sigma*rng.NormFloat64())
	}
	return nil
}

// Kernel implements [PPM].
func (m *Gaussian) Kernel() Kernel { return Kernel{Name: "independent draw", Exact: true} }

// LogZ implements [PPM]: 0, p is normalised.
func (m *Gaussian) LogZ() (float64, bool) { return 0, true }

// Close implements [PPM].
func (m *Gaussian) Close() error { return errors.Join(m.train.Close(), m.eval.Close()) }

var _ PPM = (*Gaussian)(nil)
