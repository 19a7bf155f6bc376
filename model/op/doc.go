// Package op makes operations for Gorgonia's graphs out of kernels on plain slices, and holds those that calorimeter's
// models share.
//
// An [Operation] is a name, the ranks of its inputs and output, a kernel for either precision, and its derivative in
// terms of other operations; the rest of what Gorgonia asks of one is the same for all and stands here. An operation of
// one's own makes one pass where a chain of Gorgonia's would make several, can be stable where the chain is not, and
// allocates its output once: Gorgonia's own elementwise operations make a new tensor in every run.
//
//	layer := op.BiasReLU(gorgonia.Must(gorgonia.Mul(x, w)), b)
//
// # What the buffers ask of a graph
//
// An operation writes its output into the same memory in every run. The value of its node is to be read, or copied,
// before the graph runs again, which is what solvers and losses do. It may be overwritten in place by Gorgonia's
// operations further down, as any value of a node may. One graph runs on one machine at a time; two graphs need
// operations of their own.
package op
