package testsystems

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
)

// QuadraticSGD is stochastic gradient descent that has come to rest in a quadratic valley, in the eigenbasis of its
// curvature. Along eigenvector i, with curvature l_i, variance c_i of the gradient noise and learning rate r,
//
//	theta' = theta - r (l_i theta + sqrt(c_i) xi) = a_i theta - r sqrt(c_i) xi,     a_i = 1 - r l_i:
//
// an autoregressive process of order one. Its variance solves v = a^2 v + r^2 c, so (S. Mandt, M. D. Hoffman,
// D. M. Blei, JMLR 18(134) (2017), without their limit of small rates)
//
//	v_i = r c_i/(l_i (2 - r l_i)),
//
// its autocorrelation after k steps is a_i^k, and the directions are independent.
type QuadraticSGD struct {
	Curvature []float64 // l_i > 0, d values
	NoiseVar  []float64 // c_i > 0, d values
	Rate      float64   // r, 0 < r < 2/max l_i
}

// Validate returns an error that names the first parameter for which there is no stationary state.
func (q QuadraticSGD) Validate() error {
	switch {
	case len(q.Curvature) == 0:
		return fmt.Errorf("testsystems: QuadraticSGD.Curvature is empty: need at least one direction")
	case len(q.NoiseVar) != len(q.Curvature):
		return fmt.Errorf("testsystems: QuadraticSGD has %d curvatures and %d noise variances: need one of each per "+
			"direction",
			len(q.Curvature), len(q.NoiseVar))
	case !positive(q.Rate):
		return fmt.Errorf("testsystems: QuadraticSGD.Rate = %v: a learning rate is finite and > 0", q.Rate)
	}
	for i, l := range q.Curvature {
		direction := func(field string) string { return fmt.Sprintf("QuadraticSGD.%s[%d]", field, i) }
		if err := cmp.Or(
			demand(positive(l), direction("Curvature"), l, "must be finite and > 0; a flat direction has no stationary state"),
			demand(positive(q.NoiseVar[i]), direction("NoiseVar"), q.NoiseVar[i],
				"must be finite and > 0; without noise the entropy is -Inf"),
			demand(q.Rate*l < 2, "QuadraticSGD.Rate", q.Rate,
				fmt.Sprintf("direction %d is unstable from 2/Curvature = %v on; take a smaller rate", i, 2/l)),
		); err != nil {
			return err
		}
	}
	return nil
}

// StationaryVariance returns v_i = r c_i/(l_i (2 - r l_i)) of each direction.
func (q QuadraticSGD) StationaryVariance() []float64 {
	must(q.Validate())
	v := make([]float64, len(q.Curvature))
	for i, l := range q.Curvature {
		v[i] = q.Rate * q.NoiseVar[i] / (l * (2 - q.Rate*l))
	}
	return v
}

// Autocorrelation returns (1 - r l_i)^lag of each direction, lag >= 0.
func (q QuadraticSGD) Autocorrelation(lag int) []float64 {
	must(q.Validate())
	if lag < 0 {
		panic(fmt.Sprintf("testsystems: QuadraticSGD.Autocorrelation: lag %d", lag))
	}
	rho := make([]float64, len(q.Curvature))
	for i, l := range q.Curvature {
		rho[i] = math.Pow(1-q.Rate*l, float64(lag))
	}
	return rho
}

// IntegratedTime returns the integrated autocorrelation time of each direction in steps,
//
//	1 + 2 sum_{k>=1} a_i^k = (1 + a_i)/(1 - a_i) = (2 - r l_i)/(r l_i):
//
// n successive states determine the mean of a direction as n/IntegratedTime independent ones do.
func (q QuadraticSGD) IntegratedTime() []float64 {
	must(q.Validate())
	tau := make([]float64, len(q.Curvature))
	for i, l := range q.Curvature {
		tau[i] = (2 - q.Rate*l) / (q.Rate * l)
	}
	return tau
}

// Entropy returns the differential entropy of the stationary state, S(Theta) = 1/2 sum_i ln(2 pi e v_i), in nats. It
// is the same in every orthonormal basis.
func (q QuadraticSGD) Entropy() float64 {
	var s float64
	for _, v := range q.StationaryVariance() {
		s += (ln2PiE + math.Log(v)) / 2
	}
	return s
}

// Trajectory draws n successive states from the stationary process, [n][d].
func (q QuadraticSGD) Trajectory(n int, rng *rand.Rand) [][]float64 {
	path := newRows(n, len(q.Curvature))
	for i, v := range q.StationaryVariance() {
		a, kick := 1-q.Rate*q.Curvature[i], q.Rate*math.Sqrt(q.NoiseVar[i])
		theta := math.Sqrt(v) * rng.NormFloat64()
		for t := range path {
			path[t][i] = theta
			theta = a*theta - kick*rng.NormFloat64()
		}
	}
	return path
}
