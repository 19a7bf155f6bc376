// Package solver holds optimizers whose memory is a value.
//
// Gorgonia's solvers keep what they remember of a network (velocities, running moments) to themselves: it cannot be
// saved with the weights, nor exchanged when one network serves several trainings in turn. A [Solver] is a
// gorgonia.Solver all of whose memory is a [State]: saved with encoding/gob and restored, training goes on bit for bit.
//
//	var memory solver.State
//	s := solver.New(solver.Settings{
//		Algorithm: solver.Adam, Rate: 0.001, Schedule: solver.Schedule{Shape: solver.Cosine, N: 5000},
//	})
//	s.Use(&memory, nil)
//	for ... { vm.RunAll(); s.Step(gorgonia.NodesToValueGrads(params)); vm.Reset() }
//
// A step does, in this order: it scales the gradient g of all parameters down to a norm of Clip, adds the weight decay
// lambda theta, applies the algorithm with the rate of the schedule, and clears the gradients as Gorgonia's solvers do.
// It is one pass over weights, gradients and memory (and one over the gradients before it, for the norm, where Clip is
// set), allocates nothing after the first, and takes on one core, for a weight, some 0.2 ns (sgd), 2 ns (momentum,
// nesterov), 4 ns (rmsprop, adagrad) or 6 ns (adam, a quarter of Gorgonia's).
//
// Plain [SGD] is [calorimeter/instrument.SGD], and to the bit gorgonia.NewVanillaSolver. [Momentum], [RMSProp] and
// [Adam] are Gorgonia's up to rounding, for memory and arithmetic are in float64 whatever the weights are (Momentum of
// float64 weights is so to the bit, on amd64). Gorgonia 0.9.18 has no Nesterov; its AdaGrad ignores the learning rate,
// its Momentum forgets the velocity of a scalar, its L2 in Momentum decays the velocity instead of the weights, and its
// clipping is of single elements.
package solver
