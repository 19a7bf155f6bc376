package thermo

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// E = (ln 2, 0, +Inf): Z = 3/2, p = (1/3, 2/3, 0); a shift of all energies shifts F alone.
func TestGibbs(t *testing.T) {
	p := make([]float64, 3)
	for _, shift := range []float64{0, -2, 1e6} {
		energy := []float64{math.Ln2 + shift, shift, math.Inf(1)}
		assert.InDelta(t, shift-math.Log(1.5), Gibbs(p, energy), 1e-9)
		assert.InDeltaSlice(t, []float64{1. / 3, 2. / 3, 0}, p, 1e-9)
		Gibbs(energy, energy)
		assert.Equal(t, p, energy, "in place")
	}
}
