package op

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	softmax of the absolute logits, or not normalised     -> TestSoftmax

func TestSoftmax(t *testing.T) {
	p := []float64{1000, 1000 + math.Log(3), -1000}
	Softmax(p)
	require.InDeltaSlice(t, []float64{0.25, 0.75, 0}, p, 1e-13)
}
