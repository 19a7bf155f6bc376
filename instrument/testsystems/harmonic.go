package testsystems

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
)

// HarmonicFreeEnergy returns the configurational free energy F = -ln integral exp(-K x^2/2) dx = -1/2 ln(2 pi/K) of a
// harmonic oscillator of stiffness K > 0, in units of k_B T.
func HarmonicFreeEnergy(k float64) float64 {
	if !positive(k) {
		panic(fmt.Sprintf("testsystems: HarmonicFreeEnergy(%v): a stiffness is finite and > 0", k))
	}
	return -0.5 * math.Log(2*math.Pi/k)
}

// HarmonicQuench is a harmonic oscillator, energy K x^2/2, in equilibrium, whose stiffness is switched at once from K
// to rK. The work is W = (r-1) K x^2/2, and
//
//	dF = 1/2 ln r        <W> = (r-1)/2        Var W = (r-1)^2/2.
type HarmonicQuench struct {
	Stiffness float64 // K > 0
	Ratio     float64 // r > 0
}

// Validate returns an error that names the first parameter that is out of range.
func (h HarmonicQuench) Validate() error {
	return cmp.Or(
		demand(positive(h.Stiffness), "HarmonicQuench.Stiffness", h.Stiffness, "a stiffness is finite and > 0"),
		demand(positive(h.Ratio*h.Stiffness), "HarmonicQuench.Ratio", h.Ratio, "a stiffness is finite and > 0"),
	)
}

// DeltaF returns 1/2 ln r.
func (h HarmonicQuench) DeltaF() float64 {
	must(h.Validate())
	return HarmonicFreeEnergy(h.Ratio*h.Stiffness) - HarmonicFreeEnergy(h.Stiffness)
}

// MeanWork returns (r-1)/2.
func (h HarmonicQuench) MeanWork() float64 {
	must(h.Validate())
	return (h.Ratio*h.Stiffness - h.Stiffness) * (1 / h.Stiffness) / 2
}

// Sample implements [WorkSystem].
func (h HarmonicQuench) Sample(n int, rng *rand.Rand) (forward, reverse []float64) {
	must(h.Validate())
	draw := func(from, to float64) float64 {
		x := rng.NormFloat64() / math.Sqrt(from)
		return (to - from) * x * x / 2
	}
	forward, reverse = make([]float64, n), make([]float64, n)
	for i := range forward {
		forward[i] = draw(h.Stiffness, h.Ratio*h.Stiffness)
		reverse[i] = draw(h.Ratio*h.Stiffness, h.Stiffness)
	}
	return forward, reverse
}
