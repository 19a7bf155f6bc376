package tile

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// Available says whether the processor has the instructions.
var Available = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// wide says whether it has those of AVX-512; tests clear it.
var wide = cpu.X86.HasAVX512F

// The masks of AVX2 are the signs of as many numbers, those of AVX-512 bits.
var (
	signs = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}
	bits  [16]uint16
)

var narrow32 = kernels{
	lanes: 8,
	whole: [2][]func(*byte){
		{avx2Float32_5x1, avx2Float32_5x2},
		{avx2Float32_6x1, avx2Float32_6x2},
	},
	masked: [2][]func(*byte){
		{avx2Float32_5x1Masked, avx2Float32_5x2Masked},
		{avx2Float32_6x1Masked, avx2Float32_6x2Masked},
	},
}

var narrow64 = kernels{
	lanes: 4,
	whole: [2][]func(*byte){
		{avx2Float64_5x1, avx2Float64_5x2},
		{avx2Float64_6x1, avx2Float64_6x2},
	},
	masked: [2][]func(*byte){
		{avx2Float64_5x1Masked, avx2Float64_5x2Masked},
		{avx2Float64_6x1Masked, avx2Float64_6x2Masked},
	},
}

var wide32 = kernels{
	lanes: 16,
	whole: [2][]func(*byte){
		{avx512Float32_5x1, avx512Float32_5x2, avx512Float32_5x3, avx512Float32_5x4},
		{avx512Float32_6x1, avx512Float32_6x2, avx512Float32_6x3, avx512Float32_6x4},
	},
	masked: [2][]func(*byte){
		{avx512Float32_5x1Masked, avx512Float32_5x2Masked, avx512Float32_5x3Masked, avx512Float32_5x4Masked},
		{avx512Float32_6x1Masked, avx512Float32_6x2Masked, avx512Float32_6x3Masked, avx512Float32_6x4Masked},
	},
}

var wide64 = kernels{
	lanes: 8,
	whole: [2][]func(*byte){
		{avx512Float64_5x1, avx512Float64_5x2, avx512Float64_5x3, avx512Float64_5x4},
		{avx512Float64_6x1, avx512Float64_6x2, avx512Float64_6x3, avx512Float64_6x4},
	},
	masked: [2][]func(*byte){
		{avx512Float64_5x1Masked, avx512Float64_5x2Masked, avx512Float64_5x3Masked, avx512Float64_5x4Masked},
		{avx512Float64_6x1Masked, avx512Float64_6x2Masked, avx512Float64_6x3Masked, avx512Float64_6x4Masked},
	},
}

func init() {
	for n := range bits {
		bits[n] = 1<<n - 1
	}
	for _, k := range []*kernels{&narrow32, &narrow64} {
		for n := range k.lanes {
			k.masks = append(k.masks, unsafe.Pointer(&signs[8-8/k.lanes*n]))
		}
	}
	for _, k := range []*kernels{&wide32, &wide64} {
		for n := range k.lanes {
			k.masks = append(k.masks, unsafe.Pointer(&bits[n]))
		}
	}
}

// kernelsFor returns those for numbers of so many bytes.
func kernelsFor(size int) *kernels {
	switch {
	case size == 4 && wide:
		return &wide32
	case size == 4:
		return &narrow32
	case wide:
		return &wide64
	}
	return &narrow64
}

// squares transposes n squares of numbers, 32 bytes wide, that stand one below the other in src.
func squares(size int, dst *byte, stride int, src *byte, ld, n int) {
	if size == 4 {
		transpose32AVX2(dst, stride, src, ld, n)
	} else {
		transpose64AVX2(dst, stride, src, ld, n)
	}
}
