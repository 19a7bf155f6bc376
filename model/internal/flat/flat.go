// Package flat shows the numbers of Gorgonia's values as slices, without a copy.
package flat

import (
	"unsafe"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Float32s returns the numbers of a scalar or a tensor of float32.
func Float32s(v G.Value) []float32 {
	if scalar, ok := v.(*G.F32); ok {
		return unsafe.Slice((*float32)(scalar), 1)
	}
	return v.(*tensor.Dense).Float32s()
}

// Float64s returns the numbers of a scalar or a tensor of float64.
func Float64s(v G.Value) []float64 {
	if scalar, ok := v.(*G.F64); ok {
		return unsafe.Slice((*float64)(scalar), 1)
	}
	return v.(*tensor.Dense).Float64s()
}
