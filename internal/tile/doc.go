// Package tile multiplies matrices by the vector instructions of x86 processors: AVX2 and FMA, or AVX-512 where it is
// there.
//
// Every number of a product is one chain of fused multiply-adds over k, in order, from 0 or from what is added to. So
// the bits are the same on all of these processors, and a row of a product depends on that row of the left matrix and
// on the right one, and on nothing else: not on the other rows, nor on where anything lies.
//
// Matrices lie in slices, row by row. Sizes are taken as given: the caller sees to it that they fit. Everything happens
// in the caller's goroutine.
package tile

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg tile
