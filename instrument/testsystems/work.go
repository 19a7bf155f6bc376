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
	// Name tells the system and its parameters.
	Name() string
	// DeltaF returns the free-energy difference from the start of the forward process to its end.
	DeltaF() float64
	// MeanWork returns the mean of the forward work.
	MeanWork() float64
	// VarWork returns the variance of the forward work.
	VarWork() float64
	// Sample draws n independent values of the forward and n of the reverse work.
	Sample(n int, rng *rand.Rand) (forward, reverse []float64)
}

// WorkSystems returns processes from good to poor overlap between forward and reverse work, to run an estimator of
// free energy over.
func WorkSystems() []WorkSystem {
	return []WorkSystem{
		GaussianWork{Mean: 1, SD: 1},
		GaussianWork{Mean: 6, SD: 3},
		HarmonicQuench(1, 2),
		HarmonicQuench(1, 20),
		HarmonicProtocol{Stiffness: []float64{1, 1.5, 2, 2.5, 3, 3.5, 4}, Memory: 0},
		HarmonicProtocol{Stiffness: []float64{1, 2, 4, 8, 4, 2}, Memory: 0.7},
		DraggedTrap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 5},
	}
}
