package testsystems

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// UniformNoise is X uniform on (0,1) and Y = X + noise, the noise uniform on (-epsilon, epsilon). Y has a trapezoidal
// density, whose entropy less that of the noise, ln(2 epsilon), is
//
//	I(X;Y) = epsilon - ln(2 epsilon)    for epsilon <= 1/2
//	       = 1/(4 epsilon)              for epsilon >= 1/2.
type UniformNoise struct {
	Epsilon float64 // > 0
}

// Validate returns an error where epsilon is out of range.
func (u UniformNoise) Validate() error {
	return demand(positive(u.Epsilon), "UniformNoise.Epsilon", u.Epsilon,
		"must be finite and > 0; without noise the information is infinite")
}

// Name implements [MITask].
func (u UniformNoise) Name() string { return fmt.Sprintf("uniform noise, epsilon %g", u.Epsilon) }

// Dims implements [MITask].
func (u UniformNoise) Dims() (x, y int) { return 1, 1 }

// MI returns epsilon - ln(2 epsilon) up to epsilon = 1/2 and 1/(4 epsilon) beyond, in nats.
func (u UniformNoise) MI() float64 {
	must(u.Validate())
	if u.Epsilon <= 0.5 {
		return u.Epsilon - math.Log(2*u.Epsilon)
	}
	return 1 / (4 * u.Epsilon)
}

// Sample implements [MITask].
func (u UniformNoise) Sample(n int, rng *rand.Rand) (x, y [][]float64) {
	must(u.Validate())
	x, y = newRows(n, 1), newRows(n, 1)
	for i := range x {
		x[i][0] = rng.Float64()
		y[i][0] = x[i][0] + u.Epsilon*(2*rng.Float64()-1)
	}
	return x, y
}
