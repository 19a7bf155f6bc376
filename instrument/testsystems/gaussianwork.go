package testsystems

import (
	"cmp"
	"math/rand/v2"
)

// GaussianWork is a process whose work is normal with the given mean mu and standard deviation sigma. Crooks' theorem
// fixes the rest: exp(-(W - dF)) averages to 1, so dF = mu - sigma^2/2, and multiplying the forward density by
// exp(-(W - dF)) shifts it by -sigma^2, so that the reverse work is normal with mean sigma^2 - mu and the same sigma.
// The mean dissipation is sigma^2/2 both ways.
type GaussianWork struct {
	Mean float64 // mu
	SD   float64 // sigma >= 0
}

// Validate returns an error that names the first parameter that is out of range.
func (g GaussianWork) Validate() error {
	return cmp.Or(
		demand(finite(g.Mean), "GaussianWork.Mean", g.Mean, "must be finite"),
		demand(nonNegative(g.SD), "GaussianWork.SD", g.SD, "a standard deviation is finite and >= 0"),
	)
}

// DeltaF returns mu - sigma^2/2.
func (g GaussianWork) DeltaF() float64 {
	must(g.Validate())
	return g.Mean - g.SD*g.SD/2
}

// MeanWork returns mu.
func (g GaussianWork) MeanWork() float64 {
	must(g.Validate())
	return g.Mean
}

// Sample implements [WorkSystem].
func (g GaussianWork) Sample(n int, rng *rand.Rand) (forward, reverse []float64) {
	must(g.Validate())
	forward, reverse = make([]float64, n), make([]float64, n)
	for i := range forward {
		forward[i] = g.Mean + g.SD*rng.NormFloat64()
		reverse[i] = g.SD*g.SD - g.Mean + g.SD*rng.NormFloat64()
	}
	return forward, reverse
}
