// Package exec runs Gorgonia's graphs where they are called: in the caller's goroutine, with memory that is planned
// once.
//
// Gorgonia's TapeMachine starts a goroutine and locks a thread in every run, and forgets the values of the run at its
// end, so that the next allocates them anew. A [Machine] does neither. It computes the same numbers, bit for bit, and
// is a gorgonia.VM: in a loop, one line changes. (A TapeMachine computes some in the place of others, which is wrong
// where these are still wanted, after a Reshape for example; a Machine never does.)
//
//	if _, err := gorgonia.Grad(cost, params...); err != nil { ... }
//	vm, err := exec.New(gorgonia.Nodes{cost}, params) // was NewTapeMachine(g, BindDualValues(params...))
//	for ... { vm.RunAll(); solver.Step(gorgonia.NodesToValueGrads(params)); vm.Reset() }
//
// It evaluates what the named nodes need and nothing else. What can be known beforehand, the gradient of a mean for
// example, it computes once.
//
// # What is planned
//
// Products of matrices, and operations of package op, run without any allocation. Gorgonia's elementwise operations and
// its repetitions (which broadcasts are made of) write into the same memory in every run, and allocate some headers.
// Any other operation runs as on a TapeMachine, and makes a value of its own in every run.
//
// # What it asks
//
// The value of a named node holds until the next run. Other nodes have no value: where one is wanted, name it. A
// statement (gorgonia.Read, gorgonia.Set) cannot be named; read the value of the node instead. A graph is run by one
// machine at a time. A panic in an operation is the caller's, who can recover from it. Every call of RunAll is a run,
// after a Reset or without it: gradients add up until a solver clears them.
package exec
