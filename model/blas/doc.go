// Package blas chooses, at run time and without cgo, the BLAS that Gorgonia and its tensors multiply matrices with.
//
//	choice, err := blas.Use("auto")
//	fmt.Println(choice) // tile (Go assembly, AVX2 and FMA), 1 thread
//
// Three implementations can be named:
//
//   - tile, Go assembly of this module: needs an x86 processor with AVX2 and FMA, and no library. Takes AVX-512 where
//     that is there.
//   - openblas, the C library, if the machine has it: found by the dynamic loader, called through
//     github.com/ebitengine/purego. Linux and macOS, 64 bits.
//   - gonum, which runs everywhere and is what Gorgonia uses if nobody chooses.
//
// auto takes the first of these that works. Only Sgemm, Dgemm, Sgemv and Dgemv are replaced, and of those only products
// that gain; all else is gonum's. The defaults of gonum's own blas32, blas64 and mat packages stay as they are: linear
// algebra outside the networks does not depend on the choice.
//
// # Speed
//
// For the matrices of a small network in float32 (some 50 x 196 times 196 x 128) tile is 10 times as fast as gonum, and
// 1.1 to 1.3 times as fast as OpenBLAS, on a processor with AVX-512; in float64 10 and 1.4 times (BenchmarkGemm). With
// AVX2 alone it is half as fast, as OpenBLAS is.
//
// An OpenBLAS older than an x86 processor does not recognise it and takes kernels of 2004, at a quarter of the speed.
// Use then loads it a second time with AVX2 or AVX-512 kernels, unless the variable OPENBLAS_CORETYPE is set. The
// kernels in use are named in Choice.Detail.
//
// # Threads
//
// tile works in the caller's goroutine, and OpenBLAS is set to one thread: parallelism belongs to the networks that are
// trained side by side. gonum splits large products over GOMAXPROCS goroutines.
//
// # Rounding
//
// Each implementation gives the same bits for the same call, at any GOMAXPROCS and from any number of goroutines.
// Different implementations round differently (a relative 1e-7 in float32), and so does OpenBLAS with the kernels of
// another processor. tile gives the same bits on every processor that it runs on: each number is one chain of fused
// multiply-adds, in order. Results are to be compared within one choice: record its String.
//
// Whether a row of A B is a function of that row of A (and of B) alone is a question of its own: a model that is
// evaluated on a permuted batch, or on a batch of another size, should give each sample the same energy.
//
//   - tile: yes, for any position of the row and any number of rows.
//   - gonum: yes for any position. The number of rows matters for A Bᵀ if A has more than 64 columns: a product of four
//     or more 64 x 64 blocks sums in pieces of 64. Its sums for A Bᵀ also depend on where B lies in memory, modulo 16
//     bytes.
//   - openblas: not promised. Of release 0.3.21, the AVX-512 kernels (SkylakeX, Cooperlake) gave the same row at any
//     position in 17 shapes tried, but of the 12 shapes whose B has more than 4,096 elements 6 gave another row in a
//     smaller batch; with the AVX2 kernels (Haswell, Zen) about half the rows of most shapes changed when they were
//     permuted.
package blas
