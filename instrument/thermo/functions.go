package thermo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Functions is a [System] made of functions: of a network that is nobody's type. It holds what they return against what
// a system must: energies that are finite.
type Functions struct {
	Width int // numbers of one sample
	// Phi writes phi_theta(x) of each row of x, in nats, into dst.
	Phi func(dst []float64, x []float32) error
	// Kernel advances each row of x by one application of a kernel that leaves p(.|theta) invariant.
	Kernel func(x []float32, rng *rand.Rand) error
	// Count returns how many of its proposals the kernel has accepted and made since it was last asked; nil without.
	Count func() (accepted, proposed int)
}

// Dim implements [System].
func (f *Functions) Dim() int { return f.Width }

// Energies implements [System]; an energy that is not finite is an error that names the row.
func (f *Functions) Energies(dst []float64, x []float32) error {
	if err := f.Phi(dst, x); err != nil {
		return fmt.Errorf("energies: %w", err)
	}
	for i, phi := range dst {
		if math.IsNaN(phi) || math.IsInf(phi, 0) {
			return fmt.Errorf("energies: that of row %d of %d is %v", i, len(dst), phi)
		}
	}
	return nil
}

// Move implements [System].
func (f *Functions) Move(x []float32, rng *rand.Rand) error {
	if err := f.Kernel(x, rng); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	return nil
}

// Accepted counts proposals for a [Bath].
func (f *Functions) Accepted() (accepted, proposed int) {
	if f.Count == nil {
		return 0, 0
	}
	return f.Count()
}
