package estimate

import (
	"bytes"
	"encoding/gob"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuadrature(t *testing.T) {
	var q Quadrature
	require.Zero(t, q.SE())
	require.True(t, math.IsInf(q.DOF(), 1))

	q.Add(3, 7)
	require.Equal(t, 3.0, q.SE())
	require.InDelta(t, 7, q.DOF(), 1e-12)
	q.AddEstimate(Exact(5), 1)
	require.InDelta(t, 7, q.DOF(), 1e-12, "what is exact adds no error")

	// 2 x 2 of 7 more degrees of freedom: V = 9 + 16, nu = 625/(81/7 + 256/7)
	q.AddEstimate(FromSE(1, 2, 7), 2)
	require.Equal(t, 5.0, q.SE())
	require.InDelta(t, 625*7/(81+256.0), q.DOF(), 1e-12)
	require.InDelta(t, 5*TQuantile(q.DOF()), q.Estimate(11).Hi-11, 1e-12)

	var saved bytes.Buffer
	require.NoError(t, gob.NewEncoder(&saved).Encode(q))
	var back Quadrature
	require.NoError(t, gob.NewDecoder(&saved).Decode(&back))
	require.Equal(t, q, back)
}

// The error that an interval states is SE for many units, and larger for few.
func TestStatedSE(t *testing.T) {
	require.InDelta(t, 2, FromSE(0, 2, 1e6).StatedSE(), 1e-4)
	require.InDelta(t, 2*12.706/1.96, FromSE(0, 2, 1).StatedSE(), 1e-3)
	require.Zero(t, Exact(1).StatedSE())
	require.True(t, math.IsNaN(Point(1, "one unit").StatedSE()))
}
