package testsystems

import "math/rand/v2"

// WorkSystem is a driven process whose work distribution is known. Work is done on the system, in units of k_B T. The
// reverse process starts in equilibrium at the end of the forward one and runs the protocol backwards; its work too
// is the work done on the system, so that the two obey the fluctuation theorem of G. E. Crooks, Phys. Rev. E 60, 2721
// (1999),
//
//	P_F(W)/P_R(-W) = exp(W - dF),
//
// and hence the equality of C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997), <exp(-(W - dF))> = 1.
type WorkSystem interface {
	// Validate returns an error that names the first parameter that is out of range.
	Validate() error
	// DeltaF returns the free-energy difference from the start of the forward process to its end.
	DeltaF() float64
	// MeanWork returns the mean of the forward work.
	MeanWork() float64
	// Sample draws n independent values of the forward and n of the reverse work.
	Sample(n int, rng *rand.Rand) (forward, reverse []float64)
}
