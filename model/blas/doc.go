// Package blas chooses, at run time and without cgo, the BLAS that Gorgonia and its tensors multiply matrices with.
//
//	choice, err := blas.Use("auto")
//	fmt.Println(choice) // openblas (…/libopenblas.so.0: OpenBLAS 0.3.21 … Haswell …), 1 thread
//
// Three implementations can be named:
//
//   - openblas, the C library, if the machine has it: found by the dynamic loader, called through
//     github.com/ebitengine/purego. By far the fastest. Linux and macOS, 64 bits.
//   - vek, the Go assembly of github.com/viterin/vek: needs AVX2 and FMA, and no library.
//   - gonum, which runs everywhere and is what Gorgonia uses if nobody chooses.
//
// auto takes the first of these that works. Only the real matrix-matrix, matrix-vector and rank-one routines
// (Sgemm, Dgemm, Sgemv, Dgemv, Sger, Dger) are replaced, and of those only products large enough to gain; all else
// is gonum's. The defaults of gonum's own blas32, blas64 and mat packages stay as they are: linear algebra
// outside the networks does not depend on the choice.
//
// # Threads
//
// OpenBLAS is set to one thread, and vek is never given a product that it would split: parallelism belongs to the
// networks that are trained side by side. gonum splits large products over GOMAXPROCS goroutines.
//
// # Rounding
//
// Each implementation gives the same bits for the same call, at any GOMAXPROCS and from any number of goroutines.
// Different implementations round differently (a relative 1e-7 in float32), and so may OpenBLAS on another kind of
// processor, where it takes other kernels. Results are to be compared within one choice: record its String.
//
// Whether a row of A B is a function of that row of A (and B) alone is a question of its own: a model that is
// evaluated on a permuted batch, or on a batch of another size, should give each sample the same energy.
//
//   - vek: yes, for any position of the row and any number of rows. The kernel is chosen by the shape of B.
//   - gonum: yes for any position. For A Bᵀ with more than 64 columns in A the number of rows matters, because a product of
//     four or more 64 x 64 blocks sums in pieces of 64.
//   - openblas: it promises neither. Products of fewer than 4,096 multiply-adds (4,096 matrix elements in a
//     matrix-vector product) go to gonum, so the number of rows matters in any case.
package blas
