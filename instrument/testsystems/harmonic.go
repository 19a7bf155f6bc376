package testsystems

import (
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

// HarmonicProtocol is a harmonic oscillator, energy K x^2/2, whose stiffness is switched through K_0, K_1, ..., K_n.
// x starts in equilibrium at K_0. After each switch but the last it relaxes by one move that leaves the equilibrium
// exactly invariant and obeys detailed balance,
//
//	x' = rho x + sqrt((1-rho^2)/K_i) xi,
//
// with the memory rho: 0 draws x afresh, 1 leaves it where it is. The work is W = sum_i (K_{i+1} - K_i) x_i^2/2.
//
// Truth: dF = 1/2 ln(K_n/K_0). The path (x_0, ..., x_{n-1}) is Gaussian with covariance C,
// C_{i+1,i+1} = rho^2 C_ii + (1-rho^2)/K_{i+1}, C_ij = rho^{j-i} C_ii for j > i, and W is a quadratic form in it:
//
//	<W> = 1/2 sum_i dK_i C_ii        Var W = 1/2 sum_ij dK_i dK_j C_ij^2        dK_i = K_{i+1} - K_i.
//
// For a sudden quench from K to rK this is <W> = (r-1)/2, Var W = (r-1)^2/2, dF = 1/2 ln r.
type HarmonicProtocol struct {
	Stiffness []float64 // K_0 .. K_n, two or more, all > 0
	Memory    float64   // rho, 0 <= rho <= 1
}

// HarmonicQuench returns the protocol of one sudden switch of the stiffness from k to ratio*k.
func HarmonicQuench(k, ratio float64) HarmonicProtocol {
	return HarmonicProtocol{Stiffness: []float64{k, ratio * k}}
}

// Validate returns an error that names the first parameter that is out of range.
func (h HarmonicProtocol) Validate() error {
	if len(h.Stiffness) < 2 {
		return fmt.Errorf("testsystems: HarmonicProtocol.Stiffness has %d values: a protocol has at least a first and a "+
			"last", len(h.Stiffness))
	}
	for i, k := range h.Stiffness {
		if !positive(k) {
			return fmt.Errorf("testsystems: HarmonicProtocol.Stiffness[%d] = %v: a stiffness is finite and > 0", i, k)
		}
	}
	if !(h.Memory >= 0 && h.Memory <= 1) {
		return fmt.Errorf("testsystems: HarmonicProtocol.Memory = %v: must be in [0, 1]", h.Memory)
	}
	return nil
}

// Name implements [WorkSystem].
func (h HarmonicProtocol) Name() string {
	return fmt.Sprintf("harmonic oscillator, stiffness %v, memory %g", h.Stiffness, h.Memory)
}

// Reversed returns the reverse process: the same stiffnesses, from the last to the first.
func (h HarmonicProtocol) Reversed() HarmonicProtocol {
	k := make([]float64, len(h.Stiffness))
	for i := range k {
		k[i] = h.Stiffness[len(k)-1-i]
	}
	return HarmonicProtocol{Stiffness: k, Memory: h.Memory}
}

// DeltaF returns 1/2 ln(K_n/K_0).
func (h HarmonicProtocol) DeltaF() float64 {
	must(h.Validate())
	return HarmonicFreeEnergy(h.Stiffness[len(h.Stiffness)-1]) - HarmonicFreeEnergy(h.Stiffness[0])
}

// MeanWork returns 1/2 sum_i dK_i C_ii.
func (h HarmonicProtocol) MeanWork() float64 {
	var mean float64
	for i, c := range h.variances() {
		mean += (h.Stiffness[i+1] - h.Stiffness[i]) * c / 2
	}
	return mean
}

// VarWork returns 1/2 sum_ij dK_i dK_j C_ij^2.
func (h HarmonicProtocol) VarWork() float64 {
	var sum float64
	c := h.variances()
	for i := range c {
		dki, cij := h.Stiffness[i+1]-h.Stiffness[i], c[i]
		sum += dki * dki * cij * cij / 2
		for j := i + 1; j < len(c); j++ {
			cij *= h.Memory
			sum += dki * (h.Stiffness[j+1] - h.Stiffness[j]) * cij * cij
		}
	}
	return sum
}

// variances returns C_ii, the variance of x at each switch.
func (h HarmonicProtocol) variances() []float64 {
	must(h.Validate())
	c := make([]float64, len(h.Stiffness)-1)
	c[0] = 1 / h.Stiffness[0]
	for i := 1; i < len(c); i++ {
		c[i] = h.Memory*h.Memory*c[i-1] + (1-h.Memory*h.Memory)/h.Stiffness[i]
	}
	return c
}

// Sample implements [WorkSystem].
func (h HarmonicProtocol) Sample(n int, rng *rand.Rand) (forward, reverse []float64) {
	must(h.Validate())
	back := h.Reversed()
	forward, reverse = make([]float64, n), make([]float64, n)
	for i := range forward {
		forward[i] = h.drawWork(rng)
		reverse[i] = back.drawWork(rng)
	}
	return forward, reverse
}

func (h HarmonicProtocol) drawWork(rng *rand.Rand) float64 {
	var w float64
	fresh := math.Sqrt(1 - h.Memory*h.Memory)
	x := rng.NormFloat64() / math.Sqrt(h.Stiffness[0])
	for i := 1; i < len(h.Stiffness); i++ {
		if i > 1 {
			x = h.Memory*x + fresh*rng.NormFloat64()/math.Sqrt(h.Stiffness[i-1])
		}
		w += (h.Stiffness[i] - h.Stiffness[i-1]) * x * x / 2
	}
	return w
}
