// Package vector computes with float32 numbers one after the other: what is between the products of matrices in a
// network. On processors with AVX2 it takes eight at a time. The bits are the same on every processor: nothing is
// fused, and sums are taken in eight parts, the i-th number in part i mod 8.
//
// [AdamStep] and [Exp] compute in double precision, likewise, four numbers at a time.
//
// Lengths are those of the first vector; others may be longer. Results may stand in the place of an argument.
//
// Errors over all numbers (TestErrors): the exponential 0.92 units of the last place of the result (ulp), Sigmoid 2.1
// ulp, a sum of softplus 1.2e-7 for each of its numbers, or an ulp where that is more; Exp is within 2 ulp of math.Exp.
package vector

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg vector

// whole is how many of n numbers go to the kernels of the processor.
func whole(n int) int {
	if !accelerated {
		return 0
	}
	return n &^ 7
}
