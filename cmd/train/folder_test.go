package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGroupings(t *testing.T) {
	require.Equal(t, 1.0, groupings(1, 5))
	require.Equal(t, 1.0, groupings(4, 1))
	require.Equal(t, 3.0, groupings(2, 2))  // 4!/(2! 2! 2!)
	require.Equal(t, 15.0, groupings(3, 2)) // 6!/(2!^3 3!)
	require.Equal(t, 280.0, groupings(3, 3))
}
