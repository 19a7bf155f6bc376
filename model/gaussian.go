package model

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/model/op"

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
	}
	return batches("gaussian", s.Batch, s.EvalBatch)
}

// Gaussian is the exactly solvable model of location,
//
//	p(x|theta) = N(theta, s^2 I),   phi_theta(x) = |x - theta|^2 / (2 s^2) + (m/2) ln(2 pi s^2),   ln Z = 0,
//
// trained by the mean of phi over the batch, whose gradient is (theta - mean(batch))/s^2. Under Langevin SGD its
// weights stay Gaussian, so every quantity that calorimeter measures has a closed form to be tested against.
type Gaussian struct {
	base
	settings GaussianSettings
	theta    *tensor.Dense // 1 x m
}

// NewGaussian builds the graphs; theta is 0 until Init. It returns an error for a dimension or batch below 1, a
// sigma that is not positive, or a negative initial variance.
func NewGaussian(s GaussianSettings) (*Gaussian, error) {
	preset(&s.EvalBatch, 1024)
	if err := cmp.Or(atLeast("gaussian", "dimension", s.Dim, 1), s.Validate()); err != nil {
		return nil, err
	}
	m := &Gaussian{settings: s, base: base{
		dim: s.Dim, precision: s.Precision, kernel: Kernel{Name: "independent draw", Exact: true},
	}}
	m.theta = m.parameter("theta", 1, s.Dim)
	return m, m.compile(s.Dim, s.Batch, s.EvalBatch, m.build)
}

func (m *Gaussian) build(x *G.Node, params G.Nodes, training bool) *G.Node {
	s := m.settings
	precision := s.Precision.zeros(s.Dim, 1) // squares times this column are the energies
	fill(precision, func(int) float64 { return 1 / (2 * s.Sigma * s.Sigma) })
	lnNorm := s.Precision.zeros(1, 1)
	fill(lnNorm, func(int) float64 { return float64(s.Dim) / 2 * math.Log(2*math.Pi*s.Sigma*s.Sigma) })
	squares := G.Must(G.Square(G.Must(G.BroadcastSub(x, params[0], nil, []byte{0}))))
	out := G.Must(G.Mul(squares, node(x.Graph(), "precision", precision)))
	out = G.Must(G.BroadcastAdd(out, node(x.Graph(), "lnNorm", lnNorm), nil, []byte{0}))
	if training {
		out = op.Mean(out)
	}
	return out
}

// Init draws theta_0 from N(0, v0 I).
func (m *Gaussian) Init(rng *rand.Rand) {
	sd := math.Sqrt(m.settings.InitVar)
	fill(m.theta, func(int) float64 { return sd * rng.NormFloat64() })
}

// Move implements [PPM]: every row of x becomes an independent exact draw from N(theta, s^2 I).
func (m *Gaussian) Move(x []float32, rng *rand.Rand) error {
	theta := doubles(m.theta)
	for i := range x {
		x[i] = float32(theta[i%len(theta)] + m.settings.Sigma*rng.NormFloat64())
	}
	return nil
}
